"""A proxy on loopback that writes down each request and passes none on."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Handler(socketserver.StreamRequestHandler):
    timeout = 5

    def handle(self) -> None:
        asked = self.rfile.readline().decode("latin-1").strip()
        self.server.requests.append(asked)  # type: ignore[attr-defined]  # the server below
        self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")


class LoggingProxy(socketserver.ThreadingTCPServer):
    """`requests`: the first line of each, in order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[str] = []

    @property
    def environment(self) -> dict[str, str]:
        """Of a process all of whose requests are to come here."""
        url = f"http://127.0.0.1:{self.server_address[1]}"
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        proxies = {spelled: url for name in names for spelled in (name, name.lower())}
        return {**proxies, "NO_PROXY": "", "no_proxy": ""}


@contextmanager
def logging_proxy() -> Iterator[LoggingProxy]:
    """For the length of the block."""
    with LoggingProxy() as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
