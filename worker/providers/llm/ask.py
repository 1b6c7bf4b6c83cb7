"""One question to the model until its answer can be used: the ladder of formats, one repair, nothing paid twice.

Before each request its cache entry says "asked", and right after it holds the answer. An entry that still says
"asked" later is a request of which nobody knows whether it was paid for: to send it again is counted as a repeat.
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
from worker.providers.llm.client import THOUGHT_OUT, ChatClient, Completion, Hear, Message, message_tokens
from worker.providers.llm.costs import Expected, Ledger, add
from worker.providers.llm.cutting import Window
from worker.providers.llm.errors import BadRequest, CallFailed, ContextExceeded
from worker.providers.llm.formats import Dialect, Schema
from worker.providers.llm.prompts import PROMPT_VERSION, repair_message
from worker.providers.llm.records import Record

LONGEST_QUOTED_BACK = 8000
"""Characters of an unusable answer that a repair shows to the model again."""
MAX_TOKENS_SETTING = "CANTOMEET_LLM_MAX_TOKENS"
LONG_PROMPT = 1500
"""Tokens from which a refusal that says nothing may be one for length; the shortest questions have some 1,200."""
_CUT_OFF = ("length", "context", "cut")
"""Ends of an answer for its length: the endpoint's own, and ours for a prompt that it refused or cut."""
_MUCH_THOUGHT = 0.25
"""Of the room for an answer: thoughts that take more may take it all the next time."""
_LEAST_ROOM = 256
"""Tokens of an answer below which it is not shortened to make room for the prompt."""
_log = logging.getLogger(__name__)
Standing = Literal["open", "answered", "too_long"]
T = TypeVar("T")


class Unusable(Exception):
    """The text says, for the model to mend it, what is wrong with its answer; it never quotes the answer.

    `shape`: it is not the JSON that was asked for, so perhaps the endpoint ignores how it was asked.
    """

    def __init__(self, problem: str, *, shape: bool) -> None:
        super().__init__(problem)
        self.shape = shape


class TooLong(Exception):
    """The question is too long, or its answer was cut off for its length: ask about less.

    `refusal`: the endpoint's own words, where it has refused the question. `guessed`: they do not speak of length.
    """

    def __init__(self, refusal: StepError | None = None, *, guessed: bool = False) -> None:
        super().__init__()
        self.refusal = refusal
        self.guessed = guessed


@dataclass(frozen=True)
class Reading(Generic[T]):
    value: T
    blemish: str = ""
    """What a repair might better; not enough to throw the answer away for."""


@dataclass(frozen=True)
class Question(Generic[T]):
    messages: tuple[Message, ...]
    schema: Schema
    read: Callable[[str], Reading[T]]
    """Raises `Unusable`."""

    @property
    def tokens(self) -> int:
        return message_tokens(self.messages) + _schema_tokens(self.schema)


@dataclass(frozen=True)
class _Answer:
    content: str
    dialect: Dialect | None
    """That it was got with; None where it comes from the cache."""


@dataclass
class Speech:
    """The dialect that the endpoint was found to take; `learned` is called when that changes."""

    dialect: Dialect
    learned: Callable[[Dialect], None]

    def learn(self, dialect: Dialect) -> None:
        if dialect != self.dialect:
            self.dialect = dialect
            self.learned(dialect)


