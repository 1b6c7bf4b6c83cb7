"""How a page meets a database that does not answer: it waits, and looks again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

AGAIN = 5.0
"""Seconds until somebody whom nothing tells looks once more."""
NOT_ANSWERING = (OperationalError, InterfaceError, TimeoutError)
"""What is raised where the database does not answer."""
_log = logging.getLogger(__name__)


@contextmanager
def database_waited_for() -> Iterator[None]:
    """A look of an open page: where the database does not answer, it ends, and whoever looks is to look again."""
    try:
        yield
    except NOT_ANSWERING as error:
        _log.warning("the database did not answer a page: %s", type(getattr(error, "orig", None) or error).__name__)
