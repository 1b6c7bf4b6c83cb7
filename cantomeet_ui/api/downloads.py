"""What every file that leaves by the API says of itself."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote


def disposition(kind: Literal["inline", "attachment"], filename: str) -> str:
    """A Content-Disposition with the name in full (RFC 5987), and an ASCII one for clients that know no other."""
    plain = filename.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_").replace("\\", "_")
    plain = "".join(c if c.isprintable() else "_" for c in plain)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
