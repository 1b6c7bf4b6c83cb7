"""The embedded summarizer: sentences of the transcript, each with its time, found by rules and never reworded."""

from __future__ import annotations

from worker.providers.extractive.summarizer import ExtractiveSummarizer

__all__ = ["ExtractiveSummarizer"]
