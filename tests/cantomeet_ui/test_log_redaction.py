"""The web log contains nothing that a page sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from reflex.app import EventNamespace
from reflex.utils.token_manager import LocalTokenManager
from reflex_base.event import Event
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from cantomeet.store import Database
from cantomeet_ui import wiring
from cantomeet_ui.log_redaction import redact_library_logs, traceback_without_values

SECRET = "密碼 hunter2"


@pytest.fixture(autouse=True)
def quietly() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    redact_library_logs()
    yield
    logging.setLogRecordFactory(before)


def failing() -> ValueError:
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise ValueError(f"not a number: {SECRET}") from error
    except ValueError as error:
        return error


def test_an_event_that_reflex_fails_at_is_logged_without_its_payload_and_headers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    event = Event(
        name="state.save",
        payload={"text": SECRET},
        router_data={"headers": {"cookie": f"session={SECRET}"}, "query": {"q": SECRET}},
    )
    log = logging.getLogger("reflex_base.event.processor.event_processor")
    log.error(f"Error processing event queue entry for {event} [txid=1]:", exc_info=failing())
    log.warning("Error transforming event payload: %s", SECRET)
    assert SECRET not in caplog.text
    assert "reflex_base.event.processor.event_processor" in caplog.text
    assert "builtins.ValueError" in caplog.text
    assert "in failing" in caplog.text, "where it failed is still told"


async def test_an_event_that_reflex_rejects_is_logged_without_its_data(
    caplog: pytest.LogCaptureFixture,
) -> None:
    namespace = object.__new__(EventNamespace)
    namespace._token_manager = LocalTokenManager()
    await namespace.on_event("no such socket", {"name": "state.save", "payload": {"text": SECRET}})
    assert "no such socket" not in caplog.text
    assert SECRET not in caplog.text
    assert "reflex.app: on_event" in caplog.text


def test_a_handler_that_raises_its_input_is_logged_without_it(caplog: pytest.LogCaptureFixture) -> None:
    wiring.unexpected(failing())
    wiring.unexpected(OperationalError(f"UPDATE segment SET text = '{SECRET}'", {"text": SECRET}, failing()))
    assert SECRET not in caplog.text
    assert "hunter2" not in caplog.text
    assert "a page's handler failed" in caplog.text


async def test_an_unawaited_task_is_logged_without_its_exceptions_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": failing(), "task": SECRET}
    )
    assert SECRET not in caplog.text
    assert "builtins.ValueError" in caplog.text


def test_our_own_messages_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("cantomeet_ui.anything").warning("the queue could not be woken for %s", "m")
    assert "the queue could not be woken for m" in caplog.text


def test_a_chain_of_exceptions_is_logged_from_its_cause_on() -> None:
    assert traceback_without_values(failing()).count("builtins.ValueError") == 2


def test_a_failed_statement_is_logged_without_its_values(store: Database) -> None:
    def write() -> Any:
        with store.engine.begin() as connection:
            for _ in range(2):
                connection.execute(text("INSERT INTO keyvalue (name, value) VALUES ('a', :v)"), {"v": SECRET})

    with pytest.raises(IntegrityError) as failed:
        write()
    assert SECRET not in str(failed.value)


def test_an_invalid_packet_is_logged_in_one_line_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("engineio.server").error("message async handler error", exc_info=failing())
    assert len(caplog.text.splitlines()) == 1
    assert "ValueError" in caplog.text
    assert "in failing" not in caplog.text
