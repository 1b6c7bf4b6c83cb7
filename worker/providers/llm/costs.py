"""Adds up what tokens cost and stops before a budget is exceeded."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cantomeet.errors import ErrorCode, PermanentError, SettingsError
from worker.providers import Usage

PRICE_IN_SETTING = "CANTOMEET_LLM_PRICE_IN"
PRICE_OUT_SETTING = "CANTOMEET_LLM_PRICE_OUT"
BUDGET_SETTING = "CANTOMEET_LLM_BUDGET"


@dataclass(frozen=True)
class Prices:
    """Prices of a million tokens, in one currency."""

    per_million_in: float
    per_million_out: float

    def of(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self.per_million_in + tokens_out * self.per_million_out) / 1_000_000


def prices_of(per_million_in: float | None, per_million_out: float | None) -> Prices | None:
    """Return the prices, or None if neither is set. Raises `SettingsError` if one is missing or invalid."""
    if per_million_in is None and per_million_out is None:
        return None
    for setting, price in ((PRICE_IN_SETTING, per_million_in), (PRICE_OUT_SETTING, per_million_out)):
        if price is None or not math.isfinite(price) or price < 0:
            raise SettingsError(f"{setting}: set both prices of a million tokens, 0 or more")
    assert per_million_in is not None
    assert per_million_out is not None
    return Prices(per_million_in, per_million_out)


def check_budget(budget: float | None, prices: Prices | None) -> None:
    """Raise `SettingsError` for a budget that could not stop anything."""
    if budget is None:
        return
    if prices is None:
        raise SettingsError(f"{BUDGET_SETTING} needs {PRICE_IN_SETTING} and {PRICE_OUT_SETTING}")
    if not math.isfinite(budget) or budget <= 0:
        raise SettingsError(f"{BUDGET_SETTING}: must be above 0")


def add(one: Usage, other: Usage) -> Usage:
    """Add two usages, without their cost."""
    return Usage(
        requests=one.requests + other.requests,
        tokens_in=one.tokens_in + other.tokens_in,
        tokens_out=one.tokens_out + other.tokens_out,
        repeats=one.repeats + other.repeats,
        reused=one.reused + other.reused,
        estimated=one.estimated or other.estimated,
    )


@dataclass(frozen=True)
class Expected:
    """The most tokens that a request can use."""

    tokens_in: int
    tokens_out: int


class Ledger:
    """Counts what one summary has used so far, over all attempts, and checks it against the budget."""

    def __init__(self, prices: Prices | None, budget: float | None, provider: str) -> None:
        self._prices = prices
        self._budget = budget
        self._provider = provider
        self._spent = Usage()
        self._planned = 0.0

    @property
    def usage(self) -> Usage:
        return self.priced(self._spent)

    def priced(self, usage: Usage) -> Usage:
        if self._prices is None:
            return usage
        return replace(usage, cost=self._prices.of(usage.tokens_in, usage.tokens_out))

    def note(self, usage: Usage) -> None:
        self._spent = add(self._spent, usage)

    def plan(self, to_come: Iterable[Expected]) -> None:
        """Reserve the cost of the questions still to be asked, so that no repair uses it. Raises as `afford`."""
        self._planned = sum(self._price(one) for one in to_come)
        self.afford(None)

    def begin(self, one: Expected) -> None:
        """Release the reservation of a question that is about to be asked."""
        self._planned = max(0.0, self._planned - self._price(one))

    def afford(self, one: Expected | None) -> None:
        """Raise `PermanentError` if the spent, planned and requested cost may exceed the budget. Spends nothing."""
        if self._prices is None or self._budget is None:
            return
        spent = self._prices.of(self._spent.tokens_in, self._spent.tokens_out)
        estimate = spent + self._planned + (self._price(one) if one else 0.0)
        if estimate > self._budget:
            raise PermanentError(
                f"the summary may cost {estimate:.4f}, {spent:.4f} of it spent; the budget is {self._budget:.4f}",
                code=ErrorCode.BUDGET_EXCEEDED,
                provider=self._provider,
                setting=BUDGET_SETTING,
                estimate=round(estimate, 4),
                spent=round(spent, 4),
                budget=self._budget,
            )

    def _price(self, one: Expected) -> float:
        return self._prices.of(one.tokens_in, one.tokens_out) if self._prices else 0.0
