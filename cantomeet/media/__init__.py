"""What a recording is and how it sounds: sniffed, probed and decoded by PyAV (FFmpeg)."""

from cantomeet.media.decoding import (
    PLAYBACK_CONTENT_TYPE,
    RATE,
    Decoded,
    decode_to_wav,
    make_playback_copy,
    make_upload_copy,
    measure,
)
from cantomeet.media.probing import CONTENT_TYPES, Probe, probe, refuse_foreign
from cantomeet.media.tracks import Missing

__all__ = [
    "CONTENT_TYPES",
    "PLAYBACK_CONTENT_TYPE",
    "RATE",
    "Decoded",
    "Missing",
    "Probe",
    "decode_to_wav",
    "make_playback_copy",
    "make_upload_copy",
    "measure",
    "probe",
    "refuse_foreign",
]
