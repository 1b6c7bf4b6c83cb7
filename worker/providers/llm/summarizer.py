"""A transcript of any length into a summary by a language model, each line checked by code."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import httpx

from cantomeet.errors import SettingsError
from worker.providers import (
    Citations,
    Coverage,
    RewrittenLines,
    Summarizer,
    SummaryDraft,
    SummaryLine,
    SummaryRequest,
    TranscriptLine,
    Usage,
)
from worker.providers.evidence import EvidenceChecker
from worker.providers.llm.ask import Asker, Question, Speech, TooLong, Unusable
from worker.providers.llm.chunks import Chunk, chunks_of
from worker.providers.llm.client import ANSWER_SECONDS, MAX_ANSWER, TIMEOUTS, ChatClient
from worker.providers.llm.costs import Expected, Ledger, check_budget, prices_of
from worker.providers.llm.endpoint import Endpoint
from worker.providers.llm.facts import FactsAnswer, facts_of, facts_schema, read_facts
from worker.providers.llm.formats import Dialect
from worker.providers.llm.languages import Languages
from worker.providers.llm.merge import merge_duplicates, merge_suggested
from worker.providers.llm.prompts import facts_messages
from worker.providers.llm.records import NoCache
from worker.providers.llm.rewriting import Rewriting
from worker.providers.llm.write import Frame, Writer
from worker.providers.proposing import LineFinder

CHUNK_TOKENS = 6000
"""Of transcript in one request: some 20 minutes of talk. Facts are found better in small parts than in one pass."""
ANSWER_TOKENS = 4000
LEAST_CHUNK_TOKENS = 200
LEAST_GUESSED_TOKENS = 200
"""Of a part that is made no smaller for a refusal that does not speak of length."""
WRITING_SHARE = 0.1
"""Of the progress, for the last step."""
HALF_AN_ANSWER = 1500
"""Characters of an answer with which a request counts as half done."""
FACTS_SHARE = 0.25
"""Of the transcript's tokens, that its facts are thought to have at most, to plan what writing them up may cost."""
_ORDER = ("overview", "chapter", "decision", "action_item", "question", "risk", "note", "quote")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """Tokens by the count of `cantomeet.tokens.count_tokens`; seconds; bytes."""

    chunk_tokens: int = CHUNK_TOKENS
    answer_tokens: int = ANSWER_TOKENS
    timeouts: httpx.Timeout = field(default_factory=lambda: TIMEOUTS)
    answer_seconds: float = ANSWER_SECONDS
    answer_bytes: int = MAX_ANSWER


