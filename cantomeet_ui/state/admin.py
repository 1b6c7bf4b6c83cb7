"""The admin page: failed and stuck meetings, a filtered list, and actions on one, some or all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

import reflex as rx
from reflex.event import EventHandler, EventSpec

from cantomeet.access import Action, Actor
from cantomeet.bulk import Act, BulkPlan
from cantomeet.errors import InvalidRequest
from cantomeet.i18n import counted, text
from cantomeet.listing import MeetingFilter
from cantomeet.queries.admin import STUCK, admin_page, is_paused, opened_timeline, still_fitting
from cantomeet.queries.meetings import one_meeting
from cantomeet.queries.stamps import Stamp, stamp
from cantomeet.service import Services, bulk
from cantomeet_ui.actor import actor_of
from cantomeet_ui.presenters.address import filters_of
from cantomeet_ui.presenters.admin import CauseRow, Step, failed_for, steps_of
from cantomeet_ui.presenters.admin_filters import (
    NAMES,
    AdminChip,
    admin_href,
    age_choices,
    transcriber_choices,
)
from cantomeet_ui.presenters.admin_page import ShownAdmin, shown_admin
from cantomeet_ui.presenters.choices import Choice
from cantomeet_ui.presenters.plans import PlanPreview, preview, result
from cantomeet_ui.presenters.rows import MeetingRow
from cantomeet_ui.presenters.wanted import wanted_in_admin, wanted_of
from cantomeet_ui.push.sharing import read_for
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler, valid_id
from cantomeet_ui.state.changes_only import ChangesOnly
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.opening import open_page, show_each_change

_busy_tabs: set[str] = set()
"""Tabs whose action this process is running. A process that died leaves `working` set in the state."""


class AdminState(ChangesOnly, rx.State):
    ready: bool = False
    causes: rx.Field[list[CauseRow]] = rx.field(default_factory=list)
    stuck: rx.Field[list[MeetingRow]] = rx.field(default_factory=list)
    more_stuck: str = ""
    somebody_needed: bool = False
    """Whether any meeting failed or is stuck."""
    rows: rx.Field[list[MeetingRow]] = rx.field(default_factory=list)
    statuses: rx.Field[list[AdminChip]] = rx.field(default_factory=list)
    codes: rx.Field[list[AdminChip]] = rx.field(default_factory=list)
    transcribers: rx.Field[list[Choice]] = rx.field(default_factory=list)
    ages: rx.Field[list[Choice]] = rx.field(default_factory=list)
    more: bool = False
    bad_filter: str = ""
    filtered: bool = False
    q: str = ""
    transcriber: str = ""
    age: str = ""
    search_key: int = 0
    """A new key replaces the search field. It changes when the address changes other than by typing in the field."""
    picked: rx.Field[list[str]] = rx.field(default_factory=list)
    scope: str = ""
    """The text that names what the actions above the list apply to: the picked meetings, or all that match."""
    scope_means: bool = False
    """Whether they apply to anything."""
    asked: PlanPreview = PlanPreview()
    working: bool = False
    """Whether a confirmed action is running."""
    opened: str = ""
    """Id of the meeting whose timeline is open."""
    steps: rx.Field[list[Step]] = rx.field(default_factory=list)
    notice: str = ""

    _keys: ClassVar[dict[str, str]] = {"rows": "id", "stuck": "id", "causes": "key"}
    _query: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    """The query of the address."""
    _typed: str = ""
    _pages: int = 1
    _fitting: int = 0
    _questions: int = 0
    _plan: BulkPlan | None = None
    _stamp: Stamp | None = None

    # ---- showing -----------------------------------------------------------------------------------------

    @handler(Action.ADMINISTER)
    async def load(self) -> list[EventHandler]:
        """Show the meetings that the address selects."""
        query = filters_of(self.router.url.query_parameters, NAMES)
        if query != self._query or not self.ready:
            self._pages = 1
        # Even if the address is the same: the state outlives the page, and a person who comes back expects a clean one.
        self.picked, self.notice, self.opened, self.steps = [], "", "", []
        self.working = self.router.session.client_token in _busy_tabs
        self._drop_question()
        if query.get("q", "") != self._typed:
            self._typed = query.get("q", "")
            self.search_key += 1
        self._query, self.filtered = query, bool(query)
        self.q, self.transcriber, self.age = (query.get(name, "") for name in ("q", "transcriber", "age"))
        self._stamp = None
        self._send_all()
        return await open_page(self, self._show, AdminState.follow)

    @handler(Action.ADMINISTER)
    async def refresh(self) -> None:
        """Show the page again in the language just chosen."""
        self.notice = ""
        self._drop_question()
        await self._show()

    @handler(Action.ADMINISTER, background=True)
    async def follow(self) -> None:
        """Show each change of a meeting while the page is open."""
        await show_each_change(self, partial(stamp, services()))

    @handler(Action.ADMINISTER)
    async def show_more(self) -> None:
        """Show one more page of rows."""
        self._pages += 1
        await self._show()

    @handler(Action.READ)
    async def open_timeline(self, meeting_id: str) -> None:
        """Show a meeting's timeline, or close it if it is open."""
        if meeting_id == self.opened:
            self.opened, self.steps = "", []
            return
        meeting = await asyncio.to_thread(one_meeting, services(), actor_of(self), valid_id(meeting_id))
        self.opened = meeting.id
        await self._show_steps()

    # ---- filters -----------------------------------------------------------------------------------------

    @handler(Action.ADMINISTER)
    async def search(self, words: str) -> EventSpec:
        """Show only meetings that match these words."""
        self._typed = words.strip()[:200]
        return rx.redirect(admin_href(self._query, q=self._typed), replace=True)

    @handler(Action.ADMINISTER)
    async def choose_transcriber(self, name: str) -> EventSpec:
        """Show only meetings of one transcriber; empty for all."""
        return rx.redirect(admin_href(self._query, transcriber=name))

    @handler(Action.ADMINISTER)
    async def choose_age(self, age: str) -> EventSpec:
        """Show only meetings of at least this age; empty for all."""
        return rx.redirect(admin_href(self._query, age=age))

    @handler(Action.ADMINISTER)
    async def pick(self, meeting_id: str) -> None:
        """Pick a shown meeting, or unpick it."""
        picked = valid_id(meeting_id)
        if picked in self.picked:
            self.picked = [other for other in self.picked if other != picked]
        elif any(row.id == picked for row in self.rows):
            self.picked = [*self.picked, picked]
        await self._describe_scope()

    @handler(Action.ADMINISTER)
    async def pick_none(self) -> None:
        """Unpick all meetings."""
        self.picked = []
        await self._describe_scope()

    # ---- actions: a preview first, then its confirmation -----------------------------------------------------

    @handler(Action.ADMINISTER)
    async def ask_one(self, act: str, meeting_id: str) -> None:
        """Preview an action on one meeting."""
        await self._ask_ids(_act(act), [valid_id(meeting_id)])

    @handler(Action.ADMINISTER)
    async def ask_cause(self, act: str, cause: str) -> None:
        """Preview an action on all meetings that failed for this cause."""
        await self._ask_filter(_act(act), failed_for(cause))

    @handler(Action.ADMINISTER)
    async def ask_stuck(self, act: str) -> None:
        """Preview an action on all stuck meetings."""
        await self._ask_filter(_act(act), STUCK)

    @handler(Action.ADMINISTER)
    async def ask_scope(self, act: str) -> None:
        """Preview an action on the picked meetings, or if none is picked on all that match the filters."""
        if self.picked:
            await self._drop_unlisted_picks()
            # Even if no pick is left: a person who picked some never means all.
            await self._ask_ids(_act(act), list(self.picked))
            return
        try:
            wanted = wanted_of(self._query, services().settings.chosen_transcriber)
        except InvalidRequest:
            self.notice = text((await self.get_state(LanguageState)).lang, "admin.none_meant")
            return
        await self._ask_filter(_act(act), wanted)

    @handler(Action.ADMINISTER)
    async def dismiss(self) -> None:
        """Drop the previewed action."""
        self._drop_question()

    @handler(Action.ADMINISTER)
    async def close_notice(self) -> None:
        """Clear the notice about the last action."""
        self.notice = ""

    @handler(Action.ADMINISTER, background=True, outlives_page=True)
    async def confirm(self, pay_again: bool) -> None:
        """Run the previewed action and show its outcome. Does nothing while another action of this tab runs."""
        async with self:
            tab = self.router.session.client_token
            if tab in _busy_tabs:
                return
            plan = self._plan
            self._drop_question()
            if plan is None:
                return
            self.working, self.notice = True, ""
            _busy_tabs.add(tab)
        try:
            outcome = await asyncio.to_thread(
                bulk.carry_out, services(), actor_of(self), plan, pay_again=pay_again is True
            )
        finally:
            _busy_tabs.discard(tab)
            async with self:
                self.working = False
        paused = await asyncio.to_thread(is_paused, services(), actor_of(self))
        async with self:
            language = (await self.get_state(LanguageState)).lang
            self.notice, self.picked = result(plan.act, outcome.done, outcome.refused, language, paused=paused), []
            await self._show()

    async def _ask_ids(self, act: Act, ids: list[str]) -> None:
        await self._ask(await asyncio.to_thread(bulk.plan_for_ids, services(), actor_of(self), act, ids))

    async def _ask_filter(self, act: Act, wanted: MeetingFilter) -> None:
        await self._ask(await asyncio.to_thread(bulk.plan_for_filter, services(), actor_of(self), act, wanted))

    async def _ask(self, plan: BulkPlan) -> None:
        language = (await self.get_state(LanguageState)).lang
        self.notice = ""
        self._plan = plan
        self._questions += 1
        question = preview(plan, services().settings.chosen_summarizer == "llm", language)
        self.asked = replace(question, number=self._questions)

    def _drop_question(self) -> None:
        self._plan, self.asked = None, PlanPreview()

    async def _show(self, stamp: Stamp | None = None) -> None:
        language = (await self.get_state(LanguageState)).lang
        actor, query, picked = actor_of(self), dict(self._query), tuple(self.picked)
        question = ("admin", actor, frozenset(query.items()), self._pages, picked, self.opened, language)
        read = partial(_read, services(), actor, query, self._pages, picked, self.opened, language)
        shown, self.bad_filter = await read_for(stamp, question, read)
        self._stamp, self._fitting, self.ready = shown.stamp, shown.fitting, True
        self.causes, self.stuck, self.more_stuck = shown.causes, shown.stuck, shown.more_stuck
        self.somebody_needed = bool(shown.causes or shown.stuck)
        self.rows, self.more = shown.rows, shown.more
        self.statuses, self.codes = shown.statuses, shown.codes
        self.transcribers, self.ages = transcriber_choices(language), age_choices(language)
        # Copied: other pages show the same answer.
        self.picked, self.steps = list(shown.picked), shown.steps
        await self._describe_scope()

    async def _drop_unlisted_picks(self) -> None:
        """Unpick the meetings that no longer match the filters."""
        language = (await self.get_state(LanguageState)).lang
        wanted, _ = wanted_in_admin(self._query, services().settings.chosen_transcriber, language)
        asked = (services(), actor_of(self), wanted, list(self.picked))
        self.picked = await asyncio.to_thread(still_fitting, *asked)
        await self._describe_scope()

    async def _describe_scope(self) -> None:
        language = (await self.get_state(LanguageState)).lang
        self.scope_means = bool(self.picked) or not self.bad_filter
        if not self.scope_means:
            self.scope = text(language, "admin.none_meant")
            return
        key, count = ("admin.picked", len(self.picked)) if self.picked else ("admin.all_that_fit", self._fitting)
        self.scope = counted(language, key, count)

    async def _show_steps(self) -> None:
        language = (await self.get_state(LanguageState)).lang
        self.steps = steps_of(
            await asyncio.to_thread(opened_timeline, services(), actor_of(self), self.opened), language
        )


def _read(
    services: Services,
    actor: Actor,
    query: Mapping[str, str],
    pages: int,
    picked: Sequence[str],
    opened: str,
    language: str,
) -> tuple[ShownAdmin, str]:
    """What the page shows, and the message about an invalid filter (empty if it is valid)."""
    wanted, notice = wanted_in_admin(query, services.settings.chosen_transcriber, language)
    found = admin_page(services, actor, wanted, pages, picked=picked, opened=opened)
    return shown_admin(found, {} if notice else query, language), notice


def _act(name: str) -> Act:
    try:
        return Act(name)
    except ValueError:
        raise InvalidRequest(f"one of {', '.join(Act)}", field="action") from None
