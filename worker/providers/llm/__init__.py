"""Summarizers that use any OpenAI-compatible language model."""

from worker.providers.llm.summarizer import Limits, LlmSummarizer

__all__ = ["Limits", "LlmSummarizer"]
