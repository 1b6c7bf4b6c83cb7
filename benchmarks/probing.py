"""Measures the cost of probing recordings in a child process, and of hostile files.

`python -m benchmarks.probing` probes one recording of each kind, alternately in this process and in a child. Then it
uploads hostile files to one web process and as many ordinary ones to another, and compares how far their memory rose
above what they held after a first upload.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from itertools import chain, cycle, islice
from pathlib import Path

import httpx
import psutil

from cantomeet import media
from cantomeet.media import probing
from tests import hostile
from tests.recordings_factory import COMMON, make_recording
from tests.upload_server import serving


def milliseconds(look: Callable[[Path], object], path: Path) -> float:
    started = time.perf_counter()
    look(path)
    return 1000 * (time.perf_counter() - started)


def compare_probing(rounds: int, folder: Path) -> None:
    """Print a line for each kind of recording, and one for all."""
    paths = [make_recording(folder / kind, kind, 60.0) for kind in COMMON]
    media.probe(paths[0])
    here: dict[Path, list[float]] = {path: [] for path in paths}
    child: dict[Path, list[float]] = {path: [] for path in paths}
    for _ in range(rounds):
        for path in paths:
            here[path].append(milliseconds(probing.probe, path))
            child[path].append(milliseconds(media.probe, path))
    print(f"{rounds} looks at a minute of each kind, medians (worst)")
    print(f"{'kind':6} {'in this process':>16} {'in a child':>20} {'more':>9} {'ratio':>6}")
    for path in paths:
        _print_row(path.name, here[path], child[path])
    _print_row("all", list(chain(*here.values())), list(chain(*child.values())))


def _print_row(name: str, here: list[float], child: list[float]) -> None:
    few, many = statistics.median(here), statistics.median(child)
    print(f"{name:6} {few:13.1f} ms {many:8.1f} ({max(child):5.1f}) ms {many - few:6.1f} ms {many / few:6.1f}")


def memory_growth(files: Iterable[bytes], folder: Path) -> tuple[float, float, list[int]]:
    """Return the MiB by which the web's peak rose, the MiB of the process that forks children, and the answers."""
    with serving(folder) as server:
        _send(server.url, hostile.ordinary("m4a"))
        before = _peak_mib(server.pid)
        answers = [_send(server.url, content) for content in files]
        readers = psutil.Process(server.pid).children(recursive=True)
        beside = sum(reader.memory_full_info().pss for reader in readers) / 1024 / 1024
        return _peak_mib(server.pid) - before, beside, answers


def _send(url: str, content: bytes) -> int:
    return httpx.post(f"{url}/meetings/upload", files={"file": ("a", content)}, timeout=None).status_code


def _peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def compare_memory(count: int, folder: Path) -> None:
    """Print a line for ordinary files and one for hostile ones."""
    ordinary = islice(cycle([hostile.ordinary(kind) for kind in COMMON]), count)
    print(f"\n{count} files to a web process each")
    for name, files in (("ordinary", ordinary), ("hostile", hostile.hostile(count))):
        rise, beside, answers = memory_growth(files, folder / name)
        told = ", ".join(f"{answers.count(status)} answered {status}" for status in sorted(set(answers)))
        print(f"{name:9} peak of the web rose by {rise:5.1f} MiB; beside it {beside:4.1f} MiB; {told}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--files", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare_probing(options.rounds, Path(folder))
        compare_memory(options.files, Path(folder))


if __name__ == "__main__":
    main()
