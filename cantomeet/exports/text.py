"""Exports plain text and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cantomeet.exports.minutes import Minutes, clock
from cantomeet.models import SummaryItem

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~&])")
_LINE_START = re.compile(r"^[ \t]*(\d*)([-+=]|(?<=\d)[.)])", re.MULTILINE)
"""The start of a line that Markdown would read as a list, a rule or a heading."""
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def plain(minutes: Minutes) -> Iterator[bytes]:
    """Yield the summary, and the transcript with one line each: [0:00:12] Speaker: text."""
    head = [minutes.meeting.title, *minutes.facts(), *filter(None, [minutes.meeting.description]), *minutes.notes()]
    if minutes.sections or minutes.unverified:
        head += [*_plain_summary(minutes), "", minutes.label("transcript.title")]
    yield "\n".join([*head, "", ""]).encode()
    for line in minutes.lines:
        yield f"[{clock(line.segment.start)}] {minutes.line_with_speaker(line)}\n".encode()


def _plain_summary(minutes: Minutes) -> list[str]:
    lines = ["", minutes.label("summary.title"), *filter(None, minutes.about_summary())]
    for heading, note, items in blocks_of(minutes):
        lines += ["", heading, *([note] if note else [])]
        for item in items:
            first, *other = minutes.item_texts(item)
            lines += [f"- {first}", *(f"  {text}" for text in other)]
    return lines


def blocks_of(minutes: Minutes) -> list[tuple[str, str, Sequence[SummaryItem]]]:
    """Return heading, note and items of each block, verified ones first."""
    verified: list[tuple[str, str, Sequence[SummaryItem]]] = [(s.heading, "", s.items) for s in minutes.sections]
    if not minutes.unverified:
        return verified
    return [
        *verified,
        (minutes.label("export.unverified"), minutes.label("summary.unverified.hint"), minutes.unverified),
    ]


def markdown(minutes: Minutes) -> Iterator[bytes]:
    """Yield summary and transcript; text of people is never read as markup."""
    blocks = [f"# {_escaped(minutes.meeting.title)}", *map(_escaped, minutes.facts())]
    if minutes.meeting.description:
        blocks.append(_escaped(minutes.meeting.description))
    blocks += [f"*{_escaped(note)}*" for note in minutes.notes()]
    if minutes.sections or minutes.unverified:
        blocks.append(f"## {minutes.label('summary.title')}")
        blocks += [f"*{_escaped(note)}*" for note in minutes.about_summary() if note]
    for heading, note, items in blocks_of(minutes):
        blocks += [f"### {_escaped(heading)}", *([f"*{_escaped(note)}*"] if note else [])]
        # Two spaces put the other language on a line of its own.
        blocks.append("\n".join("- " + "  \n  ".join(map(_escaped, minutes.item_texts(item))) for item in items))
    if minutes.lines:
        blocks.append(f"## {minutes.label('transcript.title')}")
    yield ("\n\n".join(blocks) + "\n").encode()
    for line in minutes.lines:
        yield f"\n`{clock(line.segment.start)}` {_escaped(minutes.line_with_speaker(line))}\n".encode()


def _escaped(text: str) -> str:
    return _LINE_START.sub(r"\1\\\2", _INDENT.sub("", _MARKUP.sub(r"\\\1", text)))
