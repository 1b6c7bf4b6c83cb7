"""Texts in parts, as a test reads them."""

from __future__ import annotations

from collections.abc import Iterable

from cantomeet_ui.presenters.marked import Part


def marked(parts: Iterable[Part]) -> list[str]:
    """The parts; those that were found in brackets."""
    return [f"[{part.text}]" if part.found else part.text for part in parts]
