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
CONTEXT_STEP = 1024
"""Contexts are multiples of it; a prompt that fills one to the token was cut."""
CLEARLY_LESS = 0.75
"""Of our own count. Two prompts of different length for which the endpoint counts the same were both cut."""
ALIKE = 0.97
"""Lengths nearer to each other than this are not different."""


def fewest_tokens(messages: Sequence[Message]) -> int:
    """That any tokenizer makes of these: one for a Latin word or three digits, one for two Chinese characters."""
    text = "\n".join(message.content for message in messages)
    return len(_WORD.findall(text)) + math.ceil(len(_WIDE.findall(text)) / CHARACTERS_PER_TOKEN)


class Window:
    """What one endpoint was seen to count, in one summary."""

    def __init__(self) -> None:
        self._seen: dict[int, set[int]] = {}
        self.full: set[int] = set()
        """Counts that were found to be of prompts that were cut."""

    def cut(self, messages: Sequence[Message], counted: int | None) -> bool:
        """`counted`: the endpoint's tokens of this prompt; None where it did not say."""
        if counted is None:
            return False
        ours = message_tokens(messages)
        if counted < fewest_tokens(messages) or (counted % CONTEXT_STEP == 0 and 0 < counted < ours):
            return True
        if counted < CLEARLY_LESS * ours:
            sizes = self._seen.setdefault(counted, set())
            sizes.add(ours)
            if min(sizes) < ALIKE * max(sizes):
                self.full.add(counted)
        return counted in self.full
