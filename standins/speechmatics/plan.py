"""The plan of the stand-in's faults.

It is set at the start or by `POST /_fake/plan`. A fault applies to requests by their kind (`on`), by the job's
reference, by their number, or at random. The random draw depends on the seed, the fault, the reference and the number
of earlier requests for it. One meeting therefore meets the same faults in every run with the same seed, whatever other
requests come in between.
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


class JobFault(_Strict):
    """What happens instead of an answer; `slow` happens before it."""

    on: On = "any"
    do: Do
    status: int = Field(500, ge=200, le=599)
    """The status of `status` (a JSON error) and of `html` (an intermediary's page)."""
    retry_after: str | None = None
    """Seconds or an HTTP date, sent unchanged."""
    seconds: Annotated[float, Field(ge=0)] = 3600.0
    """The duration of `hang` and `slow`."""
    after: bool = False
    """Do what was asked first: a submission is accepted, and the client never learns its id."""
    unread: bool = False
    """Apply before a submission's body is read."""
    reference: str | None = None
    """Apply only to the job with this reference."""
    skip: int = 0
    """Requests to leave alone first."""
    times: int | None = None
    """Requests to affect after that; None affects all."""
    rate: Annotated[float, Field(ge=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _nothing_is_done_unread(self) -> Self:
        if self.unread and (self.after or self.do == "slow"):
            raise ValueError("unread goes with neither after nor slow")
        return self


class Fate(_Strict):
    """The outcome of accepted jobs."""

    reference: str | None = None
    times: int | None = None
    rate: Annotated[float, Field(ge=0, le=1)] = 1.0
    becomes: Literal["done", "rejected", "expired", "deleted"] = "done"
    errors: list[str] = Field(default_factory=lambda: ["The audio could not be decoded"])
    """The error messages of `rejected`."""
    job_seconds: Annotated[float, Field(ge=0)] | None = None
    gone_after: Annotated[float, Field(ge=0)] | None = None
    """Seconds after acceptance from which the job is answered by `gone_status` and no longer listed."""
    gone_status: Literal[404, 410] = 404


class Webhooks(_Strict):
    times: Annotated[int, Field(ge=0, le=10)] = 1
    offset: float = 0.0
    """Seconds after the job's end, or before it if below zero."""
    jitter: Annotated[float, Field(ge=0)] = 0.0
    """Most random seconds added to the offset, so that notifications of several jobs arrive out of order."""
    retry_seconds: Annotated[float, Field(ge=0)] = 60.0
    """Seconds during which a notification is repeated until it is answered by 2xx."""


class JobPlan(_Strict):
    seed: int = 0
    job_seconds: Annotated[float, Field(ge=0)] = 5.0
    """Seconds that a job runs."""
    expiry_seconds: Annotated[float, Field(ge=0)] = 7 * 24 * 3600.0
    upload_rate: Annotated[float, Field(gt=0)] | None = None
    """Bytes per second at which a submission's body is read."""
    list_lag: Annotated[float, Field(ge=0)] = 0.0
    """Seconds that the list of jobs is behind; a job's own page is not."""
    max_running: Annotated[int, Field(ge=0)] = 20_000
    post_per_second: Annotated[int, Field(ge=1)] | None = None
    """None means no limit. The real API recommends 10."""
    get_per_second: Annotated[int, Field(ge=1)] | None = None
    """None means no limit. The real API recommends 50."""
    faults: list[JobFault] = Field(default_factory=list)
    """The first fault that fits is used."""
    fates: list[Fate] = Field(default_factory=list)
    webhooks: Webhooks = Field(default_factory=Webhooks)


class JobChance:
    """Chooses the plan's faults and fates; it counts requests, so each plan needs its own."""

    def __init__(self, plan: JobPlan) -> None:
        self.plan = plan
        self._asked: Counter[tuple[int, str]] = Counter()
        self._fitted: Counter[int] = Counter()
        self._met: Counter[int] = Counter()

    def fault(self, on: str, reference: str, *, unread: bool = False) -> JobFault | None:
        """Return the request's fault, if any; `unread` considers only those that come before a body is read."""
        for number, fault in enumerate(self.plan.faults):
            fits = fault.on in (on, "any") and fault.unread is unread
            if fits and fault.reference in (None, reference) and self._is_hit(number, fault, reference):
                return fault
        return None

    def fate(self, reference: str) -> Fate:
        for number, fate in enumerate(self.plan.fates, start=len(self.plan.faults)):
            if fate.reference in (None, reference) and self._is_hit(number, fate, reference):
                return fate
        return Fate()

    def _is_hit(self, number: int, rule: JobFault | Fate, reference: str) -> bool:
        self._fitted[number] += 1
        self._asked[number, reference] += 1
        if self._fitted[number] <= (rule.skip if isinstance(rule, JobFault) else 0):
            return False
        if rule.times is not None and self._met[number] >= rule.times:
            return False
        draw = Random(f"{self.plan.seed}:{number}:{reference}:{self._asked[number, reference]}").random()
        if draw >= rule.rate:
            return False
        self._met[number] += 1
        return True
