"""Lets pages survive a database outage: they wait and try again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

RETRY_SECONDS = 5.0
"""Seconds until a page that gets no notification tries again."""
OUTAGE_ERRORS = (OperationalError, InterfaceError, TimeoutError)
"""The exceptions that mean that the database does not answer."""
_log = logging.getLogger(__name__)


@contextmanager
def outage_tolerated() -> Iterator[None]:
    """Suppress and log `OUTAGE_ERRORS` in the block. The caller is expected to try again."""
    try:
        yield
    except OUTAGE_ERRORS as error:
        _log.warning("the database did not answer a page: %s", type(getattr(error, "orig", None) or error).__name__)
