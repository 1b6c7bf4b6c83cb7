"""Subtitles, written by pysubs2."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from pysubs2 import SSAEvent, SSAFile

from cantomeet.exports.minutes import Line, Minutes

_WORD_JOINER = "\u2060"


def srt(minutes: Minutes) -> bytes:
    """SubRip; the speaker stands before the text."""
    return _written(minutes, "srt", minutes.said)


def vtt(minutes: Minutes) -> bytes:
    """WebVTT; the speaker is the cue's voice."""
    return _written(minutes, "vtt", _voiced)


def _voiced(line: Line) -> str:
    text = escape(line.text, quote=False)
    return f"<v {escape(' '.join(line.speaker.split()), quote=False)}>{text}" if line.speaker else text


def _written(minutes: Minutes, form: str, text_of: Callable[[Line], str]) -> bytes:
    file = SSAFile()
    file.events = [
        SSAEvent(
            start=round(line.segment.start * 1000), end=round(line.segment.end * 1000), text=_literal(text_of(line))
        )
        for line in minutes.lines
    ]
    return file.to_string(form, keep_ssa_tags=True).encode()


def _literal(text: str) -> str:
    """pysubs2 would take a backslash for the start of a command."""
    return text.replace("\\", "\\" + _WORD_JOINER)
