"""A person edits the glossary."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from cantomeet.glossary import Term
from tests.e2e.conftest import PATIENCE, Web

expect.set_options(timeout=PATIENCE)


def test_a_pasted_glossary_names_its_invalid_line_and_is_saved_once_corrected(web: Web, page: Page) -> None:
    web.store.glossary.replace([Term("葵涌")])
    page.goto("/glossary")
    field = page.locator("textarea[name=terms]")
    expect(field).to_have_value("葵涌")
    field.fill("葵涌\nCantoMeet：簡圖米、簡圖咪\nCEO: see ee oh")
    page.get_by_role("button", name="儲存").click()
    expect(page.locator(".term-faults li")).to_have_text(["第 3 個詞「CEO」讀音「see ee oh」不是中文字"])
    expect(field).to_have_value("葵涌\nCantoMeet：簡圖米、簡圖咪\nCEO: see ee oh")
    assert web.store.glossary.terms() == [Term("葵涌")]
    field.fill("葵涌\nCantoMeet：簡圖米、簡圖咪")
    page.get_by_role("button", name="儲存").click()
    expect(page.locator(".notice")).to_contain_text("已儲存")
    expect(field).to_have_value("葵涌\nCantoMeet: 簡圖米, 簡圖咪")
    assert web.store.glossary.terms() == [Term("葵涌"), Term("CantoMeet", ("簡圖米", "簡圖咪"))]
    web.store.glossary.replace([Term("別人的")])
    page.get_by_role("button", name="儲存").click()
    expect(page.locator(".notice")).to_contain_text("有人先改了")
    assert web.store.glossary.terms() == [Term("別人的")]
