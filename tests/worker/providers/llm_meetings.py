"""Meetings, a cache and a fallback for the tests of the language-model summarizer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import httpx

from standins.openai.server import FakeOpenAI
from worker.providers import (
    Evidence,
    SummaryDraft,
    SummaryLine,
    SummaryRequest,
    TranscriptLine,
    Usage,
)
from worker.providers.llm import LlmLimits, LlmSummarizer

MEETING_DATE = date(2026, 11, 23)
"""A Monday."""

MEETING: tuple[tuple[str | None, str], ...] = (
    ("主席", "各位早晨，我哋開始第四次會議。"),
    ("主席", "上次會議紀錄大家有冇修改？"),
    ("秘書", "冇人提出修改。"),
    ("主席", "咁就通過上次嘅會議紀錄。"),
    ("司庫", "裝修費總共要五十二萬，我擔心超出預算。"),
    ("主席", "大家同意批准裝修費五十二萬。"),
    ("主席", "由陳秘書負責喺下星期五之前搵三個報價。"),
    ("秘書", "好，我會跟進。"),
    ("Treasurer", "The auditors will send the report by Friday."),
    ("主席", "散會。"),
)


def lines(*said: tuple[str | None, str], seconds: float = 4.0) -> list[TranscriptLine]:
    """Build a transcript from the speaker and words of successive segments."""
    return [
        TranscriptLine(f"s{number}", number * seconds, (number + 1) * seconds, text, speaker)
        for number, (speaker, text) in enumerate(said)
    ]


def request(said: Iterable[tuple[str | None, str]] = MEETING, **members: Any) -> SummaryRequest:
    return SummaryRequest(lines=lines(*said), **{"language": "zh-Hant-HK", "meeting_date": MEETING_DATE, **members})


def long_meeting(segments: int) -> list[tuple[str | None, str]]:
    """Return talk in which every tenth segment decides something, each in different words."""
    speakers = ("主席", "秘書", "司庫")
    return [
        (
            speakers[n % 3],
            f"決定第{n}項撥款{n + 100}元。" if n % 10 == 0 else f"呢個係第{n}點，大家傾下先，唔急住話事。",
        )
        for n in range(segments)
    ]


class Extracts:
    """A fallback with one recognisable item."""

    name = "extracts"

    def __init__(self) -> None:
        self.asked = 0

    def summarize(self, request: SummaryRequest, on_progress: Callable[[float], None]) -> SummaryDraft:
        self.asked += 1
        first = request.lines[0]
        evidence = (Evidence(first.id, first.text, first.start, first.end, "exact"),)
        items = (SummaryLine("overview", first.text, evidence),)
        return SummaryDraft("extractive", request.language, items)


class Crash(Exception):
    """The process died."""


class Cache:
    """A cache that keeps its values as the database does, and can die before or after a commit."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.usages: list[Usage] = []
        self.commits = 0
        self.die_at: int | None = None

    def get(self, key: str) -> str | None:
        return self.kept.get(key)

    def put(self, key: str, value: str, usage: Usage) -> None:
        self.commits += 1
        if self.commits == self.die_at:
            raise Crash
        self.kept[key] = value
        self.usages.append(usage)


def ignore(_fraction: float) -> None:
    """Ignore the progress."""


def summarizer(fake: FakeOpenAI, **members: Any) -> LlmSummarizer:
    limits = members.pop("limits", None) or LlmLimits(timeouts=httpx.Timeout(5.0))
    return LlmSummarizer(
        **{"model": "stand-in", "fallback": Extracts(), "base_url": fake.base_url, "limits": limits, **members}
    )


def scripted(answers: Sequence[Any] | Callable[[dict[str, Any]], Any], **members: Any) -> LlmSummarizer:
    """Build a summarizer whose endpoint gives these answers in turn, repeating the last one, without a network.

    An answer is the content of the message (a text, or an object to be written as JSON) or an `httpx.Response`.
    """
    left = list(answers) if not callable(answers) else []

    def handle(sent: httpx.Request) -> httpx.Response:
        asked = json.loads(sent.content)
        answer = answers(asked) if callable(answers) else left.pop(0) if len(left) > 1 else left[0]
        return answer if isinstance(answer, httpx.Response) else completion(answer)

    transport = httpx.MockTransport(handle)
    return LlmSummarizer(
        **{
            "model": "stand-in",
            "fallback": Extracts(),
            "base_url": "http://127.0.0.1:9/v1",
            "transport": transport,
            **members,
        }
    )


def completion(content: Any, finish: str = "stop") -> httpx.Response:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 9000, "completion_tokens": 10}
    return httpx.Response(200, json={"choices": [{"message": message, "finish_reason": finish}], "usage": usage})


def kinds(draft: SummaryDraft, kind: str) -> list[SummaryLine]:
    return [item for item in draft.items if item.kind == kind]


def assert_proven(draft: SummaryDraft, transcript: Sequence[TranscriptLine]) -> None:
    """Assert that every verified quote occurs in its segment and has that segment's times."""
    by_id = {line.id: line for line in transcript}
    for item in draft.items:
        for proof in item.evidence:
            line = by_id[proof.segment_id]
            assert (proof.start, proof.end) == (line.start, line.end)
            assert proof.check == "unverified" or proof.quote in line.text
