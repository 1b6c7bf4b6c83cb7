"""A state of which only what has changed is sent to the page."""

from __future__ import annotations

from typing import Any, ClassVar

import reflex as rx
from reflex.state import _override_base_method
from reflex_base.constants.state import FIELD_MARKER

from cantomeet_ui.push.deltas import Sent


class ChangesOnly(rx.State, mixin=True):
    """Sends only variables that differ from what the browser has, and of the lists in `_keys` only rows that differ.

    Reflex itself sends each variable that a handler assigns, and all rows of a list. The page draws the lists in
    `_keys` by `cantomeet_ui.components.rows.keyed`. A page's `load` must call `_send_all`, because after a reload or a
    lost connection Reflex sends the browser whole lists by another way.
    """

    _keys: ClassVar[dict[str, str]] = {}
    """The attribute that identifies a row, by the name of a list."""
    _sent: rx.Field[Sent] = rx.field(default_factory=Sent)

    @_override_base_method
    def get_delta(self) -> Any:
        """As Reflex's, without what the browser has already."""
        delta = super().get_delta()
        name = self.get_full_name()
        keys = {listed + FIELD_MARKER: key for listed, key in self._keys.items()}
        changed = self._what_was_sent().changes(delta.pop(name, {}), keys)
        return {name: changed, **delta} if changed else delta

    def _send_all(self) -> None:
        self._what_was_sent().forget()

    def _what_was_sent(self) -> Sent:
        # Not through the attribute: Reflex would take what is called on it for a change of the state.
        sent: Sent = self.get_value("_sent")
        return sent
