"""one table of jobs in place of four leases

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from cantomeet import models

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

_COLUMNS = (
    'kind, subject, state, due_at, lease_until, run, tries, deaths, worker_died, woken_until, wake_count, turn,'
    ' updated_at'
)
_OF_MEETING = (
    'run', 'next_run_at', 'lease_until', 'woken_until', 'wake_count', 'attempt_count', 'death_count', 'turn'
)
_OF_VIEW = ('run', 'next_run_at', 'lease_until', 'woken_until', 'attempt_count', 'death_count')

_LOST: tuple[tuple[str, tuple[str, ...]], ...] = (('meeting', _OF_MEETING), ('writtenview', _OF_VIEW))


def upgrade() -> None:
    op.create_table(
        'job',
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('subject', sa.String(length=64), nullable=False),
        sa.Column('state', sa.String(length=32), nullable=False),
        sa.Column('due_at', models.UtcDateTime(timezone=True), nullable=True),
        sa.Column('lease_until', models.UtcDateTime(timezone=True), nullable=True),
        sa.Column('run', sa.Integer(), nullable=False),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('deaths', sa.Integer(), nullable=False),
        sa.Column('worker_died', sa.Boolean(), nullable=False),
        sa.Column('woken_until', models.UtcDateTime(timezone=True), nullable=True),
        sa.Column('wake_count', sa.Integer(), nullable=False),
        sa.Column('turn', sa.String(length=64), nullable=True),
        sa.Column('updated_at', models.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('kind', 'subject'),
    )
    op.create_index('ix_job_due', 'job', ['kind', 'due_at'], unique=False)
    op.execute(
        f"INSERT INTO job ({_COLUMNS}) SELECT 'meeting', id,"
        " CASE WHEN next_run_at IS NOT NULL THEN 'scheduled'"
        " WHEN status = 'SUMMARIZING' AND deleted_at IS NULL THEN 'waiting_for_names' ELSE 'ended' END,"
        ' next_run_at, lease_until, run, attempt_count, death_count, false, woken_until, wake_count, turn, updated_at'
        ' FROM meeting'
    )
    # What is left of a view whose meeting is being deleted is not written any more.
    op.execute(
        f"INSERT INTO job ({_COLUMNS}) SELECT 'written_view', v.meeting_id,"
        " CASE WHEN v.next_run_at IS NULL OR m.deleted_at IS NOT NULL THEN 'ended' ELSE 'scheduled' END,"
        ' CASE WHEN m.deleted_at IS NULL THEN v.next_run_at END, v.lease_until, v.run, v.attempt_count,'
        ' v.death_count, false, v.woken_until, 0, NULL, m.updated_at'
        ' FROM writtenview v JOIN meeting m ON m.id = v.meeting_id'
    )
    op.execute(
        f"INSERT INTO job ({_COLUMNS}) SELECT 'leftover', id, 'scheduled', next_run_at, NULL, 0, attempt_count, 0,"
        ' false, NULL, 0, NULL, created_at FROM providerleftover'
    )
    # `delete_leftovers` is no task any more: each copy is a job of its own.
    op.execute(
        f"INSERT INTO job ({_COLUMNS}) SELECT 'periodic', name, 'scheduled', next_run_at, NULL, 0, 0, 0,"
        " false, NULL, 0, NULL, next_run_at FROM periodictask WHERE name <> 'delete_leftovers'"
    )
    _checks_that_were_asked()
    # Written as far ahead as they are due, they would pass for changes that came before a clock was put back.
    op.execute("UPDATE job SET updated_at = CURRENT_TIMESTAMP WHERE kind = 'periodic'")
    op.drop_index('ix_meeting_due', 'meeting')
    for table, columns in _LOST:
        for column in columns:
            op.drop_column(table, column)
    for column in ('next_run_at', 'attempt_count'):
        op.drop_column('providerleftover', column)
    op.drop_table('periodictask')


def _checks_that_were_asked() -> None:
    """Those that no worker has answered yet; one that nobody waits for any more ends when it is taken."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT name, value FROM keyvalue WHERE name LIKE 'check:%'"))
    for name, value in rows.all():
        try:
            found = json.loads(value)
            asked = found['state'] == 'asked'
            at = datetime.fromisoformat(found['at']).astimezone(UTC)
        except (ValueError, KeyError, TypeError):
            continue  # another version's
        if asked:
            connection.execute(
                sa.text(
                    f"INSERT INTO job ({_COLUMNS}) VALUES ('check', :name, 'scheduled', :at, NULL, 0, 0, 0, false, NULL, 0,"
                    ' NULL, :at)'
                ).bindparams(sa.bindparam('at', at, models.UtcDateTime(timezone=True))),
                {'name': name.removeprefix('check:')},
            )


def downgrade() -> None:
    for table, columns in _LOST:
        for column in columns:
            op.add_column(table, _earlier(column))
    op.add_column('providerleftover', sa.Column('next_run_at', models.UtcDateTime(timezone=True), nullable=True))
    op.add_column('providerleftover', sa.Column('attempt_count', sa.Integer(), nullable=False, server_default='0'))
    moved: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
        ('meeting', 'id', 'meeting', _OF_MEETING),
        ('writtenview', 'meeting_id', 'written_view', _OF_VIEW),
        ('providerleftover', 'id', 'leftover', ('next_run_at', 'attempt_count')),
    )
    for table, key, kind, columns in moved:
        for column in columns:
            op.execute(
                f"UPDATE {table} SET {column} = (SELECT {_NOW.get(column, column)} FROM job"
                f" WHERE kind = '{kind}' AND subject = {table}.{key})"
            )
    op.create_index('ix_meeting_due', 'meeting', ['next_run_at', 'lease_until', 'woken_until'], unique=False)
    op.create_table(
        'periodictask',
        sa.Column('name', sa.String(length=64), nullable=False),
        sa.Column('next_run_at', models.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('name'),
    )
    op.execute("INSERT INTO periodictask (name, next_run_at) SELECT subject, due_at FROM job WHERE kind = 'periodic'")
    op.drop_index('ix_job_due', 'job')
    op.drop_table('job')


_NOW = {'next_run_at': 'due_at', 'attempt_count': 'tries', 'death_count': 'deaths'}


def _earlier(column: str) -> sa.Column[Any]:
    if column == 'turn':
        return sa.Column(column, sa.String(length=64), nullable=True)
    if column.endswith(('_at', '_until')):
        return sa.Column(column, models.UtcDateTime(timezone=True), nullable=True)
    return sa.Column(column, sa.Integer(), nullable=False, server_default='0')
