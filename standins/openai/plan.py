"""The plan of the stand-in's abilities and faults.

It is set at the start or by `POST /_fake/plan`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from standins.faults import Draws, Fault, PlanPart

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


class ModelFault(Fault):
    """What happens instead of an answer. `slow` happens before it, and the model's own faults happen in it."""

    do: WireFault | AnswerFault | StreamFault
    on: On = "any"
    code: str | None = None
    """The code in the error's body, e.g. insufficient_quota."""
    message: str = "the stand-in was told to fail"
    bytes: int = Field(5_000_000, ge=1)
    """The size of `huge`."""


class ModelPlan(PlanPart):
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
        self._draws = Draws(plan.seed)

    def fault(self, asked: str) -> ModelFault | None:
        faults = enumerate(self.plan.faults)
        return next((f for n, f in faults if f.on in (asked, "any") and self._draws.is_hit(n, f)), None)
