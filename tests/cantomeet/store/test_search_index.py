"""The search index holds what the meetings' texts are, on SQLite and on PostgreSQL, and nothing of what was deleted."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, select, text
from sqlmodel import col

from cantomeet.cantonese import SearchText
from cantomeet.errors import LeaseLost, VersionConflict
from cantomeet.jobs import JobKind
from cantomeet.models import SearchedMeeting, SearchEntry
from cantomeet.store import Database, search
from cantomeet.store.search_changes import OF_MEETING
from tests import meetings

SECRET = "底價係七百三十二萬"
ITEM = {"kind": "decision", "text": "通過預算", "evidence": []}


def texts(store: Database) -> list[tuple[str, str]]:
    """Source and folding of every text's entry, in the order of hits."""
    of_texts = select(col(SearchEntry.source), col(SearchEntry.literal)).where(col(SearchEntry.source) != "meeting")
    statement = of_texts.order_by(col(SearchEntry.id).desc())
    with store.connection() as connection:
        return [(source, literal) for source, literal in connection.execute(statement)]


def having(store: Database, token: str) -> list[str]:
    """Foldings of the entries that the index finds by this token."""
    with store.connection() as connection:
        if connection.dialect.name == "sqlite":
            query = (
                "SELECT literal FROM searchindex JOIN searchentry ON id = searchindex.rowid WHERE searchindex MATCH :q"
            )
            return list(connection.execute(text(query), {"q": f'"{token}"'}).scalars())
        query = "SELECT literal FROM searchentry WHERE tokens @@ CAST(:q AS tsquery)"
        return list(connection.execute(text(query), {"q": f"'{token}'"}).scalars())


def test_the_texts_of_a_meeting_are_found_by_their_tokens(store: Database) -> None:
    meetings.completed(
        store, [("S1", "早晨。"), ("S1", "十二個，Ｂudget")], [ITEM], title="例會", description="關於 API"
    )
    meetings.index(store)
    assert texts(store) == [
        ("title", "例会"),
        ("description", "关于api"),
        ("item", "通过预算"),
        ("line", "早晨"),
        ("line", "十二个budget"),
    ]
    for token, found in {"会": "例会", "预算": "通过预算", "#12": "十二个budget", "ap": "关于api"}.items():
        assert having(store, token) == [found]
    assert having(store, "没有") == []


def test_a_meeting_has_an_entry_with_the_tokens_of_its_texts_as_they_are_now(store: Database) -> None:
    meeting = meetings.transcribed(store, [("S1", "舊句"), ("S1", "十二句")], title="會")
    meetings.index(store)
    for token in ("旧句", "句", "#12", "会"):
        assert having(store, OF_MEETING + token) == [""]
    line = store.transcripts.shown(meeting.id).segments[0]
    store.transcripts.edit_segment(meeting.id, line.id, None, text="新嘅")
    meetings.index(store)
    assert having(store, OF_MEETING + "旧句") == having(store, OF_MEETING + "旧") == []
    for token in ("新", "句", "#12", "会"):
        assert having(store, OF_MEETING + token) == [""]


def test_newer_meetings_come_before_older_ones(store: Database) -> None:
    for title in ("一號", "二號"):
        meetings.uploaded(store, title=title)
        meetings.index(store)
    assert [literal for _, literal in texts(store)] == ["二号", "一号"]


def test_every_change_of_a_text_is_taken_up(store: Database) -> None:
    meeting = meetings.completed(store, [("S1", "舊嘅句子")], [ITEM, ITEM])
    meetings.index(store)
    line = store.transcripts.shown(meeting.id).segments[0]
    store.transcripts.edit_segment(meeting.id, line.id, None, text="新嘅句子")
    assert not store.search.is_complete()
    meetings.index(store)
    assert having(store, "旧") == []
    assert having(store, "新") == ["新嘅句子"]
    summary = store.summaries.find(meeting.id)
    assert summary is not None
    store.summaries.edit_item(meeting.id, summary.items[0].id, None, text="否決預算")
    store.summaries.delete_item(meeting.id, summary.items[1].id, None)
    store.meetings.edit(meeting.id, None, title="改咗名", description="講明")
    meetings.index(store)
    assert texts(store) == [("title", "改咗名"), ("description", "讲明"), ("item", "否决预算"), ("line", "新嘅句子")]
    assert having(store, "通过") == []
    store.transcripts.reparse(meeting.id, meetings.segments([("S1", "再讀一次")]), force=True)
    meetings.index(store)
    assert texts(store)[-1] == ("line", "再读一次")


def test_only_the_shown_revision_and_summary_are_in_it(store: Database) -> None:
    meeting = meetings.completed(store, [("S1", "第一版")], [ITEM])
    store.meetings.retry(meeting.id, "summarize")
    meetings.summarized(store, meeting.id, [{**ITEM, "text": "另一份"}])
    meetings.index(store)
    assert [literal for source, literal in texts(store) if source == "item"] == ["另一份"]
    store.summaries.show(meeting.id, 1)
    meetings.index(store)
    assert [literal for source, literal in texts(store) if source == "item"] == ["通过预算"]


