"""Summarizes a transcript of any length by a language model, and checks each item."""

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
from worker.providers.llm.ask import Asker, LearnedDialect, Question, TooLong, Unusable
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
from worker.providers.llm.write import MinutesFrame, MinutesWriter
from worker.providers.proposing import LineFinder

CHUNK_TOKENS = 6000
"""Tokens of transcript in one request, some 20 minutes of talk. A model finds facts better in small parts than in one
pass.
"""
ANSWER_TOKENS = 4000
LEAST_CHUNK_TOKENS = 200
LEAST_GUESSED_TOKENS = 200
"""Smallest part, in tokens, that is split after a refusal that does not mention length."""
WRITING_SHARE = 0.1
"""Share of the progress for the last step."""
HALF_AN_ANSWER = 1500
"""Characters of an answer at which a request counts as half done."""
FACTS_SHARE = 0.25
"""Greatest expected ratio of the facts' tokens to the transcript's, for planning the cost of the last step."""
_ORDER = ("overview", "chapter", "decision", "action_item", "question", "risk", "note", "quote")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LlmLimits:
    """Limits in tokens (as `cantomeet.tokens.count_tokens` counts them), seconds and bytes."""

    chunk_tokens: int = CHUNK_TOKENS
    answer_tokens: int = ANSWER_TOKENS
    timeouts: httpx.Timeout = field(default_factory=lambda: TIMEOUTS)
    answer_seconds: float = ANSWER_SECONDS
    answer_bytes: int = MAX_ANSWER


