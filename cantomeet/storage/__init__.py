"""Where the bytes of recordings lie: the port, and a folder of this machine behind it."""

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
