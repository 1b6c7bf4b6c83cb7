"""Options of the web server, granian, with limits against clients that block others."""

from __future__ import annotations

import resource

CONNECTIONS = 4096
"""Most concurrent connections, including the pages' websockets. An idle connection is cheap and is closed after a
while.
"""
_OTHER_FILES = 512
"""Open files besides connections: recordings, the database, libraries."""
_HEADER_MILLISECONDS = 10_000
"""Most milliseconds for a request's head, and for the next head of a connection that is kept open."""
_HEADER_BYTES = 128 * 1024
"""Most bytes of a request's head; the metadata of a resumable upload is a header of up to 64 KiB."""


def options() -> list[str]:
    """Return granian's options for any of our applications."""
    return [
        *("--interface", "asgi", "--factory", "--workers", "1", "--log-level", "warning"),
        # HTTP/2 needs certificates, and granian applies no timeout while a connection may still be either version.
        *("--http", "1", "--http1-header-read-timeout", str(_HEADER_MILLISECONDS)),
        *("--http1-buffer-size", str(_HEADER_BYTES)),
        *("--backlog", "2048", "--backpressure", str(_connections())),
    ]


def allow_many_files() -> None:
    """Let this process and its children open as many connections as `options` allows, if the system permits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + _OTHER_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _connections() -> int:
    """Limit connections by the open files allowed: without free files the server could not even open a recording."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return CONNECTIONS
    return max(64, min(CONNECTIONS, soft - _OTHER_FILES))
