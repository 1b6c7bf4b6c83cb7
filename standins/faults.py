"""What the plans of both stand-ins share: the fields of a fault, and which requests it hits."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class PlanPart(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Rule(PlanPart):
    """Which of the requests that a rule fits are hit by it."""

    skip: int = 0
    """Requests to leave alone first."""
    times: int | None = None
    """Requests to affect after that; None affects all."""
    rate: Annotated[float, Field(ge=0, le=1)] = 1.0


class Fault(Rule):
    status: int = Field(500, ge=200, le=599)
    """The status of an error or of a page."""
    retry_after: str | None = None
    """Seconds or an HTTP date, sent unchanged."""
    seconds: Annotated[float, Field(ge=0)] = 3600.0
    """The duration of `hang` and `slow`."""
    after: bool = False
    """Do what was asked first: it is paid for, and the client never gets the answer."""


class Draws:
    """Counts the requests that a plan's rules fit; each plan needs its own.

    The random draw depends on the seed, the rule, the reference and the number of earlier requests for it. One meeting
    therefore meets the same faults in every run with the same seed, whatever other requests come in between.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._asked: Counter[tuple[int, str]] = Counter()
        self._fitted: Counter[int] = Counter()
        self._met: Counter[int] = Counter()

    def is_hit(self, number: int, rule: Rule, reference: str = "") -> bool:
        """Count a request that rule `number` fits, and tell whether the rule applies to it."""
        self._fitted[number] += 1
        self._asked[number, reference] += 1
        if self._fitted[number] <= rule.skip:
            return False
        if rule.times is not None and self._met[number] >= rule.times:
            return False
        draw = Random(f"{self._seed}:{number}:{reference}:{self._asked[number, reference]}").random()
        if draw >= rule.rate:
            return False
        self._met[number] += 1
        return True
