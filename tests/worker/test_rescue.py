"""The rescuer keeps running after any error."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, cast

import pytest
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from cantomeet.rescuer import Rescuer
from cantomeet_ui import rescuing
from worker import rescue

TROUBLE = [
    OperationalError("select", {}, Exception("locked")),
    InterfaceError("select", {}, Exception("the connection is closed")),
    TimeoutError("no free connection"),
    RuntimeError("a mistake of ours"),
]
NOTHING = cast(Any, None)


@pytest.mark.parametrize("trouble", TROUBLE, ids=lambda trouble: type(trouble).__name__)
def test_the_rescuer_runs_again_after_a_failure(trouble: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    looks: list[int] = []

    def look(*_: object) -> int:
        looks.append(1)
        if len(looks) == 1:
            raise trouble
        stop.set()
        return 0

    monkeypatch.setattr(Rescuer, "look", look)
    rescue.run(NOTHING, NOTHING, stop, every=0.001)
    assert len(looks) == 2


@pytest.mark.parametrize("trouble", TROUBLE, ids=lambda trouble: type(trouble).__name__)
def test_the_rescuer_of_the_web_runs_again_after_a_failure(trouble: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def look(*_: object) -> int:
        looks.append(1)
        if len(looks) == 1:
            raise trouble
        raise asyncio.CancelledError

    monkeypatch.setattr(Rescuer, "look", look)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(rescuing.keep_rescuing(NOTHING, NOTHING, every=0.001))
    assert len(looks) == 2
