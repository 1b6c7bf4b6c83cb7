"""`cantomeet up`: starts and stops embedded Redis, worker and web as child processes."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cantomeet.errors import SettingsError
from cantomeet.private import keep_private, make_folder, opener, tighten
from cantomeet.reachable import check_database, is_of_earlier_release
from cantomeet.settings import Settings, load_settings, on_this_machine
from launcher import page_build, web_server
from launcher.redis_server import EmbeddedRedis
from worker.children import Child, stop_all

ROOT = Path(__file__).resolve().parent.parent
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_READY_SECONDS = 60.0
_LETS_GO_SECONDS = 15.0
"""Seconds for which the web of a killed launcher may hold the port before it stops by itself."""
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Ignores a proxy of the environment, because this machine never answers through one."""
_WORKER_DEATHS = 5
"""Consecutive deaths of the worker after which it is not restarted."""


def up() -> int:
    """Run everything until Ctrl-C, SIGTERM, a closed terminal or the end of a part; return the exit code.

    Raises `SettingsError`, and `StorageFull` where there is no room to convert an earlier release's database.
    """
    keep_private()
    settings = load_settings()
    check_database(settings)
    stop = threading.Event()
    for number in _STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    make_folder(settings.data_dir)
    with (
        data_folder_held(settings.data_dir) as left_behind,
        port_held(settings.host, settings.port, _LETS_GO_SECONDS if left_behind else 0.0) as reserved,
    ):
        tighten(settings.data_dir)
        # Earlier releases kept the state of open pages there.
        shutil.rmtree(settings.data_dir / "page-states", ignore_errors=True)
        bring_up_to_date(settings)
        build = page_build.ensure(ROOT, settings.port)
        redis = None if settings.redis_url else EmbeddedRedis.start(settings.data_dir)
        try:
            reserved.close()
            with page_build.in_use(build):
                return _run(settings, build, redis, stop)
        finally:
            if redis is not None:
                redis.stop()


def bring_up_to_date(settings: Settings) -> None:
    """Convert the database of an earlier release before a part is started that is expected to answer soon.

    Raises `StorageFull`, and `KeyboardInterrupt` at any of the signals that stop the program; nothing is changed then.
    """
    if not is_of_earlier_release(settings):
        return
    from worker.opening import open_store

    print("cantomeet: converting the database of an earlier release; a large one takes minutes", flush=True)
    before = {number: signal.signal(number, signal.default_int_handler) for number in _STOP_SIGNALS}
    try:
        open_store(settings).engine.dispose()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(settings: Settings, build: Path, redis: EmbeddedRedis | None, stop: threading.Event) -> int:
    environment = {
        **os.environ,
        "CANTOMEET_DATA_DIR": str(settings.data_dir.absolute()),
        "CANTOMEET_PORT": str(settings.port),
        "REDIS_URL": settings.effective_redis_url,
        # Reflex would use this for its own state and fail with Redis.
        "REFLEX_REDIS_URL": "",
    }
    web_server.allow_many_files()
    web = Child(_web_command(settings), {**environment, **page_build.server_environment(build)})
    worker = Child([sys.executable, "-m", "worker"], environment)
    try:
        web.start()
        if _wait_until_ready(settings, web, stop):
            # After the web: the imports of both would compete for the same cores while somebody waits for the page.
            worker.start()
            _greet(settings)
            return _watch(web, worker, redis, stop)
        return 0 if stop.is_set() else 1
    finally:
        if stop.is_set():
            # The terminal may have just been closed.
            with suppress(OSError):
                print("cantomeet: stopping; a step under way is finished first", flush=True)
        stop_all([web, worker])


def _web_command(settings: Settings) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", *web_server.options()),
        *("--host", settings.host, "--port", str(settings.port)),
        # A page's open websocket must not delay a stop.
        *("--workers-kill-timeout", "3", "--working-dir", str(ROOT)),
        "cantomeet_ui.cantomeet_ui:app",
    ]


def _watch(web: Child, worker: Child, redis: EmbeddedRedis | None, stop: threading.Event) -> int:
    """Wait until a part ends. A killed worker is restarted, because its meetings are safe and must continue."""
    while not stop.wait(0.5):
        code = web.exit_code()
        if code is not None:
            print(f"cantomeet: the web ended with {code}; stopping", file=sys.stderr)
            return 1
        if redis is not None and not redis.running():
            print("cantomeet: the embedded Redis has ended; stopping", file=sys.stderr)
            return 1
        code = worker.exit_code()
        if code is not None and (code >= 0 or worker.deaths >= _WORKER_DEATHS):
            print(f"cantomeet: the worker ended with {code}; stopping", file=sys.stderr)
            return 1
        worker.keep_running()
    return 0


def _wait_until_ready(settings: Settings, web: Child, stop: threading.Event) -> bool:
    deadline = time.monotonic() + _READY_SECONDS
    url = f"http://127.0.0.1:{settings.port}/health"
    while time.monotonic() < deadline and not stop.is_set():
        if web.exit_code() is not None:
            print(f"cantomeet: the web did not start (exit code {web.exit_code()})", file=sys.stderr)
            return False
        try:
            with _DIRECT.open(url, timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            stop.wait(0.05)
    if not stop.is_set():
        print(f"cantomeet: the web did not answer within {_READY_SECONDS:.0f} s", file=sys.stderr)
    return False


def _greet(settings: Settings) -> None:
    def destination(what: str, url: str) -> str:
        return f"{url}, on this machine" if on_this_machine(url) else f"{url}: {what} leave this machine"

    transcriber = {
        "speechmatics": f"Speechmatics at {destination('recordings', settings.speechmatics_base_url)}",
        "whisper": f"Whisper {settings.whisper_model or 'base'}, on this machine",
    }[settings.chosen_transcriber]
    summarizer = {
        "llm": f"{settings.openai_model} at {destination('transcripts', settings.openai_base_url or 'OpenAI')}",
        "extractive": "extracted sentences, on this machine",
    }[settings.chosen_summarizer]
    print(
        f"\n  CantoMeet Notes   http://localhost:{settings.port}\n"
        f"  transcriber       {transcriber}\n"
        f"  summarizer        {summarizer}\n"
        f"  data              {settings.data_dir.absolute()}\n"
        f"  stop              Ctrl-C\n",
        flush=True,
    )


@contextmanager
def data_folder_held(data_dir: Path) -> Iterator[bool]:
    """Lock the data folder against a second copy.

    Yields True if the last copy was killed; its child processes may still be ending. Raises `SettingsError`.
    """
    with open(data_dir / "lock", "a+", opener=opener) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError(f"CANTOMEET_DATA_DIR: another copy is running on {data_dir.absolute()}") from None
        left_behind = os.fstat(lock.fileno()).st_size > 0
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        try:
            yield left_behind
        finally:
            lock.truncate(0)


@contextmanager
def port_held(host: str, port: int, patience: float) -> Iterator[socket.socket]:
    """Bind the port, so that a long build cannot lose it; close it just before the web takes it.

    Raises `SettingsError` if it is still in use after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        while True:
            try:
                reserved.bind((host, port))
                break
            except OSError as error:
                if time.monotonic() >= deadline:
                    raise SettingsError(
                        f"CANTOMEET_PORT: port {port} is in use ({error.strerror}); try another"
                    ) from None
                time.sleep(0.2)
        yield reserved
