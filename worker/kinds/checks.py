"""Tests a provider's key, address and model from a worker."""

from __future__ import annotations

import logging

from cantomeet.checking import PATIENCE_SECONDS, Check, dumps, loads, remembered_as
from cantomeet.errors import ErrorCode, SettingsError, StepError, TransientError
from cantomeet.jobs import JobKind
from cantomeet.models import Job
from cantomeet.store import LEASE_SECONDS
from worker.engine import After, Work
from worker.engine import advance as advance_job
from worker.lease import Lease
from worker.toolbox import Toolbox

KIND = JobKind.CHECK
_SETTINGS = {"speechmatics": "SPEECHMATICS_API_KEY", "llm": "OPENAI_MODEL"}
"""The setting that configures each provider. The local transcriber needs none."""
_log = logging.getLogger(__name__)


class CheckWork(Work):
    """Makes a request that costs nothing, and saves the result with its time. A refusal is a result too."""

    def __init__(self, tools: Toolbox, job: Job) -> None:
        super().__init__(tools, Lease(job, lambda seconds, _: tools.store.jobs.renew(job, seconds)))

    @property
    def name(self) -> str:
        return self.job.subject

    def step(self) -> After:
        if not self._expired():
            self._save(self._run_check())
        self.tools.store.jobs.end(self.job)
        return None

    def retry(self, error: TransientError, failures: int) -> After:
        return self.tools.store.jobs.go_on(
            self.job, self.tools.backoff.delay(failures - 1, error.retry_after), tries=failures
        )

    def fail(self, error: StepError) -> None:
        self._save(Check("failed", self.tools.store.now(), error.code.value, dict(error.params)))
        self.tools.store.jobs.end(self.job)

    def _expired(self) -> bool:
        """Whether the request is so old that the page no longer waits for its result."""
        asked = loads(self.tools.store.key_values.find(remembered_as(self.name)))
        if asked is None or asked.state != "asked":
            return False
        return (self.tools.store.now() - asked.at).total_seconds() > PATIENCE_SECONDS

    def _save(self, found: Check) -> None:
        self.tools.store.key_values.put(remembered_as(self.name), dumps(found))
        # An empty id is no meeting: pages that show several meetings reload.
        self.tools.publish("", 0)

    def _run_check(self) -> Check:
        tools, name = self.tools, self.name
        ask = tools.checks.get(name)
        if ask is None:
            setting = _SETTINGS.get(name, name)
            return Check("failed", tools.store.now(), ErrorCode.NOT_SET_UP.value, {"setting": setting})
        try:
            ask()
        except StepError as error:
            return Check("failed", tools.store.now(), error.code.value, dict(error.params))
        except SettingsError as error:
            _log.warning("the check of %s: %s", name, error)
            return Check("failed", tools.store.now(), error.code.value, {"setting": error.setting})
        except tools.timeouts:
            return Check("failed", tools.store.now(), ErrorCode.STEP_TIMED_OUT.value)
        except Exception:
            # The edge of a job: after any error the page gets a result.
            _log.exception("unexpected error in the check of %s", name)
            return Check("failed", tools.store.now(), ErrorCode.INTERNAL.value)
        return Check("ok", tools.store.now())


def take(tools: Toolbox, name: str) -> CheckWork | None:
    job = tools.store.jobs.take(KIND, name, LEASE_SECONDS)
    return None if job is None else CheckWork(tools, job)


def advance(tools: Toolbox, name: str) -> None:
    """Run the check, as `worker.engine.advance` does."""
    advance_job(take, tools, name)
