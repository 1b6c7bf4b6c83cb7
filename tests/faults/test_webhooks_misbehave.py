"""Fault 13: webhook calls come twice, too early, out of order, or forged."""

from __future__ import annotations

import httpx

from cantomeet.lifecycle import MeetingStatus
from standins.speechmatics.server import FakeSpeechmatics, JobPlan, Webhooks
from tests.faults.conftest import SECRET
from tests.running import Background
from tests.upload_server import UploadServer


def test_webhook_calls_twice_too_early_and_out_of_order_only_trigger_polls(
    side: Background, web: UploadServer, fake: FakeSpeechmatics
) -> None:
    fake.use(JobPlan(job_seconds=2.0, webhooks=Webhooks(times=2, offset=-1.5, jitter=3.0)))
    side.start()
    meetings = [side.upload().id for _ in range(4)]
    assert {side.wait(one).status for one in meetings} == {MeetingStatus.COMPLETED}
    assert sorted(fake.paid.values()) == [1] * 4
    heard = [line for line in fake.log if line["event"] == "notified"]
    assert heard
    assert {line["outcome"] for line in heard} == {"204"}


def test_a_forged_call_is_refused_and_one_for_an_unknown_job_changes_nothing(
    side: Background, web: UploadServer, fake: FakeSpeechmatics
) -> None:
    fake.use(JobPlan(job_seconds=600.0, webhooks=Webhooks(times=0)))
    worker = side.start()
    waiting = side.wait(side.upload().id, lambda m: m.provider_job_id is not None)
    # Without a worker, whose own looks change the row as well, only a call can change it.
    worker.terminate()
    worker.wait()
    waiting = side.store.meetings.get(waiting.id)
    url = f"{web.url}/webhooks/speechmatics?status=success"
    checks = len(fake.requests("check"))
    for authorization in ("", "Bearer wrong", f"Basic {SECRET}", SECRET):
        forged = httpx.post(f"{url}&id={waiting.provider_job_id}", headers={"Authorization": authorization})
        assert (forged.status_code, forged.json()["code"]) == (403, "not_allowed")
    ours = {"Authorization": f"Bearer {SECRET}"}
    assert httpx.post(f"{url}&id=unknown", headers=ours).status_code == 204
    after = side.store.meetings.get(waiting.id)
    assert (after.job.run, after.status, after.job.due_at) == (waiting.job.run, waiting.status, waiting.job.due_at)
    assert len(fake.requests("check")) == checks
    assert httpx.post(f"{url}&id={waiting.provider_job_id}", headers=ours).status_code == 204
    side.start()
    side.wait(waiting.id, lambda m: len(fake.requests("check")) > checks)
    assert side.store.meetings.get(waiting.id).status == MeetingStatus.TRANSCRIBING, (
        "what the notice says is not believed"
    )
