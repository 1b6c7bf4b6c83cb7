"""How the web server is started: granian, with limits that keep one asker from keeping the others out."""

from __future__ import annotations

import resource

CONNECTIONS = 4096
"""At once, pages' sockets among them. A connection that asks nothing costs little; it is closed after a while."""
_OTHER_FILES = 512
"""Open besides connections: recordings, the database, libraries."""
_HEADER_MILLISECONDS = 10_000
"""For a request's head, and for the next one of a connection that is kept open."""
_HEADER_BYTES = 128 * 1024
"""Of a request's head; the metadata of a resumable upload is a header of up to 64 KiB."""


def options() -> list[str]:
    """Granian's, for any of our applications."""
    return [
        *("--interface", "asgi", "--factory", "--workers", "1", "--log-level", "warning"),
        # HTTP/2 is for servers with certificates; and while a connection may be either, no clock runs on it.
        *("--http", "1", "--http1-header-read-timeout", str(_HEADER_MILLISECONDS)),
        *("--http1-buffer-size", str(_HEADER_BYTES)),
        *("--backlog", "2048", "--backpressure", str(_connections())),
    ]


def allow_many_files() -> None:
    """Let this process, and those that it starts, have as many connections as `options` grants, where it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + _OTHER_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _connections() -> int:
    """No more than there are files for: out of files the server could not even open a recording."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return CONNECTIONS
    return max(64, min(CONNECTIONS, soft - _OTHER_FILES))
