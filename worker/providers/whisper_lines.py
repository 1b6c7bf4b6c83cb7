"""What Whisper says, made fit for a transcript (pure): junk dropped, long lines split, times set right."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cantomeet.cantonese import fold, to_hong_kong, typeset
from worker.providers import RecognisedSegment, Word

LONGEST_SECONDS = 20.0
LONGEST_CHARACTERS = 60
_SENTENCE_END = "。？！?!"
_JUNK_TAIL = re.compile(r"[\s６:：;；、，,…·]+$")
_REPEATS = 2
"""The same line more often than this in a row is the recogniser looping."""
_LOOP = re.compile(r"(.{1,12}?)\1{4,}")


def lines_of(
    words: Sequence[Word], offset: float, until: float, *, prompt: str = "", chinese: bool = True
) -> list[RecognisedSegment]:
    """One Whisper segment's words (times from the piece's start) as lines of the recording.

    `offset`: where the piece begins; `until`: the recording's end; both seconds. A segment that is only junk, an echo
    of the prompt, or a loop gives none.
    """
    whole = "".join(word.text for word in words)
    if not fold(whole) or _is_loop(whole) or (prompt and fold(whole) in fold(prompt)):
        return []
    lines = []
    for group in _split(words):
        line = _line(group, offset, until, chinese)
        if line is not None:
            lines.append(line)
    return lines


def in_order(lines: Sequence[RecognisedSegment], not_before: float) -> list[RecognisedSegment]:
    """Lines that follow each other without overlap, none before `not_before`, loops cut after two repeats."""
    kept: list[RecognisedSegment] = []
    for line in lines:
        start = max(line.start, kept[-1].end if kept else not_before)
        if line.end - start < 0.01:
            continue
        if len(kept) >= _REPEATS and all(fold(k.text) == fold(line.text) for k in kept[-_REPEATS:]):
            continue
        words = tuple(
            Word(w.text, max(w.start, start), max(w.end, max(w.start, start)), w.confidence) for w in line.words
        )
        kept.append(RecognisedSegment(start, line.end, line.original_text, line.text, words))
    return kept


def _is_loop(text: str) -> bool:
    folded = fold(text)
    match = _LOOP.search(folded)
    return match is not None and len(match.group(0)) > 0.6 * len(folded)


def _split(words: Sequence[Word]) -> list[list[Word]]:
    """At the ends of sentences once a line is long, and anywhere before it is too long."""
    groups: list[list[Word]] = [[]]
    for word in words:
        group = groups[-1]
        if group and _is_full(group, word):
            group = []
            groups.append(group)
        group.append(word)
    return [group for group in groups if group]


def _is_full(group: Sequence[Word], following: Word) -> bool:
    text = "".join(word.text for word in group)
    seconds = following.end - group[0].start
    if seconds > LONGEST_SECONDS or len(text) + len(following.text) > LONGEST_CHARACTERS * 2:
        return True
    half = seconds > LONGEST_SECONDS / 2 or len(text) > LONGEST_CHARACTERS / 2
    return half and (text.rstrip()[-1:] in _SENTENCE_END or following.start - group[-1].end > 1.0)


def _line(group: Sequence[Word], offset: float, until: float, chinese: bool) -> RecognisedSegment | None:
    original = "".join(word.text for word in group).strip()
    trimmed = _JUNK_TAIL.sub("", original)
    if not fold(trimmed):
        return None
    shown = typeset(to_hong_kong(trimmed)) if chinese else " ".join(trimmed.split())
    words = tuple(
        Word(word.text.strip(), _within(word.start + offset, until), _within(word.end + offset, until), word.confidence)
        for word in group
        if word.text.strip()
    )
    start, end = _within(group[0].start + offset, until), _within(group[-1].end + offset, until)
    return RecognisedSegment(start, end, original, shown, words) if end > start else None


def _within(seconds: float, until: float) -> float:
    return round(min(max(0.0, seconds), until), 3)
