"""`python -m worker` starts the RQ workers and the rescuer.

The parent runs no jobs. It starts one worker for the short steps (`high_priority`, `default`) and one for
`recognition`, restarts a worker that dies, and enqueues due meetings that are not in a queue. `--only general` or
`--only recognition` runs that one worker alone, in this process.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from types import FrameType

from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from cantomeet.errors import SettingsError
from cantomeet.private import keep_private, tighten
from cantomeet.queue import DEFAULT, HIGH, RECOGNITION, JobQueue
from cantomeet.reachable import check_database
from cantomeet.settings import load_settings
from worker import rescue, stopping
from worker.children import Child, stop_all
from worker.opening import open_store

ROLES = {"general": (HIGH, DEFAULT), "recognition": (RECOGNITION,)}
_WORKER_TTL = 60
_MAINTENANCE = 30
"""Seconds. With RQ's defaults a dead worker counts as alive for 13 minutes. A job's lease expires sooner."""
_log = logging.getLogger("worker")


class StoppableWorker(SimpleWorker):
    """An RQ worker that finishes its job before it stops, and tells the job of the request to stop."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        stopping.request()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ has no type here


def work(role: str) -> None:
    """Serve the role's queues in this process until SIGTERM or SIGINT. The running step is finished first."""
    import redis

    settings = load_settings()
    # Not `cantomeet.queue.connect`: its short timeouts would end a worker's blocking wait for jobs.
    connection = redis.Redis.from_url(settings.effective_redis_url)
    queues = [Queue(name, connection=connection, serializer=JSONSerializer) for name in ROLES[role]]
    worker = StoppableWorker(
        queues,
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=_WORKER_TTL,
        maintenance_interval=_MAINTENANCE,
    )
    threading.Thread(target=follow_parent, args=(os.getppid(),), daemon=True).start()
    worker.work(with_scheduler=role == "general", logging_level="WARNING")


def follow_parent(parent: int) -> None:
    """Send SIGTERM to this process when the parent has died: nobody else would stop it."""
    while os.getppid() == parent:
        time.sleep(1)
    # On Linux the kernel has already sent SIGTERM, and RQ drops the running step at a second one.
    if not stopping.requested():
        os.kill(os.getpid(), signal.SIGTERM)


def watch() -> int:
    """Run both workers and the rescuer until SIGTERM or SIGINT. Raises `SettingsError`."""
    settings = load_settings()
    check_database(settings)
    if settings.data_dir.exists():
        tighten(settings.data_dir)
    store = open_store(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    children = [Child([sys.executable, "-m", "worker", "--only", role]) for role in ROLES]
    for child in children:
        child.start()
    queue = JobQueue(settings.effective_redis_url)
    rescuer = threading.Thread(target=rescue.run, args=(store, queue, stop), name="rescuer")
    rescuer.start()
    try:
        while not stop.wait(0.5):
            for child in children:
                child.keep_running()
    finally:
        stop.set()
        rescuer.join()
        stop_all(children)
    return 0


def main() -> int:
    """Run the command. Returns the exit code: 2 for a wrong setting."""
    parser = argparse.ArgumentParser(prog="python -m worker", description=__doc__)
    parser.add_argument("--only", choices=sorted(ROLES))
    chosen = parser.parse_args().only
    keep_private()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    # At INFO, httpx logs a line for every request and alembic two at every start.
    for chatty in ("httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        if chosen is None:
            return watch()
        work(chosen)
    except SettingsError as error:
        print(f"cantomeet: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
