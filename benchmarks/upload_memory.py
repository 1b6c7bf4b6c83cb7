"""Measures the web process's memory for a large upload, and its time over plain writing.

`python -m benchmarks.upload_memory` starts a web process of the upload routes alone. With `--url` and `--pid` it
measures a running one (its recordings stay there: delete the meetings afterwards). For the form and for the resumable
upload it prints the growth of the process's memory above that after a small upload. It also prints their time divided
by that of a bare handler which only writes the same bytes to the same disk and syncs them, measured in the same run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI, Request

from tests.upload_server import UploadServer, serving

MIB = 1024 * 1024
_SAMPLE_SECONDS = 0.02
_TUS = {"Tus-Resumable": "1.0.0"}


def bare() -> FastAPI:
    """Build the least that every upload costs: the bytes are written to a file, and the file to the disk."""
    app = FastAPI()

    @app.options("/api/uploads/")
    async def ready() -> None:
        """Answer the check whether the process is up."""

    @app.post("/bare")
    async def store(request: Request) -> None:
        with (Path(os.environ["CANTOMEET_DATA_DIR"]) / "bare").open("wb", buffering=0) as file:
            async for chunk in request.stream():
                file.write(chunk)
            os.fsync(file.fileno())

    return app


@dataclass(frozen=True)
class Cost:
    seconds: float
    grown_mib: float


def send_bare(url: str, path: Path) -> None:
    httpx.post(f"{url}/bare", content=_pieces(path), timeout=None, trust_env=False).raise_for_status()


def send_form(url: str, path: Path) -> None:
    with path.open("rb") as file:
        answer = httpx.post(f"{url}/meetings/upload", files={"file": (path.name, file)}, timeout=None, trust_env=False)
    answer.raise_for_status()


def send_resumable(url: str, path: Path) -> None:
    headers = {**_TUS, "Upload-Length": str(path.stat().st_size)}
    made = httpx.post(f"{url}/api/uploads/", headers=headers, timeout=None, trust_env=False)
    made.raise_for_status()
    headers = {**_TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    sent = httpx.patch(
        url + made.headers["location"], content=_pieces(path), headers=headers, timeout=None, trust_env=False
    )
    sent.raise_for_status()


def measured(pid: int, send: Callable[[str, Path], None], url: str, path: Path) -> Cost:
    """Return the seconds, and the highest memory above that before."""
    before = _resident(pid)
    peak, ended = before, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(_SAMPLE_SECONDS):
            peak = max(peak, _resident(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.monotonic()
    try:
        send(url, path)
    finally:
        seconds = time.monotonic() - started
        ended.set()
        watcher.join()
    return Cost(seconds, (max(peak, _resident(pid)) - before) / MIB)


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(MIB):
            yield piece


def _recording(path: Path, mib: int) -> Path:
    noise = os.urandom(MIB)
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(48_000)
        for _ in range(mib):
            wav.writeframesraw(noise)
    return path


@contextmanager
def _measured_process(options: argparse.Namespace, folder: Path) -> Iterator[tuple[str, int]]:
    if options.url:
        yield options.url.rstrip("/"), options.pid
        return
    with serving(folder / "data") as server:
        yield server.url, server.pid


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--url", help="of a web process that runs")
    parser.add_argument("--pid", type=int, help="of that process")
    options = parser.parse_args()
    if (options.url is None) != (options.pid is None):
        parser.error("--url and --pid belong together")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        small, large = _recording(folder / "small.wav", 2), _recording(folder / "large.wav", options.mib)
        url, pid = stack.enter_context(_measured_process(options, folder))
        (folder / "bare").mkdir()
        plain = UploadServer(folder / "bare", app="benchmarks.upload_memory:bare")
        stack.callback(plain.kill)
        plain.start()
        _report(options, url, pid, plain, small, large)


def _report(options: argparse.Namespace, url: str, pid: int, plain: UploadServer, small: Path, large: Path) -> None:
    endpoints = {
        "bare": (send_bare, plain.url, plain.pid),
        "form": (send_form, url, pid),
        "resumable": (send_resumable, url, pid),
    }
    for send, where, _ in endpoints.values():
        send(where, small)
    costs: dict[str, list[Cost]] = {name: [] for name in endpoints}
    # The uploads alternate, so that other load on the machine affects all three alike.
    for _ in range(options.rounds):
        for name, (send, where, process) in endpoints.items():
            costs[name].append(measured(process, send, where, large))
    floor = statistics.median(cost.seconds for cost in costs["bare"])
    print(f"{options.mib} MiB, {options.rounds} rounds, medians (memory: the worst)")
    print(f"{'endpoint':10} {'seconds':>8} {'MiB/s':>6} {'over bare':>9} {'memory grew by':>15}")
    for name, found in costs.items():
        seconds = statistics.median(cost.seconds for cost in found)
        grown = max(cost.grown_mib for cost in found)
        print(f"{name:10} {seconds:8.2f} {options.mib / seconds:6.0f} {seconds / floor:9.2f} {grown:11.1f} MiB")


if __name__ == "__main__":
    main()
