"""Keys by which senders mark a repeated upload (pure)."""

from __future__ import annotations

import hashlib

from cantomeet.errors import KeyReused
from cantomeet.models import Meeting


def key_of(owner_id: str | None, key: str | None) -> str | None:
    """A sender's key as it is stored: two owners may choose the same one.

    The local owner's key is stored unchanged, as in earlier releases. No such key has a line break.
    """
    if key is None or owner_id is None:
        return key
    return f"{owner_id}\n{hashlib.sha256(key.encode()).hexdigest()}"


def require_same_upload(earlier: Meeting, fingerprint: str | None) -> None:
    """Raises `KeyReused` if something else was sent with the key before, as far as that is known."""
    if None not in (earlier.upload_fingerprint, fingerprint) and earlier.upload_fingerprint != fingerprint:
        raise KeyReused("the key was used for another upload")
