"""`python -m cantomeet.media.forkserver FD`: the process from which the reading child processes are forked.

FFmpeg is loaded here once, so a child starts in milliseconds. `multiprocessing`'s own fork server cannot start children
of a daemonic process, such as granian's workers. It also imports the main module into each child, and loses exit codes
if several threads use it at once.

Each message on the socket FD carries two sockets. The child talks on the first. On the second the server sends the
child's exit status; if the client shuts it down or dies, the child is killed. The server ends when FD is closed.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress

from cantomeet.media import child

_IGNORED_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Sent to the whole process group, but meant for the client, which finishes its step first."""


class ForkServer:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._pids: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._woken, waker = socket.socketpair()
        self._woken.setblocking(False)
        waker.setblocking(False)
        self._waker = waker

    def run(self) -> None:
        """Serve until the client is gone, then kill all children."""
        for number in _IGNORED_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        gc.freeze()
        while self._serve_once():
            pass
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)

    def _serve_once(self) -> bool:
        for key, _ in self._selector.select():
            if key.fileobj is self._control:
                if not self._accept():
                    return False
            elif key.fileobj is self._woken:
                self._reap()
            else:
                self._end(key.data)
        return True

    def _accept(self) -> bool:
        word, fds, _, _ = socket.recv_fds(self._control, 1, 2)
        if not word:
            return False
        if len(fds) == 2:
            self._fork(fds[0], socket.socket(fileno=fds[1]))
        return True

    def _fork(self, talk: int, told: socket.socket) -> None:
        try:
            pid = os.fork()
        except OSError:
            # Out of processes or memory. Both sockets are closed, which the client notices.
            os.close(talk)
            told.close()
            return
        if pid == 0:
            self._become_child(talk)
        os.close(talk)
        self._pids[pid] = told
        self._selector.register(told, selectors.EVENT_READ, pid)

    @staticmethod
    def _become_child(talk: int) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # An open copy of another child's sockets would hide that its client is gone.
        os.dup2(talk, 3)
        os.closerange(4, os.sysconf("SC_OPEN_MAX"))
        child.serve(3)

    def _end(self, pid: int) -> None:
        """Kill a child whose client is gone. The pid cannot be reused, because the child is not reaped yet."""
        told = self._pids.get(pid)
        if told is not None:
            self._selector.unregister(told)
            os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            self._woken.recv(4096)
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self._report(pid, status)

    def _report(self, pid: int, status: int) -> None:
        told = self._pids.pop(pid)
        with suppress(KeyError):
            self._selector.unregister(told)
        with suppress(OSError):
            told.send(status.to_bytes(4, "big"))
        told.close()


if __name__ == "__main__":
    ForkServer(socket.socket(fileno=int(sys.argv[1]))).run()
