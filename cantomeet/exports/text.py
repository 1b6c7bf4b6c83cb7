"""Plain text and Markdown."""

from __future__ import annotations

import re

from cantomeet.exports.minutes import Minutes, clock

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")


def plain(minutes: Minutes) -> bytes:
    """The transcript, a line each: [0:00:12] Speaker: text."""
    head = [minutes.meeting.title, *minutes.facts(), *minutes.notes()]
    body = [f"[{clock(line.segment.start)}] {minutes.said(line)}" for line in minutes.lines]
    return "\n".join([*head, "", *body, ""]).encode()


def markdown(minutes: Minutes) -> bytes:
    """Summary and transcript; what people said or wrote is never taken for markup."""
    blocks = [f"# {_escaped(minutes.meeting.title)}", *map(_escaped, minutes.facts())]
    if minutes.meeting.description:
        blocks.append(_escaped(minutes.meeting.description))
    blocks += [f"*{_escaped(note)}*" for note in minutes.notes()]
    if minutes.sections:
        blocks.append(f"## {minutes.label('summary')}")
    for section in minutes.sections:
        items = [f"- {_escaped(minutes.item_text(item))}" for item in section.items]
        blocks += [f"### {section.heading}", "\n".join(items)]
    if minutes.lines:
        blocks.append(f"## {minutes.label('transcript')}")
    blocks += [f"`{clock(line.segment.start)}` {_escaped(minutes.said(line))}" for line in minutes.lines]
    return ("\n\n".join(blocks) + "\n").encode()


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)
