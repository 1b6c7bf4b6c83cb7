"""Formats a meeting from the API for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cantomeet.actions import today
from cantomeet.quotes import proposed_start
from cantomeet.templates import SHIPPED
from launcher.answers import MeetingAnswer, SummaryAnswer, SummaryItemAnswer

_KINDS = {
    "overview": ("overview", "Overview"),
    "chapter": ("chapters", "Chapters"),
    "decision": ("decisions", "Decisions"),
    "action_item": ("action_items", "Action items"),
    "question": ("questions", "Open questions"),
    "risk": ("risks", "Risks"),
    "quote": ("quotes", "Quotes"),
    "note": ("notes", "Notes"),
}
"""The API's list for each kind of item, and its heading if the template has none."""
_METHODS = {
    "extractive": "sentences taken from the transcript word for word",
    "llm": "written by a language model, each item checked against the transcript",
}


def progress_line(meeting: MeetingAnswer) -> str:
    """Return e.g. "TRANSCRIBING 42 %"."""
    if meeting.get("waiting_for"):
        return f"{meeting['status']} waits for {meeting['waiting_for']}"
    return str(meeting["status"]) + ("" if meeting["progress"] is None else f" {meeting['progress']} %")


def failure_line(meeting: MeetingAnswer) -> str:
    """Return "FAILED (provider_busy): ..." with the reason."""
    return f"FAILED ({meeting['error_code']}): {meeting['status_reason'] or 'no reason is known'}"


def details(meeting: MeetingAnswer) -> Iterator[str]:
    """Yield the meeting's facts, one per line."""
    yield f"id        {meeting['id']}"
    yield f"title     {meeting['title']}"
    if meeting["meeting_date"]:
        yield f"date      {meeting['meeting_date']}"
    yield f"uploaded  {meeting['created_at']}"
    if meeting["duration_seconds"] is not None:
        yield f"duration  {clock(meeting['duration_seconds'])}"
    yield f"status    {failure_line(meeting) if meeting['status'] == 'FAILED' else progress_line(meeting)}"
    if meeting["waiting_for"]:
        yield "waits     until somebody has named the speakers, on its page or by POST .../summarize"
    for name, does in ((meeting["transcriber"], "transcriber"), (meeting["summarizer"], "summarizer")):
        if name:
            yield f"by        {name} ({does})"
    for warning in meeting["warnings"]:
        yield f"note      {warning['text']}"


def row(meeting: MeetingAnswer) -> str:
    """Return one line of the list; dates are Hong Kong's."""
    day = meeting["meeting_date"] or today(datetime.fromisoformat(meeting["created_at"])).isoformat()
    return f"{meeting['id']}  {progress_line(meeting):<18}  {day}  {meeting['title']}"


def summary(meeting: MeetingAnswer) -> Iterator[str]:
    """Yield the summary, each item with the time of its proof."""
    for warning in meeting["warnings"]:
        yield f"Note: {warning['text']}"
    found = meeting.get("summary")
    if not found or found["method"] == "none":
        yield "There is no summary."
        return
    # The summary's own title is the model's, and nothing in the transcript proves it.
    yield f"{meeting['title']} ({_METHODS.get(found['method'], found['method'])})"
    yield from took(found)
    for heading, items in _sections(found):
        yield from _section(heading, [item for item in items if item["verified"]])
    unverified = [item for items in _items(found).values() for item in items if not item["verified"]]
    yield from _section("Not verified: no matching words stand in the transcript", unverified)


def _items(found: SummaryAnswer) -> dict[str, list[SummaryItemAnswer]]:
    """Return the items by the API's list, in the order of `_KINDS`."""
    return {
        "overview": found["overview"],
        "chapters": found["chapters"],
        "decisions": found["decisions"],
        "action_items": found["action_items"],
        "questions": found["questions"],
        "risks": found["risks"],
        "quotes": found["quotes"],
        "notes": found["notes"],
    }


def _sections(found: SummaryAnswer) -> Iterator[tuple[str, Sequence[SummaryItemAnswer]]]:
    """Yield the template's sections, then the items without one."""
    ships = SHIPPED.get(found["template"])
    titles: dict[str, str] = {section.kind: section.title_in("en") for section in ships.sections} if ships else {}
    left = _items(found)
    for section in found["sections"]:
        name = _KINDS[section["kind"]][0]
        here = [item for item in left[name] if name != "notes" or item.get("section") == section["title"]]
        left[name] = [item for item in left[name] if item not in here]
        yield titles.get(section["kind"], section["title"]), here
    for name, heading in _KINDS.values():
        yield heading, left[name]


def _section(heading: str, items: Sequence[SummaryItemAnswer]) -> Iterator[str]:
    if items:
        yield ""
        yield heading
    for item in items:
        yield f"  {_proof_time(item)}  {item['text']}{_item_details(item)}"
        if item["text_other"]:
            yield f"            {item['text_other']}"


def took(summary: SummaryAnswer) -> Iterator[str]:
    """Yield the summary's coverage and its use of a language model."""
    covered, usage = summary["coverage"], summary["usage"]
    if covered:
        yield f"covers {covered['covered']} of {covered['total']} lines"
    if usage:
        about = "about " if usage["estimated"] else ""
        tokens = f"{about}{usage['tokens_in']} tokens in and {usage['tokens_out']} out"
        cost = "" if usage["cost"] is None else f", cost {usage['cost']:.4f}"
        yield f"took {usage['requests']} requests, {tokens}{cost}"
        if usage["repeats"]:
            yield f"{usage['repeats']} requests were repeated, because nobody knows whether they were answered"
        if usage["reused"]:
            yield f"{usage['reused']} answers of an earlier try were not paid for again"


def clock(seconds: float) -> str:
    """Return e.g. "1:02:03"."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _proof_time(item: SummaryItemAnswer) -> str:
    start = item.get("start") if item["verified"] else None
    proofs = [e for e in item["evidence"] if e["check"] != "unverified"]
    if start is None and proofs:
        start = proofs[0]["start"]
    return "unproven" if start is None else f"{clock(start):>8}"


def _proposed_place(item: SummaryItemAnswer) -> list[str]:
    """Return the time that an unproven item may come from."""
    start = proposed_start(item["evidence"])
    return [] if start is None else [f"perhaps from {clock(start)}"]


def _item_details(item: SummaryItemAnswer) -> str:
    due = item.get("due_date") or item.get("due_text")
    parts = [
        *([f"owner: {item['owner']}"] if item.get("owner") else []),
        *([f"due: {due}"] if due else []),
        *(["done"] if item.get("done") else []),
        *_proposed_place(item),
        *(["its lines were changed since: check it"] if item["stale"] else []),
    ]
    return f" ({', '.join(parts)})" if parts else ""
