"""Finds what differs from what the browser of a page has, so that only that is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy


class Sent:
    """What the browser has of one state of a page."""

    def __init__(self) -> None:
        self._known: dict[str, object] = {}

    def forget(self) -> None:
        """Send everything next time: the browser may have loaded the page again."""
        self._known.clear()

    def changes(self, values: Mapping[str, object], keys: Mapping[str, str]) -> dict[str, object]:
        """The `values` that the browser does not have.

        A list whose name is in `keys` is sent row by row: the list itself becomes the names of its rows, in order, and
        each row is a value of that name. `keys` has the attribute that identifies a row. A row that has gone is None.
        """
        wanted, gone = dict[str, object](), list[str]()
        for name, value in values.items():
            if name in keys and isinstance(value, list):
                rows = {f"{name} {getattr(row, keys[name])}": row for row in value}
                wanted |= {name: list(rows), **rows}
                gone += [known for known in self._rows_of(name) if known not in rows]
            else:
                wanted[name] = value
        changed = {name: value for name, value in wanted.items() if not self._has(name, value)}
        # Copied: a handler may change a list in place.
        self._known |= {name: copy(value) for name, value in changed.items()}
        for name in gone:
            del self._known[name]
        return changed | dict.fromkeys(gone)

    def _has(self, name: str, value: object) -> bool:
        return name in self._known and self._known[name] == value

    def _rows_of(self, name: str) -> Iterable[str]:
        return [known for known in self._known if known.startswith(f"{name} ")]
