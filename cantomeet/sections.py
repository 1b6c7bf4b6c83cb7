"""A summary as it is read: what is verified under its template's headings, the rest apart (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cantomeet.i18n import is_english
from cantomeet.models import SummaryItem
from cantomeet.quotes import is_proven
from cantomeet.store import SummaryWithItems
from cantomeet.stored_json import StoredSection

READING_ORDER = ("overview", "decision", "action_item", "question", "risk", "chapter", "quote")
"""Of kinds that the template has no section for."""
_Place = tuple[str, str]
"""Kind and, for notes, the title of their section."""


@dataclass(frozen=True)
class SummarySection:
    kind: str
    heading: str
    items: Sequence[SummaryItem]


def verified_sections(
    found: SummaryWithItems, language: str, heading_of: Callable[[SummaryItem], str]
) -> list[SummarySection]:
    """Sections that have verified items, headings in `language`; `heading_of` names those that no template does."""
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
    """Items whose words were not found in the transcript, or stand there no more."""
    return [item for item in found.items if not is_proven(item.evidence)]


def verified_first(items: Iterable[SummaryItem]) -> list[SummaryItem]:
    """Their order kept but for those that nothing proves, which stand below the rest."""
    return sorted(items, key=lambda item: not is_proven(item.evidence))


def in_reading_order(item: SummaryItem, written_in: str, language: str) -> tuple[str, str]:
    """The item's text in the reader's language first, where it is in two; the second is empty where it is in one."""
    if not item.text_other:
        return item.text, ""
    first = written_in.split("-")[0] == language.split("-")[0]
    return (item.text, item.text_other) if first else (item.text_other, item.text)


def _headings(sections: Sequence[StoredSection], language: str) -> dict[_Place, str]:
    """As the template had them, in its order."""
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
