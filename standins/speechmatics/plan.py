"""The plan of the stand-in's faults.

It is set at the start or by `POST /_fake/plan`. A fault applies to requests by their kind (`on`), by the job's
reference, by their number, or at random.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from standins.faults import Draws, Fault, PlanPart, Rule

On = Literal["submit", "list", "check", "fetch", "delete", "any"]
Do = Literal["status", "html", "hang", "drop", "garbage", "slow"]


class JobFault(Fault):
    """What happens instead of an answer; `slow` happens before it."""

    on: On = "any"
    do: Do
    unread: bool = False
    """Apply before a submission's body is read."""
    reference: str | None = None
    """Apply only to the job with this reference."""

    @model_validator(mode="after")
    def _nothing_is_done_unread(self) -> Self:
        if self.unread and (self.after or self.do == "slow"):
            raise ValueError("unread goes with neither after nor slow")
        return self


class Fate(Rule):
    """The outcome of accepted jobs."""

    reference: str | None = None
    becomes: Literal["done", "rejected", "expired", "deleted"] = "done"
    errors: list[str] = Field(default_factory=lambda: ["The audio could not be decoded"])
    """The error messages of `rejected`."""
    job_seconds: Annotated[float, Field(ge=0)] | None = None
    gone_after: Annotated[float, Field(ge=0)] | None = None
    """Seconds after acceptance from which the job is answered by `gone_status` and no longer listed."""
    gone_status: Literal[404, 410] = 404


class Webhooks(PlanPart):
    times: Annotated[int, Field(ge=0, le=10)] = 1
    offset: float = 0.0
    """Seconds after the job's end, or before it if below zero."""
    jitter: Annotated[float, Field(ge=0)] = 0.0
    """Most random seconds added to the offset, so that notifications of several jobs arrive out of order."""
    retry_seconds: Annotated[float, Field(ge=0)] = 60.0
    """Seconds during which a notification is repeated until it is answered by 2xx."""


class JobPlan(PlanPart):
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
        self._draws = Draws(plan.seed)

    def fault(self, on: str, reference: str, *, unread: bool = False) -> JobFault | None:
        """Return the request's fault, if any; `unread` considers only those that come before a body is read."""
        for number, fault in enumerate(self.plan.faults):
            fits = fault.on in (on, "any") and fault.unread is unread
            if fits and fault.reference in (None, reference) and self._draws.is_hit(number, fault, reference):
                return fault
        return None

    def fate(self, reference: str) -> Fate:
        for number, fate in enumerate(self.plan.fates, start=len(self.plan.faults)):
            if fate.reference in (None, reference) and self._draws.is_hit(number, fate, reference):
                return fate
        return Fate()