def test_many_changes_of_one_meeting_are_written_in_several_transactions(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_ROWS", 3)
    meeting = meetings.transcribed(store, [("S1", f"句{n}") for n in range(8)], title="會")
    commits: list[object] = []
    event.listen(store.engine, "commit", commits.append)
    meetings.index(store)
    assert len(commits) > 3
    assert texts(store) == [("title", "会"), *(("line", f"句{n}") for n in range(8))]
    line = store.transcripts.shown(meeting.id).segments[7]
    store.transcripts.edit_segment(meeting.id, line.id, None, text="改")
    meetings.index(store)
    assert having(store, OF_MEETING + "句7") == []
    assert having(store, OF_MEETING + "句6") == [""]


def test_a_worker_that_lost_its_job_to_a_later_change_writes_nothing(store: Database) -> None:
    meeting = meetings.uploaded(store, title="早")
    meetings.index(store)
    store.meetings.edit(meeting.id, None, title="遲")
    meetings.index_job_is_due(store, meeting.id)
    job = store.jobs.take(JobKind.INDEX, meeting.id)
    assert job is not None
    store.meetings.edit(meeting.id, None, title="更遲")
    with pytest.raises(LeaseLost):
        store.search.update(job)
    assert not store.search.is_complete()
    meetings.index(store)
    assert texts(store) == [("title", "更迟")]


def test_a_change_that_is_rolled_back_leaves_the_index_complete(store: Database) -> None:
    meeting = meetings.uploaded(store)
    meetings.index(store)

    def edit_twice() -> None:
        with store.write() as tx:
            tx.meetings.edit(meeting.id, None, title="唔算")
            tx.meetings.edit(meeting.id, 0, title="太遲")

    with pytest.raises(VersionConflict):
        edit_twice()
    assert store.search.is_complete()


def test_all_is_built_again_and_twice_at_once_does_no_harm(store: Database) -> None:
    for title in ("甲", "乙", "丙"):
        meetings.uploaded(store, title=title)
    meetings.index(store)
    before = texts(store)
    store.search.schedule_all()
    assert store.search.update_some(2) == 2
    store.search.schedule_all()
    assert texts(store) == []
    meetings.index(store)
    assert texts(store) == before
    assert having(store, "甲") == ["甲"]


def test_two_that_build_it_at_once_and_an_edit_between_leave_it_whole(store: Database) -> None:
    ids = [meetings.transcribed(store, [("S1", f"第{n}句")], title=f"會{n}").id for n in range(12)]

    def build(_: int) -> None:
        store.search.schedule_all()
        while store.search.update_some(2):
            pass

    def edit(meeting_id: str) -> None:
        store.meetings.edit(meeting_id, None, title="改咗")

    with ThreadPoolExecutor(4) as threads:
        tasks = [threads.submit(build, n) for n in range(2)] + [threads.submit(edit, one) for one in ids[::2]]
        for task in tasks:
            task.result()
    meetings.index(store)
    said = Counter(literal for _, literal in texts(store))
    assert said == Counter([*["改咗"] * 6, *(f"会{n}" for n in range(1, 12, 2)), *(f"第{n}句" for n in range(12))])
    assert having(store, "改咗") == ["改咗"] * 6
    assert len(having(store, "会")) == 6


def test_a_deleted_meeting_leaves_no_row(store: Database) -> None:
    kept, gone = meetings.uploaded(store, title="留低"), meetings.transcribed(store, [("S1", SECRET)], title="刪除")
    meetings.index(store)
    store.meetings.mark_deleted(gone.id)
    assert store.search.is_complete(), "nothing is to be indexed of it any more"
    deleted = store.pipeline.take_lease(gone.id, 60)
    assert deleted is not None
    store.pipeline.purge(gone.id, deleted.job.run)
    assert texts(store) == [("title", "留低")]
    assert having(store, "删除") == having(store, "#7320000") == []
    with store.connection() as connection:
        assert list(connection.execute(select(col(SearchedMeeting.meeting_id))).scalars()) == [kept.id]
    assert store.jobs.find(JobKind.INDEX, gone.id) is None


def test_a_deleted_text_leaves_the_pages_of_sqlites_index(sqlite_store: Database) -> None:
    store = sqlite_store
    for n in range(30):
        meetings.transcribed(store, [("S1", f"第{n}個會")])
        meetings.index(store)
    gone = meetings.transcribed(store, [("S1", SECRET)])
    meetings.index(store)
    store.meetings.mark_deleted(gone.id)
    deleted = store.pipeline.take_lease(gone.id, 60)
    assert deleted is not None
    store.pipeline.purge(gone.id, deleted.job.run)

    def pages() -> bytes:
        with store.connection() as connection:
            return b"".join(connection.execute(text("SELECT block FROM searchindex_data")).scalars())

    secret = "价".encode()[1:]  # FTS5 leaves out what a term begins with as the term before it does
    assert secret in pages()
    store.search.rewrite()
    assert secret not in pages()
    assert len(having(store, "个会")) == 30


def test_the_index_is_sound_after_changes(sqlite_store: Database) -> None:
    """FTS5 is told the tokens of what is deleted: were they others than those it has, words of nothing would stay."""
    store = sqlite_store
    meeting = meetings.transcribed(store, [("S1", "一百二十個 a1 十二月")])
    meetings.index(store)
    line = store.transcripts.shown(meeting.id).segments[0]
    store.transcripts.edit_segment(meeting.id, line.id, None, text="好")
    meetings.index(store)
    for token in {*SearchText("一百二十个a1十二月", "#120#个a#1##12#月").tokens} - {"个", "月"}:
        assert having(store, token) == [], token
