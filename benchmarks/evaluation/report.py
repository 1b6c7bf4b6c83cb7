"""Formats the result of an evaluation for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from benchmarks.evaluation.running import Forecast, Run
from benchmarks.evaluation.scoring import Count
from worker.providers import Usage


def announcement(forecast: Forecast) -> str:
    """Describe what will be sent."""
    usage = forecast.usage
    cost = "" if usage.cost is None else f", at a cost of at most {usage.cost:.4f}"
    return (
        f"{forecast.meetings} invented meetings ({forecast.characters} characters) go to {forecast.provider}: "
        f"at most {usage.tokens_in} tokens in and {usage.tokens_out} out{cost}, repairs and second tries not counted."
    )


def as_text(run: Run) -> Iterator[str]:
    """Yield the figures of one part of the set, one per line."""
    score, support = run.score, run.score.support
    yield f"{run.part}: {run.meetings} meetings, {score.segments} segments, {run.seconds:.1f} s"
    quotes = f"quotes proven {_ratio(support.proven, support.cited)}"
    items = f"items proven {_ratio(support.items_proven, support.items)}"
    yield _row("evidence", quotes, items, f"shown but absent {support.shown_but_absent}")
    for kind, count in score.kinds.items():
        yield _row(kind.replace("_", " "), *_rates(count))
    found = score.kinds["action_item"].found
    yield _row("owners", f"right {_ratio(score.owners_right, found)}", f"wrong name {score.owners_wrong}")
    yield _row("due dates", f"right {_ratio(score.dates_right, found)}", f"wrong date {score.dates_wrong}")
    yield _row("open questions", f"found {score.open_questions.found}/{score.open_questions.labelled}")
    yield _row("coverage", f"{score.covered}/{score.segments} segments")
    if run.usage is not None:
        yield _row("tokens", *_usage_lines(run.usage))
    if run.fell_back:
        yield _row("no use", f"{len(run.fell_back)} meetings without a usable answer: {', '.join(run.fell_back)}")
    for name, why in run.failed.items():
        yield _row("failed", f"{name}: {why}")


def as_json(run: Run) -> dict[str, Any]:
    score, support = run.score, run.score.support
    found = score.kinds["action_item"].found
    return {
        "part": run.part,
        "meetings": run.meetings,
        "seconds": round(run.seconds, 3),
        "evidence": {**asdict(support), "rate": support.rate if support.cited else None},
        "kinds": {kind: _numbers(count) for kind, count in score.kinds.items()},
        "owners": {"of": found, "right": score.owners_right, "wrong": score.owners_wrong},
        "due_dates": {"of": found, "right": score.dates_right, "wrong": score.dates_wrong},
        "open_questions": {"found": score.open_questions.found, "labelled": score.open_questions.labelled},
        "coverage": {"covered": score.covered, "total": score.segments},
        "usage": asdict(run.usage) if run.usage else None,
        "fell_back": run.fell_back,
        "failed": run.failed,
    }


def _row(name: str, *figures: str) -> str:
    return f"  {name:<15} {'  '.join(figures)}"


def _rates(count: Count) -> tuple[str, str]:
    return (
        f"precision {_ratio(count.found, count.given)}",
        f"recall {_ratio(count.found, count.labelled)}",
    )


def _ratio(part: int, of: int) -> str:
    return f"{part / of:.2f} ({part}/{of})" if of else f"- ({part}/{of})"


def _numbers(count: Count) -> dict[str, float | None]:
    return {
        **asdict(count),
        "precision": count.precision if count.given else None,
        "recall": count.recall if count.labelled else None,
    }


def _usage_lines(usage: Usage) -> Iterator[str]:
    yield f"{usage.tokens_in} in, {usage.tokens_out} out, in {usage.requests} requests"
    if usage.estimated:
        yield "(some counted here)"
    if usage.cost is not None:
        yield f"cost {usage.cost:.4f}"
