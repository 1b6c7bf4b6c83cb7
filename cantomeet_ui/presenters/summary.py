"""The summary in its template's sections, each item with its places in the recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cantomeet.i18n import counted, text
from cantomeet.models import Summary, SummaryItem
from cantomeet.quotes import proposed_start, proven_starts
from cantomeet.sections import READING_ORDER, in_reading_order, unverified_items, verified_sections
from cantomeet.store import SummaryWithItems
from cantomeet.stored_json import StoredUsage
from cantomeet.templates import GENERAL
from cantomeet.usage import total_usage
from cantomeet_ui.presenters import times
from cantomeet_ui.presenters.choices import template_name
from cantomeet_ui.presenters.speakers import owner_words


@dataclass(frozen=True)
class Play:
    at: float
    """Seconds."""
    time: str
    label: str
    """For screen readers."""


@dataclass(frozen=True)
class ItemView:
    id: str
    kind: str
    text: str
    other: str
    """The text in the other language of a bilingual summary, else empty."""
    field: str
    other_field: str
    """The columns behind `text` and `other`: "text" and "text_other", or the other way round."""
    who: str
    due: str
    """An action item's owner and due date as shown; empty if unknown."""
    owner: str
    due_text: str
    due_date: str
    """Values for the form; the day as YYYY-MM-DD."""
    plays: list[Play]
    offered: list[Play]
    """The place that an item without proof may come from, found by our own code; at most one."""
    stale: str
    """Why a person has to check the item; empty if nobody has to."""
    edited: str
    """Says that the item was corrected, and what it said before; empty for an item as written."""
    done: bool
    is_action: bool


@dataclass(frozen=True)
class SectionView:
    key: str
    kind: str
    title: str
    points: list[ItemView]


@dataclass(frozen=True)
class SummaryView:
    version: int = 0
    method: str = ""
    """How the summary was written; empty while there is none."""
    facts: list[str] = field(default_factory=list)
    """What the summary covers, and what a language model was asked and cost."""
    template: str = ""
    """Empty for the general template."""
    in_two: bool = False
    sections: list[SectionView] = field(default_factory=list)
    unverified: list[ItemView] = field(default_factory=list)
    """Items whose words were not found in the transcript."""
    doubtful: int = 0
    """How many unverified items there are."""
    stale: str = ""
    """Says how many items rest on lines that were changed since; empty for none."""
    has_items: bool = False
    note: str = ""
    """Says that there was nothing to summarize, or that due dates need the meeting's date; else empty."""


def summary_view(
    found: SummaryWithItems | None,
    now: datetime,
    language: str,
    versions: Sequence[Summary] = (),
    *,
    dated: bool = True,
) -> SummaryView:
    """A summary as its pane shows it. `versions` are all that the meeting has; `dated` says that it has a date."""
    if found is None:
        return SummaryView()
    summary = found.summary
    doubtful = [_item_view(item, summary, now, language) for item in unverified_items(found)]
    stale = sum(item.stale for item in found.items)
    return SummaryView(
        version=summary.version,
        method=_method(summary.method, summary.name, language),
        facts=[*_facts(summary, language), *_of_all(versions, language)],
        template="" if summary.template == GENERAL.id else template_name(summary, language),
        in_two="+" in summary.language,
        sections=_sections(found, now, language),
        unverified=doubtful,
        doubtful=len(doubtful),
        stale=counted(language, "summary.stale_items", stale) if stale else "",
        has_items=bool(found.items),
        note=_note(found.items, dated, language),
    )


def _sections(found: SummaryWithItems, now: datetime, language: str) -> list[SectionView]:
    sections = verified_sections(found, language, lambda item: _heading(item, language))
    return [
        SectionView(
            f"{number}-{section.kind}",
            section.kind,
            section.heading,
            [_item_view(item, found.summary, now, language) for item in section.items],
        )
        for number, section in enumerate(sections)
    ]


def _heading(item: SummaryItem, language: str) -> str:
    return text(language, f"summary.{item.kind}") if item.kind in READING_ORDER else item.section or item.kind


# ---- items -----------------------------------------------------------------------------------------------------


