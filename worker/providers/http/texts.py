"""Makes servers' messages safe to show, and reads how long they ask us to wait."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MESSAGE_LIMIT = 300
"""Most characters of a server's message that people see."""
LONGEST_RETRY_AFTER = 24 * 3600.0
"""Most seconds that a server's Retry-After makes us wait."""
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")


def safe_message(text: str, secrets: tuple[str, ...]) -> str:
    """Return a foreign text on one line, without control and direction marks or our secrets, at most 300 characters."""
    for secret in secrets:
        text = text.replace(secret, "…")
    text = _UNPRINTABLE.sub(" ", text).strip()
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks for, at most a day, or None without a valid value.

    A date is compared with the response's own Date header, since the provider's clock and ours may differ.
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
    """Parse a header's date; UTC if it names no zone, None if it is no date."""
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
