"""Summarizers that use any OpenAI-compatible language model."""

from worker.providers.llm.summarizer import LlmLimits, LlmSummarizer

__all__ = ["LlmLimits", "LlmSummarizer"]
