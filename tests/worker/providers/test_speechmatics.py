"""The Speechmatics client with the stand-in over HTTP."""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import httpx
import pytest

from cantomeet.errors import ErrorCode, LeaseLost, PermanentError, SettingsError, StepError, TransientError
from cantomeet.reasons import reason_text
from standins.speechmatics.server import FakeSpeechmatics, Fate, JobFault, JobPlan
from tests.worker.providers.speechmatics_recordings import KEY, QUICK, client, ignore, options, wav
from worker.providers import RemoteState, RemoteTranscriber
from worker.providers.speechmatics import transcriber as speechmatics
from worker.providers.speechmatics.config import Notification
from worker.providers.speechmatics.transcriber import SpeechmaticsTranscriber


@pytest.fixture
def fake() -> Iterator[FakeSpeechmatics]:
    with FakeSpeechmatics(JobPlan(job_seconds=0.0), key=KEY) as running:
        yield running


@pytest.fixture
def transcriber(fake: FakeSpeechmatics) -> Iterator[SpeechmaticsTranscriber]:
    with client(fake.url, timeouts=QUICK) as made:
        yield made


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return wav(tmp_path / "0f3a")


def submit(transcriber: RemoteTranscriber, recording: Path, submit_key: str = "key-1") -> str:
    return transcriber.submit(recording, options(submit_key), ignore)


# ---- success -------------------------------------------------------------------------------------------------


