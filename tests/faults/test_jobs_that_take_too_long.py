"""Fault 14: a job times out during a step. The timeout is an `Exception`, which a broad `except` would catch."""

from __future__ import annotations

import ast
from datetime import timedelta

import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import delete

from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Switch
from cantomeet.queue import DEFAULT
from standins.speechmatics.server import FakeSpeechmatics, JobFault, JobPlan
from tests.meetings import key_of, set_columns, set_job
from tests.running import ROOT, Background, wait_for

JOB_SECONDS = 3

BROAD = {
    "cantomeet/media/child.py",
    "cantomeet/rescuer.py",
    "cantomeet_ui/api/middleware.py",
    "cantomeet/service/changing.py",
    "cantomeet_ui/event_guard.py",
    "worker/engine.py",
    "worker/kinds/checks.py",
    "worker/providers/whisper/transcriber.py",
}
"""Allowed places: the edges of a job, which handle timeouts; the rescuer, which runs in no job; loading a model, which
is foreign code; the web's notifications after a response; the edge of a child process, which reports to its parent; the
edges of a socket, on which a script can send anything."""


@pytest.mark.parametrize("accepted", [False, True], ids=["before it was accepted", "after"])
def test_a_step_that_times_out_is_retried_and_paid_for_once(
    side: Background, fake: FakeSpeechmatics, accepted: bool
) -> None:
    hang = JobFault(on="submit", do="hang", after=accepted, seconds=600.0, times=1)
    side.start()
    side.wait(side.upload().id)  # a worker that has loaded its program
    fake.use(JobPlan(job_seconds=1.0, faults=[hang]))
    # Prepared and marked as enqueued, so that the job with the short timeout submits it, not one of the rescuer.
    side.store.switches.pause(True)
    meeting = side.stored()
    prepared = {"status": MeetingStatus.TRANSCRIBING, "stage": Stage.PREPARED, "transcriber": "speechmatics"}
    set_columns(side.store, meeting.id, **prepared)
    set_job(side.store, meeting.id, woken_until=side.store.now() + timedelta(hours=1))
    with side.store.engine.begin() as connection:
        # Not through the store, which would enqueue everything due when it resumes.
        connection.execute(delete(Switch))
    queue = Queue(DEFAULT, connection=side.raw_redis(), serializer=JSONSerializer)
    queue.enqueue("worker.tasks.transcribe_meeting_task", meeting.id, job_timeout=JOB_SECONDS)
    wait_for(lambda: side.store.meetings.attempts(meeting.id), "the first try")
    assert "step_timed_out" in [a.error_code for a in side.store.meetings.attempts(meeting.id)]
    done = side.wait(meeting.id)
    assert done.status == MeetingStatus.COMPLETED
    assert fake.paid[key_of(done)] == 1
    assert set(fake.paid.values()) == {1}


def test_nothing_inside_a_step_catches_broadly() -> None:
    found = set()
    for package in ("cantomeet", "worker", "cantomeet_ui"):
        for path in (ROOT / package).rglob("*.py"):
            if any(_is_broad(node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))):
                found.add(str(path.relative_to(ROOT)))
    assert found == BROAD


def _is_broad(node: ast.AST) -> bool:
    """Whether a handler catches everything and does not raise it again."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    names = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {"Exception"}
    ends = node.body[-1]
    again = isinstance(ends, ast.Raise) and ends.exc is None
    return bool(names & {"Exception", "BaseException"}) and not again
