"""Turns transcript lines into a summary's items; the other modules contain the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from worker.providers import Coverage, ItemKind, SummaryDraft, SummaryLine, SummaryRequest
from worker.providers.extractive import framing
from worker.providers.extractive.actions import Needs, Task, Whose, tasks_in
from worker.providers.extractive.decisions import is_decision
from worker.providers.extractive.due import Due, find_due, opens_with_due
from worker.providers.extractive.merging import merge_repeated
from worker.providers.extractive.names import Names
from worker.providers.extractive.overview import overview_of
from worker.providers.extractive.picks import CHOICE_STANDS, puts_a_choice, settles_choice
from worker.providers.extractive.questions import essence, is_question
from worker.providers.extractive.risks import is_risk
from worker.providers.extractive.sentences import Sentence, has_words, join, sentences_of, width

KINDS: frozenset[ItemKind] = frozenset({"overview", "decision", "action_item", "question", "risk"})
"""Kinds that the rules can find. A template's other sections stay empty; a template of only other kinds gets all of
these.
"""
REPORT_EVERY = 200
"""Sentences between two progress reports."""
LONGEST_COMPLETION = 60
"""Greatest width of a sentence that only gives a deadline."""
LONGEST_ANSWER = 16
"""Greatest width of an answer such as 收到，我會跟進, which only accepts what was just requested."""


class ExtractiveSummarizer:
    """Extracts sentences from the transcript; never rewords, translates or infers one.

    The summary is labelled with the requested language, but its sentences stay as spoken, in Cantonese, English or
    both, without a second language. Every item's quotes occur verbatim in their lines. An owner is a speaker or words
    of the transcript: the person who says 我 or "I", who is named, or who answers 收到 to a request that names nobody.
    A due date is the day that the spoken words mean, counted from the meeting's date. Rules miss items and make
    mistakes, but people can play and check every item. `benchmarks/summary_quality.py` measures the rules.
    """

    name = "extractive"

    def summarize(self, request: SummaryRequest, on_progress: Callable[[float], None]) -> SummaryDraft:
        """Summarize without any network. Raises only what `on_progress` raises.

        `method` is "none" if no line has a letter or a digit.
        """
        coverage = Coverage(len(request.lines), len(request.lines))
        if not any(has_words(line.text) for line in request.lines):
            on_progress(1.0)
            return SummaryDraft(method="none", language=request.language, coverage=coverage)
        sentences = sentences_of(request.lines)
        on_progress(0.1)
        items = _overview_items(sentences, request)
        on_progress(0.4)
        for done, found in enumerate(_items_by_sentence(sentences, request)):
            items += found
            if done % REPORT_EVERY == 0:
                on_progress(0.4 + 0.5 * done / len(sentences))
        kinds = request.template.kinds & KINDS or KINDS
        kept = tuple(item for item in merge_repeated(items) if item.kind in kinds)
        on_progress(1.0)
        return SummaryDraft("extractive", request.language, kept, coverage=coverage)


def _overview_items(sentences: Sequence[Sentence], request: SummaryRequest) -> list[SummaryLine]:
    return [_item_of("overview", sentence, request) for sentence in overview_of(sentences, request.title)]


def _items_by_sentence(sentences: Sequence[Sentence], request: SummaryRequest) -> Iterator[list[SummaryLine]]:
    """Yield each sentence's items, in order."""
    reader = _Reader(request, Names(sentences))
    for sentence, following in zip(sentences, [*sentences[1:], None], strict=True):
        yield list(reader.read(sentence, following))


def _item_of(kind: ItemKind, sentence: Sentence, request: SummaryRequest) -> SummaryLine:
    content = essence(sentence)
    return SummaryLine(kind, content.text, content.evidence(request.lines))


@dataclass(frozen=True)
class _Assignment:
    part: Sentence
    at: int
    """Position in `part` of the words that make it a task."""
    task: Task
    owner: str | None