class LlmSummarizer:
    """Summarizes with any OpenAI-compatible endpoint.

    It opens new connections for each summary, so it may be created before a fork. `dialect` is what `on_dialect`
    received in an earlier process for the same base URL and model, or None. `budget` is the most that one meeting's
    summary may cost, in the currency of the prices of a million tokens.
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
        limits: LlmLimits | None = None,
        dialect: str | None = None,
        on_dialect: Callable[[str], None] = lambda dialect: None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`base_url` None means OpenAI's own. Raises `SettingsError` that names the setting."""
        self._endpoint = Endpoint(model, base_url, api_key)
        self._prices = prices_of(price_in, price_out)
        check_budget(budget, self._prices)
        self._budget = budget
        self._limits = limits or LlmLimits()
        if self._limits.chunk_tokens < LEAST_CHUNK_TOKENS or self._limits.answer_tokens < 1:
            raise SettingsError(f"a chunk has at least {LEAST_CHUNK_TOKENS} tokens, an answer at least one")
        self._fallback = fallback
        self._transport = transport
        self._learned = LearnedDialect(Dialect.loads(dialect), lambda learned: on_dialect(learned.dumps()))
        self.name = f"{model} ({self._endpoint.provider})"

    @property
    def dialect(self) -> str:
        """What the endpoint accepts, for the next process."""
        return self._learned.dialect.dumps()

    def verify(self) -> None:
        """Make a free request and raise the error that any call would for a wrong key, URL, model or network."""
        with self._client() as client:
            client.verify()

    def summarize(self, request: SummaryRequest, on_progress: Callable[[float], None]) -> SummaryDraft:
        """Summarize the request. Raises `TransientError`, `PermanentError` or `Unfinished`.

        The request's cache keeps all paid answers, even after an error.
        """
        total = len(request.lines)
        if not _has_words(request.lines):
            return SummaryDraft("none", request.language, coverage=Coverage(total, total))
        ledger = self._ledger()
        with self._client() as client:
            work = self._run(request, client, ledger, on_progress)
            try:
                return work.draft()
            except Unusable as problem:
                _log.warning("%s: falling back to extracts: %s", self.name, problem)
                self._forget_length_limit()
        return self._fall_back(request, on_progress, ledger.usage, work.warnings)

    def rewrite(self, request: SummaryRequest, on_progress: Callable[[float], None]) -> RewrittenLines:
        """Rewrite the request's lines in written Chinese, without lines that got no answer. Raises as `summarize`."""
        ledger = self._ledger()
        with self._client() as client:
            # The answer is about as long as the question, plus its JSON.
            most = max(LEAST_CHUNK_TOKENS, min(self._limits.chunk_tokens, self._limits.answer_tokens // 2))
            work = Rewriting(self._asker(request, client, ledger), ledger, most, on_progress)
            return work.rewritten(request.lines)

    def forecast(self, request: SummaryRequest) -> Usage:
        """Return the most tokens and cost of the summary's requests, without repairs. Sends nothing.

        Raises `PermanentError` if that exceeds the budget.
        """
        if not _has_words(request.lines):
            return Usage()
        ledger = self._ledger()
        with self._client() as client:
            expected = self._run(request, client, ledger, lambda _done: None).forecast()
        return ledger.priced(Usage(tokens_in=expected.tokens_in, tokens_out=expected.tokens_out, estimated=True))

    @property
    def provider(self) -> str:
        """The host that the text is sent to."""
        return self._endpoint.provider

    def _forget_length_limit(self) -> None:
        """Forget the length limit, since another model may be served under the same name later."""
        self._learned.learn(replace(self._learned.dialect, too_long=None, cuts=False))

    def _ledger(self) -> Ledger:
        return Ledger(self._prices, self._budget, self._endpoint.provider)

    def _run(
        self, request: SummaryRequest, client: ChatClient, ledger: Ledger, on_progress: Callable[[float], None]
    ) -> _SummaryRun:
        asker = self._asker(request, client, ledger)
        return _SummaryRun(request, asker, ledger, self._limits.chunk_tokens, on_progress)

    def _asker(self, request: SummaryRequest, client: ChatClient, ledger: Ledger) -> Asker:
        cache, tokens = request.cache or NoCache(), self._limits.answer_tokens
        return Asker(
            client, self._endpoint.model, cache, ledger, self._learned, answer_tokens=tokens, may_ask=request.may_ask
        )

    def _fall_back(
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


class _SummaryRun:
    """Makes one summary."""

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
        self._writer = MinutesWriter(asker, self._template, self._languages, chunk_tokens)
        self._chunks = chunks_of(request.lines, chunk_tokens)
        self._tokens = sum(chunk.tokens for chunk in self._chunks)
        self._done = 0
        self._shown = 0.0
        self._covered: set[int] = set()
        self._unread: set[int] = set()
        """Segments that were truncated at least in part."""
        self._writing: list[Expected] = []
        self._to_ask: list[Expected] = []

    @property
    def warnings(self) -> tuple[str, ...]:
        return ("prompt_was_cut",) if self._asker.met_truncation else ()

    def draft(self) -> SummaryDraft:
        self._plan()
        facts = merge_duplicates(self._all_facts())
        if not facts or not self._covered - self._unread:
            raise Unusable("nothing was found in the transcript.", shape=False)
        proven = sorted((fact for fact in facts if fact.verified), key=_start_time)
        for question in self._writing:
            self._ledger.begin(question)
        self._asker.on_characters = self._on_written_characters
        has_frame = proven and self._template.kinds & {"overview", "chapter"}
        frame = self._writer.write(proven) if has_frame else MinutesFrame()
        self._report(1.0)
        return SummaryDraft(
            method="llm",
            language=self._request.language,
            items=tuple(self._arrange_items(proven, frame, [fact for fact in facts if not fact.verified])),
            title=frame.title,
            title_other=frame.title_other,
            warnings=self.warnings,
            usage=self._ledger.usage,
            coverage=Coverage(len(self._covered - self._unread), len(self._request.lines)),
            citations=Citations(self._checker.given, self._checker.proven),
        )

    def _all_facts(self) -> list[SummaryLine]:
        """Collect the facts, and again if it turned out that earlier prompts were truncated; valid answers are in the
        cache.
        """
        facts, known = self._read_all_chunks(), frozenset[int]()
        while known != self._asker.truncated_counts:
            known = self._asker.truncated_counts
            facts = self._read_all_chunks()
        return facts

    def _read_all_chunks(self) -> list[SummaryLine]:
        self._covered.clear()
        self._unread.clear()
        self._done = 0
        self._checker = EvidenceChecker(self._request.lines, self._request.meeting_date)
        return [fact for chunk in self._chunks for fact in self._facts(chunk)]

    def _on_written_characters(self, characters: int) -> None:
        """Report the last step's progress; each answer is half of what is left, since their number is unknown."""
        left = WRITING_SHARE * 0.5**self._writer.answered
        self._report(1 - left * (1 - _answered_fraction(characters) / 2))

    def _report(self, fraction: float) -> None:
        """Report progress, which never goes back."""
        if fraction > self._shown:
            self._shown = fraction
            self._on_progress(fraction)

    def forecast(self) -> Expected:
        """Return the highest cost of all requests, without repairs. Sends nothing."""
        self._plan()
        return Expected(sum(one.tokens_in for one in self._to_ask), sum(one.tokens_out for one in self._to_ask))

    def _plan(self) -> None:
        """Plan the highest cost of all missing answers, without repairs, before anything is spent."""
        missing = [one for chunk in self._chunks for one in self._missing(chunk)]
        if missing:
            parts = math.ceil(self._tokens * FACTS_SHARE / self._chunk_tokens)
            self._writing = [self._asker.expected(self._question(self._chunks[0]))] * (2 * parts - 1)
        self._to_ask = [*missing, *self._writing]
        self._ledger.plan(self._to_ask)

    def _missing(self, chunk: Chunk) -> list[Expected]:
        question = self._question(chunk)
        status_of = self._asker.status_of(question)
        if status_of == "too_long":
            return [one for half in chunk.halves() or () for one in self._missing(half)]
        return [self._asker.expected(question)] if status_of == "open" else []

    def _facts(self, chunk: Chunk) -> list[SummaryLine]:
        """Return the facts of a chunk, or of its halves if it is too long for the model."""
        if not chunk.text:
            self._covered |= chunk.segments
            return []
        question = self._question(chunk)
        is_open = self._asker.status_of(question) == "open"
        if is_open:
            self._ledger.begin(self._asker.expected(question))
        self._asker.on_characters = lambda characters: self._report(
            self._fraction_read(chunk.tokens * _answered_fraction(characters))
        )
        try:
            answer = self._asker.ask(question)
        except TooLong as too_long:
            return [fact for half in self._split(chunk, too_long) for fact in self._facts(half)]
        self._covered |= chunk.segments
        self._done += chunk.tokens
        if is_open:
            # Cached answers of an earlier step are no progress of this one.
            self._report(self._fraction_read())
        return facts_of(answer, self._checker, self._languages, self._template.notes, self._finder, chunk.segments)

    def _split(self, chunk: Chunk, too_long: TooLong) -> Sequence[Chunk]:
        """Return the chunk's halves, or nothing if the endpoint truncates even the smallest prompt; its lines then stay
        uncovered.

        Raises the endpoint's refusal, or `Unusable`, if the chunk cannot be made smaller.
        """
        halves = chunk.halves()
        small = chunk.tokens < 2 * LEAST_GUESSED_TOKENS
        if halves is not None and not (small and (too_long.guessed or self._asker.met_truncation)):
            return halves
        if too_long.refusal is not None:
            raise too_long.refusal
        if self._asker.met_truncation:
            self._unread |= chunk.segments
            return ()
        raise Unusable("the smallest part is still too long.", shape=False)

    def _fraction_read(self, more: float = 0) -> float:
        return (self._done + more) / self._tokens * (1 - WRITING_SHARE)

    def _question(self, chunk: Chunk) -> Question[FactsAnswer]:
        return Question(
            messages=tuple(facts_messages(chunk.text, self._schema.keys, self._template, self._languages)),
            schema=self._schema,
            read=lambda content: read_facts(content, self._schema, self._languages),
        )

    def _arrange_items(
        self, proven: Sequence[SummaryLine], frame: MinutesFrame, unproven: Iterable[SummaryLine]
    ) -> list[SummaryLine]:
        """Sort the items by kind, proven ones first; only the template's kinds are kept."""
        merged = merge_suggested(proven, frame.duplicates)
        items = [
            *frame.overview,
            *self._chapters(frame.chapters),
            *(fact for fact in merged if fact.kind != "chapter"),
            *unproven,
        ]
        kept = [self._with_proposed_line(item) for item in items if item.kind in self._template.kinds]
        return sorted(kept, key=lambda item: (_ORDER.index(item.kind), not item.verified))

    def _with_proposed_line(self, item: SummaryLine) -> SummaryLine:
        if item.evidence or item.proposed is not None:
            return item
        return replace(item, proposed=self._finder.find([item.text, item.text_other or ""]))

    def _chapters(self, chapters: Sequence[SummaryLine]) -> list[SummaryLine]:
        """End each chapter at the start of the next, and the last at the end of the recording."""
        ordered = sorted(chapters, key=_start_time)
        ends = [*(chapter.start for chapter in ordered[1:]), self._request.lines[-1].end]
        # If there are no chapters, `ends` has one entry too many.
        return [replace(chapter, end=end) for chapter, end in zip(ordered, ends, strict=False)]


def _answered_fraction(characters: int) -> float:
    """Return the estimated fraction of an answer that has arrived; its final length is unknown."""
    return characters / (characters + HALF_AN_ANSWER)


def _has_words(lines: Iterable[TranscriptLine]) -> bool:
    return any(character.isalnum() for line in lines for character in line.text)


def _start_time(item: SummaryLine) -> float:
    return min((proof.start for proof in item.evidence), default=0.0)
