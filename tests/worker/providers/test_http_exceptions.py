"""Every exception of httpx is classified, and its cause is named in plain words."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import trustme

from cantomeet.errors import ErrorCode, StepError
from cantomeet.i18n import has_text
from cantomeet.reasons import cause_text, reason_text
from tests.worker.providers.llm_meetings import Extracts
from tests.worker.providers.speechmatics_recordings import client
from worker.providers.http import BY_EXCEPTION, FOREIGN, Cause, classify_exception, was_not_sent
from worker.providers.llm import LlmSummarizer

Verify = Callable[[str], None]


def httpx_exceptions() -> set[type[Exception]]:
    """Return all exceptions that httpx can raise: those that it exports and their subclasses."""

    def below(kind: type[Exception]) -> Iterator[type[Exception]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    exported = (value for value in vars(httpx).values() if isinstance(value, type) and issubclass(value, Exception))
    return {kind for base in exported for kind in below(base) if kind.__module__.startswith("httpx")}


def test_every_exception_of_httpx_is_in_the_table() -> None:
    exceptions = httpx_exceptions()
    assert len(exceptions) >= 28
    assert {kind.__name__ for kind in exceptions - BY_EXCEPTION.keys()} == set()
    assert all(issubclass(kind, FOREIGN) for kind in exceptions)


def test_every_cause_has_its_words_in_both_languages() -> None:
    assert [cause for cause in Cause if not has_text(f"unreachable.{cause.value}")] == []
    assert cause_text("name", "en") != cause_text("name", "zh-Hant-HK") != ""
    assert cause_text("of a newer version", "en") == cause_text("", "en") == ""


@pytest.mark.parametrize(
    "kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError]
)
def test_connection_failures_are_retried(kind: type[Exception]) -> None:
    assert BY_EXCEPTION[kind].retry


@pytest.mark.parametrize("kind", [httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError])
def test_failures_that_a_retry_cannot_fix_are_not_retried(kind: type[Exception]) -> None:
    assert not BY_EXCEPTION[kind].retry


def raised_from(below: BaseException, kind: type[httpx.TransportError] = httpx.ConnectError) -> Exception:
    try:
        raise kind("a foreign text") from below
    except httpx.TransportError as error:
        return error


@pytest.mark.parametrize(
    ("below", "cause"),
    [
        (socket.gaierror(-2, "Name or service not known"), Cause.NAME),
        (ConnectionRefusedError(111, "Connection refused"), Cause.REFUSED),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]"), Cause.TLS),
        (OSError(113, "No route to host"), Cause.NO_CONNECTION),
        (ExceptionGroup("all addresses", [ConnectionRefusedError(), ConnectionRefusedError()]), Cause.REFUSED),
    ],
    ids=["name", "refused", "no TLS", "no route", "all addresses refused"],
)
def test_the_cause_of_a_failed_connection_is_named(below: BaseException, cause: Cause) -> None:
    assert classify_exception(raised_from(below)).cause is cause
    assert was_not_sent(raised_from(below))


# ---- real sockets ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def untrusted() -> ssl.SSLContext:
    """The context of a server whose certificate no known authority has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


@contextmanager
def listening(serve: Callable[[socket.socket], Any]) -> Iterator[int]:
    """Yield a port on which `serve` handles each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        serve(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def verify_llm(host: str) -> None:
    LlmSummarizer(model="m", fallback=Extracts(), base_url=f"{host}/v1").verify()


def verify_speechmatics(host: str) -> None:
    with client(host, transport=None) as speechmatics:
        speechmatics.verify()


both = pytest.mark.parametrize("verify", [verify_llm, verify_speechmatics])


def failure(verify: Verify, host: str) -> StepError:
    with pytest.raises(StepError) as failed:
        verify(host)
    return failed.value


@both
def test_an_untrusted_certificate_is_named_and_not_retried(verify: Verify, untrusted: ssl.SSLContext) -> None:
    with listening(lambda connection: untrusted.wrap_socket(connection, server_side=True).close()) as port:
        failed = failure(verify, f"https://127.0.0.1:{port}")
    assert failed.code is ErrorCode.PROVIDER_CERTIFICATE
    told = reason_text(failed.code, failed.params, "en")
    assert "unable to get local issuer certificate" in told
    assert "SSL_CERT_FILE" in told
    assert "ConnectError" not in told
    assert "憑證" in reason_text(failed.code, failed.params, "zh-Hant-HK")


@both
def test_an_address_without_tls_is_named(verify: Verify) -> None:
    with listening(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        failed = failure(verify, f"https://127.0.0.1:{port}")
    assert (failed.code, failed.params["cause"]) == (ErrorCode.PROVIDER_UNREACHABLE, "tls")
    assert "does not speak TLS" in reason_text(failed.code, failed.params, "en")


@both
def test_a_port_without_a_listener_is_named(verify: Verify) -> None:
    with listening(lambda connection: None) as port:
        pass
    failed = failure(verify, f"http://127.0.0.1:{port}")
    assert "nothing listens at that address and port" in reason_text(failed.code, failed.params, "en")


@both
def test_a_connection_that_ends_without_an_answer_is_named(verify: Verify) -> None:
    with listening(lambda connection: connection.recv(65536)) as port:
        failed = failure(verify, f"http://127.0.0.1:{port}")
    assert failed.params["cause"] == "cut_off"
