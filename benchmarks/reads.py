"""Measures how long the API takes to answer what people read, beside an earlier commit of the project.

    python -m benchmarks.reads [--commit d96f0cb] [--meetings 10000] [--lines 5000] [--rounds 60]

The earlier commit's code makes a data folder: so many COMPLETED meetings of three lines, and one of many. Its API and
that of the working tree, which opens a copy of the folder, then answer the same requests in turn, each in one granian
process of its own. Prints the medians, the 95th percentiles, and the ratio of the medians. The commit must be one
before the store's methods became aggregates, because the program that runs in it is written below.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles

import httpx

from tests.running import ROOT, wait_for
from tests.upload_server import free_port

_SEED = """
import sys
from cantomeet.database import connect, migrate
from cantomeet.settings import Settings
from cantomeet.store import MeetingStore
from tests import meetings
count, lines = int(sys.argv[1]), int(sys.argv[2])
store = MeetingStore(connect(Settings().effective_database_url))
migrate(store.engine)
for number in range(count):
    meetings.completed(store, title=f"meeting {number}")
print(meetings.completed(store, [(f"S{n % 4}", f"第{n}句，預算下星期三之前交。") for n in range(lines)]).id)
"""
_EARLIER = """
from cantomeet.database import connect, migrate
from cantomeet.recordings import Recordings
from cantomeet.settings import Settings
from cantomeet.store import MeetingStore
from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.deps import Deps
def app():
    settings = Settings()
    store = MeetingStore(connect(settings.effective_database_url))
    migrate(store.engine)
    recordings = Recordings(settings.recordings_dir, settings.max_upload_bytes)
    return build_api(Deps(settings, store, recordings, wake=lambda meeting: None))
"""
NOW = """
from cantomeet.database import connect, migrate
from cantomeet.service import Services
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from cantomeet_ui.api.app import build_api
def app():
    settings = Settings()
    store = Database(connect(settings.effective_database_url))
    migrate(store.engine)
    recordings = FolderStorage(settings.recordings_dir, settings.max_upload_bytes)
    return build_api(Services(settings, store, recordings, wake=lambda meeting: None))
"""


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """The tree of an earlier commit, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        yield Path(folder)


def environment(tree: Path, data: Path, **settings: str) -> dict[str, str]:
    """For a process that runs the code of `tree`; the working tree's is installed and comes after it."""
    own = {"PYTHONPATH": str(tree), "CANTOMEET_DATA_DIR": str(data), "PYTHONWARNINGS": "ignore"}
    return {**os.environ, **own, **settings}


@contextmanager
def serving(program: str, tree: Path, data: Path, **settings: str) -> Iterator[httpx.Client]:
    """An API on `data`, made by `program` with the code of `tree` and in the environment of `settings`."""
    port = free_port()
    module = data / "made_app.py"
    module.write_text(program)
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--workers", "1", "--host"]
    command += ["127.0.0.1", "--port", str(port), "--log-level", "warning", "--working-dir", str(data)]
    process = subprocess.Popen([*command, "made_app:app"], env=environment(tree, data, **settings), cwd=tree)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            wait_for(lambda: _answers(client), "the API", 60)
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/api/meetings", params={"limit": 1}).is_success
    except httpx.TransportError:
        return False


def seconds_of(client: httpx.Client, path: str) -> float:
    started = time.perf_counter()
    client.get(path).raise_for_status()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commit", default="d96f0cb")
    parser.add_argument("--meetings", type=int, default=10_000)
    parser.add_argument("--lines", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=60)
    asked = parser.parse_args()
    with ExitStack() as stack:
        earlier = stack.enter_context(checked_out(asked.commit))
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) / name for name in ("earlier", "now")]
        folders[0].mkdir()
        seed = [sys.executable, "-c", _SEED, str(asked.meetings), str(asked.lines)]
        seeded = subprocess.run(
            seed, env=environment(earlier, folders[0]), cwd=earlier, check=True, capture_output=True, text=True
        )
        long_one = seeded.stdout.split()[-1]
        shutil.copytree(folders[0], folders[1])
        clients = [
            stack.enter_context(serving(_EARLIER, earlier, folders[0])),
            stack.enter_context(serving(NOW, ROOT, folders[1])),
        ]
        short_one = clients[0].get("/api/meetings", params={"limit": 2}).json()["items"][-1]["id"]
        requests = {
            f"the list at {asked.meetings} meetings": "/api/meetings",
            "the list, one status": "/api/meetings?status=COMPLETED",
            "GET a meeting of 3 lines": f"/api/meetings/{short_one}",
            f"GET a meeting of {asked.lines} lines": f"/api/meetings/{long_one}",
        }
        print(f"{'median / p95 in ms':36} {asked.commit:>16} {'now':>16}   ratio")
        for name, path in requests.items():
            took: list[list[float]] = [[], []]
            for _ in range(asked.rounds):
                for client, seconds in zip(clients, took, strict=True):
                    seconds.append(seconds_of(client, path) * 1000)
            shown = [f"{median(seconds):7.1f} / {quantiles(seconds, n=20)[-1]:6.1f}" for seconds in took]
            print(f"{name:36} {shown[0]:>16} {shown[1]:>16}   {median(took[1]) / median(took[0]):.2f}")
        # The earlier commit sent a transcript only whole.
        path = f"/api/meetings/{long_one}/segments?limit=200"
        first = [seconds_of(clients[1], path) * 1000 for _ in range(asked.rounds)]
        print(f"{'its first 200 lines':36} {'':16} {median(first):7.1f} / {quantiles(first, n=20)[-1]:6.1f}")


if __name__ == "__main__":
    main()
