"""The embedded summarizer: extracts sentences by rules, each with its time, and never rewords them."""

from __future__ import annotations

from worker.providers.extractive.summarizer import ExtractiveSummarizer

__all__ = ["ExtractiveSummarizer"]
