"""The child process in which one recording is read: it does one job under limits, answers and ends."""

from __future__ import annotations

import errno
import os
import pickle
import select
import threading
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, TypeAlias

from cantomeet.errors import CantoMeetError, PermanentError
from cantomeet.media import decoding, probing
from cantomeet.media.decoding import Decoded
from cantomeet.media.limits import ChildLimits
from cantomeet.media.probing import Probe

TOO_MUCH_MEMORY = 70
"""The exit code of a child that found itself over its limit."""
_LOOKS = 50
"""Milliseconds between looks at the memory."""

Result = Probe | Decoded
Talk: TypeAlias = "Connection[bytes, bytes]"
"""To the asker; each message is pickled here."""

_JOBS: dict[str, Callable[..., Result]] = {
    job.__name__: job
    for job in (
        probing.probe,
        decoding.measure,
        decoding.decode_to_wav,
        decoding.make_playback_copy,
        decoding.make_upload_copy,
    )
}


class ChildCall(NamedTuple):
    """What the asker wants done."""

    job: str
    paths: tuple[Path, ...]
    """The recording, and where the job writes."""
    limits: ChildLimits
    reports: bool
    """Whether the job tells how far it is."""


class Progress(NamedTuple):
    """The child goes on once it is told to."""

    seconds: float


class Done(NamedTuple):
    result: Result


class Failed(NamedTuple):
    """An error of ours or the system's, in a form that can be sent."""

    kind: type[BaseException]
    args: tuple[object, ...]
    params: dict[str, object]


class Broken(NamedTuple):
    """An error that nobody foresaw; its traceback."""

    trace: str


def serve(fd: int) -> None:
    """Do what the other end of `fd` asks for, answer, end this process."""
    talk: Talk = Connection(fd)
    try:
        call: ChildCall = pickle.loads(talk.recv_bytes())
        call.limits.apply()
        threading.Thread(target=_watch, args=(fd, call.limits), daemon=True).start()
        talk.send_bytes(pickle.dumps(_answer(call, talk)))
    except MemoryError:
        os._exit(TOO_MUCH_MEMORY)
    except (EOFError, OSError):
        # The asker is gone.
        os._exit(1)
    os._exit(0)


def _answer(call: ChildCall, talk: Talk) -> Done | Failed | Broken:
    try:
        return Done(_done(call, talk))
    except Exception as error:
        # The edge of the process: whatever a job dies of, the asker is told.
        if any(_is_of_memory(cause) for cause in _chain(error)):
            raise MemoryError from error
        if isinstance(error, CantoMeetError):
            return Failed(type(error), (error.detail,), {"code": error.code, **error.params})
        if isinstance(error, OSError) and error.errno is not None:
            return Failed(OSError, (error.errno, error.strerror), {})
        return Broken(traceback.format_exc())


def _done(call: ChildCall, talk: Talk) -> Result:
    if not call.reports:
        return _JOBS[call.job](*call.paths)

    def on_progress(seconds: float) -> None:
        call.limits.require_length(seconds)
        call.limits.allow_more_time()
        talk.send_bytes(pickle.dumps(Progress(seconds)))
        talk.recv_bytes()

    result = _JOBS[call.job](*call.paths, on_progress)
    assert isinstance(result, Decoded), "only decoding tells how far it is"
    try:
        # The last seconds were not told of.
        call.limits.require_length(result.seconds)
    except PermanentError:
        for made in call.paths[1:]:
            made.unlink()
        raise
    return result


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)


def _watch(fd: int, limits: ChildLimits) -> None:
    """End this process when its asker is gone, or over the limit where the kernel does not heed it."""
    poller = select.poll()
    # No event at all: only a hang-up is reported.
    poller.register(fd, 0)
    while not poller.poll(_LOOKS):
        if limits.memory_exceeded():
            os._exit(TOO_MUCH_MEMORY)
    os._exit(1)
