"""How the stand-in misbehaves: a plan, given at the start or through `POST /_fake/plan`.

A fault meets requests by what they ask (`on`), by the job's reference, by their number, or at random. Chance is drawn
from the seed, the fault, the reference and how often that was asked before, so that one meeting meets the same faults
in every run with the same seed, however the requests of others fall in between.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

On = Literal["submit", "list", "check", "fetch", "delete", "any"]
Do = Literal["status", "html", "hang", "drop", "garbage", "slow"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Fault(_Strict):
    """What happens instead of (or, `slow`, before) an answer."""

    on: On = "any"
    do: Do
    status: int = Field(500, ge=200, le=599)
    """Of `status` (a JSON error) and of `html` (a page of something in between)."""
    retry_after: str | None = None
    """Seconds or an HTTP date, sent as it stands."""
    seconds: Annotated[float, Field(ge=0)] = 3600.0
    """Of `hang` and `slow`."""
    after: bool = False
    """Do what was asked first, then misbehave: a submission is accepted, and the client never learns its id."""
    unread: bool = False
    """Before a submission's body is read."""
    reference: str | None = None
    """Only for the job with this reference."""
    skip: int = 0
    """Leave so many requests alone first."""
    times: int | None = None
    """Then meet so many; None: all."""
    rate: Annotated[float, Field(ge=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _nothing_is_done_unread(self) -> Self:
        if self.unread and (self.after or self.do == "slow"):
            raise ValueError("unread goes with neither after nor slow")
        return self


class Fate(_Strict):
    """What becomes of accepted jobs."""

    reference: str | None = None
    times: int | None = None
    rate: Annotated[float, Field(ge=0, le=1)] = 1.0
    becomes: Literal["done", "rejected", "expired", "deleted"] = "done"
    errors: list[str] = Field(default_factory=lambda: ["The audio could not be decoded"])
    """Of `rejected`."""
    job_seconds: Annotated[float, Field(ge=0)] | None = None
    gone_after: Annotated[float, Field(ge=0)] | None = None
    """Seconds after it was accepted when the job is answered by `gone_status` and no longer listed."""
    gone_status: Literal[404, 410] = 404


class Webhooks(_Strict):
    times: Annotated[int, Field(ge=0, le=10)] = 1
    offset: float = 0.0
    """Seconds after the job's end; below zero: before it is done."""
    jitter: Annotated[float, Field(ge=0)] = 0.0
    """Up to so many seconds more, at random: notices of several jobs come out of order."""
    retry_seconds: Annotated[float, Field(ge=0)] = 60.0
    """How long a notice that is not answered by 2xx is sent again."""


class Plan(_Strict):
    seed: int = 0
    job_seconds: Annotated[float, Field(ge=0)] = 5.0
    """How long a job runs."""
    expiry_seconds: Annotated[float, Field(ge=0)] = 7 * 24 * 3600.0
    upload_rate: Annotated[float, Field(gt=0)] | None = None
    """Bytes a second at which the body of a submission is read."""
    list_lag: Annotated[float, Field(ge=0)] = 0.0
    """Seconds by which the list of jobs is behind; a job's own page is not."""
    max_running: Annotated[int, Field(ge=0)] = 20_000
    post_per_second: Annotated[int, Field(ge=1)] | None = None
    """None: no limit. The real API recommends 10."""
    get_per_second: Annotated[int, Field(ge=1)] | None = None
    """The real API recommends 50."""
    faults: list[Fault] = Field(default_factory=list)
    """The first that fits is used."""
    fates: list[Fate] = Field(default_factory=list)
    webhooks: Webhooks = Field(default_factory=Webhooks)


class Chance:
    """Which faults and fates of a plan are met; counts what it was asked, so one belongs to one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._asked: Counter[tuple[int, str]] = Counter()
        self._fitted: Counter[int] = Counter()
        self._met: Counter[int] = Counter()

    def fault(self, on: str, reference: str, *, unread: bool = False) -> Fault | None:
        """The fault that a request meets, if any; `unread` asks only those that come before a body is read."""
        for number, fault in enumerate(self.plan.faults):
            fits = fault.on in (on, "any") and fault.unread is unread
            if fits and fault.reference in (None, reference) and self._struck(number, fault, reference):
                return fault
        return None

    def fate(self, reference: str) -> Fate:
        for number, fate in enumerate(self.plan.fates, start=len(self.plan.faults)):
            if fate.reference in (None, reference) and self._struck(number, fate, reference):
                return fate
        return Fate()

    def _struck(self, number: int, rule: Fault | Fate, reference: str) -> bool:
        self._fitted[number] += 1
        self._asked[number, reference] += 1
        if self._fitted[number] <= (rule.skip if isinstance(rule, Fault) else 0):
            return False
        if rule.times is not None and self._met[number] >= rule.times:
            return False
        draw = Random(f"{self.plan.seed}:{number}:{reference}:{self._asked[number, reference]}").random()
        if draw >= rule.rate:
            return False
        self._met[number] += 1
        return True
