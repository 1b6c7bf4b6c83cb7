"""The Speechmatics stand-in checks strictly, remembers paid submissions and misbehaves as planned."""

from __future__ import annotations

import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from standins.speechmatics.server import FakeSpeechmatics, Fate, JobFault, JobPlan, Webhooks, main, paid_submissions
from tests.running import wait_for
from tests.worker.providers.speechmatics_recordings import KEY, QUICK, client, ignore, options, wav
from worker.providers import RemoteState
from worker.providers.speechmatics.config import Notification

SOAK = os.environ.get("CANTOMEET_SOAK") == "1"
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
Config = dict[str, Any]


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeSpeechmatics]:
    with FakeSpeechmatics(JobPlan(job_seconds=0.0), key=KEY) as running:
        yield running


HTTP = httpx.Client(verify=False, headers=AUTHORIZED)
"""The client of all plain requests; a new client loads certificates, which takes longer than most of these tests."""


@pytest.fixture(scope="module", autouse=True)
def _closed_in_the_end() -> Iterator[None]:
    yield
    HTTP.close()


@pytest.fixture
def sound(tmp_path: Path) -> bytes:
    return wav(tmp_path / "x", seconds=5.0).read_bytes()


def config(**transcription: Any) -> Config:
    return {"type": "transcription", "transcription_config": {"language": "yue", **transcription}}


def post(
    fake: FakeSpeechmatics,
    told: object,
    sound: bytes,
    *,
    filename: str = "a.wav",
    kind: str = "audio/wav",
    headers: dict[str, str] = AUTHORIZED,
) -> httpx.Response:
    files: Any = {"config": (None, json.dumps(told)), "data_file": (filename, sound, kind)}
    return HTTP.post(f"{fake.url}/v2/jobs", files=files, headers=headers)


# ---- accepted requests ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        config(),
        config(model="enhanced", diarization="speaker", enable_entities=True),
        config(additional_vocab=[{"content": "葵涌", "sounds_like": ["葵蔥"]}]),
        config(speaker_diarization_config={"speaker_sensitivity": 0.4, "speakers": None}),
        config() | {"notification_config": None, "tracking": {"reference": "r", "title": "t", "tags": ["x"]}},
        {"type": "transcription", "transcription_config": {"language": "multi", "model": "melia-1"}},
    ],
)
def test_a_config_that_the_api_accepts_is_accepted(told: Config, fake: FakeSpeechmatics, sound: bytes) -> None:
    answer = post(fake, told, sound)
    assert answer.status_code == 201
    assert set(answer.json()) == {"id"}


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ([], "config"),
        ({}, "type"),
        ({"type": "alignment", "transcription_config": {"language": "yue"}}, "type"),
        ({"type": "transcription"}, "transcription_config"),
        (config(language="xx"), "language"),
        (config(languge="yue"), "languge"),
        (config(model="best"), "model"),
        (config(model="enhanced", operating_point="enhanced"), "model"),
        (config(model="melia-1"), "melia-1"),
        (config(output_locale="yue-Hant"), "locales"),
        (config(transcript_filtering_config={"remove_disfluencies": True}), "disfluency"),
        (config(diarization="speakers"), "diarization"),
        (config(enable_entities="yes"), "enable_entities"),
        (config(additional_vocab=[{"content": "a"}] * 1001), "additional_vocab"),
        (config(additional_vocab=[{"content": "a b c d e f g"}]), "six words"),
        (config(additional_vocab=[{"content": "a\u0007"}]), "content"),
        (config(additional_vocab=[{"content": "a", "sounds_like": ["ay"]}]), "main script"),
        (config(additional_vocab=["a"]), "additional_vocab"),
        (config(speaker_diarization_config={"speaker_sensitivity": 2}), "speaker_sensitivity"),
        (config() | {"translation_config": {"target_languages": ["en"]}}, "translation_config"),
        (config() | {"notification_config": [{"url": "http://a"}] * 4}, "notification_config"),
        (config() | {"notification_config": [{"url": "not a url"}]}, "url"),
        (config() | {"notification_config": [{"url": "http://a", "auth_headers": ["no colon"]}]}, "auth_headers"),
        (config() | {"tracking": {"ref": "x"}}, "ref"),
    ],
)
def test_a_config_that_breaks_a_rule_is_refused_by_field(
    told: object, field: str, fake: FakeSpeechmatics, sound: bytes
) -> None:
    answer = post(fake, told, sound)
    assert answer.status_code == 400
    assert field in answer.json()["detail"]


