"""Measures our own code for a long meeting's summary, without the model.

    python -m benchmarks.summary_code [--segments 625 1250 2500 5000 10000]

It measures the language model's summarizer and the embedded rules. Each size runs in its own process. The model is the
stand-in of `standins.openai.server`, which runs in another process and answers at once; the time spent waiting for it
is measured at the connection and subtracted. 5,000 segments are a meeting of 3 hours. It prints processor time per
segment and its ratio to the smallest size: x1.0 at every size is linear. Wall time depends on what else the machine
does; memory is the rise of the process's peak (ru_maxrss).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import httpx

from worker.providers import Summarizer, SummaryRequest, TranscriptLine
from worker.providers.extractive import ExtractiveSummarizer
from worker.providers.llm import LlmSummarizer

SEGMENTS = (625, 1250, 2500, 5000, 10000)
A_MEETING = 5000
"""Segments of a meeting of 3 hours."""
HOURS = 3.0
RUNS = 3
SPEAKERS = ("主席", "秘書", "司庫", "Ms Wong")
SMALL_TALK = (
    "呢個項目上個月已經傾過，不過仲有幾個位未講清楚。",
    "I think we should look at the figures again before we move on.",
    "其實個 budget 淨返唔多，大家諗下點用。",
    "嗯，明白。",
    "咁樣嘅話，場地同埋人手嗰邊要再夾時間，唔係就會好趕。",
    "上次嗰間供應商話貨期要八個禮拜，同我哋原本估嘅差唔多。",
    "係呀係呀，我都係咁諗。",
    "The second phase looks fine, but the first one is still open.",
    "呢part我畀返Ms Wong講，佢熟啲。",
)
FACTS = (
    "我哋決定第{n}項撥款{n}元，下星期五之前交報告。",
    "由陳秘書負責第{n}份報價，影埋收據。",
    "第{n}個位有咩風險？邊個可以答下？",
)
EVERY = 12
"""Segments of which one holds a fact."""


@dataclass(frozen=True)
class Figures:
    method: str
    segments: int
    requests: int
    items: int
    covered: int
    wall: float
    """Seconds from call to draft, without waiting for the endpoint."""
    processor: float
    """Seconds of processor time of the whole process."""
    memory: float
    """MiB by which the peak rose during the call."""


class Waiting(httpx.BaseTransport):
    """The network transport, with the time spent on it."""

    def __init__(self) -> None:
        self._network = httpx.HTTPTransport()
        self.seconds = 0.0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        started = time.perf_counter()
        response = self._network.handle_request(request)
        body = b"".join(iter(response.stream))  # type: ignore[arg-type]  # a sync client's stream is sync
        response.close()
        self.seconds += time.perf_counter() - started
        headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-length"]
        return httpx.Response(response.status_code, headers=headers, content=body)

    def close(self) -> None:
        self._network.close()


def transcript(segments: int) -> list[TranscriptLine]:
    seconds = HOURS * 3600 / A_MEETING
    return [
        TranscriptLine(f"segment-{n}", n * seconds, (n + 1) * seconds, words(n), SPEAKERS[n % len(SPEAKERS)])
        for n in range(segments)
    ]


def words(n: int) -> str:
    if n % EVERY:
        return SMALL_TALK[n % len(SMALL_TALK)]
    return FACTS[n // EVERY % len(FACTS)].format(n=n)


def measured(segments: int, base_url: str | None) -> Figures:
    """Measure one run in a fresh process; without `base_url` it uses the embedded rules."""
    lines = transcript(segments)
    waiting = Waiting()
    rules = ExtractiveSummarizer()
    model = LlmSummarizer(model="m", fallback=rules, base_url=base_url, transport=waiting) if base_url else None
    summarizer: Summarizer = model or rules
    # Converters, schemas and date rules are loaded once per process, and a worker has them loaded.
    summarizer.summarize(SummaryRequest(lines[:50], "zh-Hant-HK", date(2026, 11, 23)), lambda fraction: None)
    waiting.seconds = 0.0
    request = SummaryRequest(lines, "zh-Hant-HK", date(2026, 11, 23))
    before, started, used = _peak_mib(), time.perf_counter(), time.process_time()
    draft = summarizer.summarize(request, lambda fraction: None)
    wall = time.perf_counter() - started - waiting.seconds
    if draft.method != ("llm" if model else "extractive") or draft.coverage is None:
        raise SystemExit(f"the run was no use: {draft.method} {draft.warnings}")
    return Figures(
        method=draft.method,
        segments=segments,
        requests=draft.usage.requests if draft.usage else 0,
        items=len(draft.items),
        covered=draft.coverage.covered,
        wall=wall,
        processor=time.process_time() - used,
        memory=_peak_mib() - before,
    )


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def stand_in() -> Iterator[str]:
    """Run the stand-in in its own process and yield its base URL."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "standins.openai.server", "--port", "0", "--log", f"{folder}/log.jsonl"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield process.stdout.readline().split()[-1]
            finally:
                process.terminate()


def in_a_process_of_its_own(segments: int, base_url: str | None) -> Figures:
    command = [sys.executable, "-m", "benchmarks.summary_code", "--one", str(segments)]
    command += ["--base-url", base_url] if base_url else []
    printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    return Figures(**json.loads(printed.stdout.splitlines()[-1]))


def best(runs: Sequence[Figures]) -> Figures:
    """Return the least of each figure, since anything else that the machine does only adds to it."""
    return replace(
        runs[0],
        wall=min(run.wall for run in runs),
        processor=min(run.processor for run in runs),
        memory=min(run.memory for run in runs),
    )


def table(rows: list[Figures]) -> str:
    first = rows[0]
    lines = [
        "| segments | of these covered | requests | items | processor | for each segment | wall | memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        each, smallest = row.processor / row.segments, first.processor / first.segments
        lines.append(
            f"| {row.segments} | {row.covered} | {row.requests} | {row.items} | {row.processor:.2f} s "
            f"| {each * 1e6:.0f} µs (x{each / smallest:.2f}) | {row.wall:.2f} s | {row.memory:.1f} MiB |"
        )
    return "\n".join(lines)


def rounds(sizes: Sequence[int], base_url: str | None) -> list[Figures]:
    runs = [[in_a_process_of_its_own(size, base_url) for size in sizes] for _ in range(RUNS)]
    return [best(same) for same in zip(*runs, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Time and memory of our own code for long meetings.")
    parser.add_argument("--segments", type=int, nargs="+", default=SEGMENTS)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--base-url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(asdict(measured(options.one, options.base_url))))
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; best of {RUNS}")
    with stand_in() as base_url:
        print(f"\nlanguage model, waiting for it taken off\n\n{table(rounds(options.segments, base_url))}")
    print(f"\nembedded rules\n\n{table(rounds(options.segments, None))}")


if __name__ == "__main__":
    main()
