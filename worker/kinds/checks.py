"""A worker's answer to whether a provider's key, address and model would do."""

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
"""What sets each of them up; the local recogniser always is."""
_log = logging.getLogger(__name__)


class CheckWork(Work):
    """Asks what costs nothing, and keeps the answer with its time. A provider that says no is an answer too."""

    def __init__(self, tools: Toolbox, job: Job) -> None:
        super().__init__(tools, Lease(job, lambda seconds, _: tools.store.renew_job(job, seconds)))

    @property
    def name(self) -> str:
        return self.job.subject

    def step(self) -> After:
        if not self._given_up():
            self._keep(self._answer())
        self.tools.store.end_job(self.job)
        return None

    def retry(self, error: TransientError, failures: int) -> After:
        return self.tools.store.go_on_with_job(
            self.job, self.tools.backoff.delay(failures - 1, error.retry_after), tries=failures
        )

    def fail(self, error: StepError) -> None:
        self._keep(Check("failed", self.tools.store.now(), error.code.value, dict(error.params)))
        self.tools.store.end_job(self.job)

    def _given_up(self) -> bool:
        """Nobody waits for the answer any more, and what is shown says so."""
        asked = loads(self.tools.store.remembered(remembered_as(self.name)))
        if asked is None or asked.state != "asked":
            return False
        return (self.tools.store.now() - asked.at).total_seconds() > PATIENCE_SECONDS

    def _keep(self, found: Check) -> None:
        self.tools.store.remember(remembered_as(self.name), dumps(found))
        # Of no meeting: pages that show many look.
        self.tools.publish("", 0)

    def _answer(self) -> Check:
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
            # The edge of a job: whatever it dies of, the page gets an answer.
            _log.exception("the check of %s failed in a way that nobody foresaw", name)
            return Check("failed", tools.store.now(), ErrorCode.INTERNAL.value)
        return Check("ok", tools.store.now())


def take(tools: Toolbox, name: str) -> CheckWork | None:
    job = tools.store.take_job(KIND, name, LEASE_SECONDS)
    return None if job is None else CheckWork(tools, job)


def advance(tools: Toolbox, name: str) -> None:
    """Answer the question, as `worker.engine.advance` does."""
    advance_job(take, tools, name)
