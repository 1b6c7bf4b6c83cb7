"""faster-whisper with a say in each of its windows of 30 s: which are decoded at all, and which once more.

With times for words faster-whisper goes on from the end of the last word and decodes what is left of the recording
once more. Mostly that is a breath of silence, and the prompt is what it then writes, again and again. And a model that
is told Cantonese where somebody speaks English, or that is thrown off by its prompt, goes round in circles.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.transcribe import restore_speech_timestamps
from faster_whisper.vad import collect_chunks, get_speech_timestamps, get_vad_model

from worker.providers.nonsense import is_nonsense, loops_in, units
from worker.providers.whisper.sound import RATE, Sound

FRAMES = 100
"""Of the model's input, in a second."""
_VAD_SAMPLES = 512
"""For which the VAD gives one probability."""
LEAST_SPEECH = 0.25
"""Seconds of speech without which a last window is not decoded: what is left after the last word had 0.16 s at most."""
_TAIL = 2.0
"""Seconds; a last window as short as this is doubted where it shows signs of silence."""
_NO_SPEECH, _DOUBTFUL = 0.9, 0.6
_SURELY, _LIKELY, _HARDLY = 0.85, 0.7, 0.2
"""Probabilities of a language. Clear speech in Cantonese shows .44 to .99 for Chinese, in English .7 and more for
English; silence shows .5 to .7 for English and next to nothing for Chinese."""
_ENGLISH, _TIMES = 0.25, 1.5
"""English in noise shows .3 for English; Cantonese, however noisy, shows .15 at most, and more for Chinese."""
_WRITTEN_HERE = ("zh", "yue", "en")
"""Languages whose characters are known."""
_TOKENS_A_SECOND, _MORE_TOKENS = 20, 30
"""A loop would go on to the decoder's end. Nobody speaks so fast."""

Decoded = tuple[Any, float, float, float]
"""faster-whisper's result, its mean log probability, temperature and compression ratio."""
_SILENCE: Decoded = (SimpleNamespace(no_speech_prob=1.0, sequences_ids=[[]]), -10.0, 0.0, 0.0)


