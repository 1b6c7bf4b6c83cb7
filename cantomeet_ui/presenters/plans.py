"""An action on many meetings: its preview and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cantomeet.bulk import Act, BulkPlan, Cost, PlannedMeeting, Refusal
from cantomeet.i18n import counted, text
from cantomeet_ui.presenters.statuses import status_label

SHOWN = 5
"""How many meetings a preview names before "and N more"."""


@dataclass(frozen=True)
class NamedMeeting:
    """A meeting that the action would be done to."""

    id: str
    title: str
    status: str


@dataclass(frozen=True)
class PlanPreview:
    """A preview, and the buttons that carry it out."""

    title: str = ""
    """Empty while there is no preview."""
    lines: list[str] = field(default_factory=list)
    named: list[NamedMeeting] = field(default_factory=list)
    """The first `SHOWN` meetings that the action would be done to."""
    more: str = ""
    """Says how many further meetings there are; empty for none."""
    rest: list[NamedMeeting] = field(default_factory=list)
    confirm: str = ""
    """The button's text; empty if the action applies to no meeting."""
    pay_again: str = ""
    """The text of the button that also retries what was paid for before; empty without such meetings."""
    tone: str = ""
    """ "red" for an action that cannot be undone."""
    number: int = 0
    """Differs from preview to preview, so that the page makes a new element for each."""


def preview(plan: BulkPlan, llm: bool, language: str) -> PlanPreview:
    """The preview of a plan. With `llm` a language model writes the summaries, which may cost."""
    count = len(plan.chosen())
    chosen = plan.chosen(pay_again=True)
    again = len(chosen) - count
    named = [_named(line, language) for line in chosen]
    return PlanPreview(
        title=counted(language, f"plan.{plan.act.value}", count) if count or again else text(language, "plan.nothing"),
        lines=[*_costs(plan, count, llm, language), *_kept(plan, language)],
        named=named[:SHOWN],
        more=counted(language, "admin.and_more", len(named[SHOWN:])) if named[SHOWN:] else "",
        rest=named[SHOWN:],
        confirm=counted(language, f"plan.{plan.act.value}.do", count) if count else "",
        pay_again=_pay_again(plan, count + again, language) if again else "",
        tone="red" if plan.act in (Act.DELETE, Act.CANCEL) else "",
    )


def result(act: Act, done: int, refused: Mapping[Refusal, int], language: str, *, paused: bool = False) -> str:
    """What was done and what was refused. While the queue is paused, retried meetings begin later."""
    later = paused and done and act in (Act.RETRY, Act.RUN_NOW)
    parts = [counted(language, "plan.paused" if later else f"plan.{act.value}.done", done)]
    parts += [counted(language, f"plan.refused.{reason.value}", count) for reason, count in sorted(refused.items())]
    return " ".join(parts)


def _named(line: PlannedMeeting, language: str) -> NamedMeeting:
    status = status_label(line.status, language)
    if line.pays_again:
        status = text(language, "plan.named.paid", status=status)
    elif line.wastes:
        status = text(language, "plan.named.wasted", status=status)
    return NamedMeeting(line.id, line.title, status)


def _costs(plan: BulkPlan, count: int, llm: bool, language: str) -> list[str]:
    lines = []
    if plan.cost().transcriptions:
        lines.append(_cost(plan.cost(), "plan.cost", language))
    if llm and plan.act is Act.RETRY and count:
        lines.append(counted(language, "plan.llm", count))
    if plan.wasted():
        lines.append(counted(language, "plan.wasted", plan.wasted()))
    if plan.act is Act.DELETE and count:
        lines.append(text(language, "plan.delete.warning"))
    return lines


def _kept(plan: BulkPlan, language: str) -> list[str]:
    refused = sorted(plan.refused().items())
    lines = [counted(language, f"plan.refused.{reason.value}", count) for reason, count in refused]
    if plan.left_out:
        lines.append(counted(language, "plan.left_out", plan.left_out))
    return lines


def _pay_again(plan: BulkPlan, count: int, language: str) -> str:
    cost = plan.cost(pay_again=True)
    if not cost.transcriptions:
        return counted(language, "plan.again", count)
    return counted(language, "plan.pay_again", count, minutes=_minutes(cost))


def _cost(cost: Cost, key: str, language: str) -> str:
    line = counted(language, key, cost.transcriptions, minutes=_minutes(cost))
    return line + (" " + counted(language, "plan.unknown", cost.unknown) if cost.unknown else "")


def _minutes(cost: Cost) -> int:
    return max(1, round(cost.seconds / 60)) if cost.seconds else 0
