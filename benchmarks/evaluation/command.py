"""The command of `python -m benchmarks.evaluation`, from the settings to the figures."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typer

from benchmarks.evaluation.labelled import PARTS, folder_of, read_meetings
from benchmarks.evaluation.report import announcement, as_json, as_text
from benchmarks.evaluation.running import forecast, run
from cantomeet.errors import SettingsError
from cantomeet.settings import Settings
from worker.providers import Summarizer
from worker.providers.extractive import ExtractiveSummarizer


def evaluate(settings: Settings, parts: Sequence[str], *, extractive: bool, as_told: bool, in_json: bool) -> None:
    """Print the figures of each part; `as_told` spends without asking. Raises the errors of settings and endpoint."""
    meetings = {part: read_meetings(folder_of(part)) for part in parts or PARTS}
    summarizer = ExtractiveSummarizer() if extractive else _configured_summarizer(settings)
    planned = forecast(summarizer, [meeting for each in meetings.values() for meeting in each])
    if planned is not None:
        typer.echo(announcement(planned), err=True)
        if not (as_told or planned.free):
            _ask_for_consent()
    runs = [run(part, each, summarizer, _print_progress) for part, each in meetings.items()]
    if in_json:
        typer.echo(json.dumps({"summarizer": summarizer.name, "parts": [as_json(each) for each in runs]}, indent=1))
        return
    typer.echo(f"summarizer: {summarizer.name}")
    for each in runs:
        for line in as_text(each):
            typer.echo(line)


def _print_progress(meeting: str) -> None:
    typer.echo(f"... {meeting}", err=True)


def _configured_summarizer(settings: Settings) -> Summarizer:
    # Imported late, because it loads the queue's and the recogniser's libraries.
    from worker.runtime import summarizer

    return summarizer(settings)


def _ask_for_consent() -> None:
    """Ask for consent. Raises `SettingsError` if nobody can answer, and `typer.Abort` for a no."""
    try:
        typer.confirm("Send them?", abort=True, err=True)
    except typer.Abort:
        typer.echo("", err=True)
        raise SettingsError("nothing was sent; --yes sends without asking, --extractive needs no endpoint") from None