class Listener(WhisperModel):  # type: ignore[misc]  # faster-whisper ships no types
    """One recording at a time: what it knows of its windows is kept here."""

    _speech: Any = ()
    """The VAD's probabilities of what is decoded."""
    _total = 0
    """Frames of what is decoded."""
    _frames = 0
    """Of the window at hand; the last one is shorter than the others."""
    _own: tuple[int, str] | None = None
    """The language that the model was told: its token and its code."""

    def transcribe(self, audio: Sound, **options: Any) -> tuple[Iterable[Any], Any]:
        """As faster-whisper's with `vad_filter`."""
        spoken = get_speech_timestamps(audio)
        if not spoken:
            return (_ for _ in range(0)), None
        heard = np.concatenate(collect_chunks(audio, spoken)[0])
        self._speech = get_vad_model()(np.pad(heard, (0, _VAD_SAMPLES - len(heard) % _VAD_SAMPLES))).ravel()
        self._total = 0
        segments, info = super().transcribe(heard, **{**options, "vad_filter": False})
        return restore_speech_timestamps(segments, spoken, RATE), info

    def generate_segments(self, features: Any, tokenizer: Any, *rest: Any, **named: Any) -> Iterable[Any]:
        self._total = features.shape[-1] - 1
        self._own = (tokenizer.language, tokenizer.language_code)
        segments: Iterable[Any] = super().generate_segments(features, tokenizer, *rest, **named)
        return segments

    def encode(self, features: Any) -> Any:
        """None for a window that holds no speech; `generate_with_fallback` takes that for silence."""
        # What is shorter than a window is filled up with zeros, which no sound gives in all bands.
        self._frames = int(np.flatnonzero(np.any(features != 0, axis=0))[-1:].sum()) + 1
        return None if self._is_rest and self._speech_seconds < LEAST_SPEECH else super().encode(features)

    def generate_with_fallback(self, encoded: Any, prompt: list[int], tokenizer: Any, options: Any) -> Decoded:
        if encoded is None:
            return _SILENCE
        assert self._own is not None, "windows are decoded within `generate_segments`"
        tokenizer.language, tokenizer.language_code = self._own
        options = replace(options, max_new_tokens=self._most_tokens(prompt))
        likely = _languages(self.model.detect_language(encoded)[0])
        own = self._own[1]
        if own in ("zh", "yue") and _sounds_english(likely, own):
            found = self._decoded(encoded, "en", tokenizer, options)
            sure = likely["en"] >= _SURELY or found[0].no_speech_prob < _DOUBTFUL
            if sure and self._makes_sense(found, tokenizer):
                return found
            tokenizer.language, tokenizer.language_code = self._own
        first: Decoded = super().generate_with_fallback(encoded, prompt, tokenizer, options)
        if self._is_rest and self._is_invented(first, likely, tokenizer):
            return _SILENCE
        if self._makes_sense(first, tokenizer) or self._speech_seconds < LEAST_SPEECH:
            return first
        return self._otherwise(encoded, likely, tokenizer, options) or first

    def _otherwise(self, encoded: Any, likely: dict[str, float], tokenizer: Any, options: Any) -> Decoded | None:
        """Without the prompt, in the language that was told and in the one that it sounds like."""
        assert self._own is not None
        own = self._own[1]
        sounds_like = max(likely, key=lambda language: likely[language])
        others = [sounds_like] if likely[sounds_like] >= _LIKELY else []
        if own in ("zh", "yue") and likely.get("en", 0.0) > likely.get(own, 0.0):
            others.append("en")
        for language in dict.fromkeys([*others, own]):
            found = self._decoded(encoded, language, tokenizer, options)
            # Silence and noise sound like anything.
            heard = language == own or found[0].no_speech_prob < _DOUBTFUL
            if heard and self._makes_sense(found, tokenizer):
                return found
        tokenizer.language, tokenizer.language_code = self._own
        return None

    def _decoded(self, encoded: Any, language: str, tokenizer: Any, options: Any) -> Decoded:
        # The words of this window are then split and timed by the same language.
        tokenizer.language, tokenizer.language_code = tokenizer.tokenizer.token_to_id(f"<|{language}|>"), language
        prompt = self.get_prompt(tokenizer, [], without_timestamps=options.without_timestamps)
        found: Decoded = super().generate_with_fallback(encoded, prompt, tokenizer, options)
        return found

    def _makes_sense(self, found: Decoded, tokenizer: Any) -> bool:
        text = tokenizer.decode(found[0].sequences_ids[0])
        unheard = found[0].no_speech_prob > _DOUBTFUL and found[1] < -1.0
        return bool(text.strip()) and not unheard and not self._is_nonsense(text)

    def _is_nonsense(self, text: str) -> bool:
        assert self._own is not None
        return is_nonsense(text) if self._own[1] in _WRITTEN_HERE else bool(loops_in(units(text)))

    def _is_invented(self, found: Decoded, likely: dict[str, float], tokenizer: Any) -> bool:
        if self._frames > _TAIL * FRAMES or found[0].no_speech_prob < _NO_SPEECH:
            return False
        assert self._own is not None
        foreign = likely.get(self._own[1], 0.0) < _HARDLY
        return foreign or self._is_nonsense(tokenizer.decode(found[0].sequences_ids[0]))

    def _most_tokens(self, prompt: list[int]) -> int:
        wanted = _MORE_TOKENS + _TOKENS_A_SECOND * self._frames // FRAMES
        return min(wanted, int(self.max_length) - len(prompt) - 1)

    @property
    def _start(self) -> int:
        """Frame at which the window begins, where it is the last one; else 0."""
        return max(0, self._total - self._frames) if self._frames < self.feature_extractor.nb_max_frames else 0

    @property
    def _is_rest(self) -> bool:
        """The window is the last, and not the only one."""
        return self._start > 0

    @property
    def _speech_seconds(self) -> float:
        first = self._start * RATE // FRAMES // _VAD_SAMPLES
        return float(np.sum(self._speech[first:] >= 0.5)) * _VAD_SAMPLES / RATE


def _sounds_english(likely: dict[str, float], own: str) -> bool:
    english = likely.get("en", 0.0)
    return english >= max(_ENGLISH, _TIMES * likely.get(own, 0.0))


def _languages(found: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Of "<|zh|>" and the like, the codes."""
    return {token[2:-2]: probability for token, probability in found}
