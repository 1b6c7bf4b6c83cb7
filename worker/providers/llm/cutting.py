"""Whether an endpoint read less of a prompt than it was sent, by its own count of the prompt's tokens.

Ollama, for one, cuts a prompt to its context without a word. Its count is held against the fewest tokens that any
tokenizer needs, against the sizes that contexts have, and against its counts of other prompts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from worker.providers.llm.client import Message, message_tokens

_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[A-Za-z]+|\d{1,3}")
CHARACTERS_PER_TOKEN = 2
"""Chinese characters that a token holds at most on average, over a whole prompt."""
CONTEXTS = frozenset(2**power for power in range(11, 18))
"""Sizes that contexts usually have; a prompt that fills one to the token was cut."""
ALIKE = 0.97
"""Lengths nearer to each other than this are alike."""
ENOUGH, LEAST_SPREAD = 3, 8
"""Lengths of prompts of one count that show a limit, where they are alike but so many tokens apart; where they are not
alike two are enough.
"""


def fewest_tokens(messages: Sequence[Message]) -> int:
    """That any tokenizer makes of these: one for a Latin word or three digits, one for two Chinese characters."""
    text = "\n".join(message.content for message in messages)
    return len(_WORD.findall(text)) + math.ceil(len(_WIDE.findall(text)) / CHARACTERS_PER_TOKEN)


class Window:
    """What one endpoint was seen to count, in one summary."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Message, ...], tuple[int, int]] = {}
        self.full: set[int] = set()
        """Counts that were found to be of prompts that were cut."""

    def cut(self, messages: Sequence[Message], counted: int | None) -> bool:
        """`counted`: the endpoint's tokens of this prompt; None where it did not say."""
        if counted is None:
            return False
        if counted < fewest_tokens(messages) or counted in CONTEXTS:
            return True
        self._seen[tuple(messages)] = message_tokens(messages), counted
        if self._is_limit(counted):
            self.full.add(counted)
        return counted in self.full

    def _is_limit(self, counted: int) -> bool:
        """All prompts that are at least as long as the shortest of this count have this count."""
        there = {ours for ours, count in self._seen.values() if count == counted}
        longer = {count for ours, count in self._seen.values() if ours >= min(there)}
        if longer != {counted} or counted >= max(there):
            return False
        differ = min(there) < ALIKE * max(there)
        return differ or (len(there) >= ENOUGH and max(there) - min(there) >= LEAST_SPREAD)
