"""Measures the time from a second `make run` to a good answer from `/health`.

    python -m benchmarks.second_start [--rounds 5] [--imports]

The first start on a port builds the pages and compiles the modules; it is made and stopped before the measurement.
PYTHONDONTWRITEBYTECODE, which some machines set and which makes every start compile everything again, is removed from
the environment. The output also has the floor: the wall and CPU time that a bare Python needs to import the launcher,
and to create the web application from its build. `--imports` also prints where the latter spends it.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from launcher import page_build
from tests.installed import environment
from tests.running import ROOT
from tests.upload_server import free_port

READY_SECONDS, STOP_SECONDS = 300.0, 180.0
AIM_SECONDS = 3.0
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Ignores a proxy of the environment, which is only for other machines."""


def start(data: Path, port: int, env: dict[str, str]) -> float:
    """Run `make run` until `/health` answers 200, then press Ctrl-C; return the seconds until the answer."""
    command = ["make", "--no-print-directory", "run", f"PORT={port}", f"DATA={data}"]
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        while not _healthy(port):
            if process.poll() is not None or time.monotonic() - began > READY_SECONDS:
                raise SystemExit("make run did not come up")
            time.sleep(0.01)
        return time.monotonic() - began
    finally:
        # To the whole group, as the terminal does.
        os.killpg(process.pid, signal.SIGINT)
        process.wait(STOP_SECONDS)


def _healthy(port: int) -> bool:
    try:
        with DIRECT.open(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False


LAUNCHER = "import launcher.cli, launcher.launch"
APPLICATION = "from cantomeet_ui.cantomeet_ui import app; app()"


@dataclass(frozen=True)
class Import:
    seconds: float
    cpu_seconds: float
    said: str


def bare_import(code: str, data: Path, port: int, env: dict[str, str], *options: str) -> Import:
    """Run `code` in a Python with the web process's environment, and let it end."""
    build = page_build.ensure(ROOT, port)
    made = {**env, **page_build.server_environment(build), "REFLEX_REDIS_URL": ""}
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, *options, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=made, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Import(time.monotonic() - began, cpu, done.stderr)


def slowest_imports(listing: str, count: int = 15) -> list[str]:
    """Return the modules of the greatest cumulative time in the output of `-X importtime`, one line each."""
    rows = []
    for line in listing.splitlines():
        parts = line.removeprefix("import time:").split("|")
        if len(parts) == 3 and parts[1].strip().isdigit():
            rows.append((int(parts[1]), parts[2].rstrip()))
    return [f"{micros / 1000:8.0f} ms {name}" for micros, name in sorted(rows, reverse=True)[:count]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--imports", action="store_true")
    options = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        env = environment(data, port)
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
        print(f"first start, pages built:   {start(data, port, env):6.2f} s", flush=True)
        starts: list[float] = []
        imports: dict[str, list[Import]] = {LAUNCHER: [], APPLICATION: []}
        for _ in range(options.rounds):
            starts.append(start(data, port, env))
            for code, found in imports.items():
                found.append(bare_import(code, data, port, env))
        print(f"second start, median of {len(starts)}:   {median(starts):6.2f} s (worst {max(starts):.2f} s)")
        for name, code in (("launcher", LAUNCHER), ("application", APPLICATION)):
            seconds, cpu = (median(getattr(i, of) for i in imports[code]) for of in ("seconds", "cpu_seconds"))
            print(f"{name + ' alone:':27} {seconds:6.2f} s, {cpu:.2f} s of CPU")
        print(f"aim {AIM_SECONDS:.0f} s: {'held' if median(starts) <= AIM_SECONDS else 'missed'}")
        if options.imports:
            print("\n".join(slowest_imports(bare_import(APPLICATION, data, port, env, "-X", "importtime").said)))


if __name__ == "__main__":
    main()
