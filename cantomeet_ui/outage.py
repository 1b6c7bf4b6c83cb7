"""Lets pages survive a database outage: they wait and try again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from cantomeet.database import OUTAGES, outage_name

RETRY_SECONDS = 5.0
"""Seconds until a page that gets no notification tries again."""
_log = logging.getLogger(__name__)


@contextmanager
def outage_tolerated() -> Iterator[None]:
    """Suppress and log an outage in the block. The caller is expected to try again."""
    try:
        yield
    except OUTAGES as error:
        _log.warning("the database did not answer a page: %s", outage_name(error))
