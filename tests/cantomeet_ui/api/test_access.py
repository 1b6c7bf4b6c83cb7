"""Every route checks `cantomeet.access` first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from cantomeet import access
from cantomeet.access import Action
from cantomeet.service import Services
from cantomeet.store import Database
from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.dependencies import Allowed, AllowedMeeting
from tests import meetings

OPEN = {
    "/health": "counts only, for monitors",
    "/api/openapi.json": "the routes' description, the same for everybody",
    "/webhooks/speechmatics": "has a secret of its own, and asks for the meeting that it finds",
    "/api": "there is nothing",
    "/api/{path:path}": "there is nothing",
    "/webhooks/{path:path}": "there is nothing",
}


def routes(services: Services) -> Iterator[Any]:
    def walk(found: Any, inherited: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
        for route in found:
            router = getattr(route, "original_router", None)
            if router is None:
                yield route, inherited
            else:
                yield from walk(router.routes, [*inherited, *router.dependencies])

    yield from walk(build_api(services).routes, [])


def calls(dependant: Dependant) -> Iterator[Any]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from calls(dependency)


def checks(route: Any, inherited: list[Any]) -> list[Allowed]:
    asked = [*calls(route.dependant), *(dependency.dependency for dependency in inherited)]
    return [call for call in asked if isinstance(call, Allowed)]


def test_every_route_checks_access(services: Services) -> None:
    unguarded = [
        route.path
        for route, inherited in routes(services)
        if route.path not in OPEN and not (isinstance(route, APIRoute) and checks(route, inherited))
    ]
    assert unguarded == []


def test_every_route_about_one_meeting_checks_access_to_that_meeting(services: Services) -> None:
    unguarded = [
        (route.path, route.methods)
        for route, inherited in routes(services)
        if "{meeting_id}" in route.path and not any(isinstance(c, AllowedMeeting) for c in checks(route, inherited))
    ]
    assert unguarded == []


def test_the_checked_routes_are_the_documented_ones(services: Services) -> None:
    found = {(method, route.path) for route, _ in routes(services) for method in route.methods or ()}
    assert found >= {
        ("POST", "/meetings/upload"),
        ("GET", "/api/meetings"),
        ("GET", "/api/meetings/{meeting_id}"),
        ("PATCH", "/api/meetings/{meeting_id}"),
        ("DELETE", "/api/meetings/{meeting_id}"),
        ("GET", "/api/meetings/{meeting_id}/audio"),
        ("GET", "/api/meetings/{meeting_id}/transcript"),
        ("POST", "/api/meetings/{meeting_id}/retry"),
        ("POST", "/api/meetings/{meeting_id}/cancel"),
        ("PATCH", "/api/meetings/{meeting_id}/items/{item_id}"),
        ("DELETE", "/api/meetings/{meeting_id}/items/{item_id}"),
        ("PATCH", "/api/meetings/{meeting_id}/segments/{segment_id}"),
        ("PATCH", "/api/meetings/{meeting_id}/speakers/{speaker_id}"),
        ("GET", "/api/actions"),
        ("GET", "/api/actions.ics"),
        ("POST", "/api/uploads/"),
        ("POST", "/webhooks/speechmatics"),
        ("GET", "/health"),
    }
    assert {path for _, path in found} >= OPEN.keys()


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/api/meetings", Action.LIST),
        ("GET", "/api/actions", Action.LIST),
        ("GET", "/api/actions.ics", Action.LIST),
        ("GET", "/api/meetings/{id}", Action.READ),
        ("PATCH", "/api/meetings/{id}", Action.EDIT),
        ("PATCH", "/api/meetings/{id}/items/x", Action.EDIT),
        ("DELETE", "/api/meetings/{id}/items/x", Action.EDIT),
        ("PATCH", "/api/meetings/{id}/segments/x", Action.EDIT),
        ("PATCH", "/api/meetings/{id}/speakers/x", Action.EDIT),
        ("GET", "/api/meetings/{id}/audio", Action.READ),
        ("GET", "/api/meetings/{id}/timeline", Action.READ),
        ("GET", "/api/meetings/{id}/transcript", Action.READ),
        ("POST", "/api/meetings/{id}/retry", Action.RETRY),
        ("POST", "/api/meetings/{id}/cancel", Action.CANCEL),
        ("DELETE", "/api/meetings/{id}", Action.DELETE),
        ("POST", "/meetings/upload", Action.UPLOAD),
        ("POST", "/api/uploads/", Action.UPLOAD),
    ],
)
def test_an_action_that_access_forbids_is_refused(
    client: TestClient,
    sqlite_store: Database,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    action: Action,
) -> None:
    meeting = meetings.completed(sqlite_store)
    monkeypatch.setattr(access, "may", lambda actor, asked, meeting=None: asked is not action)
    headers = {"Tus-Resumable": "1.0.0", "If-Match": "*"}
    answer = client.request(method, path.format(id=meeting.id), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert sqlite_store.meetings.get(meeting.id).version == meeting.version


BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("PATCH", "/api/meetings/{meeting_id}/speakers/{speaker_id}"): {"name": "阿明"},
    ("PUT", "/api/meetings/{meeting_id}/summaries/shown"): {"version": 1},
}


def test_no_route_reads_or_changes_another_owners_meeting(
    client: TestClient, services: Services, sqlite_store: Database
) -> None:
    theirs = meetings.completed(sqlite_store, owner_id="somebody")
    asked = 0
    for route, _ in routes(services):
        for method in (route.methods or ()) if "{meeting_id}" in route.path else ():
            asked += 1
            path = route.path.replace("{meeting_id}", theirs.id)
            for row in ("{item_id}", "{segment_id}", "{speaker_id}"):
                path = path.replace(row, "x")
            body = BODIES.get((method, route.path), {} if method in ("PATCH", "PUT") else None)
            answer = client.request(method, path, json=body, headers={"If-Match": "*"})
            assert answer.status_code == 403, (method, path)
            assert method == "HEAD" or answer.json()["code"] == "not_allowed"
    assert asked >= 18
    assert sqlite_store.meetings.get(theirs.id).version == theirs.version
