"""Asks a model one question until the answer is usable.

One repair is allowed, and no answer is paid for twice. Before each request its cache entry says "asked"; right after
the request the entry holds the answer. If an entry still says "asked" later, it is unknown whether that request was
paid for, and sending it again counts as a repeat.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

from cantomeet.errors import ErrorCode, PermanentError, StepError
from cantomeet.tokens import count_tokens
from worker.providers import ChunkCache, Unfinished, Usage
from worker.providers.llm.client import THOUGHT_OUT, ChatClient, Completion, Message, OnCharacters, message_tokens
from worker.providers.llm.costs import Expected, Ledger, add
from worker.providers.llm.errors import BadRequest, CallFailed, ContextExceeded
from worker.providers.llm.formats import Dialect, Schema
from worker.providers.llm.prompts import PROMPT_VERSION, repair_message
from worker.providers.llm.records import Record
from worker.providers.llm.truncation import TruncationDetector

LONGEST_QUOTED_BACK = 8000
"""Most characters of an unusable answer that a repair shows to the model again."""
MAX_TOKENS_SETTING = "CANTOMEET_LLM_MAX_TOKENS"
LONG_PROMPT = 1500
"""Fewest tokens of a prompt for which a refusal without a reason may be about length; the shortest questions have some
1,200.
"""
_CUT_OFF = ("length", "context", "cut")
"""Finish reasons of an answer limited by length: the endpoint's own, and ours for a prompt that it refused or
truncated.
"""
_MUCH_THOUGHT = 0.25
"""Share of the answer's tokens; thoughts that use more may use all of them the next time."""
_LEAST_ROOM = 256
"""Fewest tokens to which an answer is shortened to make room for the prompt."""
_log = logging.getLogger(__name__)
QuestionStatus = Literal["open", "answered", "too_long"]
T = TypeVar("T")


class Unusable(Exception):
    """The answer cannot be used; the message tells the model what is wrong and never quotes the answer.

    `shape` is True where the answer is not the JSON that was requested, so the endpoint may ignore the requested
    format.
    """

    def __init__(self, problem: str, *, shape: bool) -> None:
        super().__init__(problem)
        self.shape = shape


class TooLong(Exception):
    """The question is too long, or its answer was cut off by length; ask about less.

    `refusal` has the endpoint's own words where it refused the question. `guessed` is True where these words do not
    mention length.
    """

    def __init__(self, refusal: StepError | None = None, *, guessed: bool = False) -> None:
        super().__init__()
        self.refusal = refusal
        self.guessed = guessed


@dataclass(frozen=True)
class ReadAnswer(Generic[T]):
    value: T
    blemish: str = ""
    """What a repair might improve; the answer is usable without it."""


@dataclass(frozen=True)
class Question(Generic[T]):
    messages: tuple[Message, ...]
    schema: Schema
    read: Callable[[str], ReadAnswer[T]]
    """Reads the answer's text. Raises `Unusable`."""

    @property
    def tokens(self) -> int:
        return message_tokens(self.messages) + _schema_tokens(self.schema)


@dataclass(frozen=True)
class _Answer:
    content: str
    dialect: Dialect | None
    """The dialect of the request; None for an answer from the cache."""


@dataclass
class LearnedDialect:
    """The dialect that the endpoint accepts; `on_change` is called when it changes."""

    dialect: Dialect
    on_change: Callable[[Dialect], None]

    def learn(self, dialect: Dialect) -> None:
        if dialect != self.dialect:
            self.dialect = dialect
            self.on_change(dialect)