class LlmSummarizer:
    """For any OpenAI-compatible endpoint; opens its connections anew for each summary, so it may be made before a fork.

    `dialect`: what `on_dialect` was given in an earlier process for the same base URL and model, else None.
    `budget`: the most that one meeting's summary may cost, in the currency of the prices of a million tokens.
    """

    def __init__(
        self,
        *,
        model: str,
        fallback: Summarizer,
        base_url: str | None = None,
        api_key: str | None = None,
        price_in: float | None = None,
        price_out: float | None = None,
        budget: float | None = None,
        limits: Limits | None = None,
        dialect: str | None = None,
        on_dialect: Callable[[str], None] = lambda dialect: None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`base_url` None is OpenAI's own. Raises `SettingsError` naming the setting."""
        self._endpoint = Endpoint(model, base_url, api_key)
        self._prices = prices_of(price_in, price_out)
        check_budget(budget, self._prices)
        self._budget = budget
        self._limits = limits or Limits()
        if self._limits.chunk_tokens < LEAST_CHUNK_TOKENS or self._limits.answer_tokens < 1:
            raise SettingsError(f"a chunk has at least {LEAST_CHUNK_TOKENS} tokens, an answer at least one")
        self._fallback = fallback
        self._transport = transport
        self._speech = Speech(Dialect.loads(dialect), lambda learned: on_dialect(learned.dumps()))
        self.name = f"{model} ({self._endpoint.provider})"

    @property
    def dialect(self) -> str:
        """What the endpoint was found to take, to be handed to the next process."""
        return self._speech.dialect.dumps()

    def verify(self) -> None:
        """Ask for what costs nothing: raises what any call would raise for a wrong key, URL, model or network."""
        with self._client() as client:
            client.verify()

    def summarize(self, request: SummaryRequest, on_progress: Callable[[float], None]) -> SummaryDraft:
        """What was paid for is in the request's cache, also when this raises: `TransientError`, `PermanentError`,
        `Unfinished`.
        """
        total = len(request.lines)
        if not _has_words(request.lines):
            return SummaryDraft("none", request.language, coverage=Coverage(total, total))
        ledger = self._ledger()
        with self._client() as client:
            work = self._work(request, client, ledger, on_progress)
            try:
                return work.draft()
            except Unusable as problem:
                _log.warning("%s: falling back to extracts: %s", self.name, problem)
                self._forget_length()
        return self._extracted(request, on_progress, ledger.usage, work.warnings)

    def rewrite(self, request: SummaryRequest, on_progress: Callable[[float], None]) -> RewrittenLines:
        """The request's lines in written Chinese. Raises as `summarize`; a line that was not got is left out."""
        ledger = self._ledger()
        with self._client() as client:
            # The answer is about as long as the question, and JSON beside it.
            most = max(LEAST_CHUNK_TOKENS, min(self._limits.chunk_tokens, self._limits.answer_tokens // 2))
            work = Rewriting(self._asker(request, client, ledger), ledger, most, on_progress)
            return work.rewritten(request.lines)

    def forecast(self, request: SummaryRequest) -> Usage:
        """The most that its requests take, without the repairs that may come. Sends nothing.

        Raises `PermanentError` where that is over the budget.
        """
        if not _has_words(request.lines):
            return Usage()
        ledger = self._ledger()
        with self._client() as client:
            expected = self._work(request, client, ledger, lambda _done: None).forecast()
        return ledger.priced(Usage(tokens_in=expected.tokens_in, tokens_out=expected.tokens_out, estimated=True))

    @property
    def provider(self) -> str:
        """The host that the text goes to."""
        return self._endpoint.provider

    def _forget_length(self) -> None:
        """What was too long once may be welcome later: another model may be served under the same name."""
        self._speech.learn(replace(self._speech.dialect, too_long=None, cuts=False))

    def _ledger(self) -> Ledger:
        return Ledger(self._prices, self._budget, self._endpoint.provider)

    def _work(
        self, request: SummaryRequest, client: ChatClient, ledger: Ledger, on_progress: Callable[[float], None]
    ) -> _Work:
        asker = self._asker(request, client, ledger)
        return _Work(request, asker, ledger, self._limits.chunk_tokens, on_progress)

    def _asker(self, request: SummaryRequest, client: ChatClient, ledger: Ledger) -> Asker:
        cache, tokens = request.cache or NoCache(), self._limits.answer_tokens
        return Asker(
            client, self._endpoint.model, cache, ledger, self._speech, answer_tokens=tokens, may_ask=request.may_ask
        )

    def _extracted(
        self,
        request: SummaryRequest,
        on_progress: Callable[[float], None],
        usage: Usage,
        warnings: tuple[str, ...],
    ) -> SummaryDraft:
        draft = self._fallback.summarize(request, on_progress)
        return replace(draft, warnings=(*draft.warnings, "summary_fell_back", *warnings), usage=usage)

    def _client(self) -> ChatClient:
        return ChatClient(
            self._endpoint,
            timeouts=self._limits.timeouts,
            max_answer_bytes=self._limits.answer_bytes,
            answer_seconds=self._limits.answer_seconds,
            transport=self._transport,
        )


class _Work:
    """One summary."""

    def __init__(
        self,
        request: SummaryRequest,
        asker: Asker,
        ledger: Ledger,
        chunk_tokens: int,
        on_progress: Callable[[float], None],
    ) -> None:
        self._request = request
        self._asker = asker
        self._ledger = ledger
        self._chunk_tokens = chunk_tokens
        self._on_progress = on_progress
        self._languages = Languages.of(request.language)
        self._template = request.template
        self._schema = facts_schema(self._template, self._languages)
        self._checker = EvidenceChecker(request.lines, request.meeting_date)
        self._finder = LineFinder(request.lines)
        self._writer = Writer(asker, self._template, self._languages, chunk_tokens)
        self._chunks = chunks_of(request.lines, chunk_tokens)
        self._tokens = sum(chunk.tokens for chunk in self._chunks)
        self._done = 0
        self._shown = 0.0
        self._covered: set[int] = set()
        self._unread: set[int] = set()
        """Segments of which a part, at least, was cut off."""
        self._writing: list[Expected] = []
        self._to_ask: list[Expected] = []

    @property
    def warnings(self) -> tuple[str, ...]:
        return ("prompt_was_cut",) if self._asker.met_cutting else ()

    def draft(self) -> SummaryDraft:
        self._plan()
        facts = merge_duplicates(self._all_facts())
        if not facts or not self._covered - self._unread:
            raise Unusable("nothing was found in the transcript.", shape=False)
        proven = sorted((fact for fact in facts if fact.verified), key=_time)
        for question in self._writing:
            self._ledger.begin(question)
        self._asker.hear = self._hear_writing
        frame = self._writer.write(proven) if proven and self._template.kinds & {"overview", "chapter"} else Frame()
        self._show(1.0)
        return SummaryDraft(
            method="llm",
            language=self._request.language,
            items=tuple(self._arranged(proven, frame, [fact for fact in facts if not fact.verified])),
            title=frame.title,
            title_other=frame.title_other,
            warnings=self.warnings,
            usage=self._ledger.usage,
            coverage=Coverage(len(self._covered - self._unread), len(self._request.lines)),
            citations=Citations(self._checker.given, self._checker.proven),
        )

    def _all_facts(self) -> list[SummaryLine]:
        """Once more where it turned out on the way that earlier prompts were cut; sound answers are in the cache."""
        facts, known = self._gathered(), frozenset[int]()
        while known != self._asker.cut_counts:
            known = self._asker.cut_counts
            facts = self._gathered()
        return facts

    def _gathered(self) -> list[SummaryLine]:
        self._covered.clear()
        self._unread.clear()
        self._done = 0
        self._checker = EvidenceChecker(self._request.lines, self._request.meeting_date)
        return [fact for chunk in self._chunks for fact in self._facts(chunk)]

    def _hear_writing(self, characters: int) -> None:
        """Each answer is half of what is left, since nobody knows how many there will be."""
        left = WRITING_SHARE * 0.5**self._writer.answered
        self._show(1 - left * (1 - _part(characters) / 2))

    def _show(self, fraction: float) -> None:
        """Progress never goes back."""
        if fraction > self._shown:
            self._shown = fraction
            self._on_progress(fraction)

    def forecast(self) -> Expected:
        """All that is to be asked, at its dearest, without the repairs that may come; nothing is sent."""
        self._plan()
        return Expected(sum(one.tokens_in for one in self._to_ask), sum(one.tokens_out for one in self._to_ask))

    def _plan(self) -> None:
        """Before anything is spent: all that is missing, at its dearest, without the repairs that may come."""
        missing = [one for chunk in self._chunks for one in self._missing(chunk)]
        if missing:
            parts = math.ceil(self._tokens * FACTS_SHARE / self._chunk_tokens)
            self._writing = [self._asker.expected(self._question(self._chunks[0]))] * (2 * parts - 1)
        self._to_ask = [*missing, *self._writing]
        self._ledger.plan(self._to_ask)

    def _missing(self, chunk: Chunk) -> list[Expected]:
        question = self._question(chunk)
        standing = self._asker.standing(question)
        if standing == "too_long":
            return [one for half in chunk.halves() or () for one in self._missing(half)]
        return [self._asker.expected(question)] if standing == "open" else []

    def _facts(self, chunk: Chunk) -> list[SummaryLine]:
        """Of a chunk and, where it is too long for the model, of its halves."""
        if not chunk.text:
            self._covered |= chunk.segments
            return []
        question = self._question(chunk)
        is_open = self._asker.standing(question) == "open"
        if is_open:
            self._ledger.begin(self._asker.expected(question))
        self._asker.hear = lambda characters: self._show(self._so_far(chunk.tokens * _part(characters)))
        try:
            answer = self._asker.ask(question)
        except TooLong as too_long:
            return [fact for half in self._smaller(chunk, too_long) for fact in self._facts(half)]
        self._covered |= chunk.segments
        self._done += chunk.tokens
        if is_open:
            # What an earlier step was answered is no progress of this one.
            self._show(self._so_far())
        return facts_of(answer, self._checker, self._languages, self._template.notes, self._finder, chunk.segments)

    def _smaller(self, chunk: Chunk, too_long: TooLong) -> Sequence[Chunk]:
        """Its halves; none where the endpoint cuts even the smallest prompt, so that its lines are not covered.

        Raises the endpoint's refusal, or `Unusable`, where it cannot be made smaller.
        """
        halves = chunk.halves()
        small = chunk.tokens < 2 * LEAST_GUESSED_TOKENS
        if halves is not None and not (small and (too_long.guessed or self._asker.met_cutting)):
            return halves
        if too_long.refusal is not None:
            raise too_long.refusal
        if self._asker.met_cutting:
            self._unread |= chunk.segments
            return ()
        raise Unusable("the smallest part is still too long.", shape=False)

    def _so_far(self, more: float = 0) -> float:
        return (self._done + more) / self._tokens * (1 - WRITING_SHARE)

    def _question(self, chunk: Chunk) -> Question[FactsAnswer]:
        return Question(
            messages=tuple(facts_messages(chunk.text, self._schema.keys, self._template, self._languages)),
            schema=self._schema,
            read=lambda content: read_facts(content, self._schema, self._languages),
        )

    def _arranged(
        self, proven: Sequence[SummaryLine], frame: Frame, unproven: Iterable[SummaryLine]
    ) -> list[SummaryLine]:
        """By kind, what is proven first; only the kinds that the template has."""
        merged = merge_suggested(proven, frame.duplicates)
        items = [
            *frame.overview,
            *self._chapters(frame.chapters),
            *(fact for fact in merged if fact.kind != "chapter"),
            *unproven,
        ]
        kept = [self._with_offer(item) for item in items if item.kind in self._template.kinds]
        return sorted(kept, key=lambda item: (_ORDER.index(item.kind), not item.verified))

    def _with_offer(self, item: SummaryLine) -> SummaryLine:
        if item.evidence or item.proposed is not None:
            return item
        return replace(item, proposed=self._finder.find([item.text, item.text_other or ""]))

    def _chapters(self, chapters: Sequence[SummaryLine]) -> list[SummaryLine]:
        """Each up to the start of the next, the last to the end of the recording."""
        ordered = sorted(chapters, key=_time)
        ends = [*(chapter.start for chapter in ordered[1:]), self._request.lines[-1].end]
        # Without a chapter there is one end too many.
        return [replace(chapter, end=end) for chapter, end in zip(ordered, ends, strict=False)]


def _part(characters: int) -> float:
    """Of an answer of which so much has come; how long it will be nobody knows."""
    return characters / (characters + HALF_AN_ANSWER)


def _has_words(lines: Iterable[TranscriptLine]) -> bool:
    return any(character.isalnum() for line in lines for character in line.text)


def _time(item: SummaryLine) -> float:
    return min((proof.start for proof in item.evidence), default=0.0)
