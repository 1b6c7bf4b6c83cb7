"""Converts Whisper's segments into clean transcript lines.

It drops invented text, splits long lines, and corrects script and times. Whisper's own segments follow its windows of
30 seconds. In silence it writes what subtitles say there: credits, its prompt, or one word without end. All functions
are pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import accumulate, groupby, pairwise

from cantomeet.cantonese import fold, mend_homophones, space, to_hong_kong, widen_punctuation
from worker.providers import RecognisedSegment, Word
from worker.providers.nonsense import is_strange, loops_in, units

MAX_SECONDS = 20.0
MAX_WIDTH = 60.0
"""Width in Chinese characters; a Latin letter, digit or mark counts as half of one."""
PAUSE = 1.2
"""Seconds of silence that end a line."""
_LEAST_SECONDS = 0.05

_CREDITS = tuple(
    map(fold, ("字幕由Amara.org", "字幕志願者", "請不吝點贊訂閱", "打賞支持明鏡", "優優獨播劇場", "中文字幕提供"))
)
"""Credits of the subtitles that Whisper was trained on, which it writes for noise and music."""
_FASTEST = 12.0
"""Chinese characters or words per second; people say seven."""
_NO_SPEECH, _FEW = 0.9, 4
_ECHO = 7
"""Consecutive folded characters of the prompt that nobody says by chance, more than its longest clause."""
_JUNK_HEAD = re.compile(r"^(?:[\s，。、！？：；,!?:;]|\.(?!\w))+")
_JUNK_TAIL = re.compile(r"(?:[\s：:]|(?<![０-９])６)+$")
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]")
_UNIT = re.compile(r"\s*(?:[^\W\u2e80-\U0003ffff]+|.)", re.DOTALL)
_SENTENCE_END, _CLAUSE_END = tuple("。！？!?."), tuple("，、；：,;:")


@dataclass(frozen=True)
class Heard:
    """A segment from Whisper, in seconds from the start of the recording; words keep their leading spaces."""

    text: str
    start: float
    end: float
    words: tuple[Word, ...] = ()
    """Empty if the model gives no word times."""
    no_speech: float = 0.0
    """Probability that nobody spoke in the segment's window."""
    unclear: bool = False
    """True if the text makes no sense."""


def lines_of(
    heard: Iterable[Heard], start: float, end: float, *, prompt: str = "", chinese: bool = True
) -> tuple[RecognisedSegment, ...]:
    """Return lines within [start, end], in order and without overlap; `prompt` is the model's prompt.

    Text that makes no sense becomes an unclear line without text, since somebody spoke there.
    """
    said = [segment for segment in heard if not _is_too_fast(segment)]
    parts = [part for segment in said for part in _clear_and_unclear_parts(segment, chinese)]
    spoken = [part for part in parts if part.unclear or _is_speech(part, prompt)]
    lines = [line for segment in _without_repeats(spoken) for line in _segments_of(segment, chinese)]
    return tuple(_without_overlap(lines, start, end))


def _is_too_fast(segment: Heard) -> bool:
    """Tell whether the text is longer than anybody could say in the time, and the model doubts that anybody spoke."""
    said = units(segment.text)
    fast = len(said) > _FASTEST * max(_LEAST_SECONDS, segment.end - segment.start)
    return fast and len(said) >= _FEW and segment.no_speech > _NO_SPEECH


def _clear_and_unclear_parts(heard: Heard, chinese: bool) -> Iterator[Heard]:
    """Split a segment into its clear and its nonsensical parts, with whole words; missing word times are estimated."""
    words = list(_joined_words(heard.words or tuple(_estimated_words(heard))))
    if chinese and is_strange(heard.text):
        yield _part_of(heard, words, unclear=True)
        return
    for unclear, group in groupby(zip(_loop_flags(words), words, strict=True), lambda marked: marked[0]):
        yield _part_of(heard, [word for _mark, word in group], unclear)


def _part_of(heard: Heard, words: Sequence[Word], unclear: bool) -> Heard:
    text = "".join(word.text for word in words)
    start, end = (words[0].start, words[-1].end) if words else (heard.start, heard.end)
    return replace(heard, text=text, start=start, end=end, words=tuple(words), unclear=unclear)


