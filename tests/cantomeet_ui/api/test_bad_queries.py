"""Whatever is typed into a search finds what it says or is refused by name: the list, the API and the command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from cantomeet.cantonese import search_query, search_text
from cantomeet.errors import InvalidRequest
from cantomeet.listing import MeetingFilter, list_meetings
from cantomeet.listing.search import SearchFilter, find_texts
from cantomeet.service import Services
from cantomeet.store import Database
from launcher import cli
from launcher.client import Server
from tests import meetings

SAID = [
    'AND OR NOT NEAR(a b) "quoted" -a ^a a:b a* (a)',
    "加 100%，即係百分之一百",
    "1" * 40,
    "12" * 10,
    "一二三四五六七八九" * 6,
    "億億億",
    "一億億億",
    "三萬五千億零十二",
    "🙂預算🙂",
    "a" * 300,
    "\u200b\ufeff\u0301",
    "ﷺ½㍿İß",
]
ASKED = {
    "quotation mark": '"',
    "quoted": '"quoted"',
    "percent": "%",
    "percent with a number": "100%",
    "star": "a*",
    "apostrophe": "'; DROP TABLE meeting; --",
    "backslash": "\\",
    "operators": "AND OR NOT",
    "near": "NEAR(a b)",
    "column": "tokens : a",
    "caret": "^a",
    "minus": "-a",
    "brackets": "((((",
    "tsquery": "a & !b | <-> c:*",
    "signs alone": "，。！？()[]{}…—",
    "emoji": "🙂",
    "emojis": "🙂" * 200,
    "emoji and word": "🙂預算",
    "invisible": "\u200b\ufeff",
    "a mark alone": "\u0301",
    "a character of many": "ﷺ",
    "200 characters": "a" * 200,
    "200 other characters": "".join(chr(0x4E00 + n) for n in range(200)),
    "200 times one number": "十二" * 100,
    "40 digits": "1" * 40,
    "200 digits": "9" * 200,
    "digits as said": "一二三四五六七八九" * 6,
    "units alone": "億億億",
    "units": "億" * 200,
    "a number of no sense": "一億億億",
    "a long number": "三萬五千億零十二",
    "many numbers": "1二3四 五6七八,9十百千萬億" * 10,
    "commas": "1,2,3,,4,,,5",
    "decimals": "1.2.3..4",
    "line break": "預\n算",
}
REFUSED = {
    "201 characters": "a" * 201,
    "10,000 characters": "a" * 10_000,
    "more than an address has room for": "預" * 10_000,
    "NUL": "a\x00b",
    "half a pair": "a\ud800",
}


@pytest.fixture
def services(services: Services, store: Database) -> Services:
    return replace(services, store=store)


@pytest.fixture
def list_(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Result]:
    """The command `cantomeet list --q` against the same API."""

    def answer(request: httpx.Request) -> httpx.Response:
        answered = client.request(request.method, str(request.url))
        return httpx.Response(answered.status_code, content=answered.content)

    monkeypatch.setattr(cli, "_server", lambda _: Server(str(client.base_url), httpx.MockTransport(answer)))
    return lambda q: CliRunner().invoke(cli.app, ["list", "--q", q])


@pytest.mark.parametrize("q", [pytest.param(q, id=name) for name, q in ASKED.items()])
def test_whatever_is_asked_for_finds_exactly_what_has_it(
    store: Database, client: TestClient, list_: Callable[[str], Result], q: str
) -> None:
    meetings.transcribed(store, [("S1", said) for said in SAID], title="z", description="z")
    meetings.index(store)
    having = [said for said in SAID if search_query(q).found_in(search_text(said))]
    with store.read() as tx:
        assert [hit.text for hit in find_texts(tx, SearchFilter(q)).items] == having
        listed = list_meetings(tx, MeetingFilter(q=q)).items
    assert len(listed) == bool(having)
    answer = client.get("/api/search", params={"q": q})
    assert (answer.status_code, len(answer.json()["hits"])) == (200, len(having))
    answer = client.get("/api/meetings", params={"q": q})
    assert (answer.status_code, len(answer.json()["items"])) == (200, len(listed))
    told = list_(q)
    assert (told.exit_code, len(told.stdout.splitlines())) == (0, len(listed)), told.exception


@pytest.mark.parametrize("q", [pytest.param(q, id=name) for name, q in REFUSED.items()])
def test_what_no_text_can_have_or_is_too_long_is_refused_by_name(
    client: TestClient, list_: Callable[[str], Result], q: str
) -> None:
    for wanted in (SearchFilter, lambda q: MeetingFilter(q=q)):
        with pytest.raises(InvalidRequest) as refused:
            wanted(q)
        assert refused.value.field == "q"
    told = list_(q)
    assert isinstance(told.exception, SystemExit), told.exception
    assert told.stderr.strip()
    if q.isascii():
        for path in ("search", "meetings"):
            answer = client.get(f"/api/{path}?q={quote(q)}")
            assert (answer.status_code, answer.json()["field"]) == (422, "q")


def test_ten_thousand_hits_are_counted_up_to_a_limit_and_shown_page_by_page(
    store: Database, client: TestClient
) -> None:
    meetings.transcribed(store, [("S1", f"係{n}") for n in range(10_000)], title="z")
    meetings.index(store)
    page = client.get("/api/search", params={"q": "係", "limit": "100"}).json()
    assert (len(page["hits"]), page["total"], page["counted_all"]) == (100, 1000, False)
    assert len(client.get("/api/meetings", params={"q": "係"}).json()["items"]) == 1
