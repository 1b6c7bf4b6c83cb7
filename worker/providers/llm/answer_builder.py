"""Collects an endpoint's answer from one JSON object or from many events.

It reads OpenAI's chat completion members and what other hosts add: thoughts as `reasoning_content`, `reasoning` or
parts of the content, and usage in every event or in Groq's `x_groq`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from worker.providers.http import JsonObject

_THOUGHTS = ("reasoning_content", "reasoning", "thinking")
_TEXT_PARTS = ("text", "output_text", None)
_LENGTH_ENDS = frozenset({"max_tokens", "max_length", "max_output_tokens", "model_length", "token_limit"})
"""Finish reasons of Mistral, Gemini, Cohere and gateways to Anthropic that mean OpenAI's "length"."""


class AnswerBuilder:
    """One answer, as far as it has arrived."""

    def __init__(self) -> None:
        self._content: list[str] = []
        self._thoughts: list[str] = []
        self.finish = ""
        self.has_choice = False
        self.characters = 0
        """Characters of content and thoughts."""
        self.prompt_tokens: int | None = None
        self.answer_tokens: int | None = None
        self.thought_tokens = 0

    @property
    def content(self) -> str:
        # JSON may contain half of a surrogate pair, which databases and requests cannot carry.
        return "".join(self._content).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    @property
    def thoughts(self) -> str:
        return "".join(self._thoughts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def add(self, answer: JsonObject) -> None:
        """Add a whole answer or one of its events."""
        choice = _first(answer.get("choices"))
        if choice is not None:
            self._add_choice(choice)
        self._add_usage(answer)

    def _add_choice(self, choice: JsonObject) -> None:
        finish = choice.get("finish_reason")
        self.finish = _end(finish) if isinstance(finish, str) else self.finish
        message = choice.get("delta", choice.get("message"))
        if isinstance(message, dict):
            self.has_choice = True
            self._add_message(message)

    def _add_message(self, message: JsonObject) -> None:
        for text in _texts(message.get("content")):
            self._content.append(text)
            self.characters += len(text)
        for text in _thoughts(message):
            self._thoughts.append(text)
            self.characters += len(text)

    def _add_usage(self, answer: JsonObject) -> None:
        """Store the token counts; the last event that has them wins."""
        usage = _mapping(answer.get("usage")) or _mapping(_mapping(answer.get("x_groq")).get("usage"))
        prompt, cached = _count(usage, "prompt_tokens"), _details(usage, "prompt_tokens_details", "cached_tokens")
        answered = _count(usage, "completion_tokens")
        if not prompt and not answered and self.characters:
            return  # servers that do not count report 0
        if prompt is not None:
            # Some servers leave cached tokens out of the prompt's count.
            self.prompt_tokens = prompt + cached if cached > prompt else prompt
        self.answer_tokens = self.answer_tokens if answered is None else answered
        self.thought_tokens = _details(usage, "completion_tokens_details", "reasoning_tokens") or self.thought_tokens


def _first(choices: object) -> JsonObject | None:
    """Return the first alternative; its events may be mixed with those of others."""
    found = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    return next((choice for choice in found if choice.get("index", 0) in (0, None)), None)


def _texts(content: object) -> Iterator[str]:
    """Yield a text, or the texts of a list of parts without the thoughts.

    Some hosts return the requested JSON as an object and not as text.
    """
    if isinstance(content, str):
        yield content
    if isinstance(content, dict) and content:
        yield json.dumps(content, ensure_ascii=False)
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and part.get("type") in _TEXT_PARTS and isinstance(part.get("text"), str):
            yield part["text"]


def _thoughts(message: JsonObject) -> Iterator[str]:
    """Yield the thoughts once, even if a server returns them under two names."""
    yield from next(([text] for name in _THOUGHTS if isinstance(text := message.get(name), str) and text), [])
    content = message.get("content")
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and part.get("type") not in _TEXT_PARTS:
            yield from _texts(part.get("thinking"))
            yield from _texts(part.get("text"))


def _end(finish: str) -> str:
    end = finish.lower()
    return "length" if end in _LENGTH_ENDS else end


def _mapping(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _count(usage: JsonObject, name: str) -> int | None:
    value = usage.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _details(usage: JsonObject, name: str, of: str) -> int:
    return _count(_mapping(usage.get(name)), of) or 0
