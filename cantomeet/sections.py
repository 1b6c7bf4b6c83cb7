"""A summary's verified items under its template's headings, and the unverified rest (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cantomeet.i18n import is_english
from cantomeet.models import SummaryItem
from cantomeet.quotes import is_proven
from cantomeet.store import SummaryWithItems
from cantomeet.stored_json import StoredSection

READING_ORDER = ("overview", "decision", "action_item", "question", "risk", "chapter", "quote")
"""The order of kinds that the template has no section for."""
_Place = tuple[str, str]
"""A kind and, for notes, the title of their section."""


@dataclass(frozen=True)
class SummarySection:
    kind: str
    heading: str
    items: Sequence[SummaryItem]


def verified_sections(
    found: SummaryWithItems, language: str, heading_of: Callable[[SummaryItem], str]
) -> list[SummarySection]:
    """Sections with verified items, with headings in `language`.

    `heading_of` gives the heading of a kind for which the template has no section.
    """
    verified = [item for item in found.items if is_proven(item.evidence)]
    headings = _headings(found.summary.sections, language)
    for item in sorted(verified, key=_order):
        headings.setdefault(_place(item), heading_of(item))
    sections = [
        SummarySection(place[0], heading, [item for item in verified if _place(item) == place])
        for place, heading in headings.items()
    ]
    return [section for section in sections if section.items]


def unverified_items(found: SummaryWithItems) -> list[SummaryItem]:
    """Items whose quotes were never in the transcript, or no longer are."""
    return [item for item in found.items if not is_proven(item.evidence)]


def verified_first(items: Iterable[SummaryItem]) -> list[SummaryItem]:
    """Verified items, then unverified ones, otherwise in their given order."""
    return sorted(items, key=lambda item: not is_proven(item.evidence))


def in_reading_order(item: SummaryItem, written_in: str, language: str) -> tuple[str, str]:
    """The item's text in the reader's language, then in the other one; the second is empty in one language."""
    if not item.text_other:
        return item.text, ""
    first = written_in.split("-")[0] == language.split("-")[0]
    return (item.text, item.text_other) if first else (item.text_other, item.text)


def _headings(sections: Sequence[StoredSection], language: str) -> dict[_Place, str]:
    """Headings of the template's sections, in its order."""
    english = is_english(language)
    return {
        (section["kind"], section["title"] if section["kind"] == "note" else ""): (
            (section.get("title_en") if english else "") or section["title"]
        )
        for section in sections
    }


def _place(item: SummaryItem) -> _Place:
    return item.kind, (item.section or "") if item.kind == "note" else ""


def _order(item: SummaryItem) -> int:
    return READING_ORDER.index(item.kind) if item.kind in READING_ORDER else len(READING_ORDER)
