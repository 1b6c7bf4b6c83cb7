"""What a page says about being visible. A page that nobody sees is brought up to date when it is seen."""

from __future__ import annotations

import reflex as rx

from cantomeet.access import Action
from cantomeet_ui.push.followers import followers, this_page
from cantomeet_ui.push.visibility import hidden_pages
from cantomeet_ui.state.access import handler


class VisibilityState(rx.State):
    @handler(Action.LIST)
    async def tell(self, visible: bool) -> None:
        """Push changes to this page, or hold them until it is visible."""
        page = this_page()
        if visible:
            hidden_pages.show(page)
        elif followers.is_open(page):
            hidden_pages.hide(page)
