"""Nothing is paid twice, uncertain payments are counted, and a budget is never exceeded."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cantomeet.errors import ErrorCode, PermanentError, SettingsError, TransientError
from cantomeet.templates import BOARD_MINUTES
from standins.openai.server import FakeOpenAI, ModelFault, ModelPlan
from tests.worker.providers.llm_meetings import (
    Cache,
    Crash,
    Extracts,
    ignore,
    long_meeting,
    request,
    summarizer,
)
from worker.providers import SummaryDraft, SummaryRequest, Usage
from worker.providers.llm import LlmLimits, LlmSummarizer
from worker.providers.llm.costs import Prices, add, check_budget, prices_of

SMALL = LlmLimits(chunk_tokens=300, timeouts=httpx.Timeout(5.0))
MEETING = long_meeting(60)


def request_with_cache(cache: Cache, **members: Any) -> SummaryRequest:
    return request(MEETING, cache=cache, **members)


def usage(draft: SummaryDraft) -> Usage:
    assert draft.usage is not None
    return draft.usage


def test_a_second_summary_from_the_same_cache_pays_nothing_and_is_the_same() -> None:
    cache = Cache()
    with FakeOpenAI() as fake:
        first = summarizer(fake, limits=SMALL).summarize(request_with_cache(cache), ignore)
        paid = fake.paid
        second = summarizer(fake, limits=SMALL).summarize(request_with_cache(cache), ignore)
        assert fake.paid == paid
    assert second.items == first.items
    assert usage(second).requests == usage(first).requests > 5
    assert usage(second).reused == usage(first).requests
    assert usage(second).tokens_in == usage(first).tokens_in


@given(die_at=st.integers(min_value=1, max_value=40))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_crash_at_any_commit_costs_at_most_the_one_answer_that_was_not_committed(die_at: int) -> None:
    cache = Cache()
    cache.die_at = die_at
    with FakeOpenAI() as fake:
        try:
            draft = summarizer(fake, limits=SMALL).summarize(request_with_cache(cache), ignore)
        except Crash:
            draft = summarizer(fake, limits=SMALL).summarize(request_with_cache(cache), ignore)
        paid = fake.paid
    assert draft.method == "llm"
    twice = sum(times - 1 for times in paid.values())
    assert twice == usage(draft).repeats
    # Each request is committed before (odd commits) and after (even ones); only a crash at an even one loses an answer.
    assert twice == (1 if die_at % 2 == 0 and die_at < cache.commits else 0)


def test_after_a_429_only_the_missing_answers_are_paid_for() -> None:
    cache = Cache()
    with FakeOpenAI(ModelPlan(faults=[ModelFault(do="status", status=429, skip=3, times=1)])) as fake:
        with pytest.raises(TransientError):
            summarizer(fake, limits=SMALL).summarize(request_with_cache(cache), ignore)
        draft = summarizer(fake, limits=SMALL).summarize(request_with_cache(cache), ignore)
        assert set(fake.paid.values()) == {1}
        assert usage(draft).requests == len(fake.asked("facts")) + len(fake.asked("minutes"))
    assert (usage(draft).repeats, usage(draft).reused) == (0, 3)


@pytest.mark.parametrize("do", ["hang", "drop"])
def test_a_lost_answer_is_requested_again_and_counted(do: Any) -> None:
    cache = Cache()
    limits = LlmLimits(chunk_tokens=300, timeouts=httpx.Timeout(0.7))
    with FakeOpenAI(ModelPlan(faults=[ModelFault(do=do, after=True, skip=2, times=1)])) as fake:
        with pytest.raises(TransientError):
            summarizer(fake, limits=limits).summarize(request_with_cache(cache), ignore)
        draft = summarizer(fake, limits=limits).summarize(request_with_cache(cache), ignore)
        assert sorted(fake.paid.values())[-2:] == [1, 2]
    assert usage(draft).repeats == 1
    assert usage(draft).estimated, "nobody told what the lost answer took"


def test_a_failed_connection_is_no_repeat() -> None:
    cache = Cache()
    with FakeOpenAI() as gone:
        pass
    with pytest.raises(TransientError):
        summarizer(gone, limits=SMALL).summarize(request_with_cache(cache), ignore)
    with FakeOpenAI() as fake:
        draft = summarizer(fake, limits=SMALL).summarize(request_with_cache(cache), ignore)
    assert usage(draft).repeats == 0


def test_useless_answers_are_not_reused_by_a_later_attempt() -> None:
    cache = Cache()
    with FakeOpenAI(ModelPlan(faults=[ModelFault(do="bad_json", skip=2, times=2)])) as fake:
        first = summarizer(fake, limits=SMALL).summarize(request_with_cache(cache), ignore)
        second = summarizer(fake, limits=SMALL).summarize(request_with_cache(cache), ignore)
        assert set(fake.paid.values()) == {1, 2}
        assert list(fake.paid.values()).count(2) == 1
        sent = len(fake.log)
    assert (first.method, second.method) == ("extractive", "llm")
    assert usage(second).requests == sent, "the useless ones were spent for this meeting too"
    assert usage(second).repeats == 0, "and sending them again was no accident"


def test_a_repair_and_a_cut_off_answer_are_remembered_like_any_other() -> None:
    for do in ("bad_json", "truncated"):
        cache = Cache()
        with FakeOpenAI(ModelPlan(faults=[ModelFault(do=do, on="facts", times=1)])) as fake:
            first = summarizer(fake).summarize(request_with_cache(cache), ignore)
            sent = len(fake.log)
            second = summarizer(fake).summarize(request_with_cache(cache), ignore)
            assert len(fake.log) == sent
        assert second.items == first.items


def test_another_model_language_template_or_line_is_another_question() -> None:
    cache = Cache()
    changed = [*MEETING[:-1], ("主席", "最後一句改咗。")]
    with FakeOpenAI() as fake:

        def requests_for(asked_for: SummaryRequest, **members: Any) -> int:
            before = len(fake.asked("facts"))
            summarizer(fake, limits=SMALL, **members).summarize(asked_for, ignore)
            return len(fake.asked("facts")) - before

        whole = requests_for(request_with_cache(cache))
        assert requests_for(request_with_cache(cache)) == 0
        assert requests_for(request_with_cache(cache, language="en")) == whole
        assert requests_for(request_with_cache(cache, template=BOARD_MINUTES)) == whole
        assert requests_for(request_with_cache(cache), model="another") == whole
        assert requests_for(request(changed, cache=cache)) == 1
        assert requests_for(request_with_cache(cache, title="另一個標題", meeting_date=None)) == 0, (
            "a title costs no answer"
        )


def test_the_caches_usage_adds_up_to_the_drafts() -> None:
    cache = Cache()
    with FakeOpenAI() as fake:
        draft = summarizer(fake, limits=SMALL, price_in=2.0, price_out=8.0).summarize(request_with_cache(cache), ignore)
    total = Usage()
    for one in cache.usages:
        total = add(total, one)
    said = usage(draft)
    assert (total.requests, total.tokens_in, total.tokens_out) == (said.requests, said.tokens_in, said.tokens_out)
    assert said.cost == pytest.approx((said.tokens_in * 2 + said.tokens_out * 8) / 1e6)
    assert said.cost == pytest.approx(sum(one.cost or 0 for one in cache.usages))


def test_a_cache_of_invalid_records_counts_as_empty() -> None:
    cache = Cache()
    with FakeOpenAI() as fake:
        summarizer(fake, limits=SMALL).summarize(request_with_cache(cache), ignore)
        cache.kept = dict.fromkeys(cache.kept, '{"state": "from another version"}')
        draft = summarizer(fake, limits=SMALL).summarize(request_with_cache(cache), ignore)
    assert draft.method == "llm"


# ---- budget -------------------------------------------------------------------------------------------------


def error_of_refused(fake: FakeOpenAI, cache: Cache, **members: Any) -> PermanentError:
    one = summarizer(fake, **{"limits": SMALL, "price_in": 1.0, "price_out": 1.0, **members})
    with pytest.raises(PermanentError) as error:
        one.summarize(request_with_cache(cache), ignore)
    assert error.value.code is ErrorCode.BUDGET_EXCEEDED
    assert error.value.params["setting"] == "CANTOMEET_LLM_BUDGET"
    return error.value


def test_a_budget_that_the_whole_summary_may_pass_stops_it_before_anything_is_spent() -> None:
    with FakeOpenAI() as fake:
        error = error_of_refused(fake, Cache(), budget=0.02)
        assert fake.log == []
    assert error.params["spent"] == 0
    assert float(error.params["estimate"]) > 0.02


def test_a_budget_that_suffices_is_kept() -> None:
    with FakeOpenAI() as fake:
        one = summarizer(fake, limits=SMALL, price_in=1.0, price_out=1.0, budget=0.2)
        draft = one.summarize(request_with_cache(Cache()), ignore)
    assert usage(draft).cost is not None
    assert 0 < (usage(draft).cost or 0) < 0.2


def test_spending_before_a_crash_counts_towards_the_budget() -> None:
    cache = Cache()
    cache.die_at = 12
    with FakeOpenAI() as fake:
        with pytest.raises(Crash):
            summarizer(fake, limits=SMALL).summarize(request_with_cache(cache), ignore)
        sent = len(fake.log)
        error = error_of_refused(fake, cache, budget=0.008)
        assert len(fake.log) == sent
    assert float(error.params["spent"]) > 0


TIGHT = LlmLimits(chunk_tokens=600, answer_tokens=900, timeouts=httpx.Timeout(5.0))
"""Limits at which answers are nearly as long as allowed, so that the estimate is close to the actual cost."""


def test_unexpected_spending_stops_at_the_budget_too() -> None:
    with FakeOpenAI(ModelPlan(faults=[ModelFault(do="truncated", on="facts", times=4)])) as fake:
        estimate = float(error_of_refused(fake, Cache(), budget=0.001, limits=TIGHT).params["estimate"])
        error = error_of_refused(fake, Cache(), budget=estimate * 1.01, limits=TIGHT)
        spent = sum(line["tokens_in"] + line["tokens_out"] for line in fake.log if line["paid"]) / 1e6
    assert 0 < spent <= estimate * 1.01
    assert float(error.params["spent"]) == pytest.approx(spent, abs=1e-3)


def test_improvements_are_skipped_if_the_budget_is_needed_for_the_rest() -> None:
    short = request(MEETING[:20])
    with FakeOpenAI(ModelPlan(faults=[ModelFault(do="colloquial")])) as fake:
        with pytest.raises(PermanentError) as error:
            summarizer(fake, limits=TIGHT, price_in=1.0, price_out=1.0, budget=0.001).summarize(short, ignore)
        budget = float(error.value.params["estimate"]) * 1.01
        tight = summarizer(fake, limits=TIGHT, price_in=1.0, price_out=1.0, budget=budget)
        draft = tight.summarize(short, ignore)
        assert len(fake.asked("facts")) == 1
        summarizer(fake, limits=TIGHT).summarize(short, ignore)
        assert len(fake.asked("facts")) == 3
    assert draft.method == "llm"
    assert (usage(draft).cost or 0) <= budget


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"budget": 1.0}, "CANTOMEET_LLM_BUDGET"),
        ({"price_in": 1.0}, "CANTOMEET_LLM_PRICE_OUT"),
        ({"price_out": 1.0}, "CANTOMEET_LLM_PRICE_IN"),
        ({"price_in": -1.0, "price_out": 1.0}, "CANTOMEET_LLM_PRICE_IN"),
        ({"price_in": float("nan"), "price_out": 1.0}, "CANTOMEET_LLM_PRICE_IN"),
        ({"price_in": 1.0, "price_out": 1.0, "budget": 0.0}, "CANTOMEET_LLM_BUDGET"),
        ({"base_url": "http://127.0.0.1:1"}, "OPENAI_BASE_URL"),
    ],
)
def test_a_budget_that_could_stop_nothing_is_refused_at_the_start(members: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        LlmSummarizer(model="m", fallback=Extracts(), **members)


def test_prices_are_of_a_million_tokens() -> None:
    assert Prices(2.0, 10.0).of(500_000, 100_000) == 2.0
    assert prices_of(None, None) is None
    check_budget(None, None)
