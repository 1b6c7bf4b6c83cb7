"""How long can a lease go without a heartbeat while its worker does the heaviest work on a busy machine?

    python -m benchmarks.heartbeats [--minutes 5] [--busy 8]

A worker that lives must never look dead, so the lease must outlast the longest gap between two renewals. Each kind of
work runs under a real lease on SQLite while `--busy` processes beside it use all the processor they can get: the
recogniser (Whisper base with its weights joined and loaded first; speech by espeak-ng), the decoder, and the embedded
summarizer on a meeting of three hours, which is Python alone. Prints for each the seconds from one renewal in the
database to the next, and beside it how many seconds a lease lasts. The recogniser is heard for so many minutes of
speech.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks.summary_code import A_MEETING, transcript
from cantomeet.database import connect, migrate
from cantomeet.media import decode_to_wav
from cantomeet.store import LEASE_SECONDS, Database
from tests.conftest import new_meeting
from tests.sound import speech
from worker.lease import Lease
from worker.providers import SummaryRequest
from worker.providers.extractive import ExtractiveSummarizer
from worker.providers.whisper.transcriber import WhisperTranscriber

_SPEECH = "We agreed to move the office in March. Peter will call the landlord before Friday. "
_SENTENCES_A_MINUTE = 11
_BUSY = "while True: sum(range(10_000))"


def gaps(folder: Path, work: Callable[[Lease], object]) -> list[float]:
    """Seconds between the renewals of a lease under which `work` was done."""
    engine = connect(f"sqlite:///{folder / 'meetings.db'}")
    migrate(engine)
    store = Database(engine)
    renewed: list[float] = []

    def renew(seconds: float, progress: int | None) -> None:
        assert taken is not None
        store.pipeline.renew_lease(taken.id, taken.job.run, seconds, progress)
        renewed.append(time.monotonic())

    taken = store.pipeline.take_lease(
        store.meetings.create(new_meeting(recording_key=os.urandom(16).hex()))[0].id, LEASE_SECONDS
    )
    assert taken is not None
    lease = Lease(taken.job, renew)
    renewed.append(time.monotonic())
    with lease.renewed():
        work(lease)
    renewed.append(time.monotonic())
    engine.dispose()
    return [later - earlier for earlier, later in pairwise(renewed)]


@contextmanager
def busy(number: int) -> Iterator[None]:
    """So many processes beside this one that never wait."""
    started = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(number)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def works(folder: Path, minutes: float) -> dict[str, Callable[[Lease], object]]:
    """What a worker does that keeps a processor busy for long."""
    spoken, decoded = folder / "spoken.wav", folder / "decoded.wav"
    seconds = speech(spoken, _SPEECH * max(1, round(minutes * _SENTENCES_A_MINUTE)))
    decode_to_wav(spoken, decoded)
    recogniser = WhisperTranscriber(models_dir=folder / "models")
    request = SummaryRequest(transcript(A_MEETING), "zh-Hant-HK")

    def recognise(lease: Lease) -> None:
        at = 0.0
        while at < seconds - 1:
            piece = recogniser.recognise(decoded, at, duration=seconds, language="en", on_progress=lambda _: None)
            at = piece.end

    return {
        "joining and loading the model": lambda lease: recogniser.verify(),
        f"recognising {seconds / 60:.0f} minutes": recognise,
        f"decoding {seconds / 60:.0f} minutes": lambda lease: decode_to_wav(spoken, folder / "again.wav"),
        "summarizing three hours by rules": lambda lease: ExtractiveSummarizer().summarize(request, lambda _: None),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--busy", type=int, default=8)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {options.busy} busy processes beside", flush=True)
    print(f"a lease lasts {LEASE_SECONDS:.0f} s", flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="heartbeats-")))
        kinds = works(folder, options.minutes)
        stack.enter_context(busy(options.busy))
        for what, work in kinds.items():
            began = time.monotonic()
            found = gaps(folder, work)
            took = time.monotonic() - began
            print(f"{what:36} {took:6.1f} s   gaps: median {median(found):.2f}, longest {max(found):.2f} s", flush=True)


if __name__ == "__main__":
    main()