class _Reader:
    """Reads the sentences in order, because the next sentence may complete a task."""

    def __init__(self, request: SummaryRequest, names: Names) -> None:
        self._request = request
        self._names = names
        self._taken: Sentence | None = None
        """A sentence that was already read as the end of the one before."""
        self._just_assigned = False
        self._since_choice = CHOICE_STANDS
        """Sentences since a choice was put that nothing has settled."""

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
            item = self._action_item(assignment, following)
            if item is not None:
                yield item
                self._just_assigned = asked_of_somebody = True
        if asks and not asked_of_somebody:
            yield _item_of("question", sentence, self._request)
        if self._is_decided(sentence, following, asks=asks, assigned=asked_of_somebody):
            yield _item_of("decision", sentence, self._request)
        if not asks and is_risk(sentence):
            yield _item_of("risk", sentence, self._request)

    def _is_decided(self, sentence: Sentence, following: Sentence | None, *, asks: bool, assigned: bool) -> bool:
        self._since_choice += 1
        stands = self._since_choice <= CHOICE_STANDS or puts_a_choice(sentence)
        decided = not asks and (
            is_decision(sentence) or (stands and not assigned and settles_choice(sentence, following))
        )
        if decided:
            self._since_choice = CHOICE_STANDS
        elif puts_a_choice(sentence):
            self._since_choice = 0
        return decided

    def _assignments(self, sentence: Sentence) -> list[_Assignment]:
        """Return one assignment per owner; clauses belong to the task that they follow, and the first ones to the first
        task.
        """
        found: list[_Assignment] = []
        for task in tasks_in(sentence, self._names):
            owner = _owner(sentence, task)
            if found and _only_assigns_owner(sentence, task) and found[-1].task.owner is None and owner is not None:
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

    def _action_item(self, assignment: _Assignment, following: Sentence | None) -> SummaryLine | None:
        part, owner = assignment.part, assignment.owner
        due = find_due(part, self._request.meeting_date, near=assignment.at)
        completed = due is None and following is not None and self._completes(part, following)
        if completed and following is not None:
            part = join(part, following, apart=True)
            due = find_due(part, self._request.meeting_date, near=len(part.text))
        if not _has_needed_time(assignment.task.needs, due) and not _is_accepted(assignment, following):
            return None
        if assignment.task.owner is None and assignment.task.whose is not Whose.SPEAKERS:
            owner = _speaker_who_accepts(assignment, following)
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
        """Tell whether `following` is only the deadline, said on its own line by the same speaker."""
        return (
            following.speaker == part.speaker
            and following.width <= LONGEST_COMPLETION
            and opens_with_due(following, self._request.meeting_date)
            and not is_question(following)
            and not any(task.needs is Needs.NOTHING for task in tasks_in(following, self._names))
        )


def _owner(sentence: Sentence, task: Task) -> str | None:
    if task.owner is not None:
        # A name that the recogniser split between two lines occurs in neither.
        whole = any(span.at <= task.owner[0] and task.owner[1] <= span.at + span.length for span in sentence.spans)
        return sentence.text[slice(*task.owner)].strip() if whole else None
    return sentence.speaker if task.whose is Whose.SPEAKERS else None


def _clause_start(sentence: Sentence, task: Task) -> int:
    first = min(task.at, task.owner[0]) if task.owner else task.at
    return max((start for start, _ in sentence.clauses() if start <= first), default=0)


def _clause_end(sentence: Sentence, before: int) -> int:
    """Return the end of the clause before the one that starts at `before`."""
    return max((end for _, end in sentence.clauses() if end <= before), default=before)


def _only_assigns_owner(sentence: Sentence, task: Task) -> bool:
    """Tell whether the task's clause only assigns what stands before it, such as 由秘書負責."""
    start = _clause_start(sentence, task)
    end = next((end for first, end in sentence.clauses() if first == start), len(sentence.text))
    return framing.only_names(sentence.folded[start:end])


def _has_needed_time(needs: Needs, due: Due | None) -> bool:
    if due is None:
        return needs is Needs.NOTHING
    return due.deadline or needs is not Needs.DEADLINE


def _is_accepted(asked: _Assignment, following: Sentence | None) -> bool:
    """Tell whether a request to 你 was answered with a yes, by another speaker if speakers are known."""
    if asked.task.needs is not Needs.TIME_OR_ANSWER or following is None:
        return False
    if is_question(asked.part) or framing.is_here_and_now(asked.part):
        return False
    another = following.speaker is None or following.speaker != asked.part.speaker
    return another and framing.says_yes(following)


def _only_takes_on(assignment: _Assignment) -> bool:
    """Recognise 收到，我會跟進 right after an assignment, whichever speaker the line has."""
    return assignment.task.whose is Whose.SPEAKERS and width(assignment.part.text) <= LONGEST_ANSWER


def _speaker_who_accepts(asked: _Assignment, following: Sentence | None) -> str | None:
    """Return the next speaker who says "I'll do it", or 收到 to a request to 你, unless it is the same person."""
    if following is None or following.speaker == asked.part.speaker:
        return None
    answers = asked.task.whose is Whose.ADDRESSED and framing.acknowledgement_end(following) > 0
    return following.speaker if answers or framing.takes_on(following) else None
