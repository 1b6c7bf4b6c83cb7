"""Writes meetings in any state through the store, as the pipeline would."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cantomeet.errors import ErrorCode
from cantomeet.i18n import ZH
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Meeting
from cantomeet.reasons import reason_text
from cantomeet.storage import FolderStorage
from cantomeet.store import Database, NewAttempt, NewItem, NewMeeting, NewSegment, NewSummary
from cantomeet.stored_json import Proof, StoredWord

WORDS = (
    ("S1", "早晨，多謝大家嚟開會。今日主要講十二月推出新產品嘅安排。"),
    ("S2", "我想講下進度，手機 app 已經完成咗八成，下星期可以開始測試。"),
    ("S2", "不過付款嗰部分仲有兩個問題未解決，要等銀行回覆。"),
    ("S1", "咁我哋定咗十二月十五日推出，阿明下星期五之前交埋計劃書。"),
    ("S3", "我有個問題：如果銀行下個月先批，我哋會唔會延期？"),
    ("S1", "唔會，先推出唔使網上付款嘅版本。"),
    ("S3", "好，咁我通知客服同埋市場部，星期三之前發郵件。"),
    ("S2", "另外伺服器嘅費用今個月升咗三成，我會搵下原因。"),
)


@dataclass
class Seed:
    """Writes meetings into `store` and their recordings into `recordings`."""

    store: Database
    recordings: FolderStorage
    seconds: int = 64

    def waiting(self, title: str, **columns: Any) -> Meeting:
        """UPLOADED: no step has started."""
        with self.recordings.receive() as writer:
            writer.write(_wav(self.recordings.root, self.seconds))
            stored = writer.finish()
        new = NewMeeting(
            recording_key=stored.key,
            recording_bytes=stored.bytes,
            recording_sha256=stored.sha256,
            media_format="wav",
            filename=f"{title}.wav",
            **{"title": title, "duration_seconds": float(self.seconds), **columns},
        )
        return self.store.meetings.create(new)[0]

    def transcribing(self, meeting: Meeting, progress: int | None = None) -> Meeting:
        """TRANSCRIBING at a percentage, without any line yet."""
        self._step(meeting, status=MeetingStatus.TRANSCRIBING, stage=Stage.PREPARED, transcriber="whisper")
        return self.progress(meeting, progress)

    def progress(self, meeting: Meeting, progress: int | None) -> Meeting:
        leased = self._lease(meeting)
        return self.store.pipeline.commit_step(leased.id, leased.job.run, progress=progress)

    def piece(self, meeting: Meeting, lines: Sequence[NewSegment], progress: int) -> Meeting:
        """Add lines to the unfinished transcript."""
        leased = self._lease(meeting)
        tried = self._try("recognise")
        return self.store.pipeline.commit_piece(leased.id, leased.job.run, lines, tried=tried, progress=progress)

    def summarizing(self, meeting: Meeting, lines: Sequence[NewSegment] = ()) -> Meeting:
        """SUMMARIZING, with these lines added."""
        leased = self._lease(meeting)
        return self.store.pipeline.finish_transcript(
            leased.id, leased.job.run, lines, replace=False, tried=self._try("recognise")
        )

    def completed(
        self, meeting: Meeting, method: str = "extractive", items: Sequence[NewItem] | None = None
    ) -> Meeting:
        """COMPLETED, with a summary that cites its lines. `items` replaces the default items."""
        leased = self._lease(meeting)
        segments = self.store.transcripts.shown(meeting.id).segments
        if items is None:
            items = [] if method == "none" else summary_items([(s.id, s.start, s.end, s.text) for s in segments])
        new = NewSummary(method=method, language=ZH, items=items, name="qwen3" if method == "llm" else "")
        return self.store.pipeline.finish_summary(leased.id, leased.job.run, new, tried=self._try("summarize"))

    def whole(self, title: str, count: int = len(WORDS), method: str = "extractive", **columns: Any) -> Meeting:
        """A COMPLETED meeting from the start."""
        meeting = self.waiting(title, **columns)
        self.transcribing(meeting)
        self.summarizing(meeting, lines(count))
        return self.completed(meeting, method)

    def failed(self, title: str, code: ErrorCode, *, retries: int = 0, **params: Any) -> Meeting:
        """FAILED in its first step."""
        meeting = self.waiting(title)
        return self.fail(meeting, code, retries=retries, **params)

    def fail(self, meeting: Meeting, code: ErrorCode, *, retries: int = 0, **params: Any) -> Meeting:
        for failures in range(1, retries + 1):
            leased = self._lease(meeting)
            told: dict[str, Any] = {"tried": self._try("prepare"), "code": code, "params": params}
            self.store.pipeline.record_retry(leased.id, leased.job.run, delay=0, failures=failures, **told)
        leased = self._lease(meeting)
        tried, reason = self._try("prepare"), reason_text(code, params, ZH)
        return self.store.pipeline.record_failure(
            leased.id, leased.job.run, tried=tried, code=code, params=params, reason=reason
        )

    def _step(self, meeting: Meeting, **columns: Any) -> None:
        leased = self._lease(meeting)
        self.store.pipeline.commit_step(leased.id, leased.job.run, tried=self._try("prepare"), **columns)

    def _lease(self, meeting: Meeting) -> Meeting:
        leased = self.store.pipeline.take_lease(meeting.id, 60)
        assert leased is not None, "the meeting is not due"
        return leased

    def _try(self, step: str) -> NewAttempt:
        return NewAttempt(step, self.store.now())


def lines(count: int, first: int = 0, seconds: float = 8.0) -> list[NewSegment]:
    """`count` lines of a meeting, one every `seconds`, starting with line `first`."""
    return [_line(number, seconds) for number in range(first, first + count)]


def _line(number: int, seconds: float) -> NewSegment:
    speaker, words = WORDS[number % len(WORDS)]
    start = number * seconds
    confidence = 0.3 if number % 7 == 2 else 0.9
    spoken = [StoredWord(text=words, start=start, end=start + seconds - 0.5, confidence=confidence)]
    return NewSegment(start, start + seconds - 0.5, words, words, spoken, speaker)


def summary_items(spoken: Sequence[tuple[str, float, float, str]]) -> list[NewItem]:
    """Items that quote these lines (id, start, end, text), and one that has no quote."""

    def item(kind: str, number: int, text: str = "") -> NewItem:
        segment_id, start, end, words = spoken[number % len(spoken)]
        quoted: Proof = {"segment_id": segment_id, "quote": words, "start": start, "end": end, "check": "exact"}
        return {"kind": kind, "text": text or words, "evidence": [quoted]}

    return [
        item("overview", 0),
        item("overview", 1),
        item("decision", 3, "十二月十五日推出新產品。"),
        item("decision", 5),
        {
            **item("action_item", 3, "交計劃書"),
            "owner": "阿明",
            "due_text": "下星期五前",
            "due_date": date(2026, 12, 4),
        },
        {**item("action_item", 6, "發郵件通知客服和市場部"), "owner": "阿珊", "due_text": "星期三之前"},
        item("action_item", 7, "查伺服器費用上升的原因"),
        item("question", 4),
        {"kind": "risk", "text": "銀行可能不批准網上付款。", "evidence": []},
    ]


def _wav(root: Path, seconds: int) -> bytes:
    """Silence as a small WAV that Chromium plays: 4 kHz mono, 8 bits."""
    root.mkdir(parents=True, exist_ok=True)
    path = root / f"silence-{seconds}.wav"
    if not path.exists():
        with wave.open(str(path), "wb") as written:
            written.setnchannels(1)
            written.setsampwidth(1)
            written.setframerate(4000)
            written.writeframes(b"\x80" * 4000 * seconds)
    return path.read_bytes()
