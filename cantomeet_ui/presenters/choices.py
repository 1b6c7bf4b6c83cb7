"""Choices in fields, and a summary's templates, languages and versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cantomeet.i18n import text
from cantomeet.models import Meeting, Summary, SummaryTemplate
from cantomeet.templates import SHIPPED, SUMMARY_LANGUAGES
from cantomeet_ui.presenters import times


@dataclass(frozen=True)
class Choice:
    """An option of a select field."""

    value: str
    label: str


@dataclass(frozen=True)
class Version:
    number: int
    label: str
    """ "Version 2 · Board minutes · qwen3 · 23 Nov 14:05"."""
    shown: bool


def template_choices(own: Sequence[SummaryTemplate], language: str) -> list[Choice]:
    """Shipped templates, then people's own."""
    ships = [Choice(template.id, template.name_in(language)) for template in SHIPPED.values()]
    return [*ships, *(Choice(template.id, template.name) for template in own)]


def language_choices(language: str) -> list[Choice]:
    return [Choice(value, text(language, f"summary.language.{value}")) for value in SUMMARY_LANGUAGES]


def with_default(choices: Sequence[Choice], default: str) -> list[Choice]:
    """The choices with the default first and without a value, so that it applies when nothing is chosen.

    The first choice is the default if `default` is not among them.
    """
    chosen = next((choice for choice in choices if choice.value == default), choices[0])
    return [Choice("", chosen.label), *(choice for choice in choices if choice != chosen)]


def versions(found: Sequence[Summary], meeting: Meeting, now: datetime, language: str) -> list[Version]:
    """The versions, newest first; empty if there is only one."""
    if len(found) < 2:
        return []
    shown = meeting.shown_summary or found[0].version
    return [Version(one.version, _label(one, now, language), one.version == shown) for one in found]


def _label(summary: Summary, now: datetime, language: str) -> str:
    parts = (
        text(language, "summary.version", number=summary.version),
        template_name(summary, language),
        summary.name,
        times.time_of_day(summary.created_at, now, language),
    )
    return " · ".join(part for part in parts if part)


def template_name(summary: Summary, language: str) -> str:
    """A shipped template's name in the reader's language, else the name it had when the summary was written."""
    shipped = SHIPPED.get(summary.template)
    return shipped.name_in(language) if shipped else summary.template_name
