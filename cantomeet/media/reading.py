"""Reads recordings in child processes, so that a malicious or broken file cannot harm the calling process.

`cantomeet.media.limits` has the limits of a child. A child that exceeds them or crashes means that its file is bad. A
child that was killed by the system or a person does not.
"""

from __future__ import annotations

import atexit
import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from cantomeet.atomic import TEMPORARY
from cantomeet.errors import ErrorCode, PermanentError, TransientError
from cantomeet.media import limits, sniffing
from cantomeet.media.found import Decoded, Probe, refused, unreadable
from cantomeet.media.limits import LONGEST_SECONDS
from cantomeet.media.talk import TOO_MUCH_MEMORY, Broken, ChildCall, Done, Failed, Progress, Result, Talk

OnProgress = Callable[[float], None]
_LONGEST_ANSWER = 1024 * 1024
_COSTLY = frozenset({signal.SIGXCPU, signal.SIGXFSZ})
_CRASHES = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP})
_EXIT_SECONDS = 10.0
_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Environment variables that children inherit. API keys are not among them."""
_log = logging.getLogger(__name__)


def probe(path: Path) -> Probe:
    """Probe a file. Raises `RecordingRefused` (415; `found` is a code of `sniffing`) if it is no recording."""
    call = ChildCall("probe", (path,), limits.to_probe(path.stat().st_size), reports=False)
    try:
        found = _call_child(call)
    except PermanentError as error:
        raise refused(str(error.params["found"])) from error
    except TransientError as error:
        raise refused(sniffing.CUT_OFF) from error
    except _UnexpectedChildError as error:
        _log.error("unexpected error while reading a recording: %s", error)
        raise refused(sniffing.CRASHING) from error
    assert isinstance(found, Probe), "the job probes"
    return found


def measure(src: Path, on_progress: OnProgress | None = None, *, longest_seconds: float = LONGEST_SECONDS) -> Decoded:
    """Decode `src` to its end to measure it, without writing it. Raises the errors of `decode_to_wav`."""
    return _decoded("measure", (src,), on_progress, longest_seconds)


def decode_to_wav(
    src: Path, dst: Path, on_progress: OnProgress | None = None, *, longest_seconds: float = LONGEST_SECONDS
) -> Decoded:
    """Write the sound of `src` to `dst`, atomically, as 16 kHz mono 16-bit WAV.

    `on_progress` is called after every ten seconds of sound with the seconds done, and the work waits for it. An
    exception of it ends the work. Broken packets are skipped, and of a truncated file everything that is there is
    decoded.

    Raises `PermanentError` (recording_unreadable) if nothing can be decoded, if the child exceeds its limits or
    crashes; `PermanentError` (recording_too_long) for more than `longest_seconds`, silence in gaps included;
    `TransientError` (worker_died) if the child was killed twice; and `StorageFull`.
    """
    return _decoded("decode_to_wav", (src, dst), on_progress, longest_seconds)


def make_playback_copy(
    src: Path, dst: Path, on_progress: OnProgress | None = None, *, longest_seconds: float = LONGEST_SECONDS
) -> Decoded:
    """Write the sound of `src` to `dst` as mono Opus in WebM. Otherwise as `decode_to_wav`."""
    return _decoded("make_playback_copy", (src, dst), on_progress, longest_seconds)


def make_upload_copy(
    src: Path, dst: Path, on_progress: OnProgress | None = None, *, longest_seconds: float = LONGEST_SECONDS
) -> Decoded:
    """As `make_playback_copy`, but in Ogg, which transcription providers accept. An hour takes 14 MB."""
    return _decoded("make_upload_copy", (src, dst), on_progress, longest_seconds)


def warm_up() -> None:
    """Start the fork server, so that the first call need not wait for it. Returns at once."""
    # If it cannot be started now, the first call reports the error.
    with suppress(OSError):
        _server.ensure()


def shut_down() -> None:
    """Stop the fork server and wait for its end. A later call starts it again.

    For processes that end without Python's exit handlers, such as granian's workers.
    """
    _server.stop()


def _decoded(job: str, paths: tuple[Path, ...], on_progress: OnProgress | None, longest: float) -> Decoded:
    call = ChildCall(job, paths, limits.to_decode(paths[0].stat().st_size, longest), reports=True)
    try:
        decoded = _call_child(call, on_progress)
    except BaseException:
        # A child that was killed could not clean up.
        for path in paths[1:]:
            path.with_name(path.name + TEMPORARY).unlink(missing_ok=True)
        raise
    assert isinstance(decoded, Decoded), "the job decodes"
    return decoded


class _UnexpectedChildError(Exception):
    """An unexpected error in a child."""


class _ChildKilled(Exception):
    """The child or its fork server was killed, by a person or because the machine ran out of memory."""


def _call_child(call: ChildCall, on_progress: OnProgress | None = None) -> Result:
    """Run a call in a child and return its result, or raise its error. A child that was killed is tried once more."""
    call = call._replace(paths=tuple(path.absolute() for path in call.paths))
    for _ in range(2):
        with suppress(_ChildKilled):
            return _ChildCall(call, on_progress).answer()
    raise TransientError("the reading was killed from outside", code=ErrorCode.WORKER_DIED, times=2)


class _ChildCall:
    """One call in one child process."""

    def __init__(self, call: ChildCall, on_progress: OnProgress | None) -> None:
        self._call, self._on_progress = call, on_progress

    def answer(self) -> Result:
        """The child's result. Raises its error, or the meaning of its exit code. The child has ended afterwards."""
        talk, self._told = _server.fork()
        with talk, self._told:
            try:
                return self._exchange(talk)
            finally:
                self._end_child()

    def _exchange(self, talk: Talk) -> Result:
        try:
            talk.send_bytes(pickle.dumps(self._call))
            while isinstance(word := self._receive(talk), Progress):
                if self._on_progress:
                    self._on_progress(word.seconds)
                talk.send_bytes(b"go on")
        except (EOFError, ConnectionError):
            raise _error_of_exit(self._end_child()) from None
        return _unpack(word)

    def _receive(self, talk: Talk) -> object:
        if not talk.poll(self._call.limits.clock):
            raise unreadable(sniffing.TOO_COSTLY)
        word: object = pickle.loads(talk.recv_bytes(_LONGEST_ANSWER))
        return word

    def _end_child(self) -> int | None:
        """Kill the child if it runs and wait for its end, so that nothing is written afterwards.

        Returns its exit code, negative for a signal, or None if the fork server is gone.
        """
        with suppress(OSError):
            self._told.shutdown(socket.SHUT_WR)
            self._told.settimeout(_EXIT_SECONDS)
            status = self._told.recv(4)
            return os.waitstatus_to_exitcode(int.from_bytes(status, "big")) if status else None
        return None


