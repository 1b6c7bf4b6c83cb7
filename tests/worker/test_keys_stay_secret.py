"""An API key never appears in a log, a reason, a timeline or an exception, even if a provider echoes it."""

from __future__ import annotations

import json
import logging
import traceback
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from cantomeet.errors import StepError
from cantomeet.lifecycle import MeetingStatus
from cantomeet.reasons import reason_text
from cantomeet.store import Database
from tests.worker.providers.speechmatics_recordings import KEY, client
from tests.worker.test_lost_submissions import Clock, LateHouse
from worker.kinds.meeting import advance as advance_meeting

CALLS = ("submit", "list", "check", "fetch")
STATUSES = (200, 301, 400, 401, 402, 403, 404, 408, 409, 410, 413, 422, 423, 429, 500, 502, 503, 504)


def asked_for(request: httpx.Request) -> str:
    if request.method == "POST":
        return "submit"
    return "list" if request.url.path.endswith("/jobs") else "fetch" if "transcript" in request.url.path else "check"


class Echoing:
    """A provider that answers one call with an error status and echoes everything it was sent in a header."""

    def __init__(self, call: str, status: int, as_json: bool) -> None:
        self._call, self._status, self._as_json = call, status, as_json
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        call = asked_for(request)
        if call == self._call:
            self.asked += 1
            told = f"bad key {request.headers['authorization']}"
            body = json.dumps({"code": 1, "error": told, "detail": KEY}) if self._as_json else f"<p>{told}</p>"
            headers = {"retry-after": KEY, "location": f"https://{KEY}", "x-key": KEY}
            return httpx.Response(self._status, content=body.encode(), headers=headers)
        answers = {
            # To reach the search of the list, the first response must be lost.
            "submit": (201, {"id": "a1"}) if self._call != "list" else (503, {}),
            "list": (200, {"jobs": []}),
            "check": (200, {"job": {"status": "done"}}),
            "fetch": (200, {"results": []}),
        }
        status, answer = answers[call]
        return httpx.Response(status, json=answer)


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "html"])
@pytest.mark.parametrize("call", CALLS)
def test_a_key_that_a_provider_echoes_is_never_written_down(
    sqlite_store: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture, call: str, as_json: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    raised: list[str] = []
    clock = Clock(sqlite_store)
    for status in STATUSES:
        house = LateHouse(clock, tmp_path / str(status))
        echo = Echoing(call, status, as_json)
        with client("https://host", transport=httpx.MockTransport(echo)) as provider:
            house.tools = replace(house.tools, remotes={"speechmatics": provider})
            meeting = house.upload()
            for _ in range(12):
                if house.clock.until_due(meeting.id).status in (MeetingStatus.COMPLETED, MeetingStatus.FAILED):
                    break
                try:
                    advance_meeting(house.tools, meeting.id)
                except StepError:
                    raised.append(traceback.format_exc())
        assert echo.asked, "the fault was met"
        after = house.store.meetings.get(meeting.id)
        timeline = [repr(attempt) for attempt in house.store.meetings.attempts(meeting.id)]
        shown = [repr(after), *timeline]
        if after.error_code:
            shown += [reason_text(after.error_code, after.error_params, language) for language in ("en", "zh-Hant-HK")]
        assert KEY not in "\n".join(shown), status
    assert raised
    assert KEY not in "\n".join(raised)
    assert KEY not in caplog.text
