"""Exports a Word document with python-docx."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO
from uuid import uuid4
from zipfile import ZIP_DEFLATED, ZipFile

from docx import Document
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.shared import RGBColor

from cantomeet.exports.minutes import ExportLine, Minutes, clock
from cantomeet.exports.text import blocks_of

_LATIN, _CHINESE = "Calibri", "Microsoft JhengHei"
_GREY = RGBColor(0x6B, 0x6B, 0x6B)
_BODY = "word/document.xml"
_PLACE = b"<w:p><w:r><w:t>%s</w:t></w:r></w:p>"
_PIECE = 256 * 1024
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def docx(minutes: Minutes) -> Iterator[bytes]:
    """Yield a document with summary and transcript.

    It is a ZIP file, so it is complete on the disk before its first byte is sent. Its memory use does not grow with the
    transcript.
    """
    with TemporaryFile() as file:
        _write(minutes, file)
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _write(minutes: Minutes, file: IO[bytes]) -> None:
    """Write the lines into the document that python-docx made without them, because it needs 5 kB per paragraph."""
    whole, place = BytesIO(), uuid4().hex
    _without_lines(minutes, place).save(whole)
    with ZipFile(whole) as made, ZipFile(file, "w", ZIP_DEFLATED) as target:
        for name in made.namelist():
            with target.open(name, "w") as part:
                if name == _BODY:
                    before, _, after = made.read(name).partition(_PLACE % place.encode())
                    part.write(before)
                    for line in minutes.lines:
                        part.write(_paragraph(minutes, line).encode())
                    part.write(after)
                else:
                    part.write(made.read(name))


def _without_lines(minutes: Minutes, place: str) -> WordDocument:
    document = Document()
    _use_fonts(document)
    document.core_properties.title = _without_invalid_characters(minutes.meeting.title)[:255]
    document.core_properties.author = ""
    document.add_heading(_without_invalid_characters(minutes.meeting.title), 0)
    for paragraph in (*minutes.facts(), minutes.meeting.description, *minutes.notes()):
        if paragraph:
            document.add_paragraph(_without_invalid_characters(paragraph))
    _add_summary(document, minutes)
    if minutes.lines:
        document.add_heading(minutes.label("transcript.title"), 1)
        document.add_paragraph(place)
    return document


def _add_summary(document: WordDocument, minutes: Minutes) -> None:
    if minutes.sections or minutes.unverified:
        document.add_heading(minutes.label("summary.title"), 1)
        for note in filter(None, minutes.about_summary()):
            document.add_paragraph(_without_invalid_characters(note))
    for heading, note, items in blocks_of(minutes):
        document.add_heading(_without_invalid_characters(heading), 2)
        if note:
            document.add_paragraph(_without_invalid_characters(note))
        for item in items:
            first, *other = minutes.item_texts(item)
            paragraph = document.add_paragraph(_without_invalid_characters(first), style="List Bullet")
            for text in other:
                paragraph.add_run().add_break()
                paragraph.add_run(_without_invalid_characters(text)).font.color.rgb = _GREY


def _paragraph(minutes: Minutes, line: ExportLine) -> str:
    speaker = f"{line.speaker}{minutes.label('export.colon')}" if line.speaker else ""
    time = _text_run(f"{clock(line.segment.start)}  ")
    return (
        f'<w:p><w:r><w:rPr><w:color w:val="{_GREY}"/><w:sz w:val="18"/></w:rPr>{time}</w:r>'
        + (f"<w:r><w:rPr><w:b/></w:rPr>{_text_run(speaker)}</w:r>" if speaker else "")
        + f"<w:r>{_text_run(line.text)}</w:r></w:p>"
    )


def _text_run(text: str) -> str:
    return f'<w:t xml:space="preserve">{escape(_without_invalid_characters(text), quote=False)}</w:t>'


def _use_fonts(document: WordDocument) -> None:
    for name in ("Normal", "Title", "Heading 1", "Heading 2"):
        fonts = document.styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        # A theme's font would override the ones named here.
        for attribute in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{attribute}"), None)
        for attribute, font in (("ascii", _LATIN), ("hAnsi", _LATIN), ("eastAsia", _CHINESE)):
            fonts.set(qn(f"w:{attribute}"), font)


def _without_invalid_characters(text: str) -> str:
    return _NOT_XML.sub("", text)
