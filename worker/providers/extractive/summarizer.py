"""From transcript lines to the items of a summary; the rules themselves stand in the other modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from worker.providers import Coverage, ItemKind, SummaryDraft, SummaryLine, SummaryRequest
from worker.providers.extractive import framing
from worker.providers.extractive.actions import Needs, Task, Whose, tasks_in
from worker.providers.extractive.decisions import is_decision
from worker.providers.extractive.due import Due, find_due, opens_with_due
from worker.providers.extractive.merging import merged
from worker.providers.extractive.names import Names
from worker.providers.extractive.overview import overview_of
from worker.providers.extractive.picks import CHOICE_STANDS, picks, puts_a_choice
from worker.providers.extractive.questions import essence, is_question
from worker.providers.extractive.risks import is_risk
from worker.providers.extractive.sentences import Sentence, has_words, join, sentences_of, width

KINDS: frozenset[ItemKind] = frozenset({"overview", "decision", "action_item", "question", "risk"})
"""What rules can find. A template's other sections stay empty, and a template of none but others gets all of these."""
REPORT_EVERY = 200
"""Sentences between two reports of progress."""
LONGEST_COMPLETION = 60
"""Width of a sentence that only says until when."""
LONGEST_ANSWER = 16
"""Width of an answer such as 收到，我會跟進 that only takes on what was just asked."""


class ExtractiveSummarizer:
    """Takes sentences out of the transcript; never rewords, translates or infers one.

    The summary is labelled with the language asked for, but its sentences stay as they were spoken, in Cantonese,
    English or both, and have no second language beside them. Every item's quotes stand verbatim in their lines.
    An owner is a speaker or words of the transcript: who says 我 or "I", who is named, or who answers 收到 to a
    request put to nobody by name. A due date is what the spoken words mean, counted from the meeting's date. Rules
    miss things and err; what they give can be played and checked. `benchmarks/summary_quality.py` measures them.
    """

    name = "extractive"

    def summarize(self, request: SummaryRequest, on_progress: Callable[[float], None]) -> SummaryDraft:
        """`method` is "none" where no line has a letter or a digit. Needs no network and raises nothing of its own."""
        coverage = Coverage(len(request.lines), len(request.lines))
        if not any(has_words(line.text) for line in request.lines):
            on_progress(1.0)
            return SummaryDraft(method="none", language=request.language, coverage=coverage)
        sentences = sentences_of(request.lines)
        on_progress(0.1)
        items = _overview(sentences, request)
        on_progress(0.4)
        for done, found in enumerate(_found(sentences, request)):
            items += found
            if done % REPORT_EVERY == 0:
                on_progress(0.4 + 0.5 * done / len(sentences))
        kinds = request.template.kinds & KINDS or KINDS
        kept = tuple(item for item in merged(items) if item.kind in kinds)
        on_progress(1.0)
        return SummaryDraft("extractive", request.language, kept, coverage=coverage)


def _overview(sentences: Sequence[Sentence], request: SummaryRequest) -> list[SummaryLine]:
    return [_line_of_sentence("overview", sentence, request) for sentence in overview_of(sentences, request.title)]


def _found(sentences: Sequence[Sentence], request: SummaryRequest) -> Iterator[list[SummaryLine]]:
    """What each sentence gives, in order."""
    reader = _Reader(request, Names(sentences))
    for sentence, following in zip(sentences, [*sentences[1:], None], strict=True):
        yield list(reader.read(sentence, following))


def _line_of_sentence(kind: ItemKind, sentence: Sentence, request: SummaryRequest) -> SummaryLine:
    said = essence(sentence)
    return SummaryLine(kind, said.text, said.evidence(request.lines))


@dataclass(frozen=True)
class _Assignment:
    part: Sentence
    at: int
    """Where the words that make it a task stand in `part`."""
    task: Task
    owner: str | None