@pytest.mark.parametrize(
    ("filename", "kind", "content"),
    [
        ("a.webm", "video/webm", b"\x1aE\xdf\xa3"),
        ("a", "audio/wav", b"RIFF\0\0\0\0WAVE"),
        ("a.wav", "audio/wav", b"no sound at all"),
        ("a.wav", "audio/mpeg", b"RIFF\0\0\0\0WAVE"),
        ("a.mp3", "audio/mpeg", b"RIFF\0\0\0\0WAVE"),
        ("a.ogg", "audio/ogg", b""),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(
    filename: str, kind: str, content: bytes, fake: FakeSpeechmatics
) -> None:
    answer = post(fake, config(), content, filename=filename, kind=kind)
    assert (answer.status_code, answer.json()["error"]) == (400, "Job rejected due to invalid audio")


def test_a_body_that_is_no_submission_is_refused(fake: FakeSpeechmatics, sound: bytes) -> None:
    def status_of(**body: Any) -> int:
        return HTTP.post(f"{fake.url}/v2/jobs", **body).status_code

    multipart = {"Content-Type": "multipart/form-data; boundary=xyz"}
    assert status_of(json=config()) == 400
    assert status_of(files={"config": (None, json.dumps(config()))}) == 400
    assert status_of(files={"data_file": ("a.wav", sound, "audio/wav")}) == 400
    assert status_of(files=[("config", (None, "{}")), ("config", (None, "{}")), ("data_file", ("a.wav", sound))]) == 400
    for text in (b"", b"--xyz\r\nbroken", b"--xyz\r\n\r\n--xyz--\r\n"):
        answer = HTTP.post(f"{fake.url}/v2/jobs", headers=multipart, content=text)
        assert answer.status_code == 400


def test_only_the_right_key_is_accepted(fake: FakeSpeechmatics, sound: bytes) -> None:
    without = post(fake, config(), sound, headers={"Authorization": ""})
    assert without.status_code == 401
    assert without.headers["content-type"] == "text/html"
    for header in (f"Basic {KEY}", "Bearer other", "Bearer", KEY):
        wrong = post(fake, config(), sound, headers={"Authorization": header})
        assert (wrong.status_code, wrong.json()["error"]) == (401, "Permission Denied")


def test_a_body_of_a_gigabyte_is_refused_before_it_is_read(fake: FakeSpeechmatics) -> None:
    with socket.create_connection(("127.0.0.1", int(fake.url.rpartition(":")[2])), timeout=5) as connection:
        head = f"POST /v2/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 1000000000\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_a_request_that_is_not_http_gets_a_400(fake: FakeSpeechmatics) -> None:
    with socket.create_connection(("127.0.0.1", int(fake.url.rpartition(":")[2])), timeout=5) as connection:
        connection.sendall(b"hello\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


def test_an_unknown_route_or_query_is_refused(fake: FakeSpeechmatics) -> None:
    assert HTTP.put(f"{fake.url}/v2/jobs").status_code == 404
    assert HTTP.get(f"{fake.url}/v3/jobs").status_code == 404
    assert HTTP.get(f"{fake.url}/v2/jobs/unknown").status_code == 404
    for query in ("limit=0", "limit=101", "limit=x", "created_before=yesterday", "created_before=2026-01-01T00:00:00"):
        assert HTTP.get(f"{fake.url}/v2/jobs?{query}").status_code == 422


# ---- transcripts ---------------------------------------------------------------------------------------------


def test_the_same_sound_gives_the_same_words_and_another_gives_others(tmp_path: Path, fake: FakeSpeechmatics) -> None:
    with client(fake.url) as transcriber:
        sounds = [wav(tmp_path / "a", seconds=60), wav(tmp_path / "b", seconds=60, salt=b"other")]
        jobs = [transcriber.submit(sound, options(f"same-{n}"), ignore) for n, sound in enumerate(sounds * 2)]
        first, other, again, _ = (json.loads(transcriber.fetch(job))["results"] for job in jobs)
    assert first == again
    assert first != other


def test_the_transcript_has_everything_that_a_parser_must_handle(tmp_path: Path, fake: FakeSpeechmatics) -> None:
    with client(fake.url) as transcriber:
        job = transcriber.submit(wav(tmp_path / "x", seconds=1800), options("all-sorts"), ignore)
        answer = json.loads(transcriber.fetch(job))
    results = answer["results"]
    spoken = [r["alternatives"][0] for r in results if r.get("alternatives")]
    assert answer["metadata"]["language_pack_info"]["word_delimiter"] == ""
    assert {"word", "punctuation", "entity"} < {r["type"] for r in results}
    assert {"S1", "S2", "S3", "UU"} == {a["speaker"] for a in spoken}
    assert any("confidence" not in a for a in spoken)
    assert any(r.get("alternatives") == [] for r in results)
    assert any(a["content"].isascii() and a["content"].isalpha() for a in spoken)
    assert all(r["spoken_form"] and r["written_form"] for r in results if r["type"] == "entity")
    assert max(r["end_time"] for r in results) <= 1800


@pytest.mark.parametrize(("ending", "codec"), [("mp3", "mp3"), ("ogg", "libopus"), ("flac", "flac"), ("m4a", "aac")])
def test_the_length_of_a_compressed_recording_is_read_from_its_ends(
    ending: str, codec: str, tmp_path: Path, fake: FakeSpeechmatics
) -> None:
    recording = tmp_path / f"x.{ending}"
    with av.open(str(recording), "w", format={"m4a": "mp4"}.get(ending, ending)) as container:
        stream: Any = container.add_stream(codec, rate=48_000)
        frame = av.AudioFrame(format=stream.format.name, layout=stream.layout.name, samples=stream.frame_size or 1024)
        frame.sample_rate = 48_000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        for n in range(30 * 48_000 // frame.samples):
            frame.pts = n * frame.samples
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with client(fake.url) as transcriber:
        job = transcriber.submit(recording, options(f"length-{ending}"), ignore)
        seconds = json.loads(transcriber.fetch(job))["job"]["duration"]
    assert 28 <= seconds <= 31


def test_the_text_format_is_joined_as_the_api_does(fake: FakeSpeechmatics, sound: bytes) -> None:
    job = post(fake, config(), sound * 5).json()["id"]
    text = HTTP.get(f"{fake.url}/v2/jobs/{job}/transcript?format=txt").text
    assert text
    assert " " not in text


# ---- the list ------------------------------------------------------------------------------------------------


def test_the_list_is_newest_first_in_pages_and_hides_the_deleted(tmp_path: Path) -> None:
    with FakeSpeechmatics(JobPlan(job_seconds=0)) as fake, client(fake.url) as transcriber:
        recording = wav(tmp_path / "x", seconds=0.1)
        jobs = [transcriber.submit(recording, options(f"key-{n}"), ignore) for n in range(5)]
        transcriber.delete(jobs[3])

        def listed_ids(**query: str) -> list[str]:
            answer = HTTP.get(f"{fake.url}/v2/jobs", params=query)
            return [job["id"] for job in answer.json()["jobs"]]

        assert listed_ids() == [jobs[4], jobs[2], jobs[1], jobs[0]]
        assert listed_ids(include_deleted="true") == jobs[::-1]
        assert listed_ids(limit="2") == [jobs[4], jobs[2]]
        details = HTTP.get(f"{fake.url}/v2/jobs", params={"limit": "1"}).json()["jobs"][0]
        assert jobs[4] not in listed_ids(created_before=details["created_at"])


def test_an_expired_job_is_gone_and_no_longer_listed(tmp_path: Path) -> None:
    with FakeSpeechmatics(JobPlan(job_seconds=0, expiry_seconds=0)) as fake, client(fake.url) as transcriber:
        job = transcriber.submit(wav(tmp_path / "x"), options(), ignore)
        assert HTTP.get(f"{fake.url}/v2/jobs/{job}").status_code == 404
        assert transcriber.find("key-1") is None


# ---- the log -------------------------------------------------------------------------------------------------


def test_the_log_has_each_paid_submission_and_each_request(tmp_path: Path) -> None:
    with FakeSpeechmatics(JobPlan(job_seconds=0), state=tmp_path / "log") as fake, client(fake.url) as transcriber:
        job = transcriber.submit(wav(tmp_path / "x"), options(), ignore)
        transcriber.check(job)
        transcriber.delete(job)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text("utf-8").splitlines()]
    assert [(line["event"], line["reference"], line["id"]) for line in lines] == [
        ("accepted", "key-1", job),
        ("request", "key-1", job),
        ("request", "key-1", job),
        ("deleted", "key-1", job),
        ("request", "key-1", job),
    ]
    assert [line["outcome"] for line in lines if line["event"] == "request"] == [201, 200, 200]
    assert paid_submissions(tmp_path / "log") == {"key-1": 1}
    assert KEY not in (tmp_path / "log").read_text("utf-8")


def test_its_jobs_survive_its_restart_and_a_torn_last_line(tmp_path: Path) -> None:
    state = tmp_path / "log"
    with FakeSpeechmatics(JobPlan(job_seconds=0), state=state) as fake, client(fake.url) as transcriber:
        kept, deleted = (transcriber.submit(wav(tmp_path / "x"), options(key), ignore) for key in ("kept", "deleted"))
        transcriber.delete(deleted)
        raw = transcriber.fetch(kept)
    with state.open("ab") as file:
        file.write(b'{"event": "accepted", "id": "to')
    with FakeSpeechmatics(state=state) as fake, client(fake.url) as transcriber:
        assert transcriber.check(kept) is RemoteState.DONE
        assert transcriber.fetch(kept) == raw
        assert transcriber.find("deleted") == deleted
        transcriber.submit(wav(tmp_path / "x"), options("third"), ignore)
        assert fake.paid == {"kept": 1, "deleted": 1, "third": 1}


def test_two_stand_ins_do_not_share_a_log(tmp_path: Path) -> None:
    with (
        FakeSpeechmatics(state=tmp_path / "log"),
        pytest.raises(BlockingIOError),
        FakeSpeechmatics(state=tmp_path / "log"),
    ):
        pass


# ---- faults --------------------------------------------------------------------------------------------------


def statuses(fake: FakeSpeechmatics, count: int, path: str = "/v2/jobs") -> list[int]:
    return [HTTP.get(f"{fake.url}{path}").status_code for _ in range(count)]


def test_a_fault_can_skip_some_requests_and_affect_only_some() -> None:
    with FakeSpeechmatics(JobPlan(faults=[JobFault(on="list", do="status", status=503, skip=1, times=2)])) as fake:
        assert statuses(fake, 5) == [200, 503, 503, 200, 200]
        assert statuses(fake, 1, "/v2/jobs/x") == [404]


def test_random_faults_depend_only_on_the_seed() -> None:
    def affected(seed: int) -> list[int]:
        with FakeSpeechmatics(JobPlan(seed=seed, faults=[JobFault(do="status", status=500, rate=0.5)])) as fake:
            return statuses(fake, 40)

    assert affected(1) == affected(1)
    assert affected(1) != affected(2)
    assert 5 < affected(1).count(500) < 35


def test_random_faults_of_one_job_do_not_depend_on_other_jobs(tmp_path: Path) -> None:
    plan = JobPlan(job_seconds=0, faults=[JobFault(on="check", do="status", status=500, rate=0.5)])

    def affected(others: int) -> list[int]:
        with FakeSpeechmatics(plan) as fake, client(fake.url) as transcriber:
            jobs = [transcriber.submit(wav(tmp_path / "x"), options(f"k{n}"), ignore) for n in range(others + 1)]
            for job in jobs[1:]:
                statuses(fake, 3, f"/v2/jobs/{job}")
            return statuses(fake, 20, f"/v2/jobs/{jobs[0]}")

    assert affected(0) == affected(2)


def test_the_plan_can_be_changed_over_http_and_a_bad_one_is_refused() -> None:
    with FakeSpeechmatics() as fake:
        url = f"{fake.url}/_fake/plan"
        assert HTTP.post(url, json={"faults": [{"do": "status", "status": 418, "times": 1}]}).status_code == 200
        assert HTTP.get(url).json()["faults"][0]["status"] == 418
        assert statuses(fake, 2) == [418, 200]
        bad_plans: list[Any] = [
            {"fault": []},
            {"faults": [{"do": "explode"}]},
            {"faults": [{"do": "slow", "unread": True}]},
        ]
        for bad in bad_plans:
            assert HTTP.post(url, json=bad).status_code == 422
        assert HTTP.get(f"{fake.url}/_fake/jobs").json() == {"jobs": []}
        assert HTTP.get(f"{fake.url}/_fake/other").status_code == 404


def test_a_slow_answer_is_the_right_one() -> None:
    with FakeSpeechmatics(JobPlan(faults=[JobFault(do="slow", seconds=0.2)])) as fake:
        assert statuses(fake, 1) == [200]
        assert fake.requests("list")[0]["fault"] == "slow"


def test_a_hanging_request_ends_when_the_client_gives_up() -> None:
    with FakeSpeechmatics(JobPlan(faults=[JobFault(do="hang", times=1)])) as fake:
        with pytest.raises(httpx.ReadTimeout):
            HTTP.get(f"{fake.url}/v2/jobs", timeout=0.2)
        wait_for(lambda: [line["outcome"] for line in fake.requests()] == ["dropped"], "the log of the request")


def test_the_configured_rates_are_enforced() -> None:
    with FakeSpeechmatics(JobPlan(get_per_second=3)) as fake:
        assert statuses(fake, 5).count(429) == 2


def test_too_many_running_jobs_are_refused_and_not_paid(tmp_path: Path) -> None:
    with FakeSpeechmatics(JobPlan(job_seconds=600, max_running=1)) as fake:
        sound = wav(tmp_path / "x").read_bytes()
        assert [post(fake, config(), sound).status_code for _ in range(2)] == [201, 429]
        assert sum(fake.paid.values()) == 1


def test_an_answer_about_a_running_job_is_delayed_as_by_the_api(tmp_path: Path) -> None:
    with FakeSpeechmatics(JobPlan(job_seconds=0.3)) as fake:
        job = post(fake, config(), wav(tmp_path / "x").read_bytes()).json()["id"]
        answer = HTTP.get(f"{fake.url}/v2/jobs/{job}")
        assert answer.json()["job"]["status"] == "done"


# ---- notifications -------------------------------------------------------------------------------------------


def test_a_notification_has_the_requested_header(tmp_path: Path) -> None:
    with (
        FakeSpeechmatics(JobPlan(job_seconds=0)) as fake,
        listener() as (url, heard),
        notifying(fake, url) as transcriber,
    ):
        job = transcriber.submit(wav(tmp_path / "x"), options(), ignore)
        wait_for(lambda: len(heard) == 1, "the notifications")
        assert heard[0]["path"] == f"/hook?from=a&id={job}&status=success"
        assert heard[0]["headers"]["X-Secret"] == "s3cret"
        assert heard[0]["headers"]["User-Agent"] == "Speechmatics-API/2.0"
        assert json.loads(heard[0]["body"])["job"]["id"] == job


def test_a_notification_can_come_twice_and_a_failure_says_error(tmp_path: Path) -> None:
    plan = JobPlan(job_seconds=0, fates=[Fate(becomes="rejected")], webhooks=Webhooks(times=2))
    with FakeSpeechmatics(plan) as fake, listener() as (url, heard), notifying(fake, url) as transcriber:
        transcriber.submit(wav(tmp_path / "x"), options(), ignore)
        wait_for(lambda: len(heard) == 2, "the notifications")
        assert all(notice["path"].endswith("status=error") for notice in heard)


def test_a_notification_can_come_before_the_job_is_done(tmp_path: Path) -> None:
    plan = JobPlan(job_seconds=600, webhooks=Webhooks(offset=-600))
    with FakeSpeechmatics(plan) as fake, listener() as (url, heard), notifying(fake, url) as transcriber:
        job = transcriber.submit(wav(tmp_path / "x"), options(), ignore)
        wait_for(lambda: len(heard) == 1, "the notifications")
        assert transcriber.check(job) is RemoteState.RUNNING


def test_notifications_of_several_jobs_can_come_out_of_order(tmp_path: Path) -> None:
    plan = JobPlan(seed=3, job_seconds=0, webhooks=Webhooks(jitter=1.0))
    with FakeSpeechmatics(plan) as fake, listener() as (url, heard), notifying(fake, url) as transcriber:
        jobs = [transcriber.submit(wav(tmp_path / "x", seconds=1), options(f"k{n}"), ignore) for n in range(8)]
        wait_for(lambda: len(heard) == 8, "the notifications")
        told = [httpx.URL(notice["path"]).params["id"] for notice in heard]
        assert sorted(told) == sorted(jobs)
        assert told != jobs


def test_a_refused_notification_is_sent_again(tmp_path: Path) -> None:
    with (
        FakeSpeechmatics(JobPlan(job_seconds=0)) as fake,
        listener(refuse_first=1) as (url, heard),
        notifying(fake, url) as transcriber,
    ):
        transcriber.submit(wav(tmp_path / "x"), options(), ignore)
        wait_for(
            lambda: [n["outcome"] for n in fake.log if n["event"] == "notified"] == ["503", "204"], "the second call"
        )
        assert len(heard) == 2


def test_without_contents_the_whole_transcript_is_attached_as_the_api_does(tmp_path: Path) -> None:
    with FakeSpeechmatics(JobPlan(job_seconds=0)) as fake, listener() as (url, heard):
        post(fake, config() | {"notification_config": [{"url": url}]}, wav(tmp_path / "x").read_bytes())
        wait_for(lambda: len(heard) == 1, "the notifications")
        assert b'name="data_file"' in heard[0]["body"]
        assert b'"results"' in heard[0]["body"]


@contextmanager
def notifying(fake: FakeSpeechmatics, url: str) -> Iterator[Any]:
    with client(fake.url, notification=Notification(url, "X-Secret: s3cret")) as transcriber:
        yield transcriber


@contextmanager
def listener(refuse_first: int = 0) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield a URL for notifications, and the list of those that arrive."""
    heard: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            heard.append({"path": self.path, "headers": dict(self.headers.items()), "body": body})
            self.send_response(503 if len(heard) <= refuse_first else 204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/hook?from=a", heard
        finally:
            server.shutdown()
            thread.join()


# ---- command and load ----------------------------------------------------------------------------------------


@contextmanager
def command(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "standins.speechmatics.server", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip().rpartition(" ")[2]
    finally:
        process.kill()
        process.communicate()


def test_the_command_remembers_paid_submissions_after_sigkill(tmp_path: Path) -> None:
    arguments = ("--port", "0", "--state", str(tmp_path / "log"), "--key", KEY, "--job-seconds", "0")
    with command(*arguments) as (process, url), client(url, timeouts=QUICK) as transcriber:
        job = transcriber.submit(wav(tmp_path / "x"), options(), ignore)
        process.kill()
        process.wait()
    with command(*arguments) as (process, url), client(url) as transcriber:
        assert transcriber.find("key-1") == job
        assert transcriber.check(job) is RemoteState.DONE
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_busy_port_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with FakeSpeechmatics() as fake:
        port = fake.url.rpartition(":")[2]
        assert main(["--port", port, "--state", str(tmp_path / "log")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "in use" in error


def test_eight_clients_at_once_have_a_thousand_jobs_in_flight(tmp_path: Path) -> None:
    """It uses 200 jobs by default, and 1,000 in the soak."""
    count = 1000 if SOAK else 200
    recording = wav(tmp_path / "x", seconds=1)
    arguments = ("--port", "0", "--state", str(tmp_path / "log"), "--job-seconds", "600")
    with command(*arguments) as (_, url), client(url) as transcriber, ThreadPoolExecutor(8) as threads:
        jobs = list(threads.map(lambda n: transcriber.submit(recording, options(f"key-{n}"), ignore), range(count)))
        states = list(threads.map(transcriber.check, jobs * 2))
    assert set(states) == {RemoteState.RUNNING}
    assert paid_submissions(tmp_path / "log") == {f"key-{n}": 1 for n in range(count)}