def _item_view(item: SummaryItem, summary: Summary, now: datetime, language: str) -> ItemView:
    shown, other = in_reading_order(item, summary.language, language)
    return ItemView(
        id=item.id,
        kind=item.kind,
        text=shown,
        other=other,
        field="text" if shown == item.text else "text_other",
        other_field="text_other" if shown == item.text else "text",
        who=owner_words(item.owner, language),
        due=due_words(item, now, language),
        owner=item.owner or "",
        due_text=item.due_text or "",
        due_date="" if item.due_date is None else item.due_date.isoformat(),
        plays=_plays(item, language),
        offered=_offered(item, language),
        stale=_stale(item, language),
        edited=_edited(item, language),
        done=item.done,
        is_action=item.kind == "action_item",
    )


def due_words(item: SummaryItem, now: datetime, language: str) -> str:
    """The due date in the speaker's words and as a day, as far as known: "下星期五前 · 12月4日"."""
    day = "" if item.due_date is None else times.day(item.due_date, now, language)
    return " · ".join(part for part in (item.due_text, day) if part)


def _stale(item: SummaryItem, language: str) -> str:
    if not item.stale:
        return ""
    gone = any(proof.get("was") for proof in item.evidence)
    return text(language, "summary.stale.quote" if gone else "summary.stale")


def _edited(item: SummaryItem, language: str) -> str:
    if not item.edited:
        return ""
    if item.original_text is None or item.original_text == item.text:
        return text(language, "summary.edited")
    return text(language, "summary.edited.from", text=item.original_text)


def _plays(item: SummaryItem, language: str) -> list[Play]:
    starts = proven_starts(item.evidence)
    if item.kind == "chapter" and item.start is not None:
        starts = [item.start]
    shown = sorted({times.clock(start): start for start in reversed(starts)}.items(), key=lambda found: found[1])
    return [Play(round(at, 2), time, text(language, "summary.play", time=time)) for time, at in shown]


def _offered(item: SummaryItem, language: str) -> list[Play]:
    start = proposed_start(item.evidence)
    if start is None:
        return []
    time = times.clock(start)
    return [Play(round(start, 2), time, text(language, "summary.play", time=time))]


# ---- what it is worth and what it took -------------------------------------------------------------------------


def _method(method: str, name: str, language: str) -> str:
    if method == "llm":
        return text(language, "summary.llm", name=name or "LLM")
    return text(language, "summary.extractive") if method == "extractive" else ""


def _facts(summary: Summary, language: str) -> list[str]:
    coverage = summary.coverage
    covers = (
        [text(language, "summary.covers", covered=coverage["covered"], total=coverage["total"])] if coverage else []
    )
    return covers + usage_facts(summary.usage, language)


def _of_all(versions: Sequence[Summary], language: str) -> list[str]:
    """What all versions cost together, if a language model was asked for more than one."""
    took = [version.usage for version in versions if version.usage]
    if len(took) < 2:
        return []
    return [text(language, "summary.of_all", took=" · ".join(usage_facts(total_usage(*took), language)))]


def usage_facts(usage: StoredUsage | None, language: str) -> list[str]:
    """The requests, tokens and cost of a language model; empty if none was asked."""
    facts = []
    if usage:
        tokens = f"{usage.get('tokens_in', 0) + usage.get('tokens_out', 0):,}"
        about = "summary.tokens.about" if usage.get("estimated") else "summary.tokens"
        facts.append(text(language, about, tokens=tokens, requests=usage.get("requests", 0)))
        if (cost := usage.get("cost")) is not None:
            facts.append(text(language, "summary.cost", cost=f"{cost:.4f}"))
        if usage.get("repeats"):
            facts.append(counted(language, "summary.repeats", usage["repeats"]))
    return facts


def _note(items: Sequence[SummaryItem], dated: bool, language: str) -> str:
    if not items:
        return text(language, "summary.empty")
    if not dated and any(item.due_text and item.due_date is None for item in items):
        return text(language, "summary.undated")
    found = {item.kind for item in items} - {"overview", "chapter", "quote"}
    return "" if found else text(language, "summary.nothing")
