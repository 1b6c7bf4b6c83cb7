"""What servers say, made safe to show: their words, and how long they ask us to wait."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MESSAGE_LIMIT = 300
"""Characters of a server's own words that a person is shown."""
LONGEST_RETRY_AFTER = 24 * 3600.0
"""Seconds."""
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")


def safe_message(text: str, secrets: tuple[str, ...]) -> str:
    """A foreign text on one line, without control or direction marks, without our secrets, not long."""
    for secret in secrets:
        text = text.replace(secret, "…")
    text = _UNPRINTABLE.sub(" ", text).strip()
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from Retry-After as a number or as a date, at most a day; None where it says nothing.

    A date is measured against the answer's own Date, since the provider's clock and ours may differ.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d*)?", value):
        return min(float(value), LONGEST_RETRY_AFTER)
    then = http_date(value)
    if then is None:
        return None
    now = http_date(headers.get("date", "")) or datetime.now(UTC)
    return min(max(0.0, (then - now).total_seconds()), LONGEST_RETRY_AFTER)


def http_date(value: str) -> datetime | None:
    """Of a header; UTC where it names no zone, None where it is no date."""
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
