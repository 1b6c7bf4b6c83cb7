"""How much of what a secretary would write down does the embedded summary find, and how much of it is right?

`python -m benchmarks.summary_quality` prints, for each part of the labelled set in `benchmarks/data`, precision and
recall of each kind of item, and how many owners and due dates are right; beside a naive baseline that takes every
line with a keyword in it. `--misses` also lists what was missed and what was found wrongly.

An item counts as found where its evidence touches a segment that the label names; a label is matched once.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from cantomeet.dates import resolve_date
from worker.providers import Evidence, ItemKind, SummaryDraft, SummaryLine, SummaryRequest, TranscriptLine
from worker.providers.extractive import ExtractiveSummarizer

DATA = Path(__file__).parent / "data"
PARTS = ("dev", "held_back", "spoken")

KINDS: dict[str, ItemKind] = {
    "decisions": "decision",
    "action_items": "action_item",
    "questions": "question",
    "risks": "risk",
}


@dataclass(frozen=True)
class Label:
    kind: ItemKind
    segments: frozenset[str]
    owners: frozenset[str] = frozenset()
    """Accepted ways to name who is to do it; empty where nobody is named."""
    due_date: date | None = None
    open: bool = False
    """A question without an answer in the meeting."""

    def owner_is(self, owner: str | None) -> bool:
        return owner in self.owners if self.owners else owner is None


@dataclass(frozen=True)
class LabelledMeeting:
    name: str
    request: SummaryRequest
    labels: tuple[Label, ...]


@dataclass
class Count:
    """`found` of `labelled` labels were matched by one of `given` items."""

    given: int = 0
    labelled: int = 0
    found: int = 0

    @property
    def precision(self) -> float:
        return self.found / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.labelled if self.labelled else 1.0


@dataclass
class Score:
    kinds: dict[ItemKind, Count] = field(default_factory=lambda: {kind: Count() for kind in KINDS.values()})
    owners_right: int = 0
    """Of the action items found. `owners_wrong` counts names that are not right, not those left open."""
    owners_wrong: int = 0
    dates_right: int = 0
    dates_wrong: int = 0
    open_questions: Count = field(default_factory=Count)
    missed: list[tuple[str, Label]] = field(default_factory=list)
    wrong: list[tuple[str, SummaryLine]] = field(default_factory=list)
    differing: list[tuple[str, Label, SummaryLine]] = field(default_factory=list)
    """Action items that were found with another owner or due date than labelled."""


def read_meetings(folder: Path) -> list[LabelledMeeting]:
    """Every labelled meeting of `folder`, by name."""
    return [_meeting(path.stem, json.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.json"))]


def _meeting(name: str, raw: dict[str, Any]) -> LabelledMeeting:
    request = SummaryRequest(
        lines=[TranscriptLine(**line) for line in raw["lines"]],
        language="zh-Hant-HK",
        meeting_date=date.fromisoformat(raw["meeting_date"]),
        title=raw["title"],
    )
    labels = (_label(KINDS[kind], label) for kind in KINDS for label in raw["labels"][kind])
    return LabelledMeeting(name, request, tuple(labels))


def _label(kind: ItemKind, raw: dict[str, Any]) -> Label:
    due = raw.get("due_date")
    return Label(
        kind,
        frozenset(raw["segments"]),
        frozenset(raw.get("owners", ())),
        date.fromisoformat(due) if due else None,
        raw.get("open", False),
    )


def add_to(score: Score, meeting: LabelledMeeting, items: Iterable[SummaryLine]) -> None:
    """Count the items of one summary into `score`."""
    items = list(items)
    for kind, count in score.kinds.items():
        labels = [label for label in meeting.labels if label.kind == kind]
        given = [item for item in items if item.kind == kind]
        pairs = dict(_pairs(labels, given))
        count.given += len(given)
        count.labelled += len(labels)
        count.found += len(pairs)
        score.missed += [(meeting.name, label) for i, label in enumerate(labels) if i not in pairs]
        score.wrong += [(meeting.name, item) for i, item in enumerate(given) if i not in pairs.values()]
        for i, label in enumerate(labels):
            if kind == "action_item" and i in pairs:
                _count_particulars(score, meeting.name, label, given[pairs[i]])
            if label.open:
                score.open_questions.labelled += 1
                score.open_questions.found += i in pairs


def _pairs(labels: list[Label], items: list[SummaryLine]) -> Iterator[tuple[int, int]]:
    """Labels and items by index, each used once, best agreement first."""
    candidates = [
        (-label.owner_is(item.owner) - (label.due_date == item.due_date), i, j)
        for i, label in enumerate(labels)
        for j, item in enumerate(items)
        if any(evidence.segment_id in label.segments for evidence in item.evidence)
    ]
    used_labels: set[int] = set()
    used_items: set[int] = set()
    for _, i, j in sorted(candidates):
        if i not in used_labels and j not in used_items:
            used_labels.add(i)
            used_items.add(j)
            yield i, j


def _count_particulars(score: Score, meeting: str, label: Label, item: SummaryLine) -> None:
    owner_right, date_right = label.owner_is(item.owner), item.due_date == label.due_date
    score.owners_right += owner_right
    score.owners_wrong += item.owner is not None and not owner_right
    score.dates_right += date_right
    score.dates_wrong += item.due_date is not None and not date_right
    if not (owner_right and date_right):
        score.differing.append((meeting, label, item))


# ---- the baseline -------------------------------------------------------------------------------------------

BASELINE: dict[ItemKind, re.Pattern[str]] = {
    "decision": re.compile("決定|决定|通過|同意|decided|agreed", re.IGNORECASE),
    "action_item": re.compile(r"負責|负责|跟進|跟进|\bwill\b", re.IGNORECASE),
    "question": re.compile(r"[?？]|點解|邊個|什么|嗎|吗"),
    "risk": re.compile("風險|风险|擔心|担心|risk", re.IGNORECASE),
}


def keyword_items(request: SummaryRequest) -> list[SummaryLine]:
    """Every line with a keyword in it; its speaker as the owner, the first day named in it as the due date."""
    return [
        SummaryLine(
            kind,
            line.text,
            (Evidence(line.id, line.text, line.start, line.end, "exact"),),
            owner=line.speaker,
            due_date=resolve_date(line.text, request.meeting_date),
        )
        for kind, pattern in BASELINE.items()
        for line in request.lines
        if pattern.search(line.text)
    ]


# ---- the command --------------------------------------------------------------------------------------------

Method = Callable[[SummaryRequest], Iterable[SummaryLine]]


def extracted_items(request: SummaryRequest) -> Iterable[SummaryLine]:
    draft: SummaryDraft = ExtractiveSummarizer().summarize(request, lambda _done: None)
    return draft.items


METHODS: dict[str, Method] = {"extractive": extracted_items, "keywords": keyword_items}


def score_part(part: str, method: Method) -> Score:
    score = Score()
    for meeting in read_meetings(DATA / part):
        add_to(score, meeting, method(meeting.request))
    return score


def print_score(part: str, method: str, score: Score) -> None:
    for kind, count in score.kinds.items():
        print(
            f"{part:10} {method:11} {kind:12} precision {count.precision:.2f} ({count.found}/{count.given})"
            f"  recall {count.recall:.2f} ({count.found}/{count.labelled})"
        )
    actions = score.kinds["action_item"]
    print(f"{part:10} {method:11} open questions found {score.open_questions.found}/{score.open_questions.labelled}")
    print(
        f"{part:10} {method:11} of {actions.found} action items found: owner right {score.owners_right},"
        f" wrong name {score.owners_wrong}; due date right {score.dates_right}, wrong date {score.dates_wrong}"
    )


def print_misses(score: Score, meetings: dict[str, LabelledMeeting]) -> None:
    for name, label in score.missed:
        texts = [line.text for line in meetings[name].request.lines if line.id in label.segments]
        print(f"  missed {label.kind:12} {name}: {' / '.join(texts)}")
    for name, item in score.wrong:
        print(f"  wrong  {item.kind:12} {name}: {item.text}")
    for name, label, item in score.differing:
        expected = f"{'/'.join(sorted(label.owners))} {label.due_date}"
        print(f"  differs {item.owner} {item.due_date} for {expected}, {name}: {item.text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part of the set")
    parser.add_argument("--misses", action="store_true", help="list what was missed and what was wrong")
    arguments = parser.parse_args()
    for part in arguments.part or PARTS:
        meetings = {meeting.name: meeting for meeting in read_meetings(DATA / part)}
        print(f"{part}: {len(meetings)} meetings, {sum(len(m.request.lines) for m in meetings.values())} lines")
        for name, method in METHODS.items():
            score = score_part(part, method)
            print_score(part, name, score)
            if arguments.misses and name == "extractive":
                print_misses(score, meetings)


if __name__ == "__main__":
    main()
