"""What the stand-in's endpoint can do, and how it misbehaves: a plan, given at the start or by `POST /_fake/plan`."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

On = Literal["facts", "minutes", "written", "models", "any"]
WireFault = Literal["status", "html", "garbage", "hang", "drop", "slow", "error_in_success", "no_choices"]
StreamFault = Literal["dies", "error_in_stream", "stalls"]
ModelFault = Literal[
    "invented_quotes",
    "invented_owners",
    "invented_dates",
    "unknown_lines",
    "wrong_lines",
    "bad_json",
    "wrong_shape",
    "prose",
    "fenced",
    "truncated",
    "empty",
    "refusal",
    "huge",
    "other_language",
    "simplified",
    "colloquial",
    "nothing",
    "gaps",
    "doubles",
    "obey",
    "no_usage",
    "null_usage",
    "no_evidence",
    "think",
    "think_unopened",
    "think_unopened_plain",
    "thinking_tag",
    "magistral",
    "harmony",
    "thought_parts",
    "thought_field",
    "thought_only",
    "thought_out",
    "partial_draft",
    "line_break",
    "trailing_comma",
    "list_root",
    "json_in_string",
    "null_finish",
]
MODEL_FAULTS: frozenset[str] = frozenset(ModelFault.__args__)  # type: ignore[attr-defined]
STREAM_FAULTS: frozenset[str] = frozenset(StreamFault.__args__)  # type: ignore[attr-defined]
FormatName = Literal["json_schema", "json_object"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Fault(_Strict):
    """Met instead of (`slow`: before; those of the model: in) an answer."""

    do: WireFault | ModelFault | StreamFault
    on: On = "any"
    status: int = Field(500, ge=200, le=599)
    """Of `status`, `html` and `error_in_success`."""
    code: str | None = None
    """Of the error's body, e.g. insufficient_quota."""
    message: str = "the stand-in was told to fail"
    retry_after: str | None = None
    seconds: Annotated[float, Field(ge=0)] = 3600.0
    """Of `hang` and `slow`."""
    after: bool = False
    """The model does its work first: it is paid for, and the client never learns what it said."""
    bytes: int = Field(5_000_000, ge=1)
    """Of `huge`."""
    skip: int = 0
    """Leave so many requests alone first."""
    times: int | None = None
    """Then meet so many; None: all."""
    rate: Annotated[float, Field(ge=0, le=1)] = 1.0


class Plan(_Strict):
    seed: int = 0
    models: list[str] | None = None
    """The only ones that are known; None: any."""
    refuses: list[FormatName] = Field(default_factory=list)
    """Answered by 400."""
    ignores: list[FormatName] = Field(default_factory=list)
    """Taken, and then the model writes as if nothing had been said about a format."""
    length_field: Literal["max_tokens", "max_completion_tokens", "none", "any"] = "any"
    """The one that is taken; newer models of OpenAI's refuse max_tokens."""
    temperature: bool = True
    """False: any but the default is refused."""
    context_tokens: int | None = None
    """Of prompt and answer together; more is answered by 400."""
    context_status: Literal[400, 413, 422, 500] = 400
    context_words: Literal["openai", "dashscope", "moonshot", "lmstudio", "glm", "gemini", "vague"] = "openai"
    """In whose words it is refused."""
    cuts_at: int | None = None
    """Tokens of a prompt that are read; the rest is cut off without a word, from the front of the user's message."""
    token_ratio: Annotated[float, Field(gt=0)] = 1.3
    """The stand-in's tokenizer needs so many times the client's count, as real ones may."""
    most_answer: int | None = None
    """A longer answer is refused when it is asked for."""
    system_role: bool = True
    strict_format: bool = False
    """json_schema is taken, json_object is not."""
    listed: list[str] | None = None
    """Names in the list of models, where they differ from `models`."""
    thinking_options: list[str] = Field(default_factory=list)
    """Ways that are taken to ask the model to think little; it does where one is used."""
    streams: Literal["as_asked", "always", "never", "refused", "only"] = "as_asked"
    stream_options: bool = True
    """False: refused."""
    stream_style: Literal["plain", "crlf", "comments", "no_space", "no_blank", "no_end", "split", "gzip"] = "plain"
    stream_usage: Literal["asked", "never", "every"] = "asked"
    token_rate: Annotated[float, Field(ge=0)] = 0.0
    """Seconds for each token of an answer."""
    faults: list[Fault] = Field(default_factory=list)
    """The first that fits is used."""


class Chance:
    """Which faults of a plan are met; counts what it was asked, so one belongs to one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._fitted: Counter[int] = Counter()
        self._met: Counter[int] = Counter()

    def fault(self, asked: str) -> Fault | None:
        return next((f for n, f in enumerate(self.plan.faults) if f.on in (asked, "any") and self._struck(n, f)), None)

    def _struck(self, number: int, fault: Fault) -> bool:
        self._fitted[number] += 1
        if self._fitted[number] <= fault.skip:
            return False
        if fault.times is not None and self._met[number] >= fault.times:
            return False
        if Random(f"{self.plan.seed}:{number}:{self._fitted[number]}").random() >= fault.rate:
            return False
        self._met[number] += 1
        return True
