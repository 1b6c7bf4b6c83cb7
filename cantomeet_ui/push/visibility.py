"""Remembers which open pages nobody sees, so that nothing is pushed to them."""

from __future__ import annotations

import asyncio

from cantomeet_ui.push.followers import this_page


class HiddenPages:
    """The tokens of pages that are not visible. Not thread-safe: use it on the event loop only."""

    def __init__(self) -> None:
        self._shown: dict[str, asyncio.Event] = {}

    def hide(self, token: str) -> None:
        """Push nothing to this page until it is shown."""
        self._shown.setdefault(token, asyncio.Event())

    def show(self, token: str) -> None:
        """Push to this page again. For a page whose socket has closed too: nothing is remembered of it."""
        shown = self._shown.pop(token, None)
        if shown is not None:
            shown.set()

    async def until_shown(self, token: str) -> None:
        """Return once the page is visible."""
        while (shown := self._shown.get(token)) is not None:
            await shown.wait()


hidden_pages = HiddenPages()
"""The hidden pages of this web process."""


async def until_this_page_is_shown() -> None:
    """Return once the page whose background event runs now is visible."""
    await hidden_pages.until_shown(this_page())
