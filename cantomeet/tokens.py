"""How many tokens a text is to a language model, before anybody is asked (pure)."""

from __future__ import annotations

import re

_LATIN = re.compile(r"[\x00-\u024f]+")
LATIN_CHARACTERS_PER_TOKEN = 4
MESSAGE_TOKENS = 8
"""What a message costs beside its text."""


def count_tokens(text: str) -> int:
    """Tokens of `text` without any model's tokenizer: one for each character, one for four where they are Latin.

    New tokenizers need fewer for Chinese, so chunks come out rather too small than too large.
    """
    latin = [len(run) for run in _LATIN.findall(text)]
    return len(text) - sum(latin) + sum(-(-length // LATIN_CHARACTERS_PER_TOKEN) for length in latin)
