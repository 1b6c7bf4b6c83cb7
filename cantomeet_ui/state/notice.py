"""What every page says when a handler failed in a way that nobody foresaw."""

from __future__ import annotations

import reflex as rx

from cantomeet.access import Action
from cantomeet_ui.i18n import text
from cantomeet_ui.state.access import handler
from cantomeet_ui.state.language import LanguageState


class NoticeState(rx.State):
    unexpected: str = ""

    @handler(Action.LIST)
    async def show(self, reference: str) -> None:
        """Say that it failed, with the reference that stands in the log."""
        language = (await self.get_state(LanguageState)).lang
        self.unexpected = text(language, "error.unexpected", reference=reference[:16])

    @handler(Action.LIST)
    async def clear(self) -> None:
        """It has been read."""
        self.unexpected = ""
