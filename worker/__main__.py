"""`python -m worker` starts the RQ workers and the rescuer.

The parent runs no jobs. It starts `CANTOMEET_WORKERS` processes for the short steps (`high_priority`, `default`), one
for `recognition`, and, where a language model is set up, one whose threads wait for it. It restarts a process that
dies, and enqueues due meetings that are not in a queue. `--only general`, `recognition` or `llm` does that one work
alone, in this process.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time

from cantomeet.errors import SettingsError
from cantomeet.private import keep_private, tighten
from cantomeet.queue import JobQueue
from cantomeet.reachable import check_database
from cantomeet.settings import Settings, load_settings
from worker import rescue, stopping
from worker.children import Child, stop_all
from worker.opening import open_store
from worker.rq_workers import ROLES, work_alone, work_in_threads

_log = logging.getLogger("worker")


def work(role: str) -> None:
    """Serve the role's queues in this process until SIGTERM or SIGINT. Raises `SettingsError`."""
    settings = load_settings()
    threading.Thread(target=follow_parent, args=(os.getppid(),), daemon=True).start()
    if role == "llm":
        work_in_threads(settings, role, max(1, settings.effective_llm_at_once))
    else:
        work_alone(settings, role)


def follow_parent(parent: int) -> None:
    """Send SIGTERM to this process when the parent has died: nobody else would stop it."""
    while os.getppid() == parent:
        time.sleep(1)
    # On Linux the kernel has already sent SIGTERM, and RQ drops the running step at a second one.
    if not stopping.requested():
        os.kill(os.getpid(), signal.SIGTERM)


def watch() -> None:
    """Run the workers and the rescuer until SIGTERM or SIGINT. Raises `SettingsError`."""
    settings = load_settings()
    check_database(settings)
    if settings.data_dir.exists():
        tighten(settings.data_dir)
    store = open_store(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    children = [Child([sys.executable, "-m", "worker", "--only", role]) for role in _roles(settings)]
    for child in children:
        child.start()
    queue, dead = JobQueue.of(settings), set[int]()
    rescuer = threading.Thread(target=rescue.run, args=(store, queue, stop), name="rescuer")
    rescuer.start()
    try:
        while not stop.wait(0.5):
            dead |= {pid for child in children if (pid := child.keep_running()) is not None}
            if dead and queue.forget_workers(dead):
                dead.clear()
    finally:
        stop.set()
        rescuer.join()
        stop_all(children)


def _roles(settings: Settings) -> list[str]:
    """The role of each process."""
    general = ["general"] * settings.effective_workers
    return [*general, "recognition", "llm"] if settings.effective_llm_at_once else [*general, "recognition"]


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
            watch()
        else:
            work(chosen)
    except SettingsError as error:
        print(f"cantomeet: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
