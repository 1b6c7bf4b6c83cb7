"""Processes of the tests' own code that start at once: forked from a server that has imported what they need."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext


def forked() -> ForkServerContext:
    """What makes them. The server runs no threads and no tests, so a fork of it is as good as a new process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.at_once", "tests.faults.dying"])
    return context
