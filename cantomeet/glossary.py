"""The glossary of names and terms, checked against the transcriber's limits (pure).

Speechmatics silently drops terms of more than six words and refuses a whole job for other faults. So the glossary is
checked when a person saves it, and again before a job is paid for.
Source of the limits: Speechmatics' pages on the custom dictionary and its OpenAPI file of Batch v2.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NotRequired, TypedDict

from cantomeet.i18n import EN, text

MAX_TERMS = 1000
MAX_WORDS = 6
MAX_CHARACTERS = 200
"""The most characters of a term or a sound that a person writes; the provider names no limit."""
MAX_SOUNDS = 20
SHOWN_FAULTS = 20
HAN_LANGUAGES = frozenset({"yue", "cmn"})
"""Languages whose `sounds_like` must be written in Chinese characters (their main script)."""
WRITTEN_FOR = "yue"
"""The spoken language that a glossary is checked for when it is saved."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, including marks that change the direction of writing."""
_HAN = re.compile(r"[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN = re.compile(r"[A-Za-z]")
_COLON = re.compile(r"[:：]")
_COMMA = re.compile(r"[,，、]")


class VocabularyTerm(TypedDict):
    """A term as the provider's `additional_vocab` takes it."""

    content: str
    sounds_like: NotRequired[list[str]]


@dataclass(frozen=True)
class Term:
    content: str
    sounds_like: tuple[str, ...] = ()

    def as_sent(self) -> VocabularyTerm:
        """The term in the form of the provider's `additional_vocab`."""
        sounds = list(self.sounds_like)
        return {"content": self.content, "sounds_like": sounds} if sounds else {"content": self.content}


@dataclass(frozen=True)
class GlossaryFault:
    """What is wrong with a term. `number` counts from 1; 0 means the glossary as a whole."""

    kind: str
    number: int = 0
    term: str = ""
    value: str = ""
    count: int = 0
    limit: int = 0

    def text(self, language: str = EN) -> str:
        """The fault for people, with the term's number and name."""
        key = f"glossary.fault.{self.kind}"
        given = {"value": self.value, "count": self.count, "limit": self.limit}
        told = text(language, key, **given)
        if not self.number:
            return told
        if not self.term:
            return text(language, "glossary.fault.of_number", number=self.number, told=told)
        return text(language, "glossary.fault.of_term", number=self.number, term=self.term, told=told)


def vocabulary_fault(vocabulary: Sequence[Mapping[str, object]], language: str) -> GlossaryFault | None:
    """The first limit of the provider that `vocabulary` breaks for speech in `language`, or None."""
    return next(_provider_faults(vocabulary, language), None)


def faults(vocabulary: Sequence[Mapping[str, object]]) -> list[GlossaryFault]:
    """The first `SHOWN_FAULTS` faults of a glossary that a person wrote.

    Besides breaches of the provider's limits these are terms that could not be shown as text and read again.
    """
    found = [*_provider_faults(vocabulary, WRITTEN_FOR)]
    named = {fault.number for fault in found}
    found += [fault for fault in _written_faults(vocabulary) if fault.number not in named]
    return list(islice(sorted(found, key=lambda fault: fault.number), SHOWN_FAULTS))


def terms_of(vocabulary: Iterable[VocabularyTerm]) -> list[Term]:
    """The terms of a vocabulary without faults, stripped of surrounding space."""
    return [
        Term(term["content"].strip(), tuple(sound.strip() for sound in term.get("sounds_like") or ()))
        for term in vocabulary
    ]


def vocabulary_for(terms: Iterable[Term], language: str) -> tuple[VocabularyTerm, ...]:
    """The vocabulary for a job in `language`, without sounds in another script."""
    return tuple(
        Term(term.content, tuple(s for s in term.sounds_like if _fits(s, language))).as_sent() for term in terms
    )


def read_lines(text: str) -> list[VocabularyTerm]:
    """The vocabulary in a text with one term a line, `term` or `term: sound, sound`.

    Chinese colons and commas separate as well. Blank lines are left out.
    """
    found: list[VocabularyTerm] = []
    for line in filter(str.strip, text.split("\n")):
        content, *rest = _COLON.split(line, maxsplit=1)
        sounds = [sound.strip() for sound in _COMMA.split(rest[0])] if rest and rest[0].strip() else []
        found.append({"content": content.strip(), "sounds_like": sounds})
    return found


def written(terms: Iterable[Term]) -> str:
    """The text from which `read_lines` makes these terms."""
    return "\n".join(t.content + (f": {', '.join(t.sounds_like)}" if t.sounds_like else "") for t in terms)


def digest(terms: Iterable[Term]) -> str:
    """A digest of the glossary, so that an edit based on an older glossary can be refused."""
    packed = json.dumps([[term.content, *term.sounds_like] for term in terms])
    return hashlib.sha256(packed.encode()).hexdigest()[:16]


def _provider_faults(vocabulary: Sequence[Mapping[str, object]], language: str) -> Iterator[GlossaryFault]:
    if len(vocabulary) > MAX_TERMS:
        yield GlossaryFault("too_many", count=len(vocabulary), limit=MAX_TERMS)
    for number, term in enumerate(vocabulary, start=1):
        fault = _term_fault(number, term, language)
        if fault is not None:
            yield fault


def _term_fault(number: int, term: Mapping[str, object], language: str) -> GlossaryFault | None:
    name = _name(term.get("content"))
    unknown = sorted(set(term) - {"content", "sounds_like"})
    if unknown:
        return GlossaryFault("unknown_field", number, name, value=unknown[0])
    wrong = _text_fault(term.get("content"))
    if wrong is not None:
        return GlossaryFault(wrong[0], number, name, count=wrong[1], limit=MAX_WORDS)
    sounds = term.get("sounds_like")
    if sounds is None:
        return None
    if isinstance(sounds, str) or not isinstance(sounds, Sequence):
        return GlossaryFault("not_a_list", number, name)
    return next((fault for sound in sounds if (fault := _sound_fault(number, name, sound, language))), None)


def _sound_fault(number: int, name: str, sound: object, language: str) -> GlossaryFault | None:
    wrong = _text_fault(sound)
    if wrong is not None:
        return GlossaryFault(f"sound_{wrong[0]}", number, name, value=_name(sound), count=wrong[1], limit=MAX_WORDS)
    if language in HAN_LANGUAGES and not _fits(str(sound), language):
        return GlossaryFault("script", number, name, value=_name(sound))
    return None


def _text_fault(text: object) -> tuple[str, int] | None:
    if not isinstance(text, str) or not text.strip():
        return "empty", 0
    if _CONTROL.search(text.strip()):
        return "control", 0
    words = len(text.split())
    return ("words", words) if words > MAX_WORDS else None


def _fits(sound: str, language: str) -> bool:
    if language in HAN_LANGUAGES:
        return bool(_HAN.search(sound)) and not _LATIN.search(sound)
    return not _HAN.search(sound)


def _written_faults(vocabulary: Sequence[Mapping[str, object]]) -> Iterator[GlossaryFault]:
    seen: dict[str, int] = {}
    for number, term in enumerate(vocabulary, start=1):
        content, sounds = str(term.get("content") or "").strip(), term.get("sounds_like")
        sounds = sounds if isinstance(sounds, Sequence) else ()
        name = _name(content)
        first = seen.setdefault(content, number)
        if first != number:
            yield GlossaryFault("twice", number, name, count=first)
        elif len(content) > MAX_CHARACTERS:
            yield GlossaryFault("long", number, name, count=len(content), limit=MAX_CHARACTERS)
        elif _COLON.search(content):
            yield GlossaryFault("colon", number, name)
        elif len(sounds) > MAX_SOUNDS:
            yield GlossaryFault("sounds", number, name, count=len(sounds), limit=MAX_SOUNDS)
        else:
            yield from islice(_written_sound_faults(number, name, sounds), 1)


def _written_sound_faults(number: int, name: str, sounds: Sequence[object]) -> Iterator[GlossaryFault]:
    for sound in map(str, sounds):
        if len(sound) > MAX_CHARACTERS:
            yield GlossaryFault("sound_long", number, name, value=_name(sound), count=len(sound), limit=MAX_CHARACTERS)
        elif _COMMA.search(sound) or _COLON.search(sound):
            yield GlossaryFault("comma", number, name, value=_name(sound))


def _name(text: object) -> str:
    """The start of a term, long enough to find it by."""
    shown = _CONTROL.sub(" ", text).strip() if isinstance(text, str) else ""
    return shown if len(shown) <= 40 else shown[:39] + "…"
