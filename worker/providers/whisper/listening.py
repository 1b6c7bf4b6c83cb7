"""Extends faster-whisper to skip or repeat the decoding of single windows.

With word times faster-whisper continues from the end of the last word and decodes the rest of the recording again.
Mostly the rest is a breath of silence, for which it writes the prompt again and again. A model that is told Cantonese
where somebody speaks English, or that its prompt confuses, writes loops.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import Segment, TranscriptionInfo, TranscriptionOptions, restore_speech_timestamps
from faster_whisper.vad import collect_chunks, get_speech_timestamps, get_vad_model
from numpy.typing import NDArray

from worker.providers.nonsense import is_nonsense, loops_in, units
from worker.providers.whisper.sound import RATE, Sound

FRAMES = 100
"""Frames of the model's input per second."""
_VAD_SAMPLES = 512
"""Samples for each probability of the VAD."""
LEAST_SPEECH = 0.25
"""Fewest seconds of speech for which a last window is decoded; what was left after the last word had 0.16 s at most."""
_TAIL = 2.0
"""Seconds; a last window this short is doubted if it shows signs of silence."""
_NO_SPEECH, _DOUBTFUL = 0.9, 0.6
_SURELY, _LIKELY, _HARDLY = 0.85, 0.7, 0.2
"""Probabilities of a language. Clear Cantonese speech gives Chinese .44 to .99, clear English speech gives English .7
and more. Silence gives English .5 to .7 and Chinese almost nothing.
"""
_ENGLISH, _TIMES = 0.25, 1.5
"""Noisy English gives English .3. Cantonese, however noisy, gives English .15 at most, and Chinese more."""
_WRITTEN_HERE = ("zh", "yue", "en")
"""Languages whose characters are known."""
_TOKENS_A_SECOND, _MORE_TOKENS = 20, 30
"""Limit of tokens, since a loop would continue to the decoder's own limit. Nobody speaks so fast."""


class Generated(Protocol):
    """CTranslate2's result for one window."""

    @property
    def no_speech_prob(self) -> float: ...
    @property
    def sequences_ids(self) -> Sequence[Sequence[int]]: ...


@dataclass(frozen=True)
class _Undecoded:
    """In place of a result, for a window that is not decoded."""

    no_speech_prob: float
    sequences_ids: list[list[int]]


Decoded = tuple[Generated, float, float, float]
"""faster-whisper's result, mean log probability, temperature and compression ratio."""
_SILENCE: Decoded = (_Undecoded(1.0, [[]]), -10.0, 0.0, 0.0)


