"""The stand-in's jobs, which its append-only log of JSON lines restores at a start.

One "accepted" line is one paid submission. It is on the disk (fsync) before the client is answered, so the log can be
compared with the client's own records after either process was killed.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from standins.speechmatics.plan import Fate
from standins.speechmatics.rules import ReceivedConfig
from standins.speechmatics.upload import JobSubmission


@dataclass
class FakeJob:
    id: str
    accepted_at: float
    """Unix seconds, kept in the log so that a job continues while the stand-in is down."""
    run_seconds: float
    data_name: str
    sha256: str
    seconds: float
    """Duration of the recording."""
    config: ReceivedConfig
    fate: Fate
    deleted_at: float | None = None
    notified: int = 0

    @property
    def reference(self) -> str:
        return self.config.reference

    @property
    def accepted_ms(self) -> int:
        return int(self.accepted_at * 1000)

    @property
    def ends_at(self) -> float:
        return self.accepted_at + self.run_seconds

    def status(self, now: float) -> str:
        if self.deleted_at is not None:
            return "deleted"
        return "running" if now < self.ends_at else self.fate.becomes

    def gone_status(self, now: float, expiry_seconds: float) -> int | None:
        """Return the status for a job that has expired, or None."""
        gone_after = expiry_seconds if self.fate.gone_after is None else self.fate.gone_after
        return self.fate.gone_status if now >= self.accepted_at + gone_after else None

    def details(self, now: float) -> dict[str, object]:
        """Return the API's `JobDetails`."""
        status = self.status(now)
        errors = [{"timestamp": instant(self.ends_at), "message": message} for message in self.fate.errors]
        return {
            "created_at": instant(self.accepted_at),
            "data_name": self.data_name,
            "duration": int(self.seconds),
            "id": self.id,
            "status": status,
            "config": self.config.model_dump(mode="json", by_alias=True, exclude_none=True),
            **({"errors": errors} if status == "rejected" else {}),
        }

    def info(self) -> dict[str, object]:
        """Return the API's `JobInfo`, the head of a transcript."""
        tracking = self.config.tracking
        return {
            "created_at": instant(self.accepted_at),
            "data_name": self.data_name,
            "duration": int(self.seconds),
            "id": self.id,
            **({"tracking": tracking.model_dump(exclude_none=True)} if tracking else {}),
        }


class JobBook:
    """Stores the jobs. Raises `BlockingIOError` if another process has the same log open."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise
        self.jobs: dict[str, FakeJob] = {}
        for line in read_log(path):
            self._replay(line)
        self._end_torn_line(path)

    def close(self) -> None:
        os.fsync(self._file)
        os.close(self._file)

    def accept(self, upload: JobSubmission, fate: Fate, run_seconds: float) -> FakeJob:
        """Create the job, which counts as paid; it is on the disk when this returns."""
        job = FakeJob(
            id=uuid4().hex[:10],
            accepted_at=time.time(),
            run_seconds=run_seconds if fate.job_seconds is None else fate.job_seconds,
            data_name=upload.filename,
            sha256=upload.sha256,
            seconds=upload.seconds,
            config=upload.config,
            fate=fate,
        )
        self.jobs[job.id] = job
        self.note(
            "accepted",
            sync=True,
            id=job.id,
            reference=job.reference,
            accepted_at=job.accepted_at,
            run_seconds=job.run_seconds,
            data_name=job.data_name,
            sha256=job.sha256,
            bytes=upload.size,
            seconds=job.seconds,
            config=job.config.model_dump(mode="json", by_alias=True, exclude_none=True),
            fate=fate.model_dump(mode="json"),
        )
        return job

    def delete(self, job: FakeJob) -> None:
        job.deleted_at = time.time()
        self.note("deleted", sync=True, id=job.id, reference=job.reference)

    def notified(self, job: FakeJob, status: str, outcome: str) -> None:
        job.notified += 1
        self.note("notified", id=job.id, reference=job.reference, status=status, outcome=outcome)

    def note(self, event: str, *, sync: bool = False, **fields: object) -> None:
        """Append a line. It survives the process at once; with `sync` it survives the machine too."""
        line = json.dumps({"at": instant(time.time()), "event": event, **fields}, ensure_ascii=False)
        os.write(self._file, line.encode() + b"\n")
        if sync:
            os.fsync(self._file)

    def listed(self, now: float, expiry_seconds: float, lag: float = 0.0) -> Iterator[FakeJob]:
        """Yield the newest jobs first, without those of the last `lag` seconds; jobs are stored in the order of
        acceptance.
        """
        jobs = (job for job in reversed(self.jobs.values()) if job.accepted_at <= now - lag)
        return (job for job in jobs if job.gone_status(now, expiry_seconds) is None)

    def _replay(self, line: dict[str, Any]) -> None:
        if line["event"] == "accepted":
            self.jobs[line["id"]] = FakeJob(
                id=line["id"],
                accepted_at=line["accepted_at"],
                run_seconds=line["run_seconds"],
                data_name=line["data_name"],
                sha256=line["sha256"],
                seconds=line["seconds"],
                config=ReceivedConfig.model_validate(line["config"]),
                fate=Fate.model_validate(line["fate"]),
            )
        elif line["event"] == "deleted":
            self.jobs[line["id"]].deleted_at = datetime.fromisoformat(line["at"]).timestamp()
        elif line["event"] == "notified":
            self.jobs[line["id"]].notified += 1

    def _end_torn_line(self, path: Path) -> None:
        size = path.stat().st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the log's lines, without a line that a crash left incomplete."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                yield json.loads(text)
            except ValueError:
                continue


def paid_submissions(path: Path) -> Counter[str]:
    """Count how often each reference was paid for."""
    return Counter(line["reference"] for line in read_log(path) if line["event"] == "accepted")


def instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
