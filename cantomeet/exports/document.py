"""A Word document, written by python-docx."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from cantomeet.exports.minutes import Line, Minutes, clock
from cantomeet.exports.text import blocks_of

_LATIN, _CHINESE = "Calibri", "Microsoft JhengHei"
_GREY = RGBColor(0x6B, 0x6B, 0x6B)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def docx(minutes: Minutes) -> bytes:
    """Summary and transcript."""
    document = Document()
    _use_fonts(document)
    document.core_properties.title = _xml(minutes.meeting.title)[:255]
    document.core_properties.author = ""
    document.add_heading(_xml(minutes.meeting.title), 0)
    for paragraph in (*minutes.facts(), minutes.meeting.description, *minutes.notes()):
        if paragraph:
            document.add_paragraph(_xml(paragraph))
    _add_summary(document, minutes)
    if minutes.lines:
        document.add_heading(minutes.label("transcript"), 1)
    for line in minutes.lines:
        _add_line(document, minutes, line)
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def _add_summary(document: Any, minutes: Minutes) -> None:
    if minutes.sections or minutes.unverified:
        document.add_heading(minutes.label("summary"), 1)
        for note in filter(None, minutes.about_summary()):
            document.add_paragraph(_xml(note))
    for heading, note, items in blocks_of(minutes):
        document.add_heading(_xml(heading), 2)
        if note:
            document.add_paragraph(_xml(note))
        for item in items:
            first, *other = minutes.item_texts(item)
            paragraph = document.add_paragraph(_xml(first), style="List Bullet")
            for text in other:
                paragraph.add_run().add_break()
                paragraph.add_run(_xml(text)).font.color.rgb = _GREY


def _add_line(document: Any, minutes: Minutes, line: Line) -> None:
    paragraph = document.add_paragraph()
    time = paragraph.add_run(f"{clock(line.segment.start)}  ")
    time.font.size, time.font.color.rgb = Pt(9), _GREY
    if line.speaker:
        paragraph.add_run(_xml(line.speaker) + minutes.label("colon")).bold = True
    paragraph.add_run(_xml(line.text))


def _use_fonts(document: Any) -> None:
    for name in ("Normal", "Title", "Heading 1", "Heading 2"):
        fonts = document.styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        # A theme's font would win over the ones named here.
        for attribute in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{attribute}"), None)
        for attribute, font in (("ascii", _LATIN), ("hAnsi", _LATIN), ("eastAsia", _CHINESE)):
            fonts.set(qn(f"w:{attribute}"), font)


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)
