"""Transcribes with Whisper on this machine, through faster-whisper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cantomeet.errors import ErrorCode, PermanentError
from worker.providers import RecognisedPiece, Word
from worker.providers.whisper import weights
from worker.providers.whisper.lines import Heard, lines_of
from worker.providers.whisper.sound import Sound, read_piece

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Word as TimedWord

PROMPT = "我哋而家喺度，佢唔係，冇啲嘢畀咗邊個。"
"""Function words of spoken Cantonese, in sentences. Without them the small models translate into written Mandarin; as a
bare list they make the models loop.
"""
_CHINESE = frozenset({"yue", "zh", "cmn"})


class WhisperTranscriber:
    """`LocalTranscriber` over faster-whisper; loads the model at the first piece and keeps it in the process."""

    def __init__(
        self, model: str | None = None, *, models_dir: Path, threads: int = 2, piece_seconds: float = 120.0
    ) -> None:
        """Configure the model; nothing is loaded yet.

        `model` is a folder, a faster-whisper model name (downloaded into `models_dir` once), or None for the packaged
        base. `piece_seconds` limits a piece.
        """
        self._model, self._models_dir = model, models_dir
        self._threads, self._piece_seconds = threads, piece_seconds
        self.name = f"Whisper {Path(model).name if model else 'base'}"
        self.warnings: tuple[str, ...] = ("no_speakers",) if model else ("no_speakers", "rough_recogniser")

    def recognise(
        self, audio: Path, start: float, *, duration: float, language: str, on_progress: Callable[[float], None]
    ) -> RecognisedPiece:
        """Recognise a piece as `LocalTranscriber` describes.

        Raises `PermanentError` if the model or the sound cannot be loaded, and `StorageFull` if there is no room to
        join the packaged weights.
        """
        on_progress(start)
        sound, end = read_piece(audio, start, duration=duration, longest=self._piece_seconds)
        model = self._loaded()
        on_progress(start)
        heard = []
        for segment in hear(model, sound, start, language):
            heard.append(segment)
            on_progress(min(max(start, segment.end), end))
        lines = lines_of(heard, start, end, prompt=PROMPT, chinese=language in _CHINESE)
        return RecognisedPiece(end, lines)

    def verify(self) -> None:
        """Load the model, after checking every hash of the packaged one. Raises as `recognise` does."""
        if self._model is None:
            weights.verify(self._models_dir)
        self._loaded()

    def _loaded(self) -> WhisperModel:
        source = self._model or str(weights.ensure(self._models_dir))
        return _load(source, self._models_dir, self._threads)


@lru_cache(maxsize=1)
def _load(source: str, models_dir: Path, threads: int) -> WhisperModel:
    # Imported late, so that a worker that recognises nothing does not hold these libraries in memory.
    from worker.providers.whisper.listening import Listener

    try:
        folder = weights.folder_of(source, models_dir)
        return Listener(str(folder), device="cpu", compute_type="int8", cpu_threads=threads)
    except Exception as error:
        # The model, its tokenizer and its download raise errors of their own, and some are bare `Exception`.
        raise PermanentError(
            f"{source}: {error}", code=ErrorCode.RECOGNISER_UNAVAILABLE, setting="CANTOMEET_WHISPER_MODEL"
        ) from error


def hear(model: WhisperModel, sound: Sound, start: float, language: str, **options: object) -> Iterator[Heard]:
    """Yield what the model hears in `sound`, in seconds of the recording. `options` override the usual ones."""
    segments, _info = model.transcribe(sound, **{**decoding_options(model, language), **options})
    # Without closing, the decoder would run until garbage collection after a loop that ends early.
    with closing(segments):
        for segment in segments:
            words = tuple(_word(word, start) for word in segment.words or ())
            begin, end = start + float(segment.start), start + float(segment.end)
            yield Heard(segment.text, begin, end, words, float(segment.no_speech_prob))


def _word(word: TimedWord, start: float) -> Word:
    # faster-whisper returns NumPy numbers, which no JSON column accepts.
    return Word(word.word, start + float(word.start), start + float(word.end), round(float(word.probability), 3))


def decoding_options(model: WhisperModel, language: str) -> dict[str, object]:
    """Return faster-whisper's options for `language` ("yue", "en", ...). benchmarks/recogniser.py measures them."""
    spoken = _spoken(model, language)
    return {
        "language": spoken,
        # Hotwords precede every window of 30 seconds; an initial prompt precedes only the first.
        "hotwords": PROMPT if language == "yue" else None,
        "beam_size": 5,
        "word_timestamps": True,
        "condition_on_previous_text": False,
        # The whole ladder up to 1.0 takes longer than the recording if there is only noise.
        "temperature": (0.0, 0.4),
        # This ends loops at a third of their cost. A smaller value would forbid a date said twice, and a repetition
        # penalty dropped a whole sentence.
        "no_repeat_ngram_size": 8,
    }


def _spoken(model: WhisperModel, language: str) -> str | None:
    """Return the model's code for `language`, or None to let it detect the language.

    faster-whisper lists `yue` for every model, but only large-v3 has its token. The others loop in English when told
    `yue`.
    """
    wanted = "zh" if language == "cmn" else language.partition("-")[0]
    for spoken in (wanted, "zh") if wanted == "yue" else (wanted,):
        if model.hf_tokenizer.token_to_id(f"<|{spoken}|>") is not None:
            return spoken
    return None
