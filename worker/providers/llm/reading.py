"""Validates an answer's text and describes what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from worker.providers.llm.answers import NotJson, read_object
from worker.providers.llm.ask import Unusable
from worker.providers.llm.languages import Language, Languages, Verdict, judge

Answer = TypeVar("Answer", bound=BaseModel)

_NAMES: dict[Language, str] = {"zh-Hant-HK": "Traditional Chinese (Hong Kong, written style)", "en": "English"}


def validated(model: type[Answer], content: str, keys: Collection[str]) -> Answer:
    """Parse the answer; it must have at least one of `keys`. Raises `Unusable`."""
    try:
        return model.model_validate(read_object(content, keys, model.model_fields.keys()))
    except NotJson as wrong:
        raise Unusable(f"{wrong} ({', '.join(sorted(keys))}).", shape=True) from None
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Unusable(f"at {place}: {first['msg']}.", shape=True) from None


def check_language(texts: Sequence[tuple[str, str]], languages: Languages) -> str:
    """Return a blemish or "". Raises `Unusable` if the texts or the other texts are in a wrong language."""
    firsts, others = [first for first, _ in texts], [other for _, other in texts]
    blemish = _judged("text", firsts, languages.first)
    if languages.other is None:
        return blemish
    if sum(not other for other in others) * 3 > len(others):
        raise Unusable(f'"text_other" is missing; it is to be in {_NAMES[languages.other]}.', shape=False)
    return blemish or _judged("text_other", others, languages.other)


def _judged(member: str, texts: Sequence[str], language: Language) -> str:
    verdict = judge(texts, language)
    if verdict is Verdict.WRONG:
        raise Unusable(f'"{member}" is not in {_NAMES[language]}.', shape=False)
    if verdict is Verdict.COLLOQUIAL:
        return f'"{member}" is in spoken Cantonese; it is to be in formal written Chinese (書面語).'
    return ""
