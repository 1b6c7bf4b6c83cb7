"""Upload bodies have the right file type and need little memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from cantomeet.errors import ErrorCode, PermanentError, TransientError
from standins.speechmatics.server import paid_submissions
from tests.worker.providers.speechmatics_recordings import client, ignore, options, wav
from worker.providers.speechmatics.upload import MAX_BODY, MultipartBody, kind_of, takes

SOAK = os.environ.get("CANTOMEET_SOAK") == "1"
LARGE = 900_000_000 if SOAK else 200_000_000
MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("head", "ending"),
    [
        (b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        (b"ID3\x04\0\0", "mp3"),
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"\xff\xf3\x18\xc4", "mp3"),
        (b"\xff\xf1\x50\x80", "aac"),
        (b"\xff\xf9\x50\x80", "aac"),
        (b"OggS\0\2", "ogg"),
        (b"fLaC\0\0", "flac"),
        (b"#!AMR\n", "amr"),
        (b"\0\0\0\x20ftypM4A ", "m4a"),
        (b"\0\0\0\x20ftypisom", "mp4"),
        (b"\0\0\1\xba\x44", "mpeg"),
        (b"\0\0\0\x14ftypqt  ", None),
        (b"\x1aE\xdf\xa3", None),
        (b"0&\xb2u", None),
        (b"RIFF\0\0\0\0AVI ", None),
        (b"<html>", None),
        (b"\xff", None),
        (b"", None),
    ],
)
def test_the_type_is_recognised_from_the_first_bytes(head: bytes, ending: str | None, tmp_path: Path) -> None:
    kind = kind_of(head)
    assert (kind.ending if kind else None) == ending
    (tmp_path / "x").write_bytes(head)
    assert takes(tmp_path / "x") is (ending is not None)


def test_the_body_is_as_long_as_it_says(tmp_path: Path) -> None:
    shown: list[float] = []
    with MultipartBody({"type": "transcription"}, wav(tmp_path / "x"), "key", shown.append) as body:
        chunks = list(body.chunks())
    assert sum(map(len, chunks)) == body.length
    assert b'name="data_file"; filename="key.wav"\r\nContent-Type: audio/wav\r\n\r\nRIFF' in chunks[0] + chunks[1]
    assert shown[-1] == 1.0


@pytest.mark.parametrize("content", [b"", b"\x1aE\xdf\xa3 webm", b"no sound"])
def test_a_type_that_the_provider_refuses_is_refused_before_it_is_sent(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(PermanentError) as refused:
        MultipartBody({}, tmp_path / "x", "key", ignore)
    assert refused.value.code is ErrorCode.RECORDING_UNREADABLE


def test_a_gigabyte_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    with pytest.raises(PermanentError) as refused:
        MultipartBody({}, wav(tmp_path / "x", size=MAX_BODY), "key", ignore)
    assert refused.value.code is ErrorCode.PROVIDER_REJECTED


def test_a_missing_recording_is_reported(tmp_path: Path) -> None:
    with pytest.raises(PermanentError) as missing:
        MultipartBody({}, tmp_path / "x", "key", ignore)
    assert missing.value.code is ErrorCode.RECORDING_MISSING


def test_a_recording_that_cannot_be_opened_is_retried(tmp_path: Path) -> None:
    with pytest.raises(TransientError) as unreadable:
        MultipartBody({}, tmp_path, "key", ignore)
    assert unreadable.value.code is ErrorCode.RECORDING_MISSING


def test_a_recording_that_shrinks_while_it_is_sent_is_no_submission(tmp_path: Path) -> None:
    recording = wav(tmp_path / "x", size=5 * MIB)
    with running_stand_in(tmp_path) as (url, _), client(url) as transcriber:
        with pytest.raises(TransientError):
            transcriber.submit(recording, options(), lambda _fraction: os.truncate(recording, MIB))
        assert transcriber.find("key-1") is None


def test_a_large_upload_takes_little_memory_on_both_sides(tmp_path: Path) -> None:
    """Memory is sampled during the upload of 200 MB by default, and of 900 MB in the soak."""
    recording = wav(tmp_path / "large", size=LARGE)
    with running_stand_in(tmp_path) as (url, stand_in), client(url) as transcriber:
        transcriber.submit(wav(tmp_path / "small"), options("warm-up"), ignore)
        own, other = psutil.Process(), psutil.Process(stand_in.pid)
        before = own.memory_info().rss, other.memory_info().rss
        growth: list[tuple[int, int]] = []

        def sample(_fraction: float) -> None:
            growth.append((own.memory_info().rss - before[0], other.memory_info().rss - before[1]))

        transcriber.submit(recording, options("large"), sample)
    assert len(growth) > 100
    assert max(client_growth for client_growth, _ in growth) < 20 * MIB
    assert max(stand_in_growth for _, stand_in_growth in growth) < 20 * MIB
    assert paid_submissions(tmp_path / "log.jsonl") == {"warm-up": 1, "large": 1}


@contextmanager
def running_stand_in(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the stand-in as its own process, started as a person would."""
    command = [sys.executable, "-m", "standins.speechmatics.server", "--port", "0"]
    process = subprocess.Popen([*command, "--state", str(folder / "log.jsonl")], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1], process
    finally:
        process.terminate()
        process.communicate()
