"""The command `cantomeet`: up, dev, upload, list, status, reparse, index, doctor.

Each command imports its own dependencies, because `up` must start quickly.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from cantomeet.errors import CantoMeetError, SettingsError
from cantomeet.private import keep_private
from cantomeet.settings import load_settings
from launcher import minutes_text

if TYPE_CHECKING:
    from launcher.answers import UploadAnswer
    from launcher.client import Server

_FAILED, _WRONG_SETTING = 1, 2


class OneLineErrors(TyperGroup):
    """Prints our own errors on one line; any other exception is a bug and keeps its traceback."""

    def invoke(self, ctx: Any) -> object:
        keep_private()
        try:
            return super().invoke(ctx)
        except CantoMeetError as error:
            typer.echo(f"cantomeet: {error}", err=True)
            raise typer.Exit(_WRONG_SETTING if isinstance(error, SettingsError) else _FAILED) from error


app = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Cantonese meetings: a recording goes in, a transcript and a summary come out.",
)
Url = Annotated[
    str | None, typer.Option("--url", help="Where it runs; http://127.0.0.1 at CANTOMEET_PORT where left out.")
]


def _server(url: str | None) -> Server:
    from launcher.client import Server

    return Server(url or f"http://127.0.0.1:{load_settings().port}")


@app.command()
def up() -> None:
    """Start everything: embedded Redis, worker and web, until Ctrl-C."""
    from launcher import launch

    raise typer.Exit(launch.up())


@app.command()
def dev() -> None:
    """Start everything against made-up providers on this machine: no key is needed, and every result is invented."""
    from launcher import dev as development

    raise typer.Exit(development.up())


@app.command()
def upload(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The recording.")],
    title: Annotated[str, typer.Option(help="The file's name where left out.")] = "",
    date: Annotated[str, typer.Option(help="Of the meeting, YYYY-MM-DD.")] = "",
    priority: Annotated[str, typer.Option(help="default or high.")] = "",
    summary_language: Annotated[str, typer.Option(help="zh-Hant-HK, en, or zh-Hant-HK+en for both.")] = "",
    template: Annotated[str, typer.Option(help="general, board_minutes, or the id of one of your own.")] = "",
    name_speakers_first: Annotated[
        bool, typer.Option("--name-speakers-first", help="The summary waits until somebody has named the speakers.")
    ] = False,
    url: Url = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to its end and print the summary.")] = False,
) -> None:
    """Hand in a recording; print its id and address."""
    fields = {"title": title, "meeting_date": date, "priority": priority}
    fields |= {"summary_language": summary_language, "template": template}
    fields |= {"name_speakers_first": "true" if name_speakers_first else ""}
    with _server(url) as server:
        made = _send(server, file, {name: value for name, value in fields.items() if value})
        typer.echo(f"{made['id']}  {made['url']}")
        if wait:
            _follow(server, made["id"])


@app.command("list")
def list_(
    status: Annotated[str, typer.Option(help="UPLOADED, TRANSCRIBING, ...; several with commas.")] = "",
    q: Annotated[str, typer.Option("--q", help="Text in title, description or transcript.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    url: Url = None,
) -> None:
    """The newest meetings."""
    with _server(url) as server:
        page = server.meetings({"status": status, "q": q, "limit": str(limit)})
    for meeting in page["items"]:
        typer.echo(minutes_text.row(meeting))
    if page["next_cursor"]:
        typer.echo(f"... and more; the newest {limit} are shown", err=True)


@app.command()
def status(meeting_id: str, url: Url = None) -> None:
    """One meeting: how far it is, and where it failed why."""
    with _server(url) as server:
        meeting = server.meeting(meeting_id)
    for line in minutes_text.details(meeting):
        typer.echo(line)


@app.command()
def reparse(
    meeting_id: Annotated[str, typer.Argument(help="Left out with --all.")] = "",
    every: Annotated[bool, typer.Option("--all", help="All meetings whose provider's answer is kept.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Drop corrected lines that the new transcript has not.")
    ] = False,
    summarize: Annotated[bool, typer.Option("--summarize", help="Make the summaries of what changed anew.")] = False,
) -> None:
    """Make transcripts anew from the providers' stored answers, by today's parser. Nobody is asked or paid for it.

    Names of speakers and corrected lines stay; where a correction would be lost the meeting is left as it was. Items of
    the summary become "the transcript has changed since", or are made anew with --summarize (an LLM is paid for that).
    """
    if bool(meeting_id) is every:
        raise typer.BadParameter("name one meeting, or --all")
    from cantomeet.queries.answers import parseable
    from cantomeet.queue import JobQueue
    from cantomeet.service import open_services
    from cantomeet_ui.actor import actor_of
    from worker import reparsing

    settings = load_settings()
    services, actor, well = open_services(settings, JobQueue.of(settings)), actor_of(app), True
    chosen = parseable(services, actor) if every else [meeting_id]
    for outcome in reparsing.reparse(services, actor, chosen, force=force):
        typer.echo(f"{outcome.meeting_id}  {outcome.what}", err=not outcome.ok)
        well = well and outcome.ok
        if outcome.changed is not None and summarize:
            outcome = reparsing.resummarize(services, actor, outcome.changed)
            typer.echo(f"{outcome.meeting_id}  {outcome.what}", err=not outcome.ok)
            well = well and outcome.ok
    raise typer.Exit(0 if well else _FAILED)


@app.command()
def index() -> None:
    """Build the search index again. A search meanwhile finds what is in it already, and says that it is incomplete."""
    from cantomeet.queue import JobQueue
    from cantomeet.service import open_services
    from cantomeet.service.operating import rebuild_index
    from cantomeet_ui.actor import actor_of

    settings = load_settings()
    services, built = open_services(settings, JobQueue(settings.effective_redis_url)), 0
    for built in rebuild_index(services, actor_of(app)):
        typer.echo(f"\r{built}", err=True, nl=False)
    typer.echo("", err=True)
    if not services.store.search.is_complete():
        typer.echo("workers are building the rest", err=True)
    typer.echo(f"{built} meetings are in the search index")


@app.command()
def doctor() -> None:
    """What is in force, what is missing, and what to do about it."""
    from launcher import doctor as checks

    settings = load_settings()
    for name, value in checks.settings_in_force(settings):
        typer.echo(f"      {name:<32} {value}")
    well = True
    for finding in checks.examine(settings):
        typer.echo(f"{'ok ' if finding.ok else 'BAD'}   {finding.what:<12} {finding.detail}")
        if not finding.ok:
            typer.echo(f"      {'':<12} -> {finding.remedy}")
        well = well and finding.ok
    raise typer.Exit(0 if well else _FAILED)


def _send(server: Server, file: Path, fields: dict[str, str]) -> UploadAnswer:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = ("uploading", BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=file.stat().st_size)
        return server.upload(file, fields, lambda size: progress.advance(bar, size))


def _follow(server: Server, meeting_id: str) -> None:
    for meeting in server.follow(meeting_id):
        if meeting["status"] == "FAILED":
            typer.echo(minutes_text.failure_line(meeting), err=True)
            raise typer.Exit(_FAILED)
        typer.echo(minutes_text.progress_line(meeting))
    typer.echo("")
    for line in minutes_text.summary(server.meeting(meeting_id, include="summary")):
        typer.echo(line)


if __name__ == "__main__":
    app()
