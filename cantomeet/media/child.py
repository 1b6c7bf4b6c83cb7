"""The child process that reads one recording: it runs one job under limits, sends the result and exits."""

from __future__ import annotations

import errno
import os
import pickle
import select
import threading
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

from cantomeet.errors import CantoMeetError, PermanentError
from cantomeet.media import decoding, probing
from cantomeet.media.found import Decoded
from cantomeet.media.limits import ChildLimits
from cantomeet.media.talk import TOO_MUCH_MEMORY, Broken, ChildCall, Done, Failed, Progress, Result, Talk

_CHECK_MILLISECONDS = 50
"""Time between checks of the memory."""

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


def serve(fd: int) -> None:
    """Run the job that the other end of the socket `fd` requests, send the result, and exit."""
    talk: Talk = Connection(fd)
    try:
        call: ChildCall = pickle.loads(talk.recv_bytes())
        call.limits.apply()
        threading.Thread(target=_watch, args=(fd, call.limits), daemon=True).start()
        talk.send_bytes(pickle.dumps(_run_safely(call, talk)))
    except MemoryError:
        os._exit(TOO_MUCH_MEMORY)
    except (EOFError, OSError):
        # The parent is gone.
        os._exit(1)
    os._exit(0)


def _run_safely(call: ChildCall, talk: Talk) -> Done | Failed | Broken:
    try:
        return Done(_run(call, talk))
    except Exception as error:
        # The edge of the process: every error of a job is sent to the parent.
        if any(_is_of_memory(cause) for cause in _chain(error)):
            raise MemoryError from error
        if isinstance(error, CantoMeetError):
            return Failed(type(error), (error.detail,), {"code": error.code, **error.params})
        if isinstance(error, OSError) and error.errno is not None:
            return Failed(OSError, (error.errno, error.strerror), {})
        return Broken(traceback.format_exc())


def _run(call: ChildCall, talk: Talk) -> Result:
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
        # The last seconds were not reported.
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
    """Exit when the parent is gone, or when the memory limit is exceeded and the kernel does not enforce it."""
    poller = select.poll()
    # With an empty event mask only a hang-up is reported.
    poller.register(fd, 0)
    while not poller.poll(_CHECK_MILLISECONDS):
        if limits.memory_exceeded():
            os._exit(TOO_MUCH_MEMORY)
    os._exit(1)
