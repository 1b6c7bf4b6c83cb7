"""The filters of the list stand in its address."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from cantomeet.i18n import EN
from cantomeet.lifecycle import MeetingStatus
from cantomeet_ui.presenters.filters import chips, meetings_href


def query_of(href: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(href).query).items()}


def test_a_changed_filter_keeps_the_others_and_drops_the_cursor() -> None:
    href = meetings_href({"q": "銀行", "status": "FAILED", "cursor": "xyz", "sort": "title"}, status="COMPLETED")
    assert query_of(href) == {"q": "銀行", "status": "COMPLETED", "sort": "title"}


def test_an_empty_filter_is_removed_from_the_address() -> None:
    assert meetings_href({"q": "銀行"}, q="") == "/meetings"
    assert query_of(meetings_href({"from": "2026-01-01", "to": "2026-02-01"}, from_="")) == {"to": "2026-02-01"}


def test_chips_count_each_status_and_keep_the_chosen_one() -> None:
    counts = {MeetingStatus.COMPLETED: 5, MeetingStatus.FAILED: 2}
    made = {chip.status: chip for chip in chips({"status": "UPLOADED", "q": "銀行"}, counts, EN)}
    assert {status: chip.count for status, chip in made.items()} == {"": 7, "UPLOADED": 0, "COMPLETED": 5, "FAILED": 2}
    assert [status for status, chip in made.items() if chip.chosen] == ["UPLOADED"]
    assert query_of(made["FAILED"].href) == {"status": "FAILED", "q": "銀行"}
    assert query_of(made[""].href) == {"q": "銀行"}
