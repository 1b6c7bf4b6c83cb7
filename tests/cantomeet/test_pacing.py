"""Turns keep to their limit, and no caller waits for ever."""

from __future__ import annotations

import threading
from collections import deque
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet import pacing
from cantomeet.pacing import LOOKS_A_SECOND, WINDOW, Limit, Turns, look_again, pause_before_look, spent, taken
from cantomeet.store import Database

SEND = Limit("send", most=9, pace=9.5)


def most_in_a_second(times: list[float]) -> int:
    recent: deque[float] = deque()
    most = 0
    for at in sorted(times):
        while recent and recent[0] <= at - 1.0:
            recent.popleft()
        recent.append(at)
        most = max(most, len(recent))
    return most


@given(st.lists(st.floats(0, 2.0, allow_nan=False), min_size=1, max_size=200), st.lists(st.booleans(), min_size=200))
def test_no_second_holds_more_turns_than_the_limit(gaps: list[float], reserved: list[bool]) -> None:
    turns, now, given_at = Turns(), 1000.0, []
    for gap, has_place in zip(gaps, reserved, strict=False):
        now += gap / 10
        turns, wait = taken(turns, SEND, now, reserved=has_place)
        assert wait >= 0
        if wait == 0:
            given_at.append(now)
    assert most_in_a_second(given_at) <= SEND.most


def test_a_thousand_callers_at_once_are_served_at_nearly_the_pace() -> None:
    """The callers wake once a second, because RQ's scheduler wakes due jobs once a second."""
    turns = Turns()
    due: dict[int, tuple[float, bool]] = dict.fromkeys(range(1000), (0.0, False))
    served: list[float] = []
    asked, now, luck = 0, 0.0, Random(1)
    while due:
        come = [n for n, (at, _) in due.items() if at <= now]
        for place, n in enumerate(come):
            asked += 1
            moment = now + 0.0005 * place
            turns, wait = taken(turns, SEND, moment, reserved=due[n][1])
            if wait == 0:
                served.append(moment)
                del due[n]
            else:
                # A caller whose reserved turn was not free waits a random time, as in `wait_for_turn`.
                late = luck.uniform(0.0, (len(come) - place) / SEND.most) if due[n][1] else 0.0
                due[n] = (moment + wait + late, True)
        now += 1.0
    assert most_in_a_second(served) <= SEND.most
    assert now < 1.1 * 1000 / SEND.most
    assert asked < 4000, "few come in vain"


def test_a_reserved_turn_is_kept_for_a_late_caller() -> None:
    turns, _ = taken(Turns(reserved_until=3000.0), SEND, 1000.0)
    assert taken(turns, SEND, 9000.0, reserved=True)[1] == 0.0


def test_a_request_that_could_not_wait_is_counted() -> None:
    turns = Turns()
    for _ in range(SEND.most):
        turns = spent(turns, 1000.0)
    assert taken(turns, SEND, 1000.5, reserved=True)[1] == pytest.approx(0.5)


def test_a_clock_that_was_put_back_stops_nobody() -> None:
    turns = Turns(recent=tuple(2000.0 for _ in range(SEND.most)))
    assert taken(turns, SEND, 1000.0, reserved=True)[1] == 0.0
    eight_hours = 8 * 3600.0
    turns, wait = taken(Turns(reserved_until=eight_hours + 1000.0), SEND, 1000.0)
    assert (wait, turns.reserved_until) == (0.0, pytest.approx(1000.0 + 1 / SEND.pace))


@pytest.mark.parametrize("in_flight", [1, 10, 100, 1000, 20_000])
def test_all_meetings_in_flight_are_polled_below_the_limit(in_flight: int) -> None:
    for waited in (0.0, 60.0, 3600.0):
        assert in_flight / pause_before_look(waited, in_flight) <= LOOKS_A_SECOND


def test_a_short_job_is_noticed_soon_and_a_long_one_costs_few_polls() -> None:
    assert [pause_before_look(waited, 1) for waited in (0.0, 100.0, 10_000.0)] == [5.0, 10.0, 60.0]
    assert [pause_before_look(waited, 1, first=0.5) for waited in (0.0, 3.0, 100.0)] == [0.5, 0.5, 10.0]


def test_among_many_a_job_is_polled_when_similar_ones_were_done() -> None:
    crowd = int(20 * LOOKS_A_SECOND)  # each could be polled every 20 s
    usual = (58.0, 65.0, 90.0)
    assert pause_before_look(0.0, crowd, usual) == 58.0, "not before it may be done"
    assert pause_before_look(58.0, crowd, usual) == 7.0
    assert pause_before_look(66.0, crowd, usual) == 24.0
    assert pause_before_look(57.0, crowd, usual) == 5.7, "no two looks within a tenth"
    assert pause_before_look(91.0, crowd, usual) == 20.0, "later than any other: in turn with the rest"


def test_a_provider_that_has_become_faster_is_noticed() -> None:
    assert pause_before_look(0.0, 1, [3600.0]) == 5.0, "few in flight: looked at as if nothing were known"
    assert pause_before_look(0.0, int(20 * LOOKS_A_SECOND), [3600.0]) == 60.0
    assert pause_before_look(0.0, int(90 * LOOKS_A_SECOND), [3600.0]) == 90.0


@given(st.floats(0, 3600))
def test_a_lost_submission_is_looked_for_until_the_list_must_have_caught_up(lag: float) -> None:
    pauses = []
    while (pause := look_again(len(pauses) + 1, lag, sum(pauses) + 0.001)) is not None:
        pauses.append(pause)
    assert sum(pauses) == pytest.approx(lag)
    assert len(pauses) <= 11


@given(st.integers(1, 50), st.floats(0, 3600), st.floats(0, 3600))
def test_looks_that_came_sooner_do_not_shorten_the_search(looks: int, lag: float, passed: float) -> None:
    assert (look_again(looks, lag, passed) is not None) or passed >= lag


def test_workers_that_ask_at_the_same_moment_share_one_limit(store: Database) -> None:
    limit = Limit("shared", most=5, pace=1000.0)
    waits: list[float] = []

    def ask() -> None:
        waits.extend(store.turns.take(limit) for _ in range(5))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    began = store.now()
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    seconds = (store.now() - began).total_seconds()
    assert waits.count(0.0) <= limit.most * (1 + int(seconds / WINDOW))
    assert waits.count(0.0) >= limit.most


def test_a_first_turn_is_given_once_to_two_who_begin_the_count(store: Database) -> None:
    store.turns.spend(pacing.Limit("new", most=1, pace=1.0))
    assert store.turns.take(pacing.Limit("new", most=1, pace=1.0)) > 0
