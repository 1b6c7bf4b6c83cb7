"""Writes a labelled set of one short meeting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.worker.providers.llm_meetings import MEETING, MEETING_DATE, lines

LABELS: dict[str, list[dict[str, Any]]] = {
    "decisions": [{"segments": ["s3"]}, {"segments": ["s5"]}],
    "action_items": [
        {"segments": ["s6", "s7"], "owners": ["陳秘書"], "due_date": "2026-12-04"},
        {"segments": ["s8"], "owners": ["The auditors", "auditors"], "due_date": "2026-11-27"},
    ],
    "questions": [{"segments": ["s1"], "open": False}],
    "risks": [{"segments": ["s4"]}],
}


def written(folder: Path, *names: str, labels: dict[str, list[dict[str, Any]]] | None = None) -> Path:
    """Write the same meeting into `folder` under each name."""
    folder.mkdir(exist_ok=True)
    meeting = {
        "title": "第四次會議",
        "meeting_date": MEETING_DATE.isoformat(),
        "lines": [vars(line) for line in lines(*MEETING)],
        "labels": labels or LABELS,
    }
    for name in names or ("board",):
        (folder / f"{name}.json").write_text(json.dumps(meeting, ensure_ascii=False), "utf-8")
    return folder
