"""Proxies: requests to this machine go direct, requests to providers use the proxy, an unusable proxy is reported."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cantomeet.errors import ErrorCode, PermanentError
from cantomeet.reasons import reason_text
from cantomeet.settings import Settings
from launcher import cli, doctor
from launcher.client import Server, ServerAway
from standins.openai.server import FakeOpenAI
from standins.speechmatics.server import FakeSpeechmatics, JobPlan
from tests.running import ROOT
from worker import outgoing, runtime
from worker.providers.extractive import ExtractiveSummarizer
from worker.providers.llm import LlmSummarizer
from worker.providers.speechmatics.transcriber import SpeechmaticsTranscriber

VARIABLES = [name for word in ("http", "https", "all") for name in (f"{word}_proxy", f"{word}_proxy".upper())]
REMOTE = "http://provider.example"
UNUSABLE = ["socks5://127.0.0.1:1080", "socks4://127.0.0.1:1080", "ftp://proxy", "http://", "http://[", "http://a:port"]


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*VARIABLES, "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


class Listening(ThreadingHTTPServer):
    """Answers every request like CantoMeet's `/health`, and records the requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Listening

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "ok"}')

    def log_message(self, format: str, *args: Any) -> None: ...


@contextmanager
def listening() -> Iterator[Listening]:
    with Listening() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server() -> Iterator[Listening]:
    with listening() as running:
        yield running


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A bound port without a listener."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch, dead_port: int) -> str:
    """Every proxy variable names a proxy that does not exist."""
    for name in VARIABLES:
        monkeypatch.setenv(name, f"http://127.0.0.1:{dead_port}")
    return f"http://127.0.0.1:{dead_port}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "127.1.2.3", "127.1", "0.0.0.0"])
def test_requests_to_this_machine_go_direct(host: str, server: Listening, dead: str) -> None:
    url = f"http://{host}:{server.server_port}"
    if host == "127.1.2.3" and not _connects(host, server.server_port):
        url = server.url
    with outgoing.client(url) as client:
        assert client.get(f"{url}/health").json() == {"status": "ok"}
    assert server.asked == ["/health"]


def _connects(host: str, port: int) -> bool:
    # The server listens on 127.0.0.1 alone.
    with socket.socket() as trying:
        return trying.connect_ex((host, port)) == 0


@pytest.mark.parametrize("host", ["127.255.0.1", "[::1]", "[::ffff:127.0.0.1]", "a.localhost", "localhost.", "[::]"])
def test_no_name_of_this_machine_uses_the_proxy(host: str, dead: str) -> None:
    assert outgoing.proxy_for(f"http://{host}:3000/v1") is None


@pytest.mark.parametrize("name", [name for name in VARIABLES if "https" not in name.lower()])
def test_requests_to_another_machine_use_the_proxy(
    name: str, server: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, server.url)
    with outgoing.client(REMOTE) as client:
        assert client.get(f"{REMOTE}/v1/models").status_code == 200
    assert server.asked == [f"{REMOTE}/v1/models"]


def test_a_proxy_without_a_scheme_is_taken(server: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url.removeprefix("http://"))
    with outgoing.client(REMOTE) as client:
        assert client.get(REMOTE).status_code == 200