class Listener(WhisperModel):  # type: ignore[misc]  # faster-whisper ships no types
    """Decodes one recording at a time, because it stores what it knows about the windows."""

    _speech: NDArray[np.float32] = np.zeros(0, np.float32)
    """The VAD's probabilities for the decoded audio."""
    _total = 0
    """Frames of the decoded audio."""
    _frames = 0
    """Frames of the current window; the last window is shorter than the others."""
    _told_language: tuple[int, str] | None = None
    """Token and code of the language that the model was told."""

    def transcribe(self, audio: Sound, **options: object) -> tuple[Iterable[Segment], TranscriptionInfo | None]:
        """Transcribe as faster-whisper does with `vad_filter`."""
        spoken = get_speech_timestamps(audio)
        if not spoken:
            return (_ for _ in range(0)), None
        heard = np.concatenate(collect_chunks(audio, spoken)[0])
        self._speech = get_vad_model()(np.pad(heard, (0, _VAD_SAMPLES - len(heard) % _VAD_SAMPLES))).ravel()
        self._total = 0
        segments, info = super().transcribe(heard, **{**options, "vad_filter": False})
        return restore_speech_timestamps(segments, spoken, RATE), info

    def generate_segments(
        self, features: NDArray[np.float32], tokenizer: Tokenizer, *rest: object, **named: object
    ) -> Iterable[Segment]:
        self._total = features.shape[-1] - 1
        self._told_language = (tokenizer.language, tokenizer.language_code)
        segments: Iterable[Segment] = super().generate_segments(features, tokenizer, *rest, **named)
        return segments

    def encode(self, features: NDArray[np.float32]) -> object:
        """Return None for a window without speech, which `generate_with_fallback` treats as silence."""
        # A shorter window is padded with zeros, which no sound gives in all bands.
        self._frames = int(np.flatnonzero(np.any(features != 0, axis=0))[-1:].sum()) + 1
        return None if self._is_rest and self._speech_seconds < LEAST_SPEECH else super().encode(features)

    def generate_with_fallback(
        self, encoded: object, prompt: list[int], tokenizer: Tokenizer, options: TranscriptionOptions
    ) -> Decoded:
        if encoded is None:
            return _SILENCE
        assert self._told_language is not None, "windows are decoded within `generate_segments`"
        tokenizer.language, tokenizer.language_code = self._told_language
        options = replace(options, max_new_tokens=self._most_tokens(prompt))
        likely = _languages(self.model.detect_language(encoded)[0])
        told = self._told_language[1]
        if told in ("zh", "yue") and _sounds_english(likely, told):
            found = self._decode(encoded, "en", tokenizer, options)
            sure = likely["en"] >= _SURELY or found[0].no_speech_prob < _DOUBTFUL
            if sure and self._makes_sense(found, tokenizer):
                return found
            tokenizer.language, tokenizer.language_code = self._told_language
        first: Decoded = super().generate_with_fallback(encoded, prompt, tokenizer, options)
        if self._is_rest and self._is_invented(first, likely, tokenizer):
            return _SILENCE
        if self._makes_sense(first, tokenizer) or self._speech_seconds < LEAST_SPEECH:
            return first
        return self._decode_without_prompt(encoded, likely, tokenizer, options) or first

    def _decode_without_prompt(
        self, encoded: object, likely: dict[str, float], tokenizer: Tokenizer, options: TranscriptionOptions
    ) -> Decoded | None:
        """Decode without the prompt, in the told language and in the one that it sounds like."""
        assert self._told_language is not None
        told = self._told_language[1]
        sounds_like = max(likely, key=lambda language: likely[language])
        others = [sounds_like] if likely[sounds_like] >= _LIKELY else []
        if told in ("zh", "yue") and likely.get("en", 0.0) > likely.get(told, 0.0):
            others.append("en")
        for language in dict.fromkeys([*others, told]):
            found = self._decode(encoded, language, tokenizer, options)
            # Silence and noise resemble any language.
            heard = language == told or found[0].no_speech_prob < _DOUBTFUL
            if heard and self._makes_sense(found, tokenizer):
                return found
        tokenizer.language, tokenizer.language_code = self._told_language
        return None

    def _decode(self, encoded: object, language: str, tokenizer: Tokenizer, options: TranscriptionOptions) -> Decoded:
        # The words of this window are then split and timed in the same language.
        tokenizer.language, tokenizer.language_code = tokenizer.tokenizer.token_to_id(f"<|{language}|>"), language
        prompt = self.get_prompt(tokenizer, [], without_timestamps=options.without_timestamps)
        found: Decoded = super().generate_with_fallback(encoded, prompt, tokenizer, options)
        return found

    def _makes_sense(self, found: Decoded, tokenizer: Tokenizer) -> bool:
        text = tokenizer.decode(found[0].sequences_ids[0])
        unheard = found[0].no_speech_prob > _DOUBTFUL and found[1] < -1.0
        return bool(text.strip()) and not unheard and not self._is_nonsense(text)

    def _is_nonsense(self, text: str) -> bool:
        assert self._told_language is not None
        return is_nonsense(text) if self._told_language[1] in _WRITTEN_HERE else bool(loops_in(units(text)))

    def _is_invented(self, found: Decoded, likely: dict[str, float], tokenizer: Tokenizer) -> bool:
        if self._frames > _TAIL * FRAMES or found[0].no_speech_prob < _NO_SPEECH:
            return False
        assert self._told_language is not None
        foreign = likely.get(self._told_language[1], 0.0) < _HARDLY
        return foreign or self._is_nonsense(tokenizer.decode(found[0].sequences_ids[0]))

    def _most_tokens(self, prompt: list[int]) -> int:
        wanted = _MORE_TOKENS + _TOKENS_A_SECOND * self._frames // FRAMES
        return min(wanted, int(self.max_length) - len(prompt) - 1)

    @property
    def _start(self) -> int:
        """First frame of the window if it is the last one, else 0."""
        return max(0, self._total - self._frames) if self._frames < self.feature_extractor.nb_max_frames else 0

    @property
    def _is_rest(self) -> bool:
        """True if the window is the last and not the only one."""
        return self._start > 0

    @property
    def _speech_seconds(self) -> float:
        first = self._start * RATE // FRAMES // _VAD_SAMPLES
        return float(np.sum(self._speech[first:] >= 0.5)) * _VAD_SAMPLES / RATE


def _sounds_english(likely: dict[str, float], told: str) -> bool:
    english = likely.get("en", 0.0)
    return english >= max(_ENGLISH, _TIMES * likely.get(told, 0.0))


def _languages(found: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Convert tokens such as "<|zh|>" into language codes."""
    return {token[2:-2]: probability for token, probability in found}
