"""The embedded path sends nothing anywhere and leaves nothing in the home folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import cantomeet.untracked
from cantomeet.lifecycle import MeetingStatus
from tests.logging_proxy import LoggingProxy, logging_proxy
from tests.running import ROOT, background
from tests.sound import speech

REPORTS_WITHIN = 25.0 if os.environ.get("CANTOMEET_SOAK") else 0.0
"""Seconds for which the worker is kept alive after its work. onnxruntime 1.32 sends telemetry 10 and 15 s after it was
loaded. It writes its device id to the home folder at once, so a check of the home folder needs no wait."""
PROGRAMS = {
    "the worker": "import worker.__main__",
    "the recogniser": "import worker.providers.whisper.transcriber",
    "a job of rq's own worker": "import worker.tasks",
    "the command": "import launcher.cli",
    "the web": "import cantomeet_ui.services",
    "the pages' configuration": "import rxconfig",
    "a benchmark": "import benchmarks.recogniser",
}


TELL = "import json, os, sys\nprint(json.dumps([dict(os.environ), 'onnxruntime' in sys.modules]))"


@pytest.fixture
def proxy() -> Iterator[LoggingProxy]:
    with logging_proxy() as running:
        yield running


def left_in(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home)) for path in home.rglob("*"))


def test_a_recording_becomes_a_summary_without_a_request_or_a_trace_at_home(
    proxy: LoggingProxy, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    # Like the shell of a new user: without any of this process's opt-out variables.
    (tmp_path / "data").mkdir()
    with background(tmp_path / "data", HOME=str(home), **proxy.environment) as side:
        side.environment = without_opt_outs(side.environment)
        side.start()
        meeting = side.wait(
            side.upload(lambda path: speech(path, "We decided to launch in December."), language="en").id
        )
        assert (meeting.status, meeting.status_reason) == (MeetingStatus.COMPLETED, None)
        assert side.store.transcripts.shown(meeting.id).segments
        time.sleep(REPORTS_WITHIN)
    assert proxy.requests == []
    assert left_in(home) == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_process_opts_out_by_what_it_imports(program: str, tmp_path: Path) -> None:
    script = f"{PROGRAMS[program]}\n{TELL}"
    environment = {**without_opt_outs(dict(os.environ)), "CANTOMEET_DATA_DIR": str(tmp_path)}
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, check=True)
    found, loaded = json.loads(told.stdout.splitlines()[-1])
    assert cantomeet.untracked.OPT_OUTS.items() <= found.items()
    assert not loaded, "it is loaded by what needs it, after the opt-out"


def test_what_a_shell_says_to_the_contrary_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in cantomeet.untracked.OPT_OUTS:
        monkeypatch.setenv(name, "yes, do")
    cantomeet.untracked.opt_out()
    assert cantomeet.untracked.OPT_OUTS.items() <= os.environ.items()


def without_opt_outs(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in cantomeet.untracked.OPT_OUTS}
