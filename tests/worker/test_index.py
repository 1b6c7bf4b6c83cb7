"""Workers take changed texts into the search index; whatever dies, it becomes complete."""

from __future__ import annotations

from pathlib import Path

from cantomeet.jobs import JobKind
from cantomeet.models import Job
from cantomeet.store import Database
from tests import meetings
from tests.cantomeet.test_search import texts
from tests.worker.jobs import subjects
from tests.worker.test_pipeline import House
from worker.kinds import index


def test_a_worker_takes_up_a_change_and_others_that_wait(store: Database, tmp_path: Path) -> None:
    house = House(store, tmp_path)
    ids = [meetings.uploaded(store, title=f"預算{n}").id for n in range(3)]
    index.advance(house.tools, ids[0])
    assert texts(store, "預算") == [], "it waits a second for further changes"
    meetings.index_job_is_due(store, ids[0])
    index.advance(house.tools, ids[0])
    assert sorted(texts(store, "預算")) == ["預算0", "預算1", "預算2"]
    assert store.search.is_complete()


def test_the_part_of_a_worker_that_died_is_written_by_the_next(store: Database, tmp_path: Path) -> None:
    house = House(store, tmp_path)
    meeting = meetings.uploaded(store, title="預算")
    meetings.index_job_is_due(store, meeting.id)
    assert store.jobs.take(JobKind.INDEX, meeting.id, -1) is not None
    woken = [job for job in store.jobs.wake_due() if isinstance(job, Job) and job.kind == JobKind.INDEX]
    assert [job.subject for job in woken] == [meeting.id] == subjects(store, JobKind.INDEX)
    index.advance(house.tools, meeting.id)
    assert texts(store, "預算") == ["預算"]
    assert store.search.is_complete()
