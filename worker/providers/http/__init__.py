"""What every provider over HTTP shares: the table of exceptions, Retry-After, safe texts of others."""

from worker.providers.http.exceptions import (
    BY_EXCEPTION,
    FOREIGN,
    NOT_SENT,
    Cause,
    Trouble,
    trouble_of,
    was_not_sent,
)
from worker.providers.http.texts import http_date, retry_after, safe_message

__all__ = [
    "BY_EXCEPTION",
    "FOREIGN",
    "NOT_SENT",
    "Cause",
    "Trouble",
    "http_date",
    "retry_after",
    "safe_message",
    "trouble_of",
    "was_not_sent",
]
