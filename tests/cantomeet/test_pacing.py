"""Turns keep to their limit, and no caller waits for ever."""

from __future__ import annotations

import threading
from collections import deque
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet import pacing
from cantomeet.pacing import (
    CALM_PAUSE,
    EAGER_LOOKS_A_SECOND,
    LOOKS_A_SECOND,
    WINDOW,
    Limit,
    Turns,
    look_again,
    pause_before_look,
    spent,
    taken,
)
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


WAITED = st.floats(0, 24 * 3600.0)
IN_FLIGHT = st.integers(0, 20_000)
USUAL = st.lists(st.floats(0.1, 7200.0), min_size=3, max_size=3).map(sorted) | st.just([])


@given(WAITED, IN_FLIGHT)
def test_all_meetings_in_flight_are_polled_below_the_limit(waited: float, in_flight: int) -> None:
    assert in_flight / pause_before_look(waited, in_flight) <= LOOKS_A_SECOND * 1.0001


@given(WAITED, IN_FLIGHT, USUAL)
def test_only_few_are_polled_more_often_than_many_are(waited: float, in_flight: int, usual: list[float]) -> None:
    pause = pause_before_look(waited, in_flight, usual)
    assert pause >= CALM_PAUSE or in_flight / pause <= EAGER_LOOKS_A_SECOND * 1.0001


@given(WAITED, IN_FLIGHT, USUAL, st.floats(0.1, 60.0))
def test_no_job_is_polled_sooner_than_the_settings_say(
    waited: float, in_flight: int, usual: list[float], first: float
) -> None:
    assert pause_before_look(waited, in_flight, usual, first=first) >= first


@given(WAITED, IN_FLIGHT, USUAL)
def test_more_jobs_in_flight_never_make_a_young_job_polled_sooner(
    waited: float, in_flight: int, usual: list[float]
) -> None:
    assert pause_before_look(waited, in_flight, usual) <= pause_before_look(waited, in_flight + 1, usual) * 1.0001


@given(st.integers(0, 2), st.floats(0.1, 3600.0), st.floats(0.5, 1.5))
def test_with_few_in_flight_an_answer_at_the_usual_time_is_seen_within_a_second(
    in_flight: int, took: float, share: float
) -> None:
    done, at = took * share, 0.0
    while at < done:
        at += pause_before_look(at, in_flight, [took] * 3)
    assert at - done <= 0.5001 or at <= done + 0.01


def polls_until(done: float, usual: list[float]) -> int:
    at, polls = 0.0, 0
    while at < done:
        at += pause_before_look(at, 1, usual)
        polls += 1
    return polls


def test_a_job_alone_costs_few_polls_where_nothing_tells_when_it_is_done() -> None:
    assert [pause_before_look(waited, 1) for waited in (0.0, 100.0, 10_000.0)] == [0.5, 5.0, 60.0]
    assert [pause_before_look(waited, 1, first=2.0) for waited in (0.0, 3.0, 100.0)] == [2.0, 2.0, 5.0]
    assert polls_until(10.0, []) == 20
    assert polls_until(3600.0, []) < 200
    assert polls_until(24 * 3600.0, []) < 1600


def test_few_jobs_are_polled_often_only_while_they_are_likely_to_be_done() -> None:
    usual = [40.0, 60.0, 80.0]
    assert pause_before_look(0.0, 2, usual) == 5.0, "not before half the time of the fastest"
    assert pause_before_look(18.0, 2, usual) == 2.0
    assert [pause_before_look(waited, 2, usual) for waited in (20.0, 60.0, 120.0)] == [0.5] * 3
    assert pause_before_look(60.0, 16, usual) == 4.0, "in turns with the others"
    assert pause_before_look(121.0, 2, usual) == 12.1, "it takes longer than any other"


def test_among_many_a_job_is_polled_when_similar_ones_were_done() -> None:
    crowd = int(20 * LOOKS_A_SECOND)  # each could be polled every 20 s
    usual = (58.0, 65.0, 90.0)
    assert pause_before_look(0.0, crowd, usual) == 58.0, "not before it may be done"
    assert pause_before_look(58.0, crowd, usual) == 7.0
    assert pause_before_look(66.0, crowd, usual) == 24.0
    assert pause_before_look(57.0, crowd, usual) == 5.7, "no two looks within a tenth"
    assert pause_before_look(91.0, crowd, usual) == 20.0, "later than any other: in turn with the rest"


def test_a_provider_that_has_become_faster_is_noticed() -> None:
    assert pause_before_look(0.0, 1, [3600.0]) == 5.0, "few in flight: before the usual time too"
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
