"""Starts processes of test code quickly, by forking from a server that has imported what they need."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext


def forked() -> ForkServerContext:
    """The multiprocessing context. Its server runs no threads and no tests, so its forks are like new processes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.at_once", "tests.faults.dying"])
    return context
