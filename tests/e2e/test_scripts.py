"""Scripts on the pages' websocket leave nothing running, and invalid events are refused."""

from __future__ import annotations

import random
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cantomeet_ui.event_guard import MAX_QUEUED_EVENTS
from cantomeet_ui.push.followers import MAX_PER_PAGE
from tests.e2e.serving import Web
from tests.running import wait_for
from tests.socket_client import SocketClient, event_name, page_events, socket_open

FOLLOWED = {
    "meetings.MeetingsState.follow": "/meetings",
    "actions.ActionsState.follow": "/actions",
    "admin.AdminState.follow": "/admin",
    "upload.UploadState.follow": "/",
    "engine.EngineState.watch": "/admin",
    "notice.NoticeState.look_for_database": "/",
}
NONSENSE: list[Any] = [
    None,
    True,
    2**70,
    -(2**31) - 1,
    1.5,
    "",
    "x",
    "\ud800",
    "a\x00b",
    "9" * 210_000,
    [],
    {},
    [[[[1]]]],
    {"a": {"b": "\udfff"}},
    {"text": None, "title": 5},
    {"title-": [], "terms": {}},
]


def test_followers_end_with_their_socket_and_their_number_is_limited(web: Web) -> None:
    with ExitStack() as opened:
        clients = [opened.enter_context(socket_open(web.url)) for _ in range(5)]
        for client in clients:
            for event, path in FOLLOWED.items():
                state = event.rpartition(".")[0]
                client.send(event_name(f"{state}.load") if "Notice" not in state else event_name(event), path=path)
                for _ in range(20):
                    client.send(event_name(event), path=path)
        wait_for(lambda: _asked(clients), "all that was sent to be looked at", 30)
        assert 0 < web.looping() <= len(clients) * MAX_PER_PAGE
    wait_for(lambda: web.looping() == 0 and web.waiting() == 0, "all followers to end", 30)


def test_a_follower_started_as_the_socket_closes_is_not_left_behind(web: Web) -> None:
    for _ in range(20):
        with socket_open(web.url) as client:
            for event, path in FOLLOWED.items():
                client.send(event_name(event), path=path)
    with socket_open(web.url) as client:
        assert _answers(client)
    wait_for(lambda: web.looping() == 0, "all followers to end", 30)


def test_few_events_still_run_after_a_script_disconnects(web: Web) -> None:
    with socket_open(web.url) as client:
        for _ in range(20 * MAX_QUEUED_EVENTS):
            client.send(event_name("meetings.MeetingsState.load"), path="/meetings")
    with socket_open(web.url) as client:
        assert _answers(client)
    wait_for(lambda: web.tasks() == 0, "all that was sent to be done", 60)


def test_invalid_arguments_are_refused_without_a_traceback(web: Web) -> None:
    before = len(_tracebacks(web.log))
    chance = random.Random(18)
    with socket_open(web.url) as client:
        for name, parameters in page_events():
            for nonsense in NONSENSE:
                client.send(name, dict.fromkeys(parameters, nonsense) or {"x": nonsense})
            for parameter in parameters:
                client.send(name, {parameter: chance.choice(NONSENSE)})
            assert _answers(client), name
    assert _tracebacks(web.log)[before:] == []


def test_invalid_events_are_refused_without_a_traceback(web: Web) -> None:
    before = len(_tracebacks(web.log))
    name = event_name("meetings.MeetingsState.load")
    places = [5, [], "x", {"pathname": 5}, {"pathname": "//["}, {"asPath": "x\x00"}, {"query": []}, {"query": {"a": 5}}]
    junk = [
        None,
        5,
        "x",
        "{",
        [],
        {},
        {"name": None},
        {"name": "no.such"},
        {"name": "setvar"},
        {"name": name, "payload": 5},
    ]
    junk += [{"name": name, "payload": {}, "router_data": place} for place in places]
    junk += [{"name": event_name("meetings.MeetingsState.setvar"), "payload": {"var_name": "rows", "value": 5}}]
    with socket_open(web.url) as client:
        for data in junk:
            client.send_data(data)
        assert _answers(client)
    for raw in ("42/_event,{", "42/_event,[", "4", "9", "", "42/_event,[5]", "42/no,[]", b"\xff", "3" * 2_000_000):
        with socket_open(web.url) as client:
            client.send_raw(raw)
    with socket_open(web.url) as client:
        assert _answers(client)
    assert _tracebacks(web.log)[before:] == []


def test_a_number_too_large_for_the_database_is_refused_with_a_message(web: Web) -> None:
    with socket_open(web.url) as client:
        client.send(event_name("items.ItemsState.hold_all"), {"version": 2**70})
        assert client.answered("version")
        assert "unexpected" in client.received[-1]


def _answers(client: SocketClient) -> bool:
    """Whether a further event is still handled."""
    client.send(event_name("meetings.MeetingsState.load"), path="/meetings")
    client.send(event_name("notice.NoticeState.refuse"), {"code": "not_found", "field": ""})
    return client.answered("notice_state")


def _asked(clients: list[SocketClient]) -> bool:
    return all(_answers(client) for client in clients)


def _tracebacks(log: Path) -> list[str]:
    lines = log.read_text(errors="replace").splitlines()
    return [" / ".join(lines[max(0, n - 1) : n + 40])[:3000] for n, line in enumerate(lines) if "Traceback" in line]