class Asker:
    def __init__(
        self,
        client: ChatClient,
        model: str,
        cache: ChunkCache,
        ledger: Ledger,
        speech: Speech,
        *,
        answer_tokens: int,
        may_ask: Callable[[], bool] = lambda: True,
    ) -> None:
        self._client = client
        self._model = model
        self._cache = cache
        self._ledger = ledger
        self._speech = speech
        self._answer_tokens = answer_tokens
        self._may_ask = may_ask
        self._counted: set[str] = set()
        self._polishing = True
        self._window = Window()
        self.hear: Hear = lambda _characters: None
        """Called while an answer comes."""
        self.met_cutting = False
        """The endpoint has cut a prompt, now or earlier, and what was asked is in smaller parts for it."""

    def expected(self, question: Question[T]) -> Expected:
        return Expected(question.tokens, self._answer_tokens)

    @property
    def cut_counts(self) -> frozenset[int]:
        """Counts of prompts that the endpoint gave for several and therefore has cut; some may have been answered
        before that was known.
        """
        return frozenset(self._window.full)

    def standing(self, question: Question[T]) -> Standing:
        """What asking it would mean, a repair apart."""
        record = self._known(self._key(question.messages, question.schema))
        if record.state == "answered" and not self._may_ask_for_more(record):
            return "too_long" if self._was_cut(record, question.messages) else "answered"
        return "too_long" if self._is_known_too_long(question.messages) else "open"

    def ask(self, question: Question[T]) -> T:
        """Raises `TooLong`, `Unusable`, `Unfinished`, and `TransientError` or `PermanentError` where the endpoint
        cannot be had.
        """
        key = self._key(question.messages, question.schema)
        first = self._answer(key, question.messages, question.schema, self._speech.dialect)
        try:
            reading = question.read(first.content)
        except Unusable as wrong:
            return self._mend(question, key, first, wrong)
        self._learn(first)
        return self._polish(question, first, reading) if reading.blemish and self._polishing else reading.value

    def _mend(self, question: Question[T], key: str, first: _Answer, wrong: Unusable) -> T:
        """The one repair of an answer that cannot be used."""
        dialect = self._speech.dialect.after_ignoring() if wrong.shape else self._speech.dialect
        messages = _repair(question, first, str(wrong))
        second_key = self._key(messages, question.schema)
        second = self._answer(second_key, messages, question.schema, dialect)
        try:
            value = question.read(second.content).value
        except Unusable as still:
            _log.warning("an answer stayed unusable after one repair: %s", still)
            self._void(key, second_key)
            raise
        self._learn(second)
        return value

    def _polish(self, question: Question[T], first: _Answer, reading: Reading[T]) -> T:
        """One try at bettering an answer that can be used as it is."""
        messages = _repair(question, first, reading.blemish)
        try:
            second = self._answer(self._key(messages, question.schema), messages, question.schema, self._speech.dialect)
            polished = question.read(second.content)
        except (Unusable, TooLong):
            return reading.value
        except PermanentError as error:
            if error.code not in (ErrorCode.BUDGET_EXCEEDED, ErrorCode.MODEL_OUT_OF_TOKENS):
                raise
            return reading.value
        # A model that cannot do better is not asked to for each chunk of a long meeting.
        self._polishing = not polished.blemish
        return polished.value

    def _answer(self, key: str, messages: Sequence[Message], schema: Schema, dialect: Dialect) -> _Answer:
        """From the cache or from the model. Raises `TooLong`, `Unfinished`."""
        before = self._known(key)
        if before.state == "answered" and not self._may_ask_for_more(before):
            return self._whole(before, messages)
        if self._is_known_too_long(messages):
            raise TooLong
        self._ledger.afford(Expected(message_tokens(messages) + _schema_tokens(schema), self._answer_tokens))
        if not self._may_ask():
            raise Unfinished(self._ledger.usage)
        asked = self._note_asked(key, before, messages)
        try:
            completion, spoken = self._speak(messages, schema, dialect)
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
            most=spoken.capped(self._answer_tokens),
        )
        self._put(key, answered, took)
        self._note_thoughts(completion)
        return self._whole(answered, messages, spoken)

    def _whole(self, record: Record, messages: Sequence[Message], dialect: Dialect | None = None) -> _Answer:
        """Raises `TooLong` for an answer that is none for its length, `PermanentError` where thoughts took it all."""
        if record.finish == THOUGHT_OUT:
            raise PermanentError(
                f"the model thought for all of {record.most} tokens",
                code=ErrorCode.MODEL_OUT_OF_TOKENS,
                setting=MAX_TOKENS_SETTING,
                tokens=record.most,
            )
        if self._was_cut(record, messages):
            raise TooLong
        return _Answer(record.content, dialect)

    def _may_ask_for_more(self, record: Record) -> bool:
        """Its answer was thought away, and a longer one may be asked for now."""
        return record.finish == THOUGHT_OUT and self._speech.dialect.capped(self._answer_tokens) > record.most

    def _was_cut(self, record: Record, messages: Sequence[Message]) -> bool:
        if record.finish not in _CUT_OFF and self._window.cut(messages, record.prompt):
            self.met_cutting = True
            self._note_too_long(messages, cuts=True)
            return True
        return record.finish in _CUT_OFF

    def _note_thoughts(self, completion: Completion) -> None:
        if completion.finish == THOUGHT_OUT or completion.thought_tokens > _MUCH_THOUGHT * self._answer_tokens:
            self._speech.learn(replace(self._speech.dialect, holds_back=True))

    def _note_failed(self, key: str, asked: Record, failed: CallFailed) -> None:
        """What may have been paid for stays "asked", with what had come of its answer."""
        if not failed.maybe_paid:
            self._put(key, replace(asked, state="refused"), Usage())
        elif failed.tokens_out:
            took = Usage(tokens_out=failed.tokens_out, estimated=True)
            self._put(key, replace(asked, usage=add(asked.usage, took)), took)

    def _known(self, key: str) -> Record:
        """What the cache has; its usage is counted once in a summary."""
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

    def _void(self, first_key: str, second_key: str) -> None:
        """A later attempt is to ask anew and not to be given these back; it is told what they took all the same.

        The second question may never come up again, so the first keeps the usage of both.
        """
        first, second = self._known(first_key), self._known(second_key)
        self._cache.put(first_key, Record("void", usage=add(first.usage, second.usage)).dumps(), Usage())
        self._cache.put(second_key, Record("void").dumps(), Usage())

    def _speak(self, messages: Sequence[Message], schema: Schema, dialect: Dialect) -> tuple[Completion, Dialect]:
        """Down the ladder until the endpoint takes the request; with the dialect that it took.

        What was learned once may not hold any more: where nothing is left below it, the ladder is tried from its top.
        """
        from_top, tried = dialect == dialect.at_top, {dialect}
        while True:
            try:
                return self._say(messages, schema, dialect), dialect
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

    def _say(self, messages: Sequence[Message], schema: Schema, dialect: Dialect) -> Completion:
        put = [replace(messages[0], content=messages[0].content + schema.in_prompt(dialect.format)), *messages[1:]]
        return self._client.complete(put, schema, dialect, answer_tokens=self._answer_tokens, hear=self.hear)

    def _with_shorter_answer(self, dialect: Dialect, context: int | None) -> Dialect | None:
        """Where the room for the answer is most of what the model can read: prompt and answer share it."""
        if context is None or dialect.capped(self._answer_tokens) <= context // 2 or context // 3 < _LEAST_ROOM:
            return None
        return replace(dialect, most_answer=context // 3)

    def _learn(self, answer: _Answer) -> None:
        """Only from an answer that could be used: a 400 may have had another cause than the dialect."""
        if answer.dialect is not None:
            now = self._speech.dialect
            known = replace(answer.dialect, too_long=now.too_long, cuts=now.cuts, holds_back=now.holds_back)
            self._speech.learn(known)

    def _is_known_too_long(self, messages: Sequence[Message]) -> bool:
        dialect = self._speech.dialect
        if dialect.too_long is None or message_tokens(messages) < dialect.too_long:
            return False
        self.met_cutting = self.met_cutting or dialect.cuts
        return True

    def _note_too_long(self, messages: Sequence[Message], *, cuts: bool = False) -> None:
        tokens, dialect = message_tokens(messages), self._speech.dialect
        least = min(tokens, dialect.too_long or tokens)
        self._speech.learn(replace(dialect, too_long=least, cuts=dialect.cuts or cuts))

    def _key(self, messages: Sequence[Message], schema: Schema) -> str:
        """Of what is asked, however the endpoint wants it put; template, language and chunk are in the messages."""
        asked = [self._model, PROMPT_VERSION, schema.name, [[m.role, m.content] for m in messages]]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _schema_tokens(schema: Schema) -> int:
    return count_tokens(json.dumps(schema.body, ensure_ascii=False))


def _repair(question: Question[T], first: _Answer, problem: str) -> tuple[Message, ...]:
    shown = [Message("assistant", first.content[:LONGEST_QUOTED_BACK])] if first.content.strip() else []
    return (*question.messages, *shown, repair_message(problem))
