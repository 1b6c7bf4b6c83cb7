"""The glossary: names and terms that a transcriber is told beforehand, checked against the provider's limits (pure).

The provider drops terms of more than six words without a word and refuses a whole job for other faults, so everything
is checked when a person saves the glossary, and again before a job is paid for.
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
"""Of a term or a sound, where a person writes them; the provider names no limit."""
MAX_SOUNDS = 20
SHOWN_FAULTS = 20
HAN_LANGUAGES = frozenset({"yue", "cmn"})
"""Languages whose `sounds_like` must be written in Chinese characters (their main script)."""
WRITTEN_FOR = "yue"
"""The spoken language that a glossary is checked for when it is saved."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Marks that turn the direction of writing among them."""
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
        sounds = list(self.sounds_like)
        return {"content": self.content, "sounds_like": sounds} if sounds else {"content": self.content}


@dataclass(frozen=True)
class Fault:
    """What is wrong with a term; `number` counts from 1, 0 is the glossary as a whole."""

    kind: str
    number: int = 0
    term: str = ""
    value: str = ""
    count: int = 0
    limit: int = 0

    def text(self, language: str = EN) -> str:
        """For a person, naming the term."""
        key = f"glossary.fault.{self.kind}"
        given = {"value": self.value, "count": self.count, "limit": self.limit}
        told = text(language, key, **given)
        if not self.number:
            return told
        if not self.term:
            return text(language, "glossary.fault.of_number", number=self.number, told=told)
        return text(language, "glossary.fault.of_term", number=self.number, term=self.term, told=told)


def vocabulary_fault(vocabulary: Sequence[Mapping[str, object]], language: str) -> Fault | None:
    """The first of the provider's limits that `vocabulary`, meant for speech in `language`, breaks; or None."""
    return next(_provider_faults(vocabulary, language), None)


def faults(vocabulary: Sequence[Mapping[str, object]]) -> list[Fault]:
    """What is wrong with a glossary that a person wrote, the first `SHOWN_FAULTS` of it: the provider's limits and
    what would not survive being shown as text again."""
    found = [*_provider_faults(vocabulary, WRITTEN_FOR)]
    named = {fault.number for fault in found}
    found += [fault for fault in _written_faults(vocabulary) if fault.number not in named]
    return list(islice(sorted(found, key=lambda fault: fault.number), SHOWN_FAULTS))


def terms_of(vocabulary: Iterable[VocabularyTerm]) -> list[Term]:
    """A vocabulary without fault as terms, the space around them gone."""
    return [
        Term(term["content"].strip(), tuple(sound.strip() for sound in term.get("sounds_like") or ()))
        for term in vocabulary
    ]


def vocabulary_for(terms: Iterable[Term], language: str) -> tuple[VocabularyTerm, ...]:
    """What a job in `language` is told: sounds in another script than the language's are left out."""
    return tuple(
        Term(term.content, tuple(s for s in term.sounds_like if _fits(s, language))).as_sent() for term in terms
    )


def read_lines(text: str) -> list[VocabularyTerm]:
    """One term a line, `term` or `term: sound, sound`; Chinese punctuation parts as well. Blank lines are left out."""
    found: list[VocabularyTerm] = []
    for line in filter(str.strip, text.split("\n")):
        content, *rest = _COLON.split(line, maxsplit=1)
        sounds = [sound.strip() for sound in _COMMA.split(rest[0])] if rest and rest[0].strip() else []
        found.append({"content": content.strip(), "sounds_like": sounds})
    return found


def written(terms: Iterable[Term]) -> str:
    """The lines from which `read_lines` makes these terms."""
    return "\n".join(t.content + (f": {', '.join(t.sounds_like)}" if t.sounds_like else "") for t in terms)


def digest(terms: Iterable[Term]) -> str:
    """Another one for every other glossary: guards one person's edit against another's."""
    packed = json.dumps([[term.content, *term.sounds_like] for term in terms])
    return hashlib.sha256(packed.encode()).hexdigest()[:16]


def _provider_faults(vocabulary: Sequence[Mapping[str, object]], language: str) -> Iterator[Fault]:
    if len(vocabulary) > MAX_TERMS:
        yield Fault("too_many", count=len(vocabulary), limit=MAX_TERMS)
    for number, term in enumerate(vocabulary, start=1):
        fault = _term_fault(number, term, language)
        if fault is not None:
            yield fault


def _term_fault(number: int, term: Mapping[str, object], language: str) -> Fault | None:
    name = _name(term.get("content"))
    unknown = sorted(set(term) - {"content", "sounds_like"})
    if unknown:
        return Fault("unknown_field", number, name, value=unknown[0])
    wrong = _text_fault(term.get("content"))
    if wrong is not None:
        return Fault(wrong[0], number, name, count=wrong[1], limit=MAX_WORDS)
    sounds = term.get("sounds_like")
    if sounds is None:
        return None
    if isinstance(sounds, str) or not isinstance(sounds, Sequence):
        return Fault("not_a_list", number, name)
    return next((fault for sound in sounds if (fault := _sound_fault(number, name, sound, language))), None)


def _sound_fault(number: int, name: str, sound: object, language: str) -> Fault | None:
    wrong = _text_fault(sound)
    if wrong is not None:
        return Fault(f"sound_{wrong[0]}", number, name, value=_name(sound), count=wrong[1], limit=MAX_WORDS)
    if language in HAN_LANGUAGES and not _fits(str(sound), language):
        return Fault("script", number, name, value=_name(sound))
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


def _written_faults(vocabulary: Sequence[Mapping[str, object]]) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for number, term in enumerate(vocabulary, start=1):
        content, sounds = str(term.get("content") or "").strip(), term.get("sounds_like")
        sounds = sounds if isinstance(sounds, Sequence) else ()
        name = _name(content)
        first = seen.setdefault(content, number)
        if first != number:
            yield Fault("twice", number, name, count=first)
        elif len(content) > MAX_CHARACTERS:
            yield Fault("long", number, name, count=len(content), limit=MAX_CHARACTERS)
        elif _COLON.search(content):
            yield Fault("colon", number, name)
        elif len(sounds) > MAX_SOUNDS:
            yield Fault("sounds", number, name, count=len(sounds), limit=MAX_SOUNDS)
        else:
            yield from islice(_written_sound_faults(number, name, sounds), 1)


def _written_sound_faults(number: int, name: str, sounds: Sequence[object]) -> Iterator[Fault]:
    for sound in map(str, sounds):
        if len(sound) > MAX_CHARACTERS:
            yield Fault("sound_long", number, name, value=_name(sound), count=len(sound), limit=MAX_CHARACTERS)
        elif _COMMA.search(sound) or _COLON.search(sound):
            yield Fault("comma", number, name, value=_name(sound))


def _name(text: object) -> str:
    """Enough of it to be found by."""
    shown = _CONTROL.sub(" ", text).strip() if isinstance(text, str) else ""
    return shown if len(shown) <= 40 else shown[:39] + "…"
