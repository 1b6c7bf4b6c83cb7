"""Recordings are read in child processes: whatever is inside a file, the one who asks goes on and gets an answer.

What a child may cost is in `limits`. One that goes over it, or that crashes, says something about its file; one that
is killed from outside does not.
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
from cantomeet.errors import ErrorCode, PermanentError, RecordingRefused, TransientError
from cantomeet.media import limits, sniffing
from cantomeet.media.child import TOO_MUCH_MEMORY, Broken, ChildCall, Done, Failed, Progress, Result, Talk
from cantomeet.media.decoding import Decoded
from cantomeet.media.limits import LONGEST_SECONDS
from cantomeet.media.probing import Probe

OnProgress = Callable[[float], None]
_LONGEST_ANSWER = 1024 * 1024
_COSTLY = frozenset({signal.SIGXCPU, signal.SIGXFSZ})
_CRASHES = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP})
_DIES_SECONDS = 10.0
_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What a child may know of ours: no key is among it."""
_log = logging.getLogger(__name__)


def probe(path: Path) -> Probe:
    """What the file is. Raises `RecordingRefused` (415; `found` is a code of `sniffing`) for no recording."""
    call = ChildCall("probe", (path,), limits.to_probe(path.stat().st_size), reports=False)
    try:
        found = _asked(call)
    except PermanentError as error:
        raise _refused(str(error.params["found"])) from error
    except TransientError as error:
        raise _refused(sniffing.CUT_OFF) from error
    except _BrokenChild as error:
        _log.error("reading a recording failed in a way that nobody foresaw: %s", error)
        raise _refused(sniffing.CRASHING) from error
    assert isinstance(found, Probe), "the job probes"
    return found


def measure(src: Path, on_progress: OnProgress | None = None, *, longest_seconds: float = LONGEST_SECONDS) -> Decoded:
    """How long the sound of `src` really is, decoded to its end; with the errors of `decode_to_wav`."""
    return _decoded("measure", (src,), on_progress, longest_seconds)


def decode_to_wav(
    src: Path, dst: Path, on_progress: OnProgress | None = None, *, longest_seconds: float = LONGEST_SECONDS
) -> Decoded:
    """Write the sound of `src` to `dst` as 16 kHz mono 16-bit WAV; `dst` appears whole or not at all.

    `on_progress` is called every ten seconds of sound with the seconds done, and the work waits for it; what it raises
    ends the work. Broken packets are skipped and a file that ends early gives what there is. Raises `PermanentError`
    (recording_unreadable) where nothing decodes, where it takes more than the file's size allows, and where it crashes;
    (recording_too_long) where there are more than `longest_seconds`, silence in gaps included; `TransientError`
    (worker_died) where it was killed from outside twice; `StorageFull`.
    """
    return _decoded("decode_to_wav", (src, dst), on_progress, longest_seconds)


def make_playback_copy(
    src: Path, dst: Path, on_progress: OnProgress | None = None, *, longest_seconds: float = LONGEST_SECONDS
) -> Decoded:
    """Write the sound of `src` to `dst` as mono Opus in WebM, with the errors and promises of `decode_to_wav`."""
    return _decoded("make_playback_copy", (src, dst), on_progress, longest_seconds)


def make_upload_copy(
    src: Path, dst: Path, on_progress: OnProgress | None = None, *, longest_seconds: float = LONGEST_SECONDS
) -> Decoded:
    """As `make_playback_copy`, in Ogg: the form that transcription providers take. 14 MB an hour."""
    return _decoded("make_upload_copy", (src, dst), on_progress, longest_seconds)


def warm_up() -> None:
    """Start what children are forked from, so that the first reading need not wait for it. Returns at once."""
    # Where it cannot be started now, whoever reads first is told.
    with suppress(OSError):
        _server.ensure()


def shut_down() -> None:
    """End what children are forked from, and wait for it: for processes that end without Python's exit handlers, as
    granian's do. Whoever reads later starts it again.
    """
    _server.stop()


def _decoded(job: str, paths: tuple[Path, ...], on_progress: OnProgress | None, longest: float) -> Decoded:
    call = ChildCall(job, paths, limits.to_decode(paths[0].stat().st_size, longest), reports=True)
    try:
        decoded = _asked(call, on_progress)
    except BaseException:
        # A child that was killed could not clean up.
        for path in paths[1:]:
            path.with_name(path.name + TEMPORARY).unlink(missing_ok=True)
        raise
    assert isinstance(decoded, Decoded), "the job decodes"
    return decoded


