"""Runs the periodic tasks of `worker.maintenance`."""

from __future__ import annotations

import logging

from cantomeet.errors import StepError, TransientError
from cantomeet.jobs import JobKind
from cantomeet.models import Job
from cantomeet.store import LEASE_SECONDS
from worker.engine import After, Work
from worker.engine import advance as advance_job
from worker.lease import Lease
from worker.maintenance import TASKS, PeriodicTask
from worker.toolbox import Toolbox

KIND = JobKind.PERIODIC
_log = logging.getLogger(__name__)


class PeriodicWork(Work):
    """Never fails: after any error the next run comes at its usual time."""

    gives_up = False

    def __init__(self, tools: Toolbox, task: PeriodicTask, job: Job) -> None:
        super().__init__(tools, Lease(job, lambda seconds, _: tools.store.jobs.renew(job, seconds)))
        self._task = task

    @property
    def name(self) -> str:
        return self.job.subject

    def step(self) -> After:
        if not self.job.worker_died:  # a task that may have killed one worker must not kill the next one at once
            self._task.run(self.tools)
        return self._next_time()

    def retry(self, error: TransientError, failures: int) -> After:
        _log.warning("the periodic task %s failed: %s", self.name, error.code.value)
        return self._next_time()

    def fail(self, error: StepError) -> None:
        _log.warning("the periodic task %s failed: %s", self.name, error.code.value)
        self._next_time()

    def go_on(self, after: After) -> None:
        """Enqueue nothing: nothing waits for the next run, so the rescuer enqueues it when it is due."""

    def _next_time(self) -> After:
        return self.tools.store.jobs.go_on(self.job, self._task.every, woken=False)


def take(tools: Toolbox, name: str) -> PeriodicWork | None:
    job = tools.store.jobs.take(KIND, name, LEASE_SECONDS)
    if job is None:
        return None
    if name not in TASKS:
        tools.store.jobs.end(job)  # a task of another version of this program
        return None
    return PeriodicWork(tools, TASKS[name], job)


def advance(tools: Toolbox, name: str) -> None:
    """Run the task once if it is due, as `worker.engine.advance` does."""
    advance_job(take, tools, name)