def _estimated_words(heard: Heard) -> Iterator[Word]:
    """Split the text into Chinese characters and Latin words, with times in proportion to length and no confidence."""
    seconds = (heard.end - heard.start) / max(1, len(heard.text))
    for unit in _UNIT.finditer(heard.text):
        yield Word(unit.group(), heard.start + unit.start() * seconds, heard.start + unit.end() * seconds)


def _joined_words(words: Iterable[Word]) -> Iterator[Word]:
    """Join the pieces of words: in Chinese text Whisper splits `deploy` and `3.5`."""
    before: Word | None = None
    for word in words:
        word = replace(word, text=_UNSHOWABLE.sub("", word.text))
        if before is not None and _continues(before.text, word.text):
            before = replace(
                before, text=before.text + word.text, end=word.end, confidence=_lower_confidence(before, word)
            )
            continue
        if before is not None:
            yield before
        before = word
    if before is not None:
        yield before


def _continues(before: str, text: str) -> bool:
    if not text:
        return True
    return bool(before) and all(c < "\u2e80" and not c.isspace() for c in (before[-1], text[0]))


def _lower_confidence(one: Word, other: Word) -> float | None:
    known = [word.confidence for word in (one, other) if word.confidence is not None]
    return min(known, default=None)


def _loop_flags(words: Sequence[Word]) -> list[bool]:
    """Tell for each word whether it is in a loop; for all of them if there is little else."""
    said = [(index, unit) for index, word in enumerate(words) for unit in units(word.text)]
    looping = {said[at][0] for at in loops_in([unit for _index, unit in said])}
    if 3 * len(looping) > 2 * len({index for index, _unit in said}):
        return [True] * len(words)
    marks: list[bool] = []
    for unclear, group in groupby(range(len(words)), lambda index: index in looping):
        run = list(group)
        between = bool(marks) and run[-1] + 1 < len(words) and len(run) < _FEW
        marks += [unclear or between] * len(run)
    return marks


def _is_speech(segment: Heard, prompt: str) -> bool:
    text = fold(segment.text)
    if not text or any(credit in text for credit in _CREDITS):
        return False
    echo = SequenceMatcher(None, text, fold(prompt), autojunk=False).find_longest_match().size
    return echo < _ECHO or echo * 2 < len(text)


def _without_repeats(segments: Sequence[Heard]) -> Iterator[Heard]:
    """Keep one of a sentence that comes four times in a row; short answers (同意、同意、同意) may come five times."""
    for text, run in groupby(segments, lambda segment: "" if segment.unclear else fold(segment.text)):
        same = list(run)
        if not text:
            yield from same
            continue
        yield from same if len(same) < (4 if len(text) >= 6 else 6) else same[:1]


def _segments_of(segment: Heard, chinese: bool) -> Iterator[RecognisedSegment]:
    if segment.unclear:
        yield RecognisedSegment(segment.start, segment.end, segment.text.strip(), "", unclear=True)
        return
    for stretch in _split_at_pauses(segment.words):
        for group in _split_by_length(stretch):
            trimmed = _trimmed(group)
            if fold("".join(word.text for word in trimmed)):
                yield _segment(group, trimmed, chinese)


