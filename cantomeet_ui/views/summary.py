"""The summary: sections in reading order, each item with the places in the recording that bear it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cantomeet.models import SummaryItem
from cantomeet.store import SummaryWithItems
from cantomeet_ui.i18n import text
from cantomeet_ui.views import times

SECTIONS = ("overview", "decision", "action_item", "question", "risk", "chapter", "quote")


@dataclass(frozen=True)
class Play:
    at: float
    """Seconds."""
    time: str
    label: str
    """For those who hear the page."""


@dataclass(frozen=True)
class Item:
    id: str
    text: str
    owner: str
    due: str
    """Of an action item, as far as they are known; when in the speaker's words."""
    plays: list[Play]
    stale: bool
    done: bool


@dataclass(frozen=True)
class Section:
    kind: str
    title: str
    points: list[Item]


@dataclass(frozen=True)
class SummaryView:
    method: str = ""
    """In words; empty while there is no summary."""
    sections: list[Section] = field(default_factory=list)
    unverified: list[Item] = field(default_factory=list)
    """Items whose words were not found in the transcript."""
    doubtful: int = 0
    """How many of those."""
    has_items: bool = False
    note: str = ""
    """Says that there was nothing to summarise, where that is so."""


def summary_view(found: SummaryWithItems | None, language: str) -> SummaryView:
    """What to show of the newest summary."""
    if found is None:
        return SummaryView()
    other = found.summary.language.split("-")[0] != language.split("-")[0]
    verified = [item for item in found.items if is_verified(item)]
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in sorted(verified, key=_reading_order):
        groups.setdefault((item.kind, _heading(item, language)), []).append(_item(item, language, other))
    sections = [Section(kind, title, points) for (kind, title), points in groups.items()]
    doubtful = [_item(item, language, other) for item in found.items if not is_verified(item)]
    return SummaryView(
        method=_method(found.summary.method, found.summary.name, language),
        sections=sections,
        unverified=doubtful,
        doubtful=len(doubtful),
        has_items=bool(found.items),
        note=_note(found.items, language),
    )


def is_verified(item: SummaryItem) -> bool:
    """At least one place in the transcript bears it out."""
    return any(evidence.get("check") in ("exact", "folded") for evidence in item.evidence)


def _reading_order(item: SummaryItem) -> int:
    """A template's own sections come after the known ones, in the order in which they were written."""
    return SECTIONS.index(item.kind) if item.kind in SECTIONS else len(SECTIONS)


def _heading(item: SummaryItem, language: str) -> str:
    return text(language, f"summary.{item.kind}") if item.kind in SECTIONS else item.section or item.kind


def _item(item: SummaryItem, language: str, other: bool) -> Item:
    """`other`: in the summary's second language, where it has one."""
    return Item(
        id=item.id,
        text=(other and item.text_other) or item.text,
        owner=item.owner or "",
        due=item.due_text or ("" if item.due_date is None else item.due_date.isoformat()),
        plays=_plays(item, language),
        stale=item.stale,
        done=item.done,
    )


def _plays(item: SummaryItem, language: str) -> list[Play]:
    starts = [float(e["start"]) for e in item.evidence if e.get("check") in ("exact", "folded")]
    if item.kind == "chapter" and item.start is not None:
        starts = [item.start]
    shown = sorted({times.clock(start): start for start in reversed(starts)}.items(), key=lambda found: found[1])
    return [Play(round(at, 2), time, text(language, "summary.play", time=time)) for time, at in shown]


def _method(method: str, name: str, language: str) -> str:
    if method == "llm":
        return text(language, "summary.llm", name=name or "LLM")
    return text(language, "summary.extractive") if method == "extractive" else ""


def _note(items: Sequence[SummaryItem], language: str) -> str:
    if not items:
        return text(language, "summary.empty")
    found = {item.kind for item in items} - {"overview", "chapter", "quote"}
    return "" if found else text(language, "summary.nothing")