@pytest.mark.parametrize(
    ("no_proxy", "direct"),
    [
        ("provider.example", True),
        (".example", True),
        ("*.example", True),
        ("other.example, provider.example", True),
        ("provider.example:80", False),
        ("http://provider.example", True),
        ("*", True),
        ("other.example,*", True),
        ("rovider.example", False),
        ("", False),
        ("10.0.0.0/8", False),
    ],
)
def test_no_proxy_is_honoured(no_proxy: str, direct: bool, dead: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert (outgoing.proxy_for(REMOTE) is None) is direct


def test_no_proxy_may_name_a_network(dead: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "10.0.0.0/8,fd00::/8")
    assert outgoing.proxy_for("http://10.1.2.3:8000/v1") is None
    assert outgoing.proxy_for("http://[fd00::5]/v1") is None
    assert outgoing.proxy_for("http://11.1.2.3/v1") is not None


@pytest.mark.parametrize("address", UNUSABLE)
@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy", "HTTP_PROXY"])
def test_a_proxy_that_cannot_be_used_is_named(
    address: str, name: str, server: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, address)
    with pytest.raises(outgoing.ProxyUnusable, match=f"^{name}: ") as refused:
        outgoing.client(REMOTE)
    assert refused.value.refused, "nothing was sent, so nothing is looked for"
    with outgoing.client(server.url) as client:
        assert client.get(server.url).status_code == 200


def test_a_socks_proxy_for_all_else_harms_nothing_that_has_a_proxy_of_its_own(
    server: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    monkeypatch.setenv("HTTP_PROXY", server.url)
    with outgoing.client(REMOTE) as client:
        assert client.get(REMOTE).status_code == 200


def test_the_command_asks_this_machine_directly_and_others_through_the_proxy(
    server: Listening, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(server.url) as running:
        assert running.health() == {"status": "ok"}
    with listening() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        with Server("http://cantomeet.example:3000") as running:
            assert running.health() == {"status": "ok"}
        assert proxy.asked == ["http://cantomeet.example:3000/health"]
    monkeypatch.setenv("http_proxy", dead)
    with Server("http://cantomeet.example:3000") as running, pytest.raises(ServerAway):
        running.health()


def test_the_command_says_in_one_line_which_variable_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    result = CliRunner().invoke(cli.app, ["list", "--url", "http://cantomeet.example:3000"])
    assert result.exit_code == 1
    assert result.stderr.startswith("cantomeet: ALL_PROXY: ")
    assert len(result.stderr.splitlines()) == 1


def test_providers_on_this_machine_get_direct_requests(dead: str) -> None:
    with FakeSpeechmatics(JobPlan()) as fake, SpeechmaticsTranscriber("key", fake.url) as transcriber:
        transcriber.verify()
    with FakeOpenAI() as endpoint:
        _llm(endpoint.base_url).verify()


def _llm(url: str) -> LlmSummarizer:
    return LlmSummarizer(model="gpt-fake", fallback=ExtractiveSummarizer(), base_url=url, api_key="key")


def test_providers_elsewhere_are_reached_through_the_proxy(server: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    _llm(f"{REMOTE}/v1").verify()
    with SpeechmaticsTranscriber("key", REMOTE) as transcriber:
        transcriber.verify()
    assert [asked.partition("?")[0] for asked in server.asked] == [f"{REMOTE}/v1/models", f"{REMOTE}/v2/jobs"]


@pytest.mark.parametrize("address", UNUSABLE)
def test_an_unusable_proxy_fails_a_provider_with_what_to_fix(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", address)
    with SpeechmaticsTranscriber("key", "https://eu1.asr.api.speechmatics.com") as transcriber:
        for ask in (transcriber.verify, _llm("https://api.openai.com/v1").verify):
            with pytest.raises(PermanentError) as refused:
                ask()
            assert refused.value.code is ErrorCode.WRONG_SETTING
            text = reason_text(refused.value.code, refused.value.params, "en")
            assert "ALL_PROXY" in text
            assert "http://" in text


def test_a_worker_starts_whatever_the_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    settings = Settings(_env_file=None, CANTOMEET_DATA_DIR=tmp_path, SPEECHMATICS_API_KEY="key", OPENAI_MODEL="model")
    assert "speechmatics" in runtime.build(settings).remotes


def test_doctor_names_a_proxy_that_cannot_be_used_and_one_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Settings(_env_file=None, SPEECHMATICS_API_KEY="key")
    assert doctor.proxy(cloud).ok
    monkeypatch.setenv("HTTPS_PROXY", "http://somebody:secret@proxy.example:8080")
    assert "secret" not in doctor.proxy(cloud).detail
    assert "HTTPS_PROXY http://***@proxy.example:8080" in doctor.proxy(cloud).detail
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1080")
    found = doctor.proxy(cloud)
    assert not found.ok
    assert found.detail.startswith("HTTPS_PROXY: ")
    assert found.remedy
    assert doctor.proxy(Settings(_env_file=None)).ok, "nothing is asked anywhere"


def test_no_other_module_makes_a_client() -> None:
    """Except the stand-ins, which play another machine."""
    making = re.compile(r"httpx\.(Async)?Client\(|httpx\.(get|post|put|patch|delete|request|stream)\(|urlopen\(")
    found = {
        str(path.relative_to(ROOT))
        for folder in ("cantomeet", "cantomeet_ui", "worker")
        for path in (ROOT / folder).rglob("*.py")
        if "fakes" not in path.parts and making.search(path.read_text())
    }
    assert found == {"worker/outgoing.py"}
