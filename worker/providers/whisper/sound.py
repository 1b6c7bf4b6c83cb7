"""Reads one piece of a recording, cut at a pause."""

from __future__ import annotations

import math
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cantomeet.errors import ErrorCode, PermanentError
from cantomeet.media.sniffing import UNDECODABLE

RATE = 16_000
"""Samples per second."""
SEARCH_SECONDS = 20.0
"""A piece is cut within this many last seconds, or within its last half if it is shorter."""
LEAST_REST_SECONDS = 20.0
"""Least seconds that a cut leaves for the last piece (or a quarter of a piece, if less), since a tail of a word or two
has no context.
"""
_PAUSE_SECONDS = 0.4

Sound = npt.NDArray[np.float32]
"""Mono samples from -1 to 1, `RATE` per second."""


def read_piece(audio: Path, start: float, *, duration: float, longest: float) -> tuple[Sound, float]:
    """Return the samples from `start` to the piece's end, and that end: at most `start + longest`, or `duration`.

    All times are in seconds. Raises `PermanentError` if `audio` is missing or is not a 16 kHz mono 16-bit WAV.
    """
    rest = duration - start
    wanted = rest if rest <= longest else min(longest, rest - min(LEAST_REST_SECONDS, longest / 4))
    sound = _read(audio, start, wanted)
    if wanted == rest or len(sound) < round(wanted * RATE):
        return sound, duration
    cut = quietest(sound, round((wanted - min(SEARCH_SECONDS, longest / 2)) * RATE))
    end = math.floor((start + cut / RATE) * 1000) / 1000
    return sound[: round((end - start) * RATE)], end


def quietest(sound: Sound, first: int) -> int:
    """Return the middle of the quietest pause from sample `first` on; the last one if several are equally quiet."""
    width = round(_PAUSE_SECONDS * RATE)
    energy = np.concatenate(([0.0], np.cumsum(np.square(sound[first:], dtype=np.float64))))
    if len(energy) <= width:
        return len(sound)
    pauses = np.round(energy[width:] - energy[:-width], 9)
    return first + len(pauses) - 1 - int(np.argmin(pauses[::-1])) + width // 2


def _read(audio: Path, start: float, seconds: float) -> Sound:
    try:
        with wave.open(str(audio), "rb") as wav:
            if (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) != (1, 2, RATE):
                raise _unreadable(f"{wav.getparams()}")
            wav.setpos(min(max(0, round(start * RATE)), wav.getnframes()))
            raw = wav.readframes(max(0, round(seconds * RATE)))
    except FileNotFoundError as error:
        raise PermanentError("the decoded sound is gone", code=ErrorCode.RECORDING_MISSING) from error
    except (wave.Error, EOFError, OSError) as error:
        raise _unreadable(str(error)) from error
    whole = len(raw) - len(raw) % 2
    return np.frombuffer(raw[:whole], dtype="<i2").astype(np.float32) / 32768.0


def _unreadable(detail: str) -> PermanentError:
    return PermanentError(detail, code=ErrorCode.RECORDING_UNREADABLE, found=UNDECODABLE)
