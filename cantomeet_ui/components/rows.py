"""A meeting in one line."""

from __future__ import annotations

from typing import Any

import reflex as rx

from cantomeet_ui.components import icons
from cantomeet_ui.components.frame import link
from cantomeet_ui.presenters.marked import Part
from cantomeet_ui.presenters.rows import MeetingRow


def keyed(rows: Any) -> Any:
    """The rows of a list that a `ChangesOnly` state sends row by row: names, and each row under its name.

    After a reload Reflex sends the list as a whole; then the rows themselves are in it.
    """
    state = str(rows).rpartition(".")[0]
    found = f"{rows}.map((row) => (typeof row === 'string' ? {state}[row] : row)).filter(Boolean)"
    return rx.Var(found, _var_type=rows._var_type, _var_data=rows._get_all_var_data()).guess_type()


def marked(parts: rx.Var[list[Part]] | list[Part]) -> rx.Component:
    """A text with what was found in it marked."""
    return rx.foreach(parts, lambda part: rx.cond(part.found, rx.el.mark(part.text), part.text))


def meeting_line(row: MeetingRow) -> rx.Component:
    """Title, date, length, status and open action items, with the line that the search found below."""
    return _line(row, rx.cond(row.match_href != "", _search_match(row)))


def explained_line(row: MeetingRow) -> rx.Component:
    """Title, date, length, status and open action items, with the reason of a failure below."""
    return _line(row, rx.cond(row.reason != "", rx.el.p(row.reason, class_name="row-reason")))


def _line(row: MeetingRow, beneath: rx.Component) -> rx.Component:
    return rx.el.li(
        link(row.title, to=row.href, class_name="row-title"),
        rx.el.span(row.date, class_name="row-date"),
        rx.el.span(row.lasts, class_name="row-length"),
        status_words(row),
        rx.el.span(row.actions, class_name="row-actions"),
        beneath,
        hairline(row.progress),
        key=row.id,
        id=f"meeting-{row.id}",
        class_name="row",
        custom_attrs={"data-status": row.status},
    )


def status_words(row: MeetingRow) -> rx.Component:
    """The status, with the time left if it is known."""
    return rx.el.span(
        rx.el.span(row.status_text, class_name="status-name"),
        rx.cond(row.left != "", rx.el.span(row.left, class_name="status-left")),
        class_name="status",
        custom_attrs={"data-tone": row.tone},
    )


def hairline(progress: int) -> rx.Component:
    """A thin progress bar under a meeting; hidden while the progress is unknown."""
    return rx.cond(
        progress >= 0,
        rx.el.progress(value=progress, max="100", class_name="hairline", custom_attrs={"aria-hidden": "true"}),
    )


def _search_match(row: MeetingRow) -> rx.Component:
    return link(
        icons.play(),
        rx.el.span(row.match_time, class_name="row-match-time"),
        rx.el.span(marked(row.match), class_name="row-match-text"),
        to=row.match_href,
        class_name="row-match",
    )
