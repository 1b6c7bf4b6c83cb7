"""The command `cantomeet` against a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

import launcher
from cantomeet.errors import ErrorCode
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing import MeetingFilter, list_meetings
from cantomeet.models import Meeting
from cantomeet.store import Database, NewAttempt, NewSummary
from launcher import cli, client, minutes_text
from launcher.client import Server, ServerAway
from tests import meetings
from tests.api_server import ApiServer, serving
from tests.recordings_factory import make_recording
from tests.upload_server import free_port

PROOF = {"segment_id": "s", "quote": "Budget", "start": 2.0, "end": 3.5, "check": "exact"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with serving(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_recording(tmp_path_factory.mktemp("recordings") / "十一月例會.wav")


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # An empty folder has no .env.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(client, "POLL_SECONDS", 0.02)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, list(arguments))


def newest(store: Database) -> Meeting | None:
    items = list_meetings(store, MeetingFilter(limit=1)).items
    return items[0].meeting if items else None


def as_worker(store: Database, work: Callable[[Meeting], None], seen: Meeting | None) -> threading.Thread:
    """Start a thread that does `work` with the next new meeting."""

    def wait() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            meeting = newest(store)
            if meeting is not None and (seen is None or meeting.id != seen.id):
                work(meeting)
                return
            time.sleep(0.02)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


# ---- upload ------------------------------------------------------------------------------------------------


def test_upload_prints_the_id_and_the_address(server: ApiServer, recording: Path) -> None:
    result = run(
        *("upload", str(recording), "--url", server.url),
        *("--title", "預算會", "--date", "2026-11-23", "--priority", "high"),
    )
    assert result.exit_code == 0, result.output
    meeting = newest(server.store)
    assert meeting is not None
    assert result.stdout.split() == [meeting.id, f"{server.url}/meetings/{meeting.id}"]
    assert (meeting.title, meeting.meeting_date, meeting.priority) == ("預算會", date(2026, 11, 23), "high")
    assert meeting.recording_bytes == recording.stat().st_size


def test_upload_sends_the_summary_options(server: ApiServer, recording: Path) -> None:
    wishes = ("--summary-language", "zh-Hant-HK+en", "--template", "board_minutes", "--name-speakers-first")
    assert run("upload", str(recording), "--url", server.url, *wishes).exit_code == 0
    meeting = newest(server.store)
    assert meeting is not None
    told = (meeting.summary_language, meeting.template, meeting.name_speakers_first)
    assert told == ("zh-Hant-HK+en", "board_minutes", True)
    assert run("upload", str(recording), "--url", server.url, "--template", "gone").exit_code == 1


def test_a_meeting_that_waits_for_names_is_reported(server: ApiServer) -> None:
    meeting = meetings.transcribed(server.store, name_speakers_first=True)
    told = run("status", meeting.id, "--url", server.url).stdout
    assert "status    SUMMARIZING waits for names" in told
    assert "POST .../summarize" in told


def test_uploaded_bytes_are_reported_while_they_are_sent(server: ApiServer, recording: Path) -> None:
    sent: list[int] = []
    with Server(server.url) as running:
        running.upload(recording, {}, sent.append)
    assert sum(sent) == recording.stat().st_size


def test_upload_and_wait_prints_each_status_and_then_the_summary(server: ApiServer, recording: Path) -> None:
    store = server.store
    walked = threading.Event()

    def work(meeting: Meeting) -> None:
        leased = store.pipeline.take_lease(meeting.id, 60)
        assert leased is not None
        store.pipeline.commit_working(leased.id, leased.job.run, status=MeetingStatus.TRANSCRIBING, progress=42)
        time.sleep(0.5)
        tried = NewAttempt("recognise", store.now())
        store.pipeline.finish_transcript(
            leased.id, leased.job.run, meetings.segments(meetings.LINES), replace=False, tried=tried
        )
        time.sleep(0.5)
        again = store.pipeline.take_lease(leased.id, 60)
        assert again is not None
        items = [
            {"kind": "decision", "text": "通過預算", "evidence": [PROOF]},
            {"kind": "action_item", "text": "交 budget", "evidence": [PROOF], "owner": "阿明", "due_text": "下星期三"},
            {"kind": "risk", "text": "超支", "evidence": []},
        ]
        summary = NewSummary("extractive", "zh-Hant-HK", items, warnings=("no_speakers",))
        store.pipeline.finish_summary(again.id, again.job.run, summary, tried=tried)
        walked.set()

    working = as_worker(store, work, newest(store))
    result = run("upload", str(recording), "--url", server.url, "--wait")
    working.join()
    assert walked.is_set()
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    apart = "Not verified: no matching words stand in the transcript"
    assert "Risks" not in lines
    assert _in_order(lines, ["TRANSCRIBING 42 %", "SUMMARIZING", "COMPLETED", "Decisions", "Action items", apart])
    assert "   0:00:02  通過預算" in result.stdout
    assert "   0:00:02  交 budget (owner: 阿明, due: 下星期三)" in result.stdout
    assert "  unproven  超支" in result.stdout
    assert "Note: This recogniser does not tell speakers apart." in lines


def test_a_summary_is_printed_under_the_templates_headings_in_order() -> None:
    def item(text: str, **columns: Any) -> dict[str, Any]:
        proven = [{**PROOF, "check": "exact"}]
        return {"text": text, "text_other": None, "evidence": proven, "verified": True, "stale": False, **columns}

    lists: dict[str, list[Any]] = {
        name: [] for name in ("overview", "chapters", "decisions", "action_items", "questions", "risks", "quotes")
    }
    summary = {
        **{"method": "llm", "title": "例會", "coverage": None, "usage": None, "template": "own", **lists},
        "sections": [{"kind": "note", "title": "出席"}, {"kind": "decision", "title": "決議案"}],
        "decisions": [item("通過")],
        "risks": [item("超支")],
        "notes": [item("陳主席", section="出席"), item("茶點", section="其他")],
    }
    told = list(minutes_text.summary({"warnings": [], "summary": summary, "title": "會"}))
    assert told[0].startswith("會 (")
    assert [line.split()[-1] for line in told[1:] if line] == [
        *("出席", "陳主席", "決議案", "通過", "Risks", "超支", "Notes", "茶點")
    ]
    board = {**summary, "template": "board_minutes", "sections": [{"kind": "decision", "title": "決議"}]}
    assert "Resolutions" in list(minutes_text.summary({"warnings": [], "summary": board, "title": "會"}))


def test_upload_and_wait_prints_why_it_failed_and_exits_with_1(server: ApiServer, recording: Path) -> None:
    store = server.store

    def work(meeting: Meeting) -> None:
        leased = store.pipeline.take_lease(meeting.id, 60)
        assert leased is not None
        params = {"provider": "Speechmatics", "setting": "SPEECHMATICS_API_KEY"}
        store.pipeline.record_failure(
            *(leased.id, leased.job.run),
            **{"tried": NewAttempt("submit", store.now()), "code": ErrorCode.PROVIDER_KEY_REFUSED},
            params=params,
            reason="金鑰",
        )

    working = as_worker(store, work, newest(store))
    result = run("upload", str(recording), "--url", server.url, "--wait")
    working.join()
    assert result.exit_code == 1
    assert "FAILED (provider_key_refused): " in result.stderr
    assert "check SPEECHMATICS_API_KEY" in result.stderr


def test_a_refusal_of_the_server_is_one_line(server: ApiServer, recording: Path, tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("not a recording at all")
    large = tmp_path / "large.wav"
    large.write_bytes(b"RIFF" + bytes(5_000_000))
    for arguments, told in (
        (["upload", str(text)], "not a recording"),
        (["upload", str(large)], "over the limit of 2 MB"),
        (["upload", str(recording), "--date", "tomorrow"], "meeting_date: a date"),
        (["upload", str(recording), "--priority", "urgent"], "priority: "),
        (["list", "--status", "DONE"], "status: one of UPLOADED"),
        (["status", "no-such-meeting"], "There is no such meeting"),
        (["status", "../health"], "There is no such meeting"),
    ):
        result = run(*arguments, "--url", server.url)
        assert result.exit_code == 1, arguments
        assert told in result.stderr
        _one_line(result)


def test_a_missing_file_is_reported_before_anything_is_sent(tmp_path: Path) -> None:
    # The name without its folder, because errors are wrapped to the terminal's width, which would split a long path.
    assert Path.cwd() == tmp_path
    result = run("upload", "gone.wav")
    assert result.exit_code == 2
    assert "'gone.wav' does not exist" in result.stderr


# ---- list and status ---------------------------------------------------------------------------------------


def test_a_meeting_without_a_date_is_listed_under_hong_kongs_day_of_its_upload() -> None:
    uploaded = {"id": "m", "title": "會", "status": "COMPLETED", "progress": None, "meeting_date": None}
    assert "2026-11-25  會" in minutes_text.row({**uploaded, "created_at": "2026-11-24T16:30:00Z"})
    assert "2026-11-20  會" in minutes_text.row(
        {**uploaded, "meeting_date": "2026-11-20", "created_at": "2026-11-24T16:30:00Z"}
    )


def test_list_shows_the_newest_first_and_says_when_there_are_more(server: ApiServer) -> None:
    ids = [meetings.uploaded(server.store, title=f"會議 {n}").id for n in range(3)]
    result = run("list", "--limit", "2", "--url", server.url)
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == [ids[2], ids[1]]
    assert "會議 2" in result.stdout
    assert "more" in result.stderr


def test_list_is_filtered(server: ApiServer) -> None:
    found = meetings.failed(server.store, title="只此一個")
    result = run("list", "--status", "FAILED", "--q", "只此一個", "--url", server.url)
    (line,) = result.stdout.splitlines()
    assert line.startswith(f"{found.id}  FAILED")
    assert result.stderr == ""


def test_status_prints_one_meeting_and_why_it_failed(server: ApiServer) -> None:
    meeting = meetings.failed(server.store, title="壞咗", meeting_date=date(2026, 11, 23))
    result = run("status", meeting.id, "--url", server.url)
    assert result.exit_code == 0
    assert "title     壞咗" in result.stdout
    assert "date      2026-11-23" in result.stdout
    assert "status    FAILED (provider_busy): The recording is safe. Speechmatics is too busy" in result.stdout


# ---- unreachable server ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["list"], ["status", "x"], ["upload"]])
def test_a_dead_server_is_one_clear_line(recording: Path, command: Sequence[str]) -> None:
    arguments = [*command, *([str(recording)] if command == ["upload"] else [])]
    url = f"http://127.0.0.1:{free_port()}"
    result = run(*arguments, "--url", url)
    assert result.exit_code == 1
    assert f"nobody answers at {url}" in result.stderr
    _one_line(result)


@pytest.mark.parametrize("url", ["localhost:3000", "http://", "ftp://localhost", "http://[::1", "http://\x00"])
def test_an_invalid_address_is_one_clear_line(url: str) -> None:
    result = run("list", "--url", url)
    assert result.exit_code == 1
    _one_line(result)


def test_the_port_comes_from_the_settings(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANTOMEET_PORT", server.url.rpartition(":")[2])
    assert run("list").exit_code == 0


def test_a_wrong_setting_is_one_line_and_exit_code_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANTOMEET_PORT", "eighty")
    result = run("list")
    assert result.exit_code == 2
    assert "CANTOMEET_PORT" in result.stderr
    _one_line(result)


def test_another_server_at_the_address_is_not_mistaken_for_cantomeet() -> None:
    page = httpx.MockTransport(lambda request: httpx.Response(200, html="<p>hello</p>"))
    with pytest.raises(ServerAway, match="not CantoMeet"), Server("http://localhost", page) as server:
        server.meetings({})


def test_an_answer_of_another_version_is_one_clear_line() -> None:
    page = httpx.MockTransport(lambda request: httpx.Response(200, json={"items": [{"id": "m"}]}))
    with pytest.raises(ServerAway, match="another version"), Server("http://localhost", page) as server:
        server.meetings({})


def test_a_server_that_restarts_is_waited_for() -> None:
    answers = iter([_status("TRANSCRIBING", 10), None, None, _status("TRANSCRIBING", 10), _status("COMPLETED")])
    with Server("http://localhost", _scripted(answers)) as server:
        seen = [meeting["progress"] for meeting in server.follow("m", pause=lambda _: None)]
    assert seen == [10, None]


def test_a_server_that_stays_away_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "POLL_SECONDS", 10.0)
    answers = iter([_status("UPLOADED"), *[None] * 4])
    waited: list[float] = []
    with pytest.raises(ServerAway), Server("http://localhost", _scripted(answers)) as server:
        list(server.follow("m", pause=waited.append))
    assert waited == [10.0] * 4


# ---- starting ----------------------------------------------------------------------------------------------


def test_up_ends_with_the_exit_code_of_what_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    # This replaces the module, which loads the recogniser's libraries.
    monkeypatch.setattr(launcher, "launch", SimpleNamespace(up=lambda: 3), raising=False)
    assert run("up").exit_code == 3


def _status(status: str, progress: int | None = None) -> httpx.Response:
    nothing = ("meeting_date", "duration_seconds", "status_reason", "error_code", "waiting_for")
    return httpx.Response(
        200,
        json={
            **dict.fromkeys((*nothing, "transcriber", "summarizer")),
            **{"id": "m", "title": "會", "created_at": "2026-11-24T16:30:00Z", "warnings": []},
            **{"status": status, "progress": progress},
        },
    )


def _scripted(answers: Iterator[httpx.Response | None]) -> httpx.MockTransport:
    """Return the answers in turn; None is a refused connection."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = next(answers)
        if found is None:
            raise httpx.ConnectError("refused")
        return found

    return httpx.MockTransport(answer)


def _in_order(lines: Sequence[str], wanted: Sequence[str]) -> bool:
    rest = iter(lines)
    return all(line in rest for line in wanted)


def _one_line(result: Result) -> None:
    told = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(told) == 1
    assert told[0].startswith("cantomeet: ")
    assert "Traceback" not in result.output
