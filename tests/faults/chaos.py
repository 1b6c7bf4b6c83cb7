"""`make chaos N=60`: processes meetings while workers, rescuers and the web process are killed, Redis is flushed and
restarted, and the providers fail in their ways.

Clients upload recordings over HTTP to the web process (without the pages), and retry with the same Idempotency-Key. The
proof is read from their responses and from the providers' logs: every accepted recording is stored once and whole;
every meeting is COMPLETED, or FAILED with a true reason; none is stuck; each transcript is paid for once, and no answer
of the language model twice but those that a killed process waited for. Prints a table and the seed. The exit code is 1
if any of this does not hold.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlmodel import col

from cantomeet.models import Meeting
from cantomeet.store import Database
from standins.openai.server import FakeOpenAI, ModelFault, ModelPlan
from standins.speechmatics.server import FakeSpeechmatics, Fate, JobFault, JobPlan
from tests import postgres
from tests.faults.harm import Harm
from tests.faults.proof import Result, judge, judge_language_model
from tests.faults.uploader import Uploader
from tests.running import ENDED, background
from tests.upload_server import UploadServer

KEY = "chaos-key"
LLM_AT_ONCE = 4
LLM_SECONDS = 1.0
"""Of an answer."""


@dataclass(frozen=True)
class Size:
    """The size and speed of a run."""

    meetings: int
    job_seconds: float = 3.0
    """Seconds that the provider takes for a job."""
    every: float = 4.0
    """Seconds between faults, varied by up to half."""
    workers: int = 1
    """Processes that do short steps."""
    pause: float = 0.05
    """Seconds that each of the two uploading clients waits after an upload."""
    lag: float = 90.0
    """Seconds for which a lost submission is searched for. The default is the program's own."""
    first_look: float = 5.0
    """Seconds until a job is first polled. The default is the program's own."""
    limit: float = 3600.0
    """Seconds after which an unfinished meeting counts as stuck."""


def plan(seed: int, job_seconds: float) -> JobPlan:
    """A provider that drops one in ten responses after accepting the job, and fails in other ways too."""
    return JobPlan(
        seed=seed,
        job_seconds=job_seconds,
        faults=[
            JobFault(on="submit", do="drop", after=True, rate=0.10),
            JobFault(on="submit", do="status", status=500, after=True, rate=0.02),
            JobFault(on="submit", do="slow", seconds=1.0, rate=0.10),
            JobFault(on="fetch", do="garbage", rate=0.03),
            JobFault(on="any", do="status", status=500, rate=0.05),
            JobFault(on="any", do="html", status=503, rate=0.02),
            JobFault(on="any", do="status", status=429, retry_after="1", rate=0.05),
            JobFault(on="any", do="drop", rate=0.03),
            JobFault(on="any", do="hang", seconds=2.0, rate=0.01),
        ],
        fates=[Fate(becomes="rejected", rate=0.05)],
    )


def llm_plan(seed: int) -> ModelPlan:
    """A language model that refuses one request in twenty. It loses no answer, so only a kill can cost one."""
    too_many = ModelFault(do="status", status=429, retry_after="1", rate=0.05)
    return ModelPlan(seed=seed, faults=[too_many, ModelFault(do="slow", seconds=LLM_SECONDS)])


def run(size: Size, seed: int, database_url: str | None = None, *, each_once: bool = False) -> Result:
    """Process the meetings while something is broken every few seconds, until two thirds have ended.

    With `each_once`, each kind of fault strikes once instead, as fast as possible.
    """
    result = Result(seed, size.meetings, (database_url or "sqlite").partition("+")[0])
    started = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos")))
        fake = stack.enter_context(FakeSpeechmatics(plan(seed, size.job_seconds), key=KEY))
        llm = stack.enter_context(FakeOpenAI(llm_plan(seed)))
        settings = {
            "CANTOMEET_WORKERS": str(size.workers),
            "CANTOMEET_LLM_AT_ONCE": str(LLM_AT_ONCE),
            "OPENAI_BASE_URL": llm.base_url,
            "OPENAI_MODEL": "stand-in",
            "SPEECHMATICS_API_KEY": KEY,
            "SPEECHMATICS_BASE_URL": fake.url,
            "CANTOMEET_PROVIDER_LAG_SECONDS": str(size.lag),
            "CANTOMEET_FIRST_LOOK_SECONDS": str(size.first_look),
        }
        side = stack.enter_context(background(folder, database_url, **settings))
        web = stack.enter_context(web_process(folder, side.environment))
        harm = Harm(side, web, random.Random(seed))
        client = stack.enter_context(Uploader(web.url, size.meetings, pause=size.pause))
        strikes = _each_once(harm) if each_once else _at_random(harm, size)
        while time.monotonic() - started < size.limit:
            ended = count_ended(side.store)
            if client.done and ended >= len(client.accepted):
                break
            if ended < size.meetings * 2 / 3:
                next(strikes, None)
            time.sleep(0.2)
        result.harm = harm.done
        judge(result, side.store, side.recordings, client, fake)
        judge_language_model(result, side.store, llm, most_lost=harm.kills * LLM_AT_ONCE)
    result.seconds = time.monotonic() - started
    return result


def _at_random(harm: Harm, size: Size) -> Iterator[None]:
    luck = random.Random(size.meetings)
    next_at = time.monotonic() + size.every
    while True:
        if time.monotonic() > next_at:
            harm.strike()
            next_at = time.monotonic() + luck.uniform(0.5, 1.5) * size.every
        yield


def _each_once(harm: Harm) -> Iterator[None]:
    harm.strike_each()
    yield


def count_ended(store: Database) -> int:
    with store.engine.connect() as connection:
        statement = select(func.count()).select_from(Meeting).where(col(Meeting.status).in_(ENDED))
        return int(connection.execute(statement).scalar_one())


@contextmanager
def web_process(folder: Path, environment: dict[str, str], port: int | None = None) -> Iterator[UploadServer]:
    """Run the web process within the block."""
    web = UploadServer(folder, "tests.faults.web:app", port, environment)
    web.start()
    try:
        yield web
    finally:
        web.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meetings", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--workers", type=int, default=1, help="processes that do short steps")
    parser.add_argument("--every", type=float, default=4.0, help="seconds between harm")
    chosen = parser.parse_args()
    size = Size(chosen.meetings, every=chosen.every, workers=chosen.workers)
    if chosen.database == "sqlite":
        result = run(size, chosen.seed)
    else:
        bin_dir = postgres.binaries()
        if bin_dir is None:
            print("PostgreSQL is not installed", file=sys.stderr)
            return 2
        with postgres.running(bin_dir) as url:
            result = run(size, chosen.seed, url)
    print(result.table())
    return 0 if result.good else 1


if __name__ == "__main__":
    sys.exit(main())
