"""A worker's answer to whether a provider's key, address and model would do."""

from __future__ import annotations

import logging

from cantomeet.checking import Check, dumps, remembered_as
from cantomeet.errors import ErrorCode, SettingsError, StepError
from worker.toolbox import Toolbox

_SETTINGS = {"speechmatics": "SPEECHMATICS_API_KEY", "llm": "OPENAI_MODEL"}
"""What sets each of them up; the local recogniser always is."""
_log = logging.getLogger(__name__)


def check(tools: Toolbox, name: str) -> None:
    """Ask what costs nothing, and keep the answer with its time. Never raises for a provider that says no."""
    found = _answer(tools, name)
    tools.store.remember(remembered_as(name), dumps(found))
    # Of no meeting: pages that show many look.
    tools.publish("", 0)


def _answer(tools: Toolbox, name: str) -> Check:
    ask = tools.checks.get(name)
    if ask is None:
        params = {"setting": _SETTINGS.get(name, name)}
        return Check("failed", tools.store.now(), ErrorCode.NOT_SET_UP.value, params)
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