def _error_of_exit(code: int | None) -> Exception:
    """The error that the exit code of a child without a result means."""
    if code == TOO_MUCH_MEMORY or (code is not None and -code in _COSTLY):
        return unreadable(sniffing.TOO_COSTLY)
    if code is not None and -code in _CRASHES:
        return unreadable(sniffing.CRASHING)
    return _ChildKilled(f"ended with {code}")


def _unpack(word: object) -> Result:
    match word:
        case Done(result):
            return result
        case Failed(kind, args, params):
            raise kind(*args, **params)
        case Broken(trace):
            raise _UnexpectedChildError(trace)
    raise AssertionError(f"no answer: {word!r}")


class _Server:
    """The fork server of this process. It is started when needed, and again after it has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def ensure(self) -> None:
        """Start the server if it does not run. It is ready a moment later."""
        with self._lock:
            self._running()

    def fork(self) -> tuple[Talk, socket.socket]:
        """Fork a child. Returns its connection, and a socket for its exit status; shutting that down kills it."""
        talk, childs = socket.socketpair()
        told, servers = socket.socketpair()
        with childs, servers, self._lock:
            try:
                socket.send_fds(self._running(), [b"!"], [childs.fileno(), servers.fileno()])
            except ConnectionError:
                self._stop()
                socket.send_fds(self._running(), [b"!"], [childs.fileno(), servers.fileno()])
        return Connection(talk.detach()), told

    def stop(self) -> None:
        """Stop the server and every child."""
        with self._lock:
            self._stop()

    def forget(self) -> None:
        """Drop the server in a fork of this process, because it belongs to the original process."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.returncode = 0
        self.__init__()  # type: ignore[misc]  # the lock may be held by a thread that is not here

    def _running(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            _log.warning("the fork server of reading children has ended with %s", self._process.returncode)
            self._stop()
        return self._start() if self._control is None else self._control

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
            # OpenBLAS threads would take 32 MiB each, and threads do not survive a fork.
            environment["OPENBLAS_NUM_THREADS"] = "1"
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "cantomeet.media.forkserver", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        self._control = ours
        return ours

    def _stop(self) -> None:
        if self._control is not None:
            with suppress(OSError):
                self._control.shutdown(socket.SHUT_RDWR)
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(_EXIT_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = self._control = None


_server = _Server()
atexit.register(_server.stop)
os.register_at_fork(after_in_child=_server.forget)
