"""A recording in each common format reaches its summary, through the real pipeline and transcriber."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.installed import Installation
from tests.recordings_factory import make_recording
from tests.running import wait_for

SPEECH = "We decided to launch the new product in December. John will send the plan by Friday."
FORMATS = ("mp3", "m4a", "wav", "ogg", "webm", "flac", "mp4")
KINDS = ("overview", "chapters", "decisions", "action_items", "questions", "risks", "quotes")


@pytest.mark.timeout(600)
@pytest.mark.in_turn("kind")
@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_becomes_a_summary_whose_quotes_stand_in_the_transcript(
    running: Installation, tmp_path: Path, kind: str
) -> None:
    recording = make_recording(tmp_path / f"meeting.{kind}", kind, speech=SPEECH)
    uploaded = running.upload(recording, language="en")

    def ended() -> Any:
        meeting = running.api(f"/api/meetings/{uploaded}")
        return meeting if meeting["status"] in ("COMPLETED", "FAILED") else None

    meeting = wait_for(ended, f"the {kind} recording", 300)
    assert meeting["status"] == "COMPLETED", meeting["status_reason"]
    segments = {segment["id"]: segment for segment in meeting["segments"]}
    assert "december" in " ".join(segment["text"] for segment in segments.values()).lower()
    assert 4 < meeting["duration_seconds"] < 10
    assert all(0 <= s["start"] < s["end"] <= meeting["duration_seconds"] for s in segments.values())
    proofs = [proof for kind in KINDS for item in meeting["summary"][kind] for proof in item["evidence"]]
    assert proofs
    assert all(proof["quote"] in segments[proof["segment_id"]]["text"] for proof in proofs)
    assert all(0 <= proof["start"] < proof["end"] <= meeting["duration_seconds"] for proof in proofs)
