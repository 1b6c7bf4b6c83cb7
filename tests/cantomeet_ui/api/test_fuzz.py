"""No request that schemathesis generates from the OpenAPI description, or a worse one, gets a 5xx."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from cantomeet.service import Services
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.middleware import guarding
from tests import meetings
from tests.cantomeet_ui.api.conftest import HERE, SECRET, RememberingQueue

pytestmark = pytest.mark.timeout(3600)
REQUESTS = 10_000 if os.environ.get("CANTOMEET_SOAK") == "1" else 150
"""Requests for each kind of database."""
NASTY = ["\x00", "\ud800", "\u202e", "a" * 5000, "%00", "'", "🀄", "../..", "9" * 400, "-1", "NaN", "0000-00-00", ""]
WHOLE = [0, -1, 2**31, 2**63, 2**64, 10**400, 1e308]


class Served:
    """The guarded API over a store, and a meeting with existing ids for the paths."""

    def __init__(self, store: Database, folder: Path) -> None:
        queue = RememberingQueue()
        chosen = Settings(_env_file=None, CANTOMEET_DATA_DIR=str(folder), CANTOMEET_WEBHOOK_SECRET=SECRET)
        recordings = FolderStorage(folder / "recordings", max_bytes=10_000_000, min_free_bytes=0)
        services = Services(chosen, store, recordings, wake=queue.wake, publish=queue.publish, queue=queue)
        self.store, self.api = store, build_api(services)
        self.app = guarding(chosen)(self.api)
        self.ids = self._new_ids()

    def _new_ids(self) -> dict[str, str]:
        self.store.switches.pause(False)
        meeting = meetings.completed(self.store, items=[{"kind": "action_item", "text": "寄信", "evidence": []}])
        transcript, summary = self.store.transcripts.shown(meeting.id), self.store.summaries.find(meeting.id)
        assert summary is not None
        return {
            "meeting_id": meeting.id,
            "segment_id": transcript.segments[0].id,
            "item_id": summary.items[0].id,
            "speaker_id": next(iter(transcript.speakers.values())).id,
            "template_id": "general",
            "name": "whisper",
            "upload_id": "0" * 32,
        }

    def asked(self, case: Case, **more: Any) -> int:
        case.headers = {"Tus-Resumable": "1.0.0", "If-Match": "*", **dict(case.headers or {})}
        answer = case.call(base_url=HERE, **more)
        if case.method == "DELETE" and answer.status_code < 300:
            self.ids = self._new_ids()
        return answer.status_code


@pytest.fixture
def served(store: Database, tmp_path: Path) -> Served:
    return Served(store, tmp_path)


def test_no_request_gets_a_server_error(served: Served) -> None:
    schema = schemathesis.openapi.from_dict(served.api.openapi())
    schema.app = served.app
    operations = [found.ok() for found in schema.get_all_operations()]
    cases = st.one_of([one.as_strategy(generation_mode=mode) for one in operations for mode in GenerationMode])
    seen = set()

    @settings(
        max_examples=REQUESTS,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=(Phase.generate,),
    )
    @given(case=cases, place=st.sampled_from(["known", "known", "made up", *NASTY]), data=st.data())
    def ask(case: Case, place: str, data: Any) -> None:
        if place != "made up":
            nasty = "" if place == "known" else place.encode(errors="replace").decode()
            case.path_parameters = {name: nasty or served.ids.get(name, "x") for name in case.path_parameters}
        # As text, because schemathesis does not accept lone surrogates.
        worse = data.draw(_worse(case.body)) if case.media_type == "application/json" else None
        status = served.asked(case, **({} if worse is None else {"data": json.dumps(worse)}))
        seen.add(status)
        assert status < 500, (case.method, case.path, ascii(worse or case.body)[:2000])

    ask()
    assert {404, 422} < seen
    assert 200 in seen


@pytest.mark.parametrize("nasty", ["a\\ud800", "a\\u0000", "\\udfff\\ud800"])
def test_text_that_no_database_accepts_is_refused_in_every_field(served: Served, nasty: str) -> None:
    bodies = {
        ("POST", "/api/admin/bulk"): '{"action": "retry", "filter": {"q": "%s"}}',
        ("POST", "/api/templates"): '{"name": "%s", "sections": [{"title": "x"}]}',
        ("PUT", "/api/glossary"): '{"terms": [{"content": "%s"}]}',
        ("PATCH", "/api/meetings/{meeting_id}"): '{"title": "%s"}',
        ("PATCH", "/api/meetings/{meeting_id}/items/{item_id}"): '{"owner": "%s"}',
        ("PATCH", "/api/meetings/{meeting_id}/segments/{segment_id}"): '{"speaker_id": "%s"}',
        ("PATCH", "/api/meetings/{meeting_id}/speakers/{speaker_id}"): '{"name": "%s"}',
        ("POST", "/api/meetings/{meeting_id}/retry"): '{"template": "%s"}',
    }
    with TestClient(served.app, base_url=HERE, raise_server_exceptions=False) as client:
        for (method, path), body in bodies.items():
            headers = {"If-Match": "*", "Content-Type": "application/json"}
            answer = client.request(method, path.format(**served.ids), content=body % nasty, headers=headers)
            assert answer.status_code == 422, (method, path)


def test_a_nul_in_any_address_is_a_client_error(served: Served) -> None:
    with TestClient(served.app, base_url=HERE, raise_server_exceptions=False) as client:
        for path in served.api.openapi()["paths"]:
            for method in ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE") if "{" in path else ():
                nasty = path.format(**dict.fromkeys(served.ids, "%00"))
                status = client.request(method, nasty, headers={"Tus-Resumable": "1.0.0"}).status_code
                assert 400 <= status < 500, (method, nasty)


def _worse(body: Any) -> st.SearchStrategy[Any]:
    """The same request with one invalid value, or None to leave it unchanged."""
    if isinstance(body, dict) and body:
        return st.none() | st.builds(
            lambda name, value: {**body, name: value}, st.sampled_from(sorted(body, key=str)), _nasty()
        )
    return st.none()


def _nasty() -> st.SearchStrategy[Any]:
    value = st.sampled_from([*NASTY, *WHOLE, None, True, [], {}])
    return st.one_of(value, st.lists(value, max_size=3), st.dictionaries(st.sampled_from(NASTY), value, max_size=3))
