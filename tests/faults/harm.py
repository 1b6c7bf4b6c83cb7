"""Injects random faults at random times."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from contextlib import suppress

import psutil

from launcher.redis_server import EmbeddedRedis
from tests.running import Background, kill_tree
from tests.upload_server import UploadServer

_LLM = "processes of the language model killed"
_ALL = "workers and rescuer killed together"


class Harm:
    def __init__(self, side: Background, web: UploadServer, luck: random.Random) -> None:
        self._side, self._web, self._luck = side, web, luck
        self.done: Counter[str] = Counter()
        self._parent = side.start()
        self._ways = {
            "workers killed": (self._kill_a_worker, 3),
            _LLM: (self._kill_the_llm, 2),
            "rescuers killed": (self._kill_a_rescuer, 1),
            _ALL: (self._kill_all_workers, 1),
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

    @property
    def kills(self) -> int:
        """How often a process may have been killed that waited for the language model."""
        return self.done["workers killed"] + self.done[_LLM] + self.done[_ALL]

    def _kill_a_worker(self) -> None:
        alive = psutil.Process(self._parent.pid).children(recursive=True)
        if alive:
            with suppress(psutil.NoSuchProcess):
                self._luck.choice(alive).send_signal(signal.SIGKILL)

    def _kill_the_llm(self) -> None:
        for process in psutil.Process(self._parent.pid).children():
            with suppress(psutil.NoSuchProcess):
                if process.cmdline()[-2:] == ["--only", "llm"]:
                    process.send_signal(signal.SIGKILL)

    def _kill_a_rescuer(self) -> None:
        """Kill the parent process only. Its workers notice it and end after their step."""
        self._parent.send_signal(signal.SIGKILL)
        self._parent.wait()
        self._parent = self._side.start()

    def _kill_all_workers(self) -> None:
        kill_tree(self._parent.pid)
        self._parent.wait()
        self._parent = self._side.start()

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
