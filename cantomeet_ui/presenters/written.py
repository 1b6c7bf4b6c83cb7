"""The written-Chinese view of a transcript, labelled, beside what was spoken."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cantomeet.errors import ErrorCode
from cantomeet.i18n import counted, text
from cantomeet.models import WrittenView
from cantomeet.reasons import reason_text, written_label
from cantomeet.store import Transcript, WrittenTranscript
from cantomeet_ui import routes
from cantomeet_ui.presenters.meeting import Download
from cantomeet_ui.presenters.summary import usage_facts


@dataclass(frozen=True)
class WrittenHeadView:
    state: str = "none"
    """ "none" (nobody has asked for the view), "working", "done" or "failed"."""
    label: str = ""
    """Says what the view is and which model wrote it; empty while there is nothing to see."""
    told: str = ""
    """The progress, why it failed, or how many lines were corrected since."""
    took: str = ""
    """The requests, tokens and cost so far; empty if unknown."""
    may_ask: bool = True
    """True if the view can be made, or the rest of it."""
    downloads: list[Download] = field(default_factory=list)


@dataclass(frozen=True)
class WrittenPane:
    head: WrittenHeadView = WrittenHeadView()
    lines: dict[str, str] = field(default_factory=dict)
    """Rewritten lines by segment id; a line without one is shown as it was spoken."""
    outdated: list[str] = field(default_factory=list)
    """Ids of segments that were corrected after they were rewritten."""


def written_pane(found: WrittenTranscript | None, transcript: Transcript, language: str) -> WrittenPane:
    """The view's head, and its lines as far as they are rewritten."""
    if found is None:
        return WrittenPane()
    states = {segment.id: found.state_of(segment) for segment in transcript.segments}
    lines = {key: found.lines[key].text for key, state in states.items() if state == "written"}
    outdated = [key for key, state in states.items() if state == "out_of_date"]
    if found.view.state == "done" and not lines and not outdated:
        # A new transcript has replaced the rewritten one, or no line could be rewritten: offer the view afresh.
        return WrittenPane()
    head = _head(found.view, bool(lines), len(outdated), language)
    head = replace(head, took=" · ".join(usage_facts(found.view.usage, language)))
    return WrittenPane(replace(head, downloads=_downloads(found.view, language) if lines else []), lines, outdated)


def _downloads(view: WrittenView, language: str) -> list[Download]:
    return [
        Download(text(language, f"meeting.export.{form}"), routes.download(view.meeting_id, form, written=True))
        for form in routes.DOWNLOADS
    ]


def _head(view: WrittenView, has_lines: bool, outdated: int, language: str) -> WrittenHeadView:
    label = written_label(view.name, language) if has_lines else ""
    if view.state == "working":
        percent = "" if view.progress is None else f" {view.progress} %"
        return WrittenHeadView(view.state, label, text(language, "written.working") + percent, may_ask=False)
    if view.state == "failed":
        code = view.error_code if view.error_code in set(ErrorCode) else ErrorCode.INTERNAL.value
        return WrittenHeadView(view.state, label, reason_text(str(code), view.error_params, language))
    return WrittenHeadView(
        view.state, label, counted(language, "written.outdated", outdated) if outdated else "", may_ask=bool(outdated)
    )
