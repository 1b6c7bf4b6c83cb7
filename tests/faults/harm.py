"""Injects random faults at random times."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections import Counter

import psutil

from launcher.redis_server import EmbeddedRedis
from tests.running import Background, kill_tree
from tests.upload_server import UploadServer

_GENERAL = (sys.executable, "-m", "worker", "--only", "general")


class Harm:
    """`workers` is the number of workers. One of them has a parent process with a rescuer, the others run alone."""

    def __init__(self, side: Background, web: UploadServer, luck: random.Random, workers: int = 1) -> None:
        self._side, self._web, self._luck = side, web, luck
        self.done: Counter[str] = Counter()
        self._parent = side.start()
        self._others = [side.start(_GENERAL) for _ in range(workers - 1)]
        self._ways = {
            "workers killed": (self._kill_a_worker, 3),
            "rescuers killed": (self._kill_a_rescuer, 1),
            "workers and rescuer killed together": (self._kill_all_workers, 1),
            "web processes killed": (self._kill_the_web, 3),
            "Redis flushed": (self._flush, 1),
            "Redis restarted": (self._restart, 1),
        }

    def strike(self) -> None:
        """Inject one random fault."""
        way = self._luck.choices(list(self._ways), [weight for _, weight in self._ways.values()])[0]
        self.done[way] += 1
        self._ways[way][0]()

    def strike_each(self) -> None:
        """Inject each fault once."""
        for name, (way, _) in self._ways.items():
            self.done[name] += 1
            way()

    def _kill_a_worker(self) -> None:
        alive = [*psutil.Process(self._parent.pid).children(recursive=True)]
        victim = self._luck.randrange(len(alive) + len(self._others)) if alive or self._others else None
        if victim is None:
            return
        if victim < len(alive):
            _kill(alive[victim])
            return
        place = victim - len(alive)
        kill_tree(self._others[place].pid)
        self._others[place].wait()
        self._others[place] = self._side.start(_GENERAL)

    def _kill_a_rescuer(self) -> None:
        """Kill the parent process only. Its workers notice it and end after their step."""
        self._parent.send_signal(signal.SIGKILL)
        self._parent.wait()
        self._parent = self._side.start()

    def _kill_all_workers(self) -> None:
        for process in [self._parent, *self._others]:
            kill_tree(process.pid)
            process.wait()
        self._parent = self._side.start()
        self._others = [self._side.start(_GENERAL) for _ in self._others]

    def _kill_the_web(self) -> None:
        self._web.kill()
        time.sleep(self._luck.uniform(0.0, 1.0))
        self._web.start()

    def _flush(self) -> None:
        self._side.raw_redis().flushall()

    def _restart(self) -> None:
        self._side.redis.stop()
        time.sleep(self._luck.uniform(0.0, 2.0))
        self._side.redis = EmbeddedRedis.start(self._side.folder)


def _kill(process: psutil.Process) -> None:
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return
