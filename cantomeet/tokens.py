"""Estimates the tokens of a text, before a language model is asked (pure)."""

from __future__ import annotations

import re

_LATIN = re.compile(r"[\x00-\u024f]+")
LATIN_CHARACTERS_PER_TOKEN = 4
MESSAGE_TOKENS = 8
"""Tokens of a message besides its text."""


def count_tokens(text: str) -> int:
    """An estimate without any model's tokenizer: one token a character, or one for four Latin ones.

    New tokenizers need fewer for Chinese, so chunks become rather too small than too large.
    """
    latin = [len(run) for run in _LATIN.findall(text)]
    return len(text) - sum(latin) + sum(-(-length // LATIN_CHARACTERS_PER_TOKEN) for length in latin)
