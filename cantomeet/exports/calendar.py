"""Exports due action items as all-day events of an iCalendar file (RFC 5545).

VTODO would be the exact type, but Google Calendar and Outlook ignore VTODO when they import a file, and Apple's
Calendar does not show it. An event needs a day, so items without one are left out. Events are marked as free time and
keep their UID, so that another import updates them instead of adding duplicates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from cantomeet.actions import FoundAction
from cantomeet.i18n import text
from cantomeet.quotes import is_proven

_LONGEST = 75
"""Most bytes of a line, without its end."""


def calendar(found: Iterable[FoundAction], now: datetime, language: str, link: Callable[[FoundAction], str]) -> bytes:
    """Return the open items that have a day; `link` returns an item's address."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//CantoMeet Notes//Actions//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",  # without it older Outlooks treat the file as an invitation
        f"X-WR-CALNAME:{_text(text(language, 'calendar.name'))}",
    ]
    for action in found:
        if action.item.due_date is not None and not action.item.done:
            lines += _event(action, now, language, link(action))
    lines.append("END:VCALENDAR")
    return b"".join(part + b"\r\n" for line in lines for part in _folded(line))


def _event(action: FoundAction, now: datetime, language: str, address: str) -> list[str]:
    item = action.item
    assert item.due_date is not None
    unverified = "" if is_proven(item.evidence) else text(language, "calendar.unverified")
    about = [f"{text(language, 'calendar.owner')}{item.owner}"] if item.owner else []
    about += [f"{text(language, 'calendar.meeting')}{action.meeting_title}", address]
    return [
        "BEGIN:VEVENT",
        f"UID:{item.id}@cantomeet",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"SEQUENCE:{item.version}",
        f"DTSTART;VALUE=DATE:{item.due_date:%Y%m%d}",
        f"DTEND;VALUE=DATE:{item.due_date + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_text(unverified + action.text_in(language)[0])}",
        f"DESCRIPTION:{_text(chr(10).join(about))}",
        f"URL:{address}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _text(words: str) -> str:
    """Escape text by RFC 5545, 3.3.11, and remove the control characters that it does not allow."""
    escaped = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    lines = escaped.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\\n".join("".join(c for c in line if c >= " " and c != "\x7f") for line in lines)


def _folded(line: str) -> Iterator[bytes]:
    """Split a line into parts of at most 75 bytes, never within a character; all but the first begin with a space."""
    part = b""
    for character in line:
        encoded = character.encode()
        if len(part) + len(encoded) > _LONGEST:
            yield part
            part = b" "
        part += encoded
    yield part
