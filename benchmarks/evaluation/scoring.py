"""Scores a summary: found labels, right items, and quotes that the transcript contains.

An item finds a label of its kind if its proven evidence touches a segment that the label names. Items and labels are
used once each, pairs that agree on owner and due date first. Wording is never compared, so a summary in another
language is scored alike. Items without any proof find nothing, but are not wrong items either, because pages list them
separately. They are counted separately.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from benchmarks.evaluation.labelled import KINDS, Label, LabelledMeeting
from cantomeet.cantonese import find_folded
from worker.providers import Citations, Evidence, ItemKind, SummaryDraft, SummaryLine, SummaryRequest


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
class Support:
    """Quotes and items checked against the transcript."""

    cited: int = 0
    """Quotes that were given as evidence, proven or not."""
    proven: int = 0
    """Quotes among them that the transcript contains."""
    items: int = 0
    items_proven: int = 0
    """Items with at least one quote that was found."""
    shown_but_absent: int = 0
    """Quotes shown as proven that their segment does not contain when checked again here. Anything but 0 is a fault."""

    @property
    def rate(self) -> float:
        return self.proven / self.cited if self.cited else 1.0


@dataclass
class Score:
    kinds: dict[ItemKind, Count] = field(default_factory=lambda: {kind: Count() for kind in KINDS.values()})
    support: Support = field(default_factory=Support)
    owners_right: int = 0
    """Right owners of the action items found. `owners_wrong` counts wrong names, but not missing ones."""
    owners_wrong: int = 0
    dates_right: int = 0
    dates_wrong: int = 0
    open_questions: Count = field(default_factory=Count)
    covered: int = 0
    segments: int = 0
    """Segments of the transcripts; the summarizer read `covered` of them."""
    missed: list[tuple[str, Label]] = field(default_factory=list)
    wrong: list[tuple[str, SummaryLine]] = field(default_factory=list)
    differing: list[tuple[str, Label, SummaryLine]] = field(default_factory=list)
    """Action items that were found with another owner or due date than labelled."""


def add_draft(score: Score, meeting: LabelledMeeting, draft: SummaryDraft) -> None:
    """Count one summary into `score`."""
    add_to(score, meeting, draft.items)
    score.covered += draft.coverage.covered if draft.coverage else 0
    score.segments += len(meeting.request.lines)
    _count_support(score.support, meeting.request, draft)


def add_to(score: Score, meeting: LabelledMeeting, items: Iterable[SummaryLine]) -> None:
    """Count only the proven items of a summary."""
    proven = [item for item in items if item.verified]
    for kind, count in score.kinds.items():
        labels = [label for label in meeting.labels if label.kind == kind]
        given = [item for item in proven if item.kind == kind]
        pairs = dict(_pairs(labels, given))
        count.given += len(given)
        count.labelled += len(labels)
        count.found += len(pairs)
        score.missed += [(meeting.name, label) for i, label in enumerate(labels) if i not in pairs]
        score.wrong += [(meeting.name, item) for i, item in enumerate(given) if i not in pairs.values()]
        for i, label in enumerate(labels):
            if kind == "action_item" and i in pairs:
                _count_owner_and_date(score, meeting.name, label, given[pairs[i]])
            if label.open:
                score.open_questions.labelled += 1
                score.open_questions.found += i in pairs


def _pairs(labels: list[Label], items: list[SummaryLine]) -> Iterator[tuple[int, int]]:
    """Yield pairs of labels and items by index, each used once, best agreement first."""
    candidates = [
        (-label.owner_is(item.owner) - (label.due_date == item.due_date), i, j)
        for i, label in enumerate(labels)
        for j, item in enumerate(items)
        if label.segments & {proof.segment_id for proof in _proofs(item)}
    ]
    used_labels: set[int] = set()
    used_items: set[int] = set()
    for _, i, j in sorted(candidates):
        if i not in used_labels and j not in used_items:
            used_labels.add(i)
            used_items.add(j)
            yield i, j


def _proofs(item: SummaryLine) -> list[Evidence]:
    return [proof for proof in item.evidence if proof.check != "unverified"]


def _count_owner_and_date(score: Score, meeting: str, label: Label, item: SummaryLine) -> None:
    owner_right, date_right = label.owner_is(item.owner), item.due_date == label.due_date
    score.owners_right += owner_right
    score.owners_wrong += item.owner is not None and not owner_right
    score.dates_right += date_right
    score.dates_wrong += item.due_date is not None and not date_right
    if not (owner_right and date_right):
        score.differing.append((meeting, label, item))


def _count_support(support: Support, request: SummaryRequest, draft: SummaryDraft) -> None:
    shown = [proof for item in draft.items for proof in _proofs(item)]
    # A language model's draft gives its number of quotes, because it omits some of the unproven ones.
    cited = draft.citations or Citations(sum(len(item.evidence) for item in draft.items), len(shown))
    support.cited += cited.given
    support.proven += cited.proven
    support.items += len(draft.items)
    support.items_proven += sum(item.verified for item in draft.items)
    text_of = {line.id: line.text for line in request.lines}
    support.shown_but_absent += sum(not _contains_quote(proof, text_of) for proof in shown)


def _contains_quote(proof: Evidence, text_of: dict[str, str]) -> bool:
    text = text_of.get(proof.segment_id, "")
    return proof.quote in text if proof.check == "exact" else find_folded(text, proof.quote) is not None
