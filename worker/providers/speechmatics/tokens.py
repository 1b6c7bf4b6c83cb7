"""Converts json-v2 results into clean tokens in order.

Broken results are left out, and missing values stay unknown. Source: `RecognitionResult` in the provider's OpenAPI file
of Batch v2, and its page on numeral formatting. An entity replaces the words that were spoken; `spoken_form` and
`written_form` are two other spellings of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, cast

from cantomeet.cantonese import Attachment

Kind = Literal["word", "punctuation", "entity"]
UNKNOWN_SPEAKER = "UU"
ROUNDING = 1.0
"""Seconds that a recording may exceed the whole number in the answer."""

_UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_WordKey = tuple[str, float | None, float | None]
"""Text, start and end."""


@dataclass(frozen=True)
class Token:
    kind: Kind
    text: str
    start: float
    end: float
    confidence: float | None
    speaker: str | None
    attaches_to: Attachment | None
    ends_sentence: bool


def tokens_of(results: Sequence[object], *, duration: float | None) -> list[Token]:
    """Return tokens whose starts never decrease and whose ends never precede their starts; `duration` is in seconds."""
    repeated = _keys_within_entities(results)
    tokens = filter(None, (_token(result) for result in results if _word_key(result) not in repeated))
    return list(_with_ordered_times(tokens, math.inf if duration is None else duration + ROUNDING))


def _token(result: object) -> Token | None:
    """Return None for results without speech and for unknown types, which the API may add."""
    if not isinstance(result, dict) or result.get("type") not in ("word", "punctuation", "entity"):
        return None
    alternative = _alternative(result)
    text = _clean(alternative.get("content")) or _inner_text(result)
    if not text:
        return None
    start = finite(result.get("start_time"))
    end = finite(result.get("end_time"))
    return Token(
        kind=cast(Kind, result["type"]),
        text=text,
        start=math.nan if start is None else start,
        end=math.nan if end is None else end,
        confidence=_confidence(alternative.get("confidence")),
        speaker=_speaker(alternative.get("speaker")),
        attaches_to=_attachment(result),
        ends_sentence=result.get("is_eos") is True,
    )


def _alternative(result: Mapping[str, object]) -> Mapping[str, object]:
    """Return the most likely alternative, or an empty one."""
    alternatives = result.get("alternatives")
    first = alternatives[0] if isinstance(alternatives, list) and alternatives else None
    return first if isinstance(first, dict) else {}


def _inner_text(result: Mapping[str, object]) -> str:
    """Return the text of an entity without content: its written form, or else its spoken form."""
    for form in ("written_form", "spoken_form"):
        parts = [_clean(_alternative(part).get("content")) for part in _form_parts(result, form)]
        if any(parts):
            return ("" if form == "spoken_form" and not any(map(str.isascii, parts)) else " ").join(parts)
    return ""


def _form_parts(result: Mapping[str, object], form: str) -> list[Mapping[str, object]]:
    parts = result.get(form)
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _keys_within_entities(results: Sequence[object]) -> set[_WordKey]:
    """Return the keys of words that an entity already contains."""
    entities = (r for r in results if isinstance(r, dict) and r.get("type") == "entity")
    return {
        key
        for entity in entities
        for form in ("spoken_form", "written_form")
        for part in _form_parts(entity, form)
        if (key := _word_key(part)) is not None
    }


def _word_key(result: object) -> _WordKey | None:
    if not isinstance(result, dict) or result.get("type") != "word":
        return None
    content = _clean(_alternative(result).get("content"))
    return content, finite(result.get("start_time")), finite(result.get("end_time"))


def _with_ordered_times(tokens: Iterable[Token], last: float) -> Iterator[Token]:
    """Limit the recogniser's times so that they never decrease, never exceed the recording and are never unknown."""
    before = 0.0
    for token in tokens:
        start = before if math.isnan(token.start) else min(max(token.start, before), last)
        end = start if math.isnan(token.end) else min(max(token.end, start), last)
        yield replace(token, start=start, end=end)
        before = start


def _clean(content: object) -> str:
    """Remove characters that a database or page cannot hold, and normalise spaces (entities have non-breaking ones)."""
    return _SPACES.sub(" ", _UNSTORABLE.sub("", content)).strip() if isinstance(content, str) else ""


def finite(value: object) -> float | None:
    """Return a JSON number as a finite float, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _confidence(value: object) -> float | None:
    number = finite(value)
    return None if number is None else min(1.0, max(0.0, number))


def _speaker(label: object) -> str | None:
    clean = _clean(label)[:64]
    return clean if clean and clean != UNKNOWN_SPEAKER else None


def _attachment(result: Mapping[str, object]) -> Attachment | None:
    """Return the attachment of punctuation only, as the API documents; the script decides the spacing between words."""
    value = result.get("attaches_to") if result.get("type") == "punctuation" else None
    return value if value in ("previous", "next", "both", "none") else None


def instant(text: object) -> datetime:
    """Parse a time of an answer, in UTC if it names no zone. Raises `ValueError` for anything else."""
    if not isinstance(text, str):
        raise ValueError("no text")
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("no time within the calendar") from None
