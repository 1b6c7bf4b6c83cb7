"""Small files that cause endless work get a response and do not harm the web process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from tests import hostile
from tests.running import wait_for
from tests.upload_server import UploadServer, serving

MANY = 100 if os.environ.get("CANTOMEET_SOAK") else 25
_GROWS_MIB = 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[UploadServer]:
    with serving(tmp_path) as running:
        yield running


def sent(server: UploadServer, content: bytes) -> httpx.Response:
    return httpx.post(f"{server.url}/meetings/upload", files={"file": ("a.m4a", content)}, timeout=60.0)


def peak_mib(pid: int) -> float:
    """Peak memory of the process in MiB."""
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def test_hostile_files_get_a_response_and_do_not_harm_the_web(server: UploadServer) -> None:
    files = list(hostile.hostile(MANY))
    for content in [hostile.ordinary("m4a"), *files[:5]]:
        sent(server, content)
    pid, before = server.pid, peak_mib(server.pid)
    with ThreadPoolExecutor(6) as senders:
        answers = list(senders.map(lambda content: sent(server, content), files))
    assert {answer.status_code for answer in answers} <= {202, 415}
    refused = [answer.json() for answer in answers if answer.status_code == 415]
    assert len(refused) > MANY // 5
    assert all(answer["code"] == "not_a_recording" for answer in refused)
    assert sent(server, hostile.ordinary("m4a")).status_code == 202
    assert server.pid == pid
    assert peak_mib(pid) - before < _GROWS_MIB
    readers = psutil.Process(pid).children(recursive=True)
    assert len(readers) <= 1, "what children are forked from, and none of them"


def test_a_file_that_takes_too_much_memory_is_refused_and_told_so(server: UploadServer) -> None:
    answer = sent(server, hostile.endless_table(b"stsz", 50_000_000, 0))
    assert answer.status_code == 415
    assert "記憶體" in answer.text or "memory" in answer.text


def test_a_killed_web_leaves_no_reader_behind(server: UploadServer) -> None:
    assert sent(server, hostile.ordinary("wav")).status_code == 202
    (reader,) = psutil.Process(server.pid).children()
    os.kill(server.pid, 9)
    wait_for(lambda: not reader.is_running(), "the end of what it had started")