def _split_at_pauses(words: Sequence[Word]) -> Iterator[list[Word]]:
    group: list[Word] = []
    for word in words:
        if group and word.start - group[-1].end >= PAUSE:
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _split_by_length(words: list[Word]) -> Iterator[list[Word]]:
    """Split long lines at the best place in their middle half: a sentence, a clause or a breath."""
    if len(words) < 2 or (words[-1].end - words[0].start <= MAX_SECONDS and _width(words) <= MAX_WIDTH):
        yield words
        return
    first, last = max(1, len(words) // 4), max(1, len(words) - len(words) // 4)
    at = max(range(first, last + 1), key=lambda i: (_break_score(words[i - 1], words[i]), -abs(2 * i - len(words))))
    yield from _split_by_length(words[:at])
    yield from _split_by_length(words[at:])


def _break_score(before: Word, after: Word) -> float:
    """Rate a place for a split: 3 after a sentence, 2 after a clause, and up to 1 for silence."""
    mark = before.text.rstrip()[-1:]
    grammar = 3.0 if mark in _SENTENCE_END else 2.0 if mark in _CLAUSE_END else 0.0
    return grammar + round(min(1.0, max(0.0, after.start - before.end)), 1)


def _width(words: Iterable[Word]) -> float:
    return sum(0.5 if c < "\u2e80" else 1.0 for word in words for c in word.text.strip())


def _trimmed(words: Sequence[Word]) -> list[Word]:
    """Remove the marks that Whisper leaves before and after the speech."""
    line = "".join(word.text for word in words)
    until = len(_JUNK_TAIL.sub("", line))
    since = len(line) - len(_JUNK_HEAD.sub("", line))
    trimmed = []
    for word, (begin, end) in zip(words, _spans([word.text for word in words]), strict=True):
        text = line[max(begin, since) : min(end, until)]
        if text:
            trimmed.append(replace(word, text=text))
    return trimmed


def _spans(texts: list[str]) -> list[tuple[int, int]]:
    """Return the position of each text in their concatenation."""
    return list(pairwise(accumulate(map(len, texts), initial=0)))


def _segment(group: Sequence[Word], words: Sequence[Word], chinese: bool) -> RecognisedSegment:
    shown = _shown_words([word.text for word in words]) if chinese else [word.text for word in words]
    text = space("".join(shown)) if chinese else " ".join("".join(shown).split())
    named = zip(words, (one.strip() for one in shown), strict=True)
    return RecognisedSegment(
        start=words[0].start,
        end=words[-1].end,
        original_text="".join(word.text for word in group).strip(),
        text=text,
        # Estimated times are good enough to split a line, but are not shown.
        words=tuple(replace(word, text=one) for word, one in named if one and word.confidence is not None),
    )


def _shown_words(texts: list[str]) -> list[str]:
    """Return each word as it is shown; script and homophones are corrected in the context of the whole line."""
    line = "".join(texts)
    shown = widen_punctuation(mend_homophones(to_hong_kong(line)))
    if len(shown) != len(line):
        return [widen_punctuation(to_hong_kong(text)) for text in texts]
    return [shown[begin:end] for begin, end in _spans(texts)]


def _without_overlap(lines: Iterable[RecognisedSegment], start: float, end: float) -> list[RecognisedSegment]:
    """Limit lines to [start, end] without overlap; a line without time of its own joins its neighbour."""
    ordered: list[RecognisedSegment] = []
    for line in sorted(lines, key=lambda line: line.start):
        begin = max(line.start, ordered[-1].end if ordered else start)
        line = _limited_to(line, begin, end)
        if line.end - line.start >= _LEAST_SECONDS:
            ordered.append(line)
        elif ordered:
            ordered[-1] = _merged_lines(ordered[-1], line)
        elif end - start >= _LEAST_SECONDS:
            latest = min(line.start, end - _LEAST_SECONDS)
            ordered.append(_limited_to(replace(line, start=latest, end=latest + _LEAST_SECONDS), start, end))
    return ordered


def _limited_to(line: RecognisedSegment, start: float, end: float) -> RecognisedSegment:
    start, end = _clamped(line.start, start, end), _clamped(line.end, start, end)
    words: list[Word] = []
    for word in line.words:
        begin = _clamped(word.start, words[-1].end if words else start, end)
        words.append(replace(word, start=begin, end=_clamped(word.end, begin, end)))
    return replace(line, start=start, end=end, words=tuple(words))


def _clamped(seconds: float, least: float, most: float) -> float:
    return min(max(round(seconds, 3), least), most)


def _merged_lines(one: RecognisedSegment, other: RecognisedSegment) -> RecognisedSegment:
    at = one.end
    # An unclear line has no text to add.
    unclear = one.unclear and other.unclear
    originals = [line.original_text for line in (one, other) if unclear or not line.unclear]
    words = tuple(replace(w, start=min(w.start, at), end=min(w.end, at)) for w in other.words)
    return replace(
        one,
        original_text=" ".join(originals),
        text=space(f"{one.text} {other.text}".strip()),
        unclear=unclear,
        words=one.words + words,
    )
