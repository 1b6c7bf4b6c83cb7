"""Mixes several channels into one without cancellation, doubling or clipping.

A plain sum of channels loses sound that is in them with opposite signs (a microphone wired the wrong way round) or with
a delay. So the mix is made per time window and frequency, with short overlapping windows. Its phase is that of the sum
if the sum is strong, and that of the louder channel if the channels cancel. Its level follows the total energy: as loud
as the loudest channel if all are equal, 3 dB softer for a voice in one channel only. A limiter prevents clipping when
two voices add up. One pass is enough, because each window is independent.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from cantomeet.media.tracks import Block

_HOP_SECONDS = 0.032
_HOPS_A_BLOCK = 32
_CANCELLED = 0.5
"""If the sum is less than this share of the loudest channel, the channels cancel."""
_REFERENCE_GAIN = 4.0
"""A channel becomes the reference if its energy is this many times that of the current one."""
_AUDIBLE = 1e-4
"""As a share of full scale. Cancellation of softer sound is inaudible."""
_LOUDEST = 0.99

Samples = NDArray[np.int16]


class Mixer:
    """Turns blocks of several channels into 16-bit samples of one channel."""

    def __init__(self, rate: int) -> None:
        self._hop = round(rate * _HOP_SECONDS)
        self.block = self._hop * _HOPS_A_BLOCK
        self._window = np.sqrt(np.hanning(2 * self._hop + 1)[:-1]).astype(np.float32)
        self._limiter = _Limiter(self._hop)
        self._tail = np.zeros((1, self._hop), np.float32)
        self._half = np.zeros(self._hop, np.float32)
        self._reference = 0
        self._begun = self._mixing = False
        self.cancels = False
        """Whether a plain sum would have lost most of the sound somewhere."""

    def mixed(self, tracks: list[Iterator[Block]]) -> Iterator[Samples]:
        """Yield the mix of all `tracks`, which start at the same time."""
        blocks = [_rechunked(track, self.block) for track in tracks]
        for parts in zip_longest(*blocks):
            block = _stacked([part for part in parts if part is not None])
            if not self._mixing and len(block) == 1:
                yield _quantised(block[0])
            else:
                yield from self._of_many(block)
        if self._mixing:
            yield from self._rest()

    def _of_many(self, block: Block) -> Iterator[Samples]:
        size = block.shape[1]
        padded = _extended(block, len(block), size + -size % self._hop)
        self._mixing, self._surplus = True, padded.shape[1] - size
        yield from self._emitted(self._windows(padded))

    def _rest(self) -> Iterator[Samples]:
        end = self._windows(np.zeros((len(self._tail), self._hop), np.float32))
        left = np.concatenate([*self._limiter.limited(end), *self._limiter.rest()])
        yield _quantised(left[: len(left) - self._surplus])

    def _emitted(self, sound: NDArray[np.float32]) -> Iterator[Samples]:
        if not self._begun:
            # The first half window precedes the sound.
            self._begun, sound = True, sound[self._hop :]
        for block in self._limiter.limited(sound):
            yield _quantised(block)

    def _windows(self, block: Block) -> NDArray[np.float32]:
        rows = max(len(block), len(self._tail))
        known = _extended(self._tail, rows, self._hop)
        sound = np.concatenate([known, _extended(block, rows, block.shape[1])], axis=1)
        self._tail = sound[:, -self._hop :]
        framed = np.lib.stride_tricks.sliding_window_view(sound, 2 * self._hop, axis=1)[:, :: self._hop]
        spectra = np.fft.rfft(framed * self._window, axis=2)
        frames = np.fft.irfft(self._combined(spectra), 2 * self._hop, axis=1).astype(np.float32) * self._window
        halves = frames.reshape(len(frames), 2, self._hop)
        before = np.concatenate([self._half[None], halves[:-1, 1]])
        self._half = halves[-1, 1]
        return np.asarray((before + halves[:, 0]).ravel(), np.float32)

    def _combined(self, spectra: NDArray[np.complexfloating]) -> NDArray[np.complexfloating]:
        loudness = np.abs(spectra)
        summed, loudest = spectra.sum(axis=0), loudness.max(axis=0)
        lost = np.abs(summed) < _CANCELLED * loudest
        self._update_reference(loudness, loudest, lost)
        reference = np.where(
            loudness[self._reference] >= _CANCELLED * loudest,
            spectra[self._reference],
            np.take_along_axis(spectra, loudness.argmax(axis=0)[None], 0)[0],
        )
        phase = np.where(lost, reference, summed)
        wanted = np.minimum(np.sqrt((loudness**2).sum(axis=0) / 2), loudest)
        return np.asarray(phase * (wanted / np.maximum(np.abs(phase), 1e-12)))

    def _update_reference(
        self, loudness: NDArray[np.floating], loudest: NDArray[np.floating], lost: NDArray[np.bool_]
    ) -> None:
        energies = (loudness**2).sum(axis=(1, 2))
        strongest = int(energies.argmax())
        if self._reference >= len(energies) or energies[strongest] > _REFERENCE_GAIN * energies[self._reference]:
            self._reference = strongest
        energy = float((loudest**2).sum())
        # By Parseval's theorem: the energy of a sine of that level in these windows.
        audible = (_AUDIBLE * self._hop) ** 2 * len(lost)
        self.cancels |= energy > audible and float((loudest[lost] ** 2).sum()) > 0.5 * energy


class _Limiter:
    """Reduces the level of loud pieces of `size` samples, with gains that change linearly between pieces."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: NDArray[np.float32] | None = None
        self._gain = 1.0
        """The gain at the start of the held piece."""

    def limited(self, sound: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        pieces = sound.reshape(-1, self._size)
        if self._held is not None:
            pieces = np.concatenate([self._held[None], pieces])
        if not len(pieces):
            return
        peaks = np.abs(pieces).max(axis=1)
        gains = np.minimum(1.0, _LOUDEST / np.maximum(peaks, _LOUDEST))
        borders = np.concatenate([[min(self._gain, gains[0])], np.minimum(gains[:-1], gains[1:])])
        self._held, self._gain = pieces[-1], float(borders[-1])
        if len(pieces) > 1:
            slope = np.linspace(0, 1, self._size, endpoint=False)
            curve = borders[:-1, None] * (1 - slope) + borders[1:, None] * slope
            yield np.asarray((pieces[:-1] * curve).ravel(), np.float32)

    def rest(self) -> Iterator[NDArray[np.float32]]:
        if self._held is not None:
            peak = float(np.abs(self._held).max())
            yield self._held * min(self._gain, _LOUDEST / max(peak, _LOUDEST))


def _rechunked(blocks: Iterator[Block], size: int) -> Iterator[Block]:
    held: list[Block] = []
    have = 0
    for block in blocks:
        held.append(block)
        have += block.shape[1]
        if have >= size:
            joined = _joined(held)
            whole = have - have % size
            for at in range(0, whole, size):
                yield joined[:, at : at + size]
            held, have = [joined[:, whole:]], have - whole
    if have:
        yield _joined(held)


def _joined(blocks: list[Block]) -> Block:
    rows = max(len(block) for block in blocks)
    return np.concatenate([_extended(block, rows, block.shape[1]) for block in blocks], axis=1)


def _stacked(blocks: list[Block]) -> Block:
    size = max(block.shape[1] for block in blocks)
    return np.concatenate([_extended(block, len(block), size) for block in blocks])


def _extended(block: Block, rows: int, size: int) -> Block:
    return np.pad(block, ((0, rows - len(block)), (0, size - block.shape[1])))


def _quantised(sound: NDArray[np.float32]) -> Samples:
    return np.asarray(np.clip(np.rint(sound * 32768.0), -32768, 32767), np.int16)
