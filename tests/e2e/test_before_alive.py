"""Clicks and input on a prerendered page, before its scripts run, are not lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import PATIENCE
from tests.e2e.serving import Web

expect.set_options(timeout=PATIENCE)


@contextmanager
def not_alive(page: Page, path: str) -> Iterator[None]:
    """Within the block the page stays prerendered: none of the application's scripts is loaded."""
    held: list[Route] = []
    released = False

    def hold(route: Route) -> None:
        if released:
            route.continue_()
        else:
            held.append(route)

    page.route("**/assets/**/*.js", hold)
    page.goto(path, wait_until="commit")
    expect(page.get_by_role("navigation")).to_be_visible()
    yield
    assert held, "no script was held back"
    released = True
    for route in held:
        route.continue_()


def test_clicks_and_choices_before_hydration_take_effect(web: Web, page: Page, tmp_path: Path) -> None:
    web.seed.waiting("先錄")
    wave = next(web.seed.recordings.root.glob("silence-*.wav"))
    web.clear()
    early = tmp_path / "早.wav"
    early.write_bytes(wave.read_bytes())
    with not_alive(page, "/"):
        page.get_by_role("button", name="切換深淺色").click()
        expect(page.locator("html")).to_have_class(re.compile("dark"))
        page.get_by_role("button", name="Switch to English").click()
        page.locator(".ct-early input").set_input_files(early)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".recent .row-title")).to_have_text("早")
    expect(page.locator(".ct-early")).to_be_hidden()
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    page.reload()
    expect(page.get_by_role("heading", name="Upload a recording")).to_be_visible()
    expect(page.locator("html")).to_have_class(re.compile("dark"))


def test_a_search_typed_before_hydration_is_run(web: Web, page: Page) -> None:
    web.seed.whole("例會")
    web.seed.waiting("另一個")
    with not_alive(page, "/meetings"):
        page.locator("[data-search]").fill("銀行回覆")
        page.get_by_role("button", name="鍵盤操作").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator(".row mark")).to_have_text("銀行回覆")
    expect(page.locator(".row")).to_have_count(1)


def test_keys_pressed_before_hydration_take_effect(web: Web, page: Page) -> None:
    web.seed.whole("例會")
    web.seed.waiting("另一個")
    with not_alive(page, "/meetings"):
        page.keyboard.press("/")
        page.keyboard.type("銀行回覆")
    expect(page.locator(".row mark")).to_have_text("銀行回覆")
    expect(page.locator("[data-search]")).to_be_focused()
    page.unroute_all()
    with not_alive(page, "/"):
        page.keyboard.press("g")
        page.keyboard.press("m")
    expect(page.locator(".row")).to_have_count(2)
    page.unroute_all()
    with not_alive(page, "/"):
        page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_key_pressed_as_soon_as_rows_appear_takes_effect(web: Web, page: Page) -> None:
    web.seed.whole("例會")
    for _ in range(6):
        page.goto("/meetings", wait_until="commit")
        expect(page.locator(".row")).to_have_count(1)
        page.keyboard.press("/")
        expect(page.locator("[data-search]")).to_be_focused()


def test_an_immediate_click_takes_effect(web: Web, page: Page) -> None:
    for turn in range(6):
        page.goto("/meetings", wait_until="commit")
        page.get_by_role("button", name="切換深淺色").click(no_wait_after=True)
        expect(page.locator("html")).to_have_class(re.compile("light" if turn % 2 else "dark"))
        expect(page.get_by_text("還沒有會議")).to_be_visible()
        expect(page.locator("html")).to_have_class(re.compile("light" if turn % 2 else "dark"))