class Asker:
    def __init__(
        self,
        client: ChatClient,
        model: str,
        cache: ChunkCache,
        ledger: Ledger,
        speech: LearnedDialect,
        *,
        answer_tokens: int,
        may_ask: Callable[[], bool] = lambda: True,
    ) -> None:
        self._client = client
        self._model = model
        self._cache = cache
        self._ledger = ledger
        self._learned = speech
        self._answer_tokens = answer_tokens
        self._may_ask = may_ask
        self._counted: set[str] = set()
        self._improving = True
        self._truncation = TruncationDetector()
        self.on_characters: OnCharacters = lambda _characters: None
        """Called while an answer arrives, with its characters so far."""
        self.met_truncation = False
        """True if the endpoint truncates prompts, so that the questions were split into smaller parts."""

    def expected(self, question: Question[T]) -> Expected:
        return Expected(question.tokens, self._answer_tokens)

    @property
    def truncated_counts(self) -> frozenset[int]:
        """Token counts that the endpoint reported for several different prompts, which it therefore truncated.

        Some of these prompts may have been answered before this was known.
        """
        return frozenset(self._truncation.truncated_counts)

    def status_of(self, question: Question[T]) -> QuestionStatus:
        """Tell what asking the question would mean, not counting a repair."""
        record = self._cached(self._key(question.messages, question.schema))
        if record.state == "answered" and not self._may_ask_for_more(record):
            return "too_long" if self._is_cut_off(record, question.messages) else "answered"
        return "too_long" if self._is_known_too_long(question.messages) else "open"

    def ask(self, question: Question[T]) -> T:
        """Return the answer, from the cache or from the model.

        Raises `TooLong`, `Unusable` or `Unfinished`, and `TransientError` or `PermanentError` if the endpoint is
        unavailable.
        """
        key = self._key(question.messages, question.schema)
        first = self._answer(key, question.messages, question.schema, self._learned.dialect)
        try:
            reading = question.read(first.content)
        except Unusable as wrong:
            return self._repair_answer(question, key, first, wrong)
        self._learn(first)
        return self._improve(question, first, reading) if reading.blemish and self._improving else reading.value

    def _repair_answer(self, question: Question[T], key: str, first: _Answer, wrong: Unusable) -> T:
        """Request one repair of an answer that cannot be used."""
        dialect = self._learned.dialect.after_ignoring() if wrong.shape else self._learned.dialect
        messages = _repair_messages(question, first, str(wrong))
        second_key = self._key(messages, question.schema)
        second = self._answer(second_key, messages, question.schema, dialect)
        try:
            value = question.read(second.content).value
        except Unusable as still:
            _log.warning("an answer stayed unusable after one repair: %s", still)
            self._discard(key, second_key)
            raise
        self._learn(second)
        return value

    def _improve(self, question: Question[T], first: _Answer, reading: ReadAnswer[T]) -> T:
        """Request one improvement of an answer that is already usable."""
        messages = _repair_messages(question, first, reading.blemish)
        try:
            second = self._answer(
                self._key(messages, question.schema), messages, question.schema, self._learned.dialect
            )
            improved = question.read(second.content)
        except (Unusable, TooLong):
            return reading.value
        except PermanentError as error:
            if error.code not in (ErrorCode.BUDGET_EXCEEDED, ErrorCode.MODEL_OUT_OF_TOKENS):
                raise
            return reading.value
        # If the model cannot improve an answer, do not ask it to for each chunk of a long meeting.
        self._improving = not improved.blemish
        return improved.value

    def _answer(self, key: str, messages: Sequence[Message], schema: Schema, dialect: Dialect) -> _Answer:
        """Return the answer from the cache or from the model. Raises `TooLong` or `Unfinished`."""
        before = self._cached(key)
        if before.state == "answered" and not self._may_ask_for_more(before):
            return self._usable_answer(before, messages)
        if self._is_known_too_long(messages):
            raise TooLong
        self._ledger.afford(Expected(message_tokens(messages) + _schema_tokens(schema), self._answer_tokens))
        if not self._may_ask():
            raise Unfinished(self._ledger.usage)
        asked = self._note_asked(key, before, messages)
        try:
            completion, accepted = self._request_in_any_dialect(messages, schema, dialect)
        except ContextExceeded as refused:
            self._note_too_long(messages)
            self._put(key, replace(asked, state="answered", finish="context"), Usage())
            raise TooLong(refused.error, guessed=refused.guessed) from None
        except CallFailed as failed:
            self._note_failed(key, asked, failed)
            raise failed.error from None
        took = Usage(tokens_in=completion.tokens_in, tokens_out=completion.tokens_out, estimated=completion.estimated)
        answered = Record(
            "answered",
            completion.content,
            completion.finish,
            add(asked.usage, took),
            prompt=completion.prompt_tokens,
            most=accepted.capped(self._answer_tokens),
        )
        self._put(key, answered, took)
        self._note_thoughts(completion)
        return self._usable_answer(answered, messages, accepted)

    def _usable_answer(self, record: Record, messages: Sequence[Message], dialect: Dialect | None = None) -> _Answer:
        """Return the record's answer.

        Raises `TooLong` if length cut it off, and `PermanentError` if the model's thoughts used all its tokens.
        """
        if record.finish == THOUGHT_OUT:
            raise PermanentError(
                f"the model thought for all of {record.most} tokens",
                code=ErrorCode.MODEL_OUT_OF_TOKENS,
                setting=MAX_TOKENS_SETTING,
                tokens=record.most,
            )
        if self._is_cut_off(record, messages):
            raise TooLong
        return _Answer(record.content, dialect)

    def _may_ask_for_more(self, record: Record) -> bool:
        """Tell whether thoughts used up the recorded answer and a longer one may be requested now."""
        return record.finish == THOUGHT_OUT and self._learned.dialect.capped(self._answer_tokens) > record.most

    def _is_cut_off(self, record: Record, messages: Sequence[Message]) -> bool:
        if record.finish not in _CUT_OFF and self._truncation.was_truncated(messages, record.prompt):
            self.met_truncation = True
            self._note_too_long(messages, cuts=True)
            return True
        return record.finish in _CUT_OFF

    def _note_thoughts(self, completion: Completion) -> None:
        if completion.finish == THOUGHT_OUT or completion.thought_tokens > _MUCH_THOUGHT * self._answer_tokens:
            self._learned.learn(replace(self._learned.dialect, holds_back=True))

    def _note_failed(self, key: str, asked: Record, failed: CallFailed) -> None:
        """Keep a request that may have been paid for as "asked", with the tokens of its partial answer."""
        if not failed.maybe_paid:
            self._put(key, replace(asked, state="refused"), Usage())
        elif failed.tokens_out:
            took = Usage(tokens_out=failed.tokens_out, estimated=True)
            self._put(key, replace(asked, usage=add(asked.usage, took)), took)

    def _cached(self, key: str) -> Record:
        """Return the cached record; its usage is counted once per summary."""
        record = Record.loads(self._cache.get(key)) or Record("refused")
        if key not in self._counted:
            self._counted.add(key)
            reused = 1 if record.state == "answered" else 0
            self._ledger.note(replace(record.usage, reused=reused))
        return record

    def _note_asked(self, key: str, before: Record, messages: Sequence[Message]) -> Record:
        took = Usage(requests=1)
        if before.state == "asked":
            took = replace(took, repeats=1, tokens_in=message_tokens(messages), estimated=True)
        asked = Record("asked", usage=add(before.usage, took))
        self._put(key, asked, took)
        return asked

    def _put(self, key: str, record: Record, took: Usage) -> None:
        self._ledger.note(took)
        self._cache.put(key, record.dumps(), self._ledger.priced(took))

    def _discard(self, first_key: str, second_key: str) -> None:
        """Discard both answers so that a later attempt asks again, but keep their usage.

        The second question may never be asked again, so the first record keeps the usage of both.
        """
        first, second = self._cached(first_key), self._cached(second_key)
        self._cache.put(first_key, Record("void", usage=add(first.usage, second.usage)).dumps(), Usage())
        self._cache.put(second_key, Record("void").dumps(), Usage())

    def _request_in_any_dialect(
        self, messages: Sequence[Message], schema: Schema, dialect: Dialect
    ) -> tuple[Completion, Dialect]:
        """Send the request in simpler and simpler dialects until the endpoint accepts one; return the answer and that
        dialect.

        A dialect learned earlier may no longer be accepted. If nothing simpler is left, the ladder starts again from
        its top.
        """
        from_top, tried = dialect == dialect.at_top, {dialect}
        while True:
            try:
                return self._request(messages, schema, dialect), dialect
            except BadRequest as refused:
                following = dialect.after_refusal(refused.complaint)
                if (following is None or following in tried) and not from_top:
                    from_top, following = True, dialect.at_top
                    tried.clear()
                if following is None or following in tried:
                    if refused.is_vague and message_tokens(messages) >= LONG_PROMPT:
                        raise ContextExceeded(refused.error, guessed=True) from None
                    raise CallFailed(refused.error, maybe_paid=False) from None
                dialect = following
                tried.add(dialect)
            except ContextExceeded as refused:
                shorter = self._with_shorter_answer(dialect, refused.context)
                if shorter is None:
                    raise
                dialect = shorter

    def _request(self, messages: Sequence[Message], schema: Schema, dialect: Dialect) -> Completion:
        put = [replace(messages[0], content=messages[0].content + schema.in_prompt(dialect.format)), *messages[1:]]
        return self._client.complete(
            put, schema, dialect, answer_tokens=self._answer_tokens, on_characters=self.on_characters
        )

    def _with_shorter_answer(self, dialect: Dialect, context: int | None) -> Dialect | None:
        """Return a dialect with a shorter answer if the answer's room is most of the context, which it shares with the
        prompt.
        """
        if context is None or dialect.capped(self._answer_tokens) <= context // 2 or context // 3 < _LEAST_ROOM:
            return None
        return replace(dialect, most_answer=context // 3)

    def _learn(self, answer: _Answer) -> None:
        """Remember the dialect, but only of a usable answer, since a 400 may have another cause than the dialect."""
        if answer.dialect is not None:
            now = self._learned.dialect
            known = replace(answer.dialect, too_long=now.too_long, cuts=now.cuts, holds_back=now.holds_back)
            self._learned.learn(known)

    def _is_known_too_long(self, messages: Sequence[Message]) -> bool:
        dialect = self._learned.dialect
        if dialect.too_long is None or message_tokens(messages) < dialect.too_long:
            return False
        self.met_truncation = self.met_truncation or dialect.cuts
        return True

    def _note_too_long(self, messages: Sequence[Message], *, cuts: bool = False) -> None:
        tokens, dialect = message_tokens(messages), self._learned.dialect
        least = min(tokens, dialect.too_long or tokens)
        self._learned.learn(replace(dialect, too_long=least, cuts=dialect.cuts or cuts))

    def _key(self, messages: Sequence[Message], schema: Schema) -> str:
        """Hash what is asked, independent of the dialect. The messages contain template, language and chunk."""
        asked = [self._model, PROMPT_VERSION, schema.name, [[m.role, m.content] for m in messages]]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _schema_tokens(schema: Schema) -> int:
    return count_tokens(json.dumps(schema.body, ensure_ascii=False))


def _repair_messages(question: Question[T], first: _Answer, problem: str) -> tuple[Message, ...]:
    shown = [Message("assistant", first.content[:LONGEST_QUOTED_BACK])] if first.content.strip() else []
    return (*question.messages, *shown, repair_message(problem))
