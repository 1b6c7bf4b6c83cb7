"""Detects from the endpoint's token count that it truncated a prompt.

Ollama, for one, silently truncates a prompt to its context. The endpoint's count is compared with the fewest tokens
that any tokenizer needs, with usual context sizes, and with its counts of other prompts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from worker.providers.llm.client import Message, message_tokens

_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[A-Za-z]+|\d{1,3}")
CHARACTERS_PER_TOKEN = 2
"""Most Chinese characters per token, on average over a whole prompt."""
CONTEXTS = frozenset(2**power for power in range(11, 18))
"""Usual context sizes; a prompt that has exactly as many tokens was truncated."""
ALIKE = 0.97
"""Ratio above which two lengths are alike."""
ENOUGH, LEAST_SPREAD = 3, 8
"""Prompts with the same count show a limit if there are at least this many and their lengths differ by at least this
many tokens. If their lengths are not alike, two prompts are enough.
"""


def fewest_tokens(messages: Sequence[Message]) -> int:
    """Return the fewest tokens of any tokenizer: one per Latin word or three digits, one per two Chinese characters."""
    text = "\n".join(message.content for message in messages)
    return len(_WORD.findall(text)) + math.ceil(len(_WIDE.findall(text)) / CHARACTERS_PER_TOKEN)


class TruncationDetector:
    """Collects one endpoint's token counts during one summary."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Message, ...], tuple[int, int]] = {}
        self.truncated_counts: set[int] = set()
        """Counts of prompts that were found to be truncated."""

    def was_truncated(self, messages: Sequence[Message], counted: int | None) -> bool:
        """Tell whether the prompt was truncated; `counted` is the endpoint's count of its tokens, or None."""
        if counted is None:
            return False
        if counted < fewest_tokens(messages) or counted in CONTEXTS:
            return True
        self._seen[tuple(messages)] = message_tokens(messages), counted
        if self._is_limit(counted):
            self.truncated_counts.add(counted)
        return counted in self.truncated_counts

    def _is_limit(self, counted: int) -> bool:
        """Tell whether all prompts at least as long as the shortest one with this count also have this count."""
        there = {ours for ours, count in self._seen.values() if count == counted}
        longer = {count for ours, count in self._seen.values() if ours >= min(there)}
        if longer != {counted} or counted >= max(there):
            return False
        differ = min(there) < ALIKE * max(there)
        return differ or (len(there) >= ENOUGH and max(there) - min(there) >= LEAST_SPREAD)
