"""Converts json-v2 transcripts into segments.

A segment is a sentence, unless a change of speaker, a pause or its length ends it earlier.
`metadata.language_pack_info.word_delimiter` is not used: it is empty for Cantonese, and joining with it glues English
words together. `cantomeet.cantonese` decides the spacing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cantomeet.cantonese import join_words, to_hong_kong, typeset
from cantomeet.errors import ErrorCode, PermanentError
from worker.providers import RecognisedSegment, RemoteTranscript, Word
from worker.providers.speechmatics.errors import PROVIDER
from worker.providers.speechmatics.tokens import Token, finite, instant, tokens_of

PAUSE = 1.2
"""Seconds of silence that end a segment."""
MAX_SECONDS = 20.0
MAX_WIDTH = 60.0
"""Width in Chinese characters; a Latin letter, digit or mark counts as half of one."""


def parse_json_v2(raw: bytes) -> RemoteTranscript:
    """Parse a transcript. Raises `PermanentError` (PROVIDER_BAD_ANSWER) if `raw` is not json-v2."""
    answer = _object(raw)
    results = answer.get("results")
    if not isinstance(results, list):
        raise _bad_answer("no results")
    tokens = _with_speakers_between(tokens_of(results, duration=_duration(answer)))
    return RemoteTranscript(
        segments=tuple(_segment(group) for group in _segment_groups(tokens)), took=_processing_seconds(answer)
    )


def _object(raw: bytes) -> Mapping[str, object]:
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        raise _bad_answer("not JSON") from None
    if not isinstance(answer, dict):
        raise _bad_answer("not a JSON object")
    return answer


def _bad_answer(what: str) -> PermanentError:
    return PermanentError(f"{PROVIDER} transcript: {what}", code=ErrorCode.PROVIDER_BAD_ANSWER, provider=PROVIDER)


def _duration(answer: Mapping[str, object]) -> float | None:
    job = answer.get("job")
    seconds = finite(job.get("duration")) if isinstance(job, dict) else None
    return seconds if seconds and seconds > 0 else None


def _processing_seconds(answer: Mapping[str, object]) -> float | None:
    parts = [answer.get(name) for name in ("job", "metadata")]
    try:
        accepted, done = (instant(part["created_at"]) for part in parts if isinstance(part, dict))
    except (KeyError, ValueError):
        return None
    return max(0.0, (done - accepted).total_seconds())


def _with_speakers_between(tokens: list[Token]) -> list[Token]:
    """Give tokens without a speaker inside one person's sentence to that person.

    They stay unknown at the start or end of a sentence, where the speaker changes, and across a pause.
    """
    known = list(tokens)
    last: int | None = None
    heard = 0.0
    for at, token in enumerate(tokens):
        if token.kind != "punctuation":
            last = None if token.start - heard >= PAUSE else last
            heard = max(heard, token.end)
        if token.speaker is not None:
            if last is not None and tokens[last].speaker == token.speaker:
                known[last:at] = [replace(between, speaker=token.speaker) for between in known[last:at]]
            last = at
        if token.ends_sentence:
            last = None
    return known


def _segment_groups(tokens: Iterable[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each segment; punctuation alone makes none."""
    group: list[Token] = []
    ended = False
    for token in tokens:
        if _attaches_to_previous(token):
            # A mark that closes the text before it (a quote after a full stop) never begins a segment.
            if group:
                group.append(token)
                ended = ended or token.ends_sentence
            continue
        if group and (ended or _ends_segment(group, token)):
            yield from _unless_only_punctuation(group)
            group, ended = [], False
        while group and _too_long(group, token):
            head, group = _split_group(group)
            yield from _unless_only_punctuation(head)
        group.append(token)
    yield from _unless_only_punctuation(group)


def _unless_only_punctuation(group: list[Token]) -> Iterator[list[Token]]:
    if any(token.kind != "punctuation" for token in group):
        yield group


def _attaches_to_previous(token: Token) -> bool:
    return token.kind == "punctuation" and token.attaches_to in (None, "previous", "both")


def _ends_segment(group: list[Token], token: Token) -> bool:
    spoken = [t for t in group if t.kind != "punctuation"]
    if not spoken:
        return False
    silence = token.start - max(t.end for t in spoken[-2:])
    # A punctuation mark shows a change of speaker only if it has a speaker of its own.
    tells = token.kind != "punctuation" or token.speaker is not None
    return silence >= PAUSE or (tells and token.speaker != spoken[-1].speaker)


def _too_long(group: list[Token], token: Token) -> bool:
    if token.kind == "punctuation":
        return False
    return token.end - group[0].start > MAX_SECONDS or _width([*group, token]) > MAX_WIDTH


def _width(tokens: Iterable[Token]) -> float:
    return sum(0.5 if ord(character) < 0x2E80 else 1.0 for token in tokens for character in token.text)


def _split_group(group: list[Token]) -> tuple[list[Token], list[Token]]:
    """Split a full group behind its last inner mark if at least half of it comes before; otherwise keep it whole."""
    marks = [i for i, token in enumerate(group) if token.kind == "punctuation" and token.attaches_to != "next"]
    at = marks[-1] + 1 if marks else len(group)
    return (group[:at], group[at:]) if at * 2 >= len(group) else (group, [])


def _segment(group: list[Token]) -> RecognisedSegment:
    text = join_words(group)
    spoken = [token for token in group if token.kind != "punctuation"]
    return RecognisedSegment(
        start=spoken[0].start,
        end=max(token.end for token in spoken),
        original_text=text,
        text=typeset(to_hong_kong(text)),
        words=tuple(Word(t.text, t.start, t.end, t.confidence) for t in spoken),
        speaker=spoken[0].speaker,
    )
