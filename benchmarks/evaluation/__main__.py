"""`python -m benchmarks.evaluation`: scores the summarizer of the settings."""

from __future__ import annotations

from typing import Annotated

import typer

from benchmarks.evaluation.command import evaluate
from cantomeet.errors import CantoMeetError, SettingsError
from cantomeet.settings import load_settings


def main(
    parts: Annotated[
        list[str] | None,
        typer.Option("--set", help="A folder of labelled meetings, or a part of benchmarks/data; repeat for several."),
    ] = None,
    extractive: Annotated[bool, typer.Option(help="The embedded rules, whatever the settings say.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send and spend without asking.")] = False,
    in_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """How good are the summaries? Has the labelled meetings summarized by the summarizer of the settings."""
    try:
        evaluate(load_settings(), parts or (), extractive=extractive, as_told=yes, in_json=in_json)
    except CantoMeetError as error:
        typer.echo(f"evaluation: {error}", err=True)
        raise typer.Exit(2 if isinstance(error, SettingsError) else 1) from error


app = typer.Typer(pretty_exceptions_enable=False)
app.command()(main)

if __name__ == "__main__":
    app()