def test_a_recording_is_submitted_and_its_transcript_fetched(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    shown: list[float] = []
    job = transcriber.submit(recording, options(), shown.append)
    assert transcriber.check(job) is RemoteState.DONE
    transcript = transcriber.parse(transcriber.fetch(job))
    assert shown == sorted(shown)
    assert shown[-1] == 1.0
    assert all(0 <= s.start <= s.end <= 20 and s.text and s.words for s in transcript.segments)
    assert {s.speaker for s in transcript.segments} <= {"S1", "S2", "S3", None}
    assert fake.paid == {"key-1": 1}


def test_the_config_follows_the_api_file(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    terms = ({"content": "CantoMeet", "sounds_like": ["簡圖米"]}, {"content": "葵涌"})
    transcriber.submit(recording, options(vocabulary=terms, filename="../a\nb.wav"), ignore)
    accepted = next(line for line in fake.log if line["event"] == "accepted")
    assert accepted["config"] == {
        "type": "transcription",
        "transcription_config": {
            "language": "yue",
            "model": "enhanced",
            "diarization": "speaker",
            "enable_entities": True,
            "additional_vocab": list(terms),
        },
        "tracking": {"title": "../a b.wav", "reference": "key-1"},
    }
    assert accepted["data_name"] == "key-1.wav"
    assert accepted["bytes"] == recording.stat().st_size


def test_the_options_of_the_installation_reach_the_config(fake: FakeSpeechmatics, recording: Path) -> None:
    notification = Notification("http://127.0.0.1:9/webhooks/speechmatics", "X-Secret: s3cret")
    with client(fake.url, model="standard", notification=notification) as transcriber:
        submit(transcriber, recording)
    config = next(line["config"] for line in fake.log if line["event"] == "accepted")
    assert config["transcription_config"] == {
        "language": "yue",
        "model": "standard",
        "diarization": "speaker",
        "enable_entities": True,
    }
    assert config["notification_config"] == [
        {"url": notification.url, "method": "post", "contents": ["jobinfo"], "auth_headers": ["X-Secret: s3cret"]}
    ]


def test_a_check_requests_an_immediate_answer(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    """The stand-in, like the real API, delays the answer for two seconds unless told not to."""
    fake.use(JobPlan(job_seconds=60))
    assert transcriber.check(submit(transcriber, recording)) is RemoteState.RUNNING
    assert fake.requests("check")[0]["query"] == {"wait": "0"}


def test_an_unknown_stage_counts_as_running() -> None:
    assert answering(200, {"job": {"status": "transcribing"}}).check("a1") is RemoteState.RUNNING


def test_verify_passes_with_the_right_key_and_names_the_setting_for_a_wrong_one(fake: FakeSpeechmatics) -> None:
    with client(fake.url) as right:
        right.verify()
    with SpeechmaticsTranscriber("wrong", fake.url) as wrong, pytest.raises(PermanentError) as refused:
        wrong.verify()
    assert refused.value.code is ErrorCode.PROVIDER_KEY_REFUSED


# ---- finding paid jobs ---------------------------------------------------------------------------------------


def test_a_job_is_found_by_its_key_even_when_it_was_rejected_or_deleted(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    fake.use(JobPlan(job_seconds=0, fates=[Fate(reference="bad", becomes="rejected")]))
    jobs = {key: submit(transcriber, recording, key) for key in ("good", "bad", "deleted")}
    transcriber.delete(jobs["deleted"])
    assert {key: transcriber.find(key) for key in jobs} == jobs
    assert transcriber.find("never-sent") is None


def test_the_newest_job_with_a_key_is_the_one(transcriber: SpeechmaticsTranscriber, recording: Path) -> None:
    submit(transcriber, recording)
    newest = submit(transcriber, recording)
    assert transcriber.find("key-1") == newest


def test_a_job_is_found_after_several_pages(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, tmp_path: Path
) -> None:
    fake.use(JobPlan(job_seconds=600))
    recording = wav(tmp_path / "short", seconds=0.1)
    first = submit(transcriber, recording, "the-first")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: submit(transcriber, recording, f"key-{n}"), range(230)))
    assert transcriber.find("the-first") == first
    assert [line["outcome"] for line in fake.requests("list")] == [200] * 3
    assert transcriber.find("never-sent") is None


def test_jobs_of_one_millisecond_are_not_lost_between_two_pages() -> None:
    """The API compares whole milliseconds, so the next page must include the last job's millisecond again."""
    jobs = [{"id": f"j{n}", "created_at": f"2026-11-23T00:00:00.{999 - n // 3:03}Z"} for n in range(250)]
    found = [listing(jobs).find(f"key-{n}") for n in (0, 99, 100, 101, 150, 249)]
    assert found == ["j0", "j99", "j100", "j101", "j150", "j249"]


def test_a_page_of_one_millisecond_does_not_stop_the_search() -> None:
    jobs = [{"id": f"j{n}", "created_at": "2026-11-23T00:00:01.000Z"} for n in range(100)]
    jobs.append({"id": "j100", "created_at": "2026-11-23T00:00:00Z"})
    assert listing(jobs).find("key-100") == "j100"


def test_the_list_is_searched_only_as_far_back_as_the_submission_can_be() -> None:
    jobs = [{"id": f"j{n}", "created_at": f"2026-11-23T{23 - n // 60:02}:{59 - n % 60:02}:00Z"} for n in range(900)]
    ago = partial(timedelta, minutes=150)
    told = listing(jobs, date="Tue, 24 Nov 2026 00:00:00 GMT")
    assert (told.find("key-140", ago), told.find("key-700", ago), told.find("key-700")) == ("j140", None, "j700")
    assert listing(jobs).find("key-700", ago) == "j700", "its clock is not known: all of it"
    put_back = partial(timedelta, minutes=-150)
    assert told.find("key-700", put_back) == "j700", "our clock was put back, so the age says nothing: all of it"


def test_a_provider_s_date_without_a_zone_is_not_read_in_our_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    jobs = [{"id": f"j{n}", "created_at": f"2026-11-23T{23 - n // 60:02}:{59 - n % 60:02}:00Z"} for n in range(300)]
    told = listing(jobs, date="Tue, 24 Nov 2026 00:00:00 -0000")
    try:
        assert told.find("key-140", partial(timedelta, minutes=150)) == "j140"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_machine_that_slept_during_the_request_searches_back_as_far_as_it_slept() -> None:
    jobs = [{"id": f"j{n}", "created_at": f"2026-11-23T{23 - n // 60:02}:{59 - n % 60:02}:00Z"} for n in range(900)]
    clock = [timedelta(minutes=1)]

    def sleep(request: httpx.Request) -> None:
        clock[0] = timedelta(minutes=701)

    told = listing(jobs, date="Tue, 24 Nov 2026 00:00:00 GMT")
    told._client.event_hooks = {"request": [sleep]}
    assert told.find("key-700", lambda: clock[0]) == "j700"


def test_a_page_of_jobs_with_the_longest_glossaries_is_requested_in_smaller_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jobs = [{"id": f"j{n}", "created_at": f"2026-11-23T00:00:{59 - n:02}Z", "glossary": "x" * 1000} for n in range(35)]
    monkeypatch.setattr(speechmatics, "MAX_ANSWER", 20_000)
    provider = listing(jobs)
    assert (provider.find("key-33"), provider.find("never-sent")) == ("j33", None)


def test_a_small_page_that_is_still_too_large_is_no_proof_that_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(speechmatics, "MAX_ANSWER", 500)
    jobs = [{"id": "j0", "created_at": "2026-11-23T00:00:00Z", "glossary": "x" * 1000}]
    with pytest.raises(PermanentError, match="over 500 bytes"):
        listing(jobs).find("never-sent")


def test_a_page_is_requested_in_utc_whatever_the_zone_of_the_time() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["created_before"])
        return httpx.Response(200, json={"jobs": []})

    before = datetime(2026, 11, 25, 9, 0, tzinfo=timezone(timedelta(hours=8)))
    client("https://host", transport=httpx.MockTransport(answer)).find("key", before=before)
    assert asked == ["2026-11-25T01:00:00.000Z"]


def test_a_failed_search_continues_with_the_missing_page(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, tmp_path: Path
) -> None:
    recording = wav(tmp_path / "short", seconds=0.1)
    first = submit(transcriber, recording, "the-first")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: submit(transcriber, recording, f"key-{n}"), range(230)))
    fake.use(JobPlan(faults=[JobFault(on="list", do="drop", skip=2, times=1)]))
    reached: list[datetime] = []
    with pytest.raises(TransientError):
        transcriber.find("the-first", on_page=reached.append)
    assert len(reached) == 2
    before = len(fake.requests("list"))
    assert transcriber.find("the-first", before=reached[-1]) == first
    assert len(fake.requests("list")) == before + 1


