"""Measures precision and recall of the embedded summary on labelled meetings.

`python -m benchmarks.summary_quality` prints, for each part of the labelled set in `benchmarks/data`, precision and
recall of each kind of item, and how many owners and due dates are right. It also scores a naive baseline that takes
every line with a keyword in it. `--misses` also lists missed and wrong items, but never those of a held-back part.
`python -m benchmarks.evaluation` counts the same for any summarizer.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable

from benchmarks.evaluation.labelled import PARTS, SHIPPED, LabelledMeeting, read_meetings
from benchmarks.evaluation.scoring import Score, add_to
from cantomeet.dates import resolve_date
from worker.providers import Evidence, ItemKind, SummaryLine, SummaryRequest
from worker.providers.extractive import ExtractiveSummarizer

MAY_BE_READ = ("dev", "spoken")
"""Parts whose misses may be used to make rules."""
BASELINE: dict[ItemKind, re.Pattern[str]] = {
    "decision": re.compile("決定|决定|通過|同意|decided|agreed", re.IGNORECASE),
    "action_item": re.compile(r"負責|负责|跟進|跟进|\bwill\b", re.IGNORECASE),
    "question": re.compile(r"[?？]|點解|邊個|什么|嗎|吗"),
    "risk": re.compile("風險|风险|擔心|担心|risk", re.IGNORECASE),
}


def keyword_items(request: SummaryRequest) -> list[SummaryLine]:
    """Return every line with a keyword, with its speaker as the owner and its first day as the due date."""
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
    return ExtractiveSummarizer().summarize(request, lambda _done: None).items


METHODS: dict[str, Method] = {"extractive": extracted_items, "keywords": keyword_items}


def score_part(part: str, method: Method) -> Score:
    score = Score()
    for meeting in read_meetings(SHIPPED / part):
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
        meetings = {meeting.name: meeting for meeting in read_meetings(SHIPPED / part)}
        print(f"{part}: {len(meetings)} meetings, {sum(len(m.request.lines) for m in meetings.values())} lines")
        for name, method in METHODS.items():
            score = score_part(part, method)
            print_score(part, name, score)
            if arguments.misses and name == "extractive" and part in MAY_BE_READ:
                print_misses(score, meetings)


if __name__ == "__main__":
    main()