class _Reader:
    """Reads the sentences in order; a task may be completed by the sentence after it."""

    def __init__(self, request: SummaryRequest, names: Names) -> None:
        self._request = request
        self._names = names
        self._taken: Sentence | None = None
        """A sentence that has been read as the end of the one before."""
        self._just_assigned = False
        self._since_choice = CHOICE_STANDS
        """Sentences since something to choose about was asked or proposed, and nothing settled it."""

    def read(self, sentence: Sentence, following: Sentence | None) -> Iterator[SummaryLine]:
        just_assigned, self._just_assigned = self._just_assigned, False
        if self._taken is sentence:
            self._taken = None
            return
        content = framing.after_agenda(sentence)
        if content is None or framing.is_closing(sentence):
            return
        sentence = content
        asks = is_question(sentence)
        asked_of_somebody = False
        for assignment in self._assignments(sentence):
            if just_assigned and (_only_takes_on(assignment) or framing.takes_on(sentence)):
                continue
            if asks and assignment.task.needs is not Needs.NOTHING and assignment.task.whose is Whose.OPEN:
                continue
            item = self._action(assignment, following)
            if item is not None:
                yield item
                self._just_assigned = asked_of_somebody = True
        if asks and not asked_of_somebody:
            yield _line_of_sentence("question", sentence, self._request)
        if self._decides(sentence, following, asks=asks, assigned=asked_of_somebody):
            yield _line_of_sentence("decision", sentence, self._request)
        if not asks and is_risk(sentence):
            yield _line_of_sentence("risk", sentence, self._request)

    def _decides(self, sentence: Sentence, following: Sentence | None, *, asks: bool, assigned: bool) -> bool:
        self._since_choice += 1
        stands = self._since_choice <= CHOICE_STANDS or puts_a_choice(sentence)
        decided = not asks and (is_decision(sentence) or (stands and not assigned and picks(sentence, following)))
        if decided:
            self._since_choice = CHOICE_STANDS
        elif puts_a_choice(sentence):
            self._since_choice = 0
        return decided

    def _assignments(self, sentence: Sentence) -> list[_Assignment]:
        """One for each owner; clauses around belong to the task that they follow, the first ones to the first."""
        found: list[_Assignment] = []
        for task in tasks_in(sentence, self._names):
            owner = _owner(sentence, task)
            if found and _only_names(sentence, task) and found[-1].task.owner is None and owner is not None:
                found[-1] = replace(found[-1], task=replace(found[-1].task, owner=task.owner), owner=owner)
                continue
            if found and (owner is None or owner == found[-1].owner or task.needs is not Needs.NOTHING):
                continue
            found.append(_Assignment(sentence, task.at, task, owner))
        if len(found) < 2:
            return found
        starts = [0, *(_clause_start(sentence, assignment.task) for assignment in found[1:])]
        ends = [*(_clause_end(sentence, start) for start in starts[1:]), len(sentence.text)]
        return [
            replace(assignment, part=sentence.cut(start, end), at=max(0, assignment.at - start))
            for assignment, start, end in zip(found, starts, ends, strict=True)
        ]

    def _action(self, assignment: _Assignment, following: Sentence | None) -> SummaryLine | None:
        part, owner = assignment.part, assignment.owner
        due = find_due(part, self._request.meeting_date, near=assignment.at)
        completed = due is None and following is not None and self._completes(part, following)
        if completed and following is not None:
            part = join(part, following, apart=True)
            due = find_due(part, self._request.meeting_date, near=len(part.text))
        if not _meets(assignment.task.needs, due) and not _accepted(assignment, following):
            return None
        if assignment.task.owner is None and assignment.task.whose is not Whose.SPEAKERS:
            owner = _answerer(assignment, following)
        if completed:
            self._taken = following
        part = essence(part)
        return SummaryLine(
            "action_item",
            part.text,
            part.evidence(self._request.lines),
            owner=owner,
            due_text=due.text if due else None,
            due_date=due.day if due else None,
        )

    def _completes(self, part: Sentence, following: Sentence) -> bool:
        """Is `following` only the time, said in a line of its own by the same speaker?"""
        return (
            following.speaker == part.speaker
            and following.width <= LONGEST_COMPLETION
            and opens_with_due(following, self._request.meeting_date)
            and not is_question(following)
            and not any(task.needs is Needs.NOTHING for task in tasks_in(following, self._names))
        )


def _owner(sentence: Sentence, task: Task) -> str | None:
    if task.owner is not None:
        # A name that the recogniser cut between two lines stands in neither.
        whole = any(span.at <= task.owner[0] and task.owner[1] <= span.at + span.length for span in sentence.spans)
        return sentence.text[slice(*task.owner)].strip() if whole else None
    return sentence.speaker if task.whose is Whose.SPEAKERS else None


def _clause_start(sentence: Sentence, task: Task) -> int:
    first = min(task.at, task.owner[0]) if task.owner else task.at
    return max((start for start, _ in sentence.clauses() if start <= first), default=0)


def _clause_end(sentence: Sentence, before: int) -> int:
    """Where the clause ends that stands before the one that starts at `before`."""
    return max((end for _, end in sentence.clauses() if end <= before), default=before)


def _only_names(sentence: Sentence, task: Task) -> bool:
    """Is the clause of `task` no more than 由秘書負責, said of what stands before it?"""
    start = _clause_start(sentence, task)
    end = next((end for first, end in sentence.clauses() if first == start), len(sentence.text))
    return framing.only_names(sentence.folded[start:end])


def _meets(needs: Needs, due: Due | None) -> bool:
    if due is None:
        return needs is Needs.NOTHING
    return due.deadline or needs is not Needs.DEADLINE


def _accepted(asked: _Assignment, following: Sentence | None) -> bool:
    """Was what 你 were asked to do answered with a yes, by another voice where voices are told apart?"""
    if asked.task.needs is not Needs.TIME_OR_ANSWER or following is None:
        return False
    if is_question(asked.part) or framing.is_here_and_now(asked.part):
        return False
    another = following.speaker is None or following.speaker != asked.part.speaker
    return another and framing.says_yes(following)


def _only_takes_on(assignment: _Assignment) -> bool:
    """收到，我會跟進 right after an assignment: whoever was meant says so, under whatever name the line has."""
    return assignment.task.whose is Whose.SPEAKERS and width(assignment.part.text) <= LONGEST_ANSWER


def _answerer(asked: _Assignment, following: Sentence | None) -> str | None:
    """Who says "I'll do it" next, or 收到 where 你 was asked, if it is somebody else."""
    if following is None or following.speaker == asked.part.speaker:
        return None
    answers = asked.task.whose is Whose.ADDRESSED and framing.acknowledgement_end(following) > 0
    return following.speaker if answers or framing.takes_on(following) else None