def test_a_list_without_configs_is_searched_by_the_name_of_the_file() -> None:
    jobs = [{"id": "j1", "created_at": "2026-11-23T00:00:00Z", "data_name": "key-7.mp3"}]
    assert answering(200, {"jobs": jobs}).find("key-7") == "j1"


def test_a_list_without_an_end_is_an_error_and_not_a_second_submission() -> None:
    jobs = [{"id": f"j{n}", "created_at": f"2026-11-23T00:{n // 60:02}:{n % 60:02}Z"} for n in range(900)][::-1]
    with pytest.raises(TransientError, match="no end"):
        listing(jobs, max_pages=3).find("never-sent")


# ---- job states ----------------------------------------------------------------------------------------------


def test_a_rejected_job_fails_with_the_provider_s_words(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    fake.use(JobPlan(job_seconds=0, fates=[Fate(becomes="rejected", errors=["No speech\nfound", "bad\u202echannel"])]))
    with pytest.raises(PermanentError) as rejected:
        transcriber.check(submit(transcriber, recording))
    assert rejected.value.code is ErrorCode.PROVIDER_REJECTED
    assert rejected.value.params["message"] == "No speech found; bad channel"


@pytest.mark.parametrize(
    "fate",
    [Fate(becomes="deleted"), Fate(becomes="expired"), Fate(gone_after=0), Fate(gone_after=0, gone_status=410)],
    ids=["deleted", "expired", "404", "410"],
)
def test_a_job_that_the_provider_no_longer_has_is_gone(
    fate: Fate, fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    fake.use(JobPlan(job_seconds=0, fates=[fate]))
    with pytest.raises(PermanentError) as gone:
        transcriber.check(submit(transcriber, recording))
    assert gone.value.code is ErrorCode.PROVIDER_JOB_GONE


def test_a_transcript_that_is_not_ready_is_requested_again(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    fake.use(JobPlan(job_seconds=60))
    with pytest.raises(TransientError) as early:
        transcriber.fetch(submit(transcriber, recording))
    assert early.value.code is ErrorCode.PROVIDER_BUSY


def test_deleting_forces_a_running_job_and_accepts_a_missing_one(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    fake.use(JobPlan(job_seconds=60))
    job = submit(transcriber, recording)
    transcriber.delete(job)
    transcriber.delete(job)
    transcriber.delete("neverwas")
    assert [line["outcome"] for line in fake.requests("delete")] == [423, 200, 404, 404]


def test_a_job_that_stays_locked_is_deleted_later(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    job = submit(transcriber, recording)
    fake.use(JobPlan(faults=[JobFault(on="delete", do="status", status=423)]))
    with pytest.raises(TransientError):
        transcriber.delete(job)


def test_a_page_that_is_not_the_api_s_does_not_make_a_paid_job_gone(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    job = submit(transcriber, recording)
    fake.use(JobPlan(faults=[JobFault(do="html", status=404)]))
    ways: tuple[Callable[[str], object], ...] = (transcriber.check, transcriber.fetch, transcriber.delete)
    for ask in ways:
        with pytest.raises(TransientError) as unreachable:
            ask(job)
        assert unreachable.value.params["setting"] == "SPEECHMATICS_BASE_URL"


# ---- connection faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind", "code", "setting"),
    [
        (JobFault(do="status", status=401), PermanentError, ErrorCode.PROVIDER_KEY_REFUSED, "SPEECHMATICS_API_KEY"),
        (
            JobFault(do="html", status=401),
            PermanentError,
            ErrorCode.PROVIDER_KEY_REFUSED,
            "SPEECHMATICS_API_KEY, SPEECHMATICS_BASE_URL",
        ),
        (JobFault(do="status", status=403), PermanentError, ErrorCode.PROVIDER_FORBIDDEN, "SPEECHMATICS_API_KEY"),
        (JobFault(do="html", status=301), PermanentError, ErrorCode.PROVIDER_UNREACHABLE, "SPEECHMATICS_BASE_URL"),
        (JobFault(do="status", status=429), TransientError, ErrorCode.PROVIDER_BUSY, None),
        (JobFault(do="status", status=500), TransientError, ErrorCode.PROVIDER_BUSY, None),
        (JobFault(do="html", status=502), TransientError, ErrorCode.PROVIDER_BUSY, None),
        (JobFault(do="status", status=503), TransientError, ErrorCode.PROVIDER_BUSY, None),
        (JobFault(do="hang"), TransientError, ErrorCode.PROVIDER_UNREACHABLE, "SPEECHMATICS_BASE_URL"),
        (JobFault(do="drop"), TransientError, ErrorCode.PROVIDER_UNREACHABLE, "SPEECHMATICS_BASE_URL"),
        (JobFault(do="garbage"), TransientError, ErrorCode.PROVIDER_BAD_ANSWER, "SPEECHMATICS_BASE_URL"),
        (JobFault(do="html", status=200), TransientError, ErrorCode.PROVIDER_BAD_ANSWER, "SPEECHMATICS_BASE_URL"),
    ],
    ids=lambda value: f"{value.do}-{value.status}" if isinstance(value, JobFault) else "",
)
def test_a_fault_is_classified_for_every_kind_of_request(
    fault: JobFault,
    kind: type[StepError],
    code: ErrorCode,
    setting: str | None,
    fake: FakeSpeechmatics,
    transcriber: SpeechmaticsTranscriber,
    recording: Path,
) -> None:
    job = submit(transcriber, recording)
    fake.use(JobPlan(faults=[fault]))
    asked: list[Callable[[], object]] = [
        lambda: submit(transcriber, recording, "key-2"),
        lambda: transcriber.find("key-2"),
        lambda: transcriber.check(job),
        lambda: transcriber.fetch(job),
    ]
    for ask in asked:
        with pytest.raises(kind) as met:
            ask()
        assert (met.value.code, met.value.params.get("setting")) == (code, setting)
        assert "{" not in reason_text(met.value.code, met.value.params, "en") + met.value.detail
        assert "?" not in reason_text(met.value.code, met.value.params, "en")
    assert fake.paid == {"key-1": 1}


@pytest.mark.parametrize("status", [400, 413, 422])
def test_only_a_submission_or_the_job_itself_is_rejected(
    status: int, fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    job = submit(transcriber, recording)
    fake.use(JobPlan(faults=[JobFault(do="status", status=status)]))
    with pytest.raises(PermanentError) as refused:
        submit(transcriber, recording, "key-2")
    assert refused.value.code is ErrorCode.PROVIDER_REJECTED
    for ask in (lambda: transcriber.find("key-2"), lambda: transcriber.check(job), lambda: transcriber.fetch(job)):
        with pytest.raises(PermanentError) as met:
            ask()
        assert met.value.code is ErrorCode.PROVIDER_BAD_ANSWER


def test_the_provider_s_wish_to_wait_is_passed_on(fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber) -> None:
    fake.use(JobPlan(faults=[JobFault(do="status", status=429, retry_after="37")]))
    with pytest.raises(TransientError) as busy:
        transcriber.find("key-1")
    assert busy.value.retry_after == 37.0


@pytest.mark.parametrize(
    "fault", [JobFault(do="drop", after=True), JobFault(do="hang", after=True)], ids=["drop", "hang"]
)
def test_a_job_accepted_with_a_lost_answer_is_found_and_not_paid_again(
    fault: JobFault, fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    fake.use(JobPlan(faults=[fault.model_copy(update={"on": "submit"})]))
    with pytest.raises(TransientError):
        submit(transcriber, recording)
    job = transcriber.find("key-1")
    assert job is not None
    assert fake.paid == {"key-1": 1}
    assert transcriber.check(job) is RemoteState.RUNNING


def test_a_refusal_before_the_body_is_read_is_still_received(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, tmp_path: Path
) -> None:
    fake.use(JobPlan(faults=[JobFault(on="submit", do="status", status=403, unread=True)]))
    with pytest.raises(PermanentError) as forbidden:
        submit(transcriber, wav(tmp_path / "long", seconds=600))
    assert forbidden.value.code is ErrorCode.PROVIDER_FORBIDDEN


def test_an_unreachable_provider_is_a_transient_error_that_names_the_setting(recording: Path) -> None:
    with client("http://127.0.0.1:9", timeouts=QUICK) as transcriber, pytest.raises(TransientError) as refused:
        submit(transcriber, recording)
    assert refused.value.code is ErrorCode.PROVIDER_UNREACHABLE
    assert refused.value.params["setting"] == "SPEECHMATICS_BASE_URL"


def test_a_transcript_over_the_limit_is_not_loaded_into_memory(fake: FakeSpeechmatics, recording: Path) -> None:
    with client(fake.url, max_transcript_bytes=1000) as transcriber:
        job = submit(transcriber, recording)
        with pytest.raises(PermanentError) as too_long:
            transcriber.fetch(job)
    assert too_long.value.code is ErrorCode.PROVIDER_BAD_ANSWER


@pytest.mark.parametrize("answer", [{}, {"id": ""}, {"id": "../x"}, {"id": 7}, [], None, "id"])
def test_a_success_without_a_usable_id_is_looked_up_and_not_believed(answer: object, recording: Path) -> None:
    with pytest.raises(TransientError) as garbled:
        submit(answering(201, answer), recording)
    assert garbled.value.code is ErrorCode.PROVIDER_BAD_ANSWER


@pytest.mark.parametrize("answer", [{"jobs": None}, {"jobs": [1]}, {"job": {}}, {"job": []}, {"job": {"status": 1}}])
def test_a_success_of_the_wrong_shape_is_requested_again(answer: object) -> None:
    ways: tuple[Callable[[str], object], ...] = (answering(200, answer).find, answering(200, answer).check)
    for ask in ways:
        with pytest.raises(TransientError):
            ask("a1")


def test_an_exception_of_the_progress_callback_ends_the_upload(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    def lose(_fraction: float) -> None:
        raise LeaseLost("taken over")

    with pytest.raises(LeaseLost):
        transcriber.submit(recording, options(), lose)
    assert fake.paid == {}
    transcriber.verify()


# ---- secrets and settings ------------------------------------------------------------------------------------


def test_no_key_and_no_webhook_secret_reaches_a_log_or_an_error(
    caplog: pytest.LogCaptureFixture, fake: FakeSpeechmatics, recording: Path
) -> None:
    secret = "hush-0123456789"
    echoes = f"key Bearer {KEY} and {secret}"
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    notification = Notification("http://127.0.0.1:9/hook", f"X-Secret: {secret}")
    faults = [
        JobFault(do="html", status=401),
        JobFault(do="hang"),
        JobFault(do="garbage"),
        JobFault(do="status", status=403),
    ]
    with client(fake.url, timeouts=QUICK, notification=notification) as transcriber:
        for fault in faults:
            fake.use(JobPlan(faults=[fault]))
            told += [error_text(lambda: submit(transcriber, recording)), error_text(lambda: transcriber.find("k"))]
    job = {"status": "rejected", "errors": [{"message": echoes}]}
    body = {"code": 400, "error": "Job rejected", "detail": echoes, "job": job}
    told.append(error_text(lambda: answering(400, body, notification=notification).find("k")))
    told.append(error_text(lambda: answering(200, body, notification=notification).check("a1")))
    told.append(error_text(lambda: SpeechmaticsTranscriber(f"{KEY}\n{KEY}", fake.url)))
    everything = "\n".join([*told, caplog.text])
    assert "Bearer" in everything
    assert KEY not in everything
    assert secret not in everything


@pytest.mark.parametrize("key", ["", " ", "a\nb", "a b", "鑰匙", "a\r", "\x00"])
def test_a_key_that_is_not_one_visible_line_is_refused_by_name(key: str) -> None:
    with pytest.raises(SettingsError, match="SPEECHMATICS_API_KEY"):
        SpeechmaticsTranscriber(key, "https://eu1.asr.api.speechmatics.com")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "eu1.asr.api.speechmatics.com",
        "ftp://host",
        "https://",
        "https://host/v2",
        "https://host?x=1",
        "https://host#x",
        "https://me:pw@host",
        "https://ho st",
        "https://[",
        "https://host:port",
    ],
)
def test_a_base_url_that_is_not_scheme_and_host_is_refused_by_name(url: str) -> None:
    with pytest.raises(SettingsError, match="SPEECHMATICS_BASE_URL"):
        SpeechmaticsTranscriber(KEY, url)


@pytest.mark.parametrize("header", ["no colon", "X: a\r\nY: b", "X:", "X y: z"])
def test_a_webhook_header_that_could_smuggle_another_is_refused(header: str) -> None:
    with pytest.raises(SettingsError, match="CANTOMEET_WEBHOOK_SECRET"):
        client("http://127.0.0.1:9", notification=Notification("https://host/hook", header))


def test_a_model_that_lacks_what_is_shown_is_refused() -> None:
    with pytest.raises(SettingsError, match="model"):
        client("http://127.0.0.1:9", model="melia-1")


def test_a_language_that_is_no_code_is_refused_before_anything_is_sent(
    fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber, recording: Path
) -> None:
    with pytest.raises(PermanentError):
        transcriber.submit(recording, options(language="Cantonese!"), ignore)
    assert fake.requests() == []


@pytest.mark.parametrize("job", ["", "../jobs", "a/b", "a?b", "x" * 129])
def test_an_id_that_leads_to_another_path_is_not_requested(
    job: str, fake: FakeSpeechmatics, transcriber: SpeechmaticsTranscriber
) -> None:
    with pytest.raises(PermanentError):
        transcriber.check(job)
    assert fake.requests() == []


def test_it_is_a_remote_transcriber_and_says_its_name() -> None:
    transcriber: RemoteTranscriber = client("https://eu1.asr.api.speechmatics.com")
    assert transcriber.name == "Speechmatics enhanced"


# ---- helpers -------------------------------------------------------------------------------------------------


def error_text(ask: Callable[[], object]) -> str:
    """Return everything that can be seen of the error that `ask()` raises."""
    try:
        ask()
    except (StepError, SettingsError) as error:
        return "\n".join([*traceback.format_exception(error), repr(error), repr(vars(error))])
    raise AssertionError("nothing was raised")


def answering(status: int, body: object, **changes: object) -> SpeechmaticsTranscriber:
    """Build a client whose every request gets this answer."""
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, json=body))
    return client("https://host", transport=transport, **changes)


def listing(jobs: list[dict[str, str]], date: str | None = None, **changes: object) -> SpeechmaticsTranscriber:
    """Build a client of an API that lists these jobs, newest first; the n-th has the reference key-n."""

    def answer(request: httpx.Request) -> httpx.Response:
        before = request.url.params.get("created_before", "9999")
        millisecond = before.replace("Z", "").ljust(23, "0")
        page = [
            {**job, "config": {"tracking": {"reference": f"key-{job['id'][1:]}"}}}
            for job in jobs
            if job["created_at"].replace("Z", "").ljust(23, "0") < millisecond
        ]
        headers = {} if date is None else {"Date": date}
        body = json.dumps({"jobs": page[: int(request.url.params["limit"])]})
        return httpx.Response(200, content=body, headers=headers)

    return client("https://host", transport=httpx.MockTransport(answer), **changes)
