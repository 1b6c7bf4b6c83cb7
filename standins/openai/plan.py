"""The plan of the stand-in's abilities and faults.

It is set at the start or by `POST /_fake/plan`.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

On = Literal["facts", "minutes", "written", "models", "any"]
WireFault = Literal["status", "html", "garbage", "hang", "drop", "slow", "error_in_success", "no_choices"]
StreamFault = Literal["dies", "error_in_stream", "stalls"]
AnswerFault = Literal[
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
MODEL_FAULTS: frozenset[str] = frozenset(AnswerFault.__args__)  # type: ignore[attr-defined]
STREAM_FAULTS: frozenset[str] = frozenset(StreamFault.__args__)  # type: ignore[attr-defined]
FormatName = Literal["json_schema", "json_object"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ModelFault(_Strict):
    """What happens instead of an answer. `slow` happens before it, and the model's own faults happen in it."""

    do: WireFault | AnswerFault | StreamFault
    on: On = "any"
    status: int = Field(500, ge=200, le=599)
    """The status of `status`, `html` and `error_in_success`."""
    code: str | None = None
    """The code in the error's body, e.g. insufficient_quota."""
    message: str = "the stand-in was told to fail"
    retry_after: str | None = None
    seconds: Annotated[float, Field(ge=0)] = 3600.0
    """The duration of `hang` and `slow`."""
    after: bool = False
    """The model does its work first: the request is paid for, and the client never gets the answer."""
    bytes: int = Field(5_000_000, ge=1)
    """The size of `huge`."""
    skip: int = 0
    """Requests to leave alone first."""
    times: int | None = None
    """Requests to affect after that; None affects all."""
    rate: Annotated[float, Field(ge=0, le=1)] = 1.0


class ModelPlan(_Strict):
    seed: int = 0
    models: list[str] | None = None
    """The only known models; None accepts any."""
    refuses: list[FormatName] = Field(default_factory=list)
    """Formats that are answered by 400."""
    ignores: list[FormatName] = Field(default_factory=list)
    """Formats that are accepted and then ignored by the model."""
    length_field: Literal["max_tokens", "max_completion_tokens", "none", "any"] = "any"
    """The accepted length parameter; newer models of OpenAI's refuse max_tokens."""
    temperature: bool = True
    """False refuses any temperature but the default."""
    context_tokens: int | None = None
    """Most tokens of prompt and answer together; more is answered by 400."""
    context_status: Literal[400, 413, 422, 500] = 400
    context_words: Literal["openai", "dashscope", "moonshot", "lmstudio", "glm", "gemini", "vague"] = "openai"
    """The server whose words refuse a request that is too long."""
    cuts_at: int | None = None
    """Tokens of a prompt that are read; the rest is silently cut from the start of the user's message."""
    token_ratio: Annotated[float, Field(gt=0)] = 1.3
    """The stand-in's tokenizer needs this many times the client's count, as real ones may."""
    most_answer: int | None = None
    """Most tokens of an answer that may be requested."""
    system_role: bool = True
    strict_format: bool = False
    """True accepts json_schema and refuses json_object."""
    listed: list[str] | None = None
    """Names in the list of models, if they differ from `models`."""
    thinking_options: list[str] = Field(default_factory=list)
    """Accepted parameters that make the model think little."""
    streams: Literal["as_asked", "always", "never", "refused", "only"] = "as_asked"
    stream_options: bool = True
    """False refuses them."""
    stream_style: Literal["plain", "crlf", "comments", "no_space", "no_blank", "no_end", "split", "gzip"] = "plain"
    stream_usage: Literal["asked", "never", "every"] = "asked"
    token_rate: Annotated[float, Field(ge=0)] = 0.0
    """Seconds for each token of an answer."""
    faults: list[ModelFault] = Field(default_factory=list)
    """The first fault that fits is used."""


class ModelChance:
    """Chooses the plan's fault for a request; it counts requests, so each plan needs its own."""

    def __init__(self, plan: ModelPlan) -> None:
        self.plan = plan
        self._fitted: Counter[int] = Counter()
        self._met: Counter[int] = Counter()

    def fault(self, asked: str) -> ModelFault | None:
        return next((f for n, f in enumerate(self.plan.faults) if f.on in (asked, "any") and self._is_hit(n, f)), None)

    def _is_hit(self, number: int, fault: ModelFault) -> bool:
        self._fitted[number] += 1
        if self._fitted[number] <= fault.skip:
            return False
        if fault.times is not None and self._met[number] >= fault.times:
            return False
        if Random(f"{self.plan.seed}:{number}:{self._fitted[number]}").random() >= fault.rate:
            return False
        self._met[number] += 1
        return True