def _refused(code: str) -> RecordingRefused:
    return RecordingRefused(f"found: {code}", code=ErrorCode.NOT_A_RECORDING, found=code)


def _unreadable(code: str) -> PermanentError:
    return PermanentError(f"found: {code}", code=ErrorCode.RECORDING_UNREADABLE, found=code)


class _BrokenChild(Exception):
    """An error in a child that nobody foresaw."""


class _KilledFromOutside(Exception):
    """The child, or what it was forked from, was killed by somebody or by a machine out of memory."""


def _asked(call: ChildCall, on_progress: OnProgress | None = None) -> Result:
    """The child's result, or its error. What was killed from outside is asked for once more."""
    call = call._replace(paths=tuple(path.absolute() for path in call.paths))
    for _ in range(2):
        with suppress(_KilledFromOutside):
            return _Asking(call, on_progress).answer()
    raise TransientError("the reading was killed from outside", code=ErrorCode.WORKER_DIED, times=2)


class _Asking:
    """One child and what it is told to do."""

    def __init__(self, call: ChildCall, on_progress: OnProgress | None) -> None:
        self._call, self._on_progress = call, on_progress

    def answer(self) -> Result:
        """Its result. Raises its error, or what its end means; the child is gone then."""
        talk, self._told = _server.fork()
        with talk, self._told:
            try:
                return self._listen(talk)
            finally:
                self._end_child()

    def _listen(self, talk: Talk) -> Result:
        try:
            talk.send_bytes(pickle.dumps(self._call))
            while isinstance(word := self._next_word(talk), Progress):
                if self._on_progress:
                    self._on_progress(word.seconds)
                talk.send_bytes(b"go on")
        except (EOFError, ConnectionError):
            raise _meaning(self._end_child()) from None
        return _opened(word)

    def _next_word(self, talk: Talk) -> object:
        if not talk.poll(self._call.limits.clock):
            raise _unreadable(sniffing.TOO_COSTLY)
        word: object = pickle.loads(talk.recv_bytes(_LONGEST_ANSWER))
        return word

    def _end_child(self) -> int | None:
        """Kill it if it runs, and wait: nothing is written after this. Its exit code, negative for a signal; None where
        nobody is left to tell it.
        """
        with suppress(OSError):
            self._told.shutdown(socket.SHUT_WR)
            self._told.settimeout(_DIES_SECONDS)
            status = self._told.recv(4)
            return os.waitstatus_to_exitcode(int.from_bytes(status, "big")) if status else None
        return None


def _meaning(code: int | None) -> Exception:
    """Of the end of a child that gave no answer."""
    if code == TOO_MUCH_MEMORY or (code is not None and -code in _COSTLY):
        return _unreadable(sniffing.TOO_COSTLY)
    if code is not None and -code in _CRASHES:
        return _unreadable(sniffing.CRASHING)
    return _KilledFromOutside(f"ended with {code}")


def _opened(word: object) -> Result:
    match word:
        case Done(result):
            return result
        case Failed(kind, args, params):
            raise kind(*args, **params)
        case Broken(trace):
            raise _BrokenChild(trace)
    raise AssertionError(f"no answer: {word!r}")


class _Server:
    """The fork server of this process, started when it is first needed and again when it has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def ensure(self) -> None:
        """Start it where it does not run; it is ready a moment later."""
        with self._lock:
            self._running()

    def fork(self) -> tuple[Talk, socket.socket]:
        """Two ends: of what a new child says, and of what is told about it. Shutting the second kills the child."""
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
        """End it and every child."""
        with self._lock:
            self._stop()

    def forget(self) -> None:
        """In a fork of this process: it is the other's."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.returncode = 0
        self.__init__()  # type: ignore[misc]  # the lock may be held by a thread that is not here

    def _running(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            _log.warning("what reading children are forked from has ended with %s", self._process.returncode)
            self._stop()
        return self._start() if self._control is None else self._control

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
            # Its threads would keep 32 MiB each, and threads do not survive the fork.
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
                self._process.wait(_DIES_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = self._control = None


_server = _Server()
atexit.register(_server.stop)
os.register_at_fork(after_in_child=_server.forget)
