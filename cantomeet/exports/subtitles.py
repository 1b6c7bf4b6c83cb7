"""Subtitles, written by pysubs2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from itertools import islice

from pysubs2 import SSAEvent, SSAFile

from cantomeet.exports.minutes import ExportLine, Minutes

_AT_ONCE = 1000
_HEADER = b"WEBVTT\n\n"
_NUMBER = re.compile(r"^\d+$(?=\n\d+:\d\d:\d\d[,.]\d{3} --> )", re.MULTILINE)
"""Of a cue: alone in a line, and its times in the next; what was said is one line and holds no times after it."""
_WORD_JOINER = "\u2060"


def srt(minutes: Minutes) -> Iterator[bytes]:
    """SubRip; the speaker stands before the text."""
    yield from _cues(minutes, "srt", minutes.said)


def vtt(minutes: Minutes) -> Iterator[bytes]:
    """WebVTT; the speaker is the cue's voice."""
    yield _HEADER
    for piece in _cues(minutes, "vtt", _voiced):
        yield piece.removeprefix(_HEADER)


def _voiced(line: ExportLine) -> str:
    text = escape(line.text, quote=False)
    return f"<v {escape(' '.join(line.speaker.split()), quote=False)}>{text}" if line.speaker else text


def _cues(minutes: Minutes, form: str, text_of: Callable[[ExportLine], str]) -> Iterator[bytes]:
    """In parts: pysubs2 writes whole files, each with its own header and numbers from 1 on."""
    lines, before = iter(minutes.lines), 0
    while part := list(islice(lines, _AT_ONCE)):
        file = SSAFile()
        file.events = [_cue(line, text_of(line)) for line in part]
        written = file.to_string(form, keep_ssa_tags=True)
        yield _NUMBER.sub(partial(_further, before), written).encode()
        before += len(part)


def _further(by: int, found: re.Match[str]) -> str:
    return str(int(found[0]) + by)


def _cue(line: ExportLine, text: str) -> SSAEvent:
    start, end = (round(seconds * 1000) for seconds in (line.segment.start, line.segment.end))
    return SSAEvent(start=start, end=end, text=_literal(text))


def _literal(text: str) -> str:
    """pysubs2 would take a backslash for the start of a command."""
    return text.replace("\\", "\\" + _WORD_JOINER)
