"""Storage of recordings: the port, and its implementation in a local folder."""

from __future__ import annotations

from cantomeet.storage.folder import MIN_FREE_BYTES, FolderStorage
from cantomeet.storage.port import Copy, Incoming, LockedUpload, Storage, Stored, Upload, UploadBusy

__all__ = [
    "MIN_FREE_BYTES",
    "Copy",
    "FolderStorage",
    "Incoming",
    "LockedUpload",
    "Storage",
    "Stored",
    "Upload",
    "UploadBusy",
]
