"""Fault 19: whoever builds the search index is killed before any of its statements, and before any commit."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, event, text

from cantomeet.database import connect
from cantomeet.store import Database, search
from tests import meetings
from tests.faults.dying import killed_at
from tests.faults.forked import forked
from tests.faults.test_killed_at_each_step import STRIDE, expire_leases

_MOST = 5000
"""Statements; no build of these meetings has as many."""
_KILLED, _ENDED = -9, 0


def entries(store: Database) -> list[tuple[object, ...]]:
    """All that the index holds."""
    with store.connection() as connection:
        rows = connection.exec_driver_sql(
            "SELECT id, source, source_id, literal, valued, tokens FROM searchentry ORDER BY id"
        )
        return [tuple(row) for row in rows]


def postings(store: Database) -> set[tuple[str, int]]:
    """All that FTS5 holds: a token and an entry. PostgreSQL keeps the tokens with the entries."""
    if store.engine.dialect.name != "sqlite":
        return set()
    with store.engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIRTUAL TABLE temp.held USING fts5vocab(main, searchindex, instance)")
        held = {(term, entry) for term, entry in connection.execute(text("SELECT term, doc FROM held"))}
        connection.exec_driver_sql("DROP TABLE temp.held")
        return held


def build_until(number: int, url: str) -> None:
    """In a process of its own, which is killed at the `number`-th moment."""
    engine, moment = connect(url), killed_at(number)
    event.listen(engine, "before_cursor_execute", lambda *_: moment("statement"))
    event.listen(engine, "commit", lambda *_: moment("commit"))
    search._ROWS = 7  # a meeting of 20 lines is written in several parts
    while Database(engine).search.update_some(2):
        pass


def changed_meetings(store: Database) -> None:
    """Of what is in the index some is gone and some is new; one meeting is not in it at all."""
    several = [
        meetings.transcribed(store, [("S1", f"第{line}句，預算{n}") for line in range(20)], title=f"會{n}")
        for n in range(3)
    ]
    meetings.index(store)
    for meeting in several:
        for line in store.transcripts.shown(meeting.id).segments[::4]:
            store.transcripts.edit_segment(meeting.id, line.id, None, text="改咗")
        store.meetings.edit(meeting.id, None, title="改咗名")
    meetings.transcribed(store, [("S1", f"新嘅第{line}句") for line in range(20)])


@pytest.mark.timeout(900)
@pytest.mark.own_database
def test_an_index_whose_builder_is_killed_at_any_moment_is_completed_and_equals_a_new_one(engine: Engine) -> None:
    store, url = Database(engine), engine.url.render_as_string(hide_password=False)
    codes = []
    for number in range(1, _MOST, STRIDE):
        changed_meetings(store)
        builder = forked().Process(target=build_until, args=(number, url))
        builder.start()
        builder.join()
        codes.append(builder.exitcode)
        expire_leases(engine)
        meetings.index(store)
        completed, held = entries(store), postings(store)
        store.search.schedule_all()
        meetings.index(store)
        assert (completed, held) == (entries(store), postings(store)), f"killed at {number}"
        if builder.exitcode == _ENDED:
            break
        assert builder.exitcode == _KILLED
    assert codes.count(_KILLED) > 75 / STRIDE
