"""Exports a meeting's transcript as a file: txt, md, docx, srt, vtt, json.

All forms except the subtitles contain the shown summary too, as people corrected it. Verified items come under the
template's headings, unverified ones separately, and items that rest on lines that were changed since are marked. An
incomplete transcript is marked as such in the file's name and, if the form has room, inside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from cantomeet.errors import Conflict
from cantomeet.exports import data, subtitles, text
from cantomeet.exports.minutes import Minutes, Spoken, minutes_of
from cantomeet.models import Meeting
from cantomeet.store import SummaryWithItems, WrittenTranscript

Form = Literal["txt", "srt", "vtt", "md", "docx", "json"]
FORMS: tuple[Form, ...] = get_args(Form)


def _docx(minutes: Minutes) -> Iterator[bytes]:
    # python-docx is slow to import, and most processes never write a Word file.
    from cantomeet.exports.document import docx

    return docx(minutes)


_WRITERS: dict[Form, tuple[str, Callable[[Minutes], Iterator[bytes]]]] = {
    "txt": ("text/plain; charset=utf-8", text.plain),
    "srt": ("application/x-subrip; charset=utf-8", subtitles.srt),
    "vtt": ("text/vtt; charset=utf-8", subtitles.vtt),
    "md": ("text/markdown; charset=utf-8", text.markdown),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _docx),
    "json": ("application/json", data.json_of),
}
_LONGEST_STEM = 80
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]+')


@dataclass
class Export:
    filename: str
    """A name that is safe on every system, usually in Chinese."""
    media_type: str
    pieces: Iterable[bytes]
    """The file's bytes, generated while they are read; they can be read only once."""

    @cached_property
    def body(self) -> bytes:
        """Return the whole file."""
        return b"".join(self.pieces)


def export(
    form: Form,
    meeting: Meeting,
    transcript: Spoken,
    summary: SummaryWithItems | None,
    language: str,
    written: WrittenTranscript | None = None,
) -> Export:
    """Build the file, with labels in `language` ("en", or else Hong Kong Chinese).

    With `written` its lines are in written Chinese, and the file says so in its name and, if the form has room, inside
    (subtitles have none). Raises `Conflict` if nothing has been transcribed yet.
    """
    minutes = minutes_of(meeting, transcript, summary, language, written)
    if not minutes.complete and not minutes.lines:
        raise Conflict("nothing has been transcribed yet")
    media_type, write = _WRITERS[form]
    marks = [("export.written", written is not None), ("export.partial", not minutes.complete)]
    mark = "".join(f" ({minutes.label(key)})" for key, is_so in marks if is_so)
    return Export(f"{file_stem(meeting.title)}{mark}.{form}", media_type, write(minutes))


def holds_words(form: Form) -> bool:
    """Tell whether the file has the time of every word."""
    return form == "json"


def file_stem(title: str) -> str:
    """Make a file name without its extension from a title."""
    stem = _UNSAFE.sub("_", title)[:_LONGEST_STEM].strip(" .")
    return stem or "meeting"
