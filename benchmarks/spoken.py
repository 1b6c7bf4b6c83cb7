"""A meeting of a given length for benchmarks, spoken by espeak-ng in English."""

from __future__ import annotations

import itertools
from pathlib import Path

from tests import sound

_SENTENCES = (
    "Good morning everybody, thank you for coming to the monthly meeting.",
    "We decided to launch the new product in December.",
    "John will send the plan to the bank by Friday.",
    "Do we need a larger budget for the servers?",
    "The mobile application is almost finished, and testing starts next week.",
    "Mary will tell the customer service team about the change.",
    "There is a risk that the bank does not answer in time.",
    "The cost of the servers went up by a third this month.",
)
_WORDS_A_SECOND = 2.4
"""Words a second at the speed that `tests.sound` uses, including pauses."""


def meeting(path: Path, seconds: float) -> float:
    """Write a meeting to `path` (WAV) and return its real length in seconds."""
    words: list[str] = []
    for sentence in itertools.cycle(_SENTENCES):
        if len(words) >= seconds * _WORDS_A_SECOND:
            break
        words += sentence.split()
    return sound.speech(path, " ".join(words))
