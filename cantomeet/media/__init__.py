"""Sniffs, probes and decodes recordings. PyAV (FFmpeg) runs in child processes."""

from cantomeet.media.found import CONTENT_TYPES, PLAYBACK_CONTENT_TYPE, RATE, Decoded, Missing, Probe, refuse_foreign
from cantomeet.media.limits import LONGEST_SECONDS
from cantomeet.media.reading import (
    decode_to_wav,
    make_playback_copy,
    make_upload_copy,
    measure,
    probe,
    shut_down,
    warm_up,
)

__all__ = [
    "CONTENT_TYPES",
    "LONGEST_SECONDS",
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
    "shut_down",
    "warm_up",
]
