"""a submission to a provider as one value

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from cantomeet import models

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def _parts() -> list[sa.Column[Any]]:
    return [
        sa.Column('submit_key', sa.String(length=64), nullable=True),
        sa.Column('submit_looks', sa.Integer(), nullable=False, server_default='0'),
        sa.Column('submit_missed_at', models.UtcDateTime(timezone=True), nullable=True),
        sa.Column('submit_searched', models.UtcDateTime(timezone=True), nullable=True),
        sa.Column('submit_losses', sa.Integer(), nullable=False, server_default='0'),
    ]


def _table() -> sa.TableClause:
    return sa.table('meeting', sa.column('id', sa.String), sa.column('submission', sa.Text), *_columns())


def _columns() -> list[sa.ColumnClause[Any]]:
    return [sa.column(part.name, part.type) for part in _parts()]


def upgrade() -> None:
    op.add_column('meeting', sa.Column('submission', sa.JSON(none_as_null=True), nullable=True))
    meeting = _table()
    sent = sa.select(meeting.c.id, *(meeting.c[part.name] for part in _parts()))
    sent = sent.where(meeting.c.submit_key.is_not(None))
    for row in op.get_bind().execute(sent).all():
        value = json.dumps({
            'key': row.submit_key,
            'looks': row.submit_looks,
            'missed_at': _told(row.submit_missed_at),
            'searched': _told(row.submit_searched),
            'losses': row.submit_losses,
        })
        statement = 'UPDATE meeting SET submission = :value WHERE id = :id'
        if _is_postgresql():
            statement = 'UPDATE meeting SET submission = CAST(:value AS JSON) WHERE id = :id'
        op.get_bind().execute(sa.text(statement), {'value': value, 'id': row.id})
    for part in _parts():
        op.drop_column('meeting', part.name)


def downgrade() -> None:
    for part in _parts():
        op.add_column('meeting', part)
    meeting = _table()
    rows = op.get_bind().execute(sa.text('SELECT id, submission FROM meeting WHERE submission IS NOT NULL')).all()
    for meeting_id, value in rows:
        found = json.loads(value) if isinstance(value, str) else value
        instants = {name: _read(found[name]) for name in ('missed_at', 'searched')}
        parts = {f'submit_{name}': part for name, part in {**found, **instants}.items()}
        op.get_bind().execute(sa.update(meeting).where(meeting.c.id == meeting_id).values(parts))
    op.drop_column('meeting', 'submission')


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == 'postgresql'


def _told(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
