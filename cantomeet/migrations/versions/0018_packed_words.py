"""the times of a segment's words packed

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from cantomeet.packed_words import pack, unpack

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

_BATCH = 2000
"""Rows that are held in memory at a time."""

_SEGMENT = sa.table(
    'segment',
    sa.column('id', sa.String),
    sa.column('meeting_id', sa.String),
    sa.column('revision', sa.Integer),
    sa.column('position', sa.Integer),
    sa.column('original_text', sa.Text),
    sa.column('words', sa.JSON),
    sa.column('packed_words', sa.LargeBinary),
)


def upgrade() -> None:
    op.add_column('segment', sa.Column('packed_words', sa.LargeBinary(), nullable=True))
    _convert('words', 'packed_words', pack)
    op.drop_column('segment', 'words')
    # The unique constraint's index begins with the same column.
    op.drop_index('ix_segment_meeting_id', 'segment')
    # Few lines are corrected, and a page asks for them with each part of a long transcript.
    op.create_index(
        'ix_segment_edited',
        'segment',
        ['meeting_id', 'revision', 'position'],
        unique=False,
        sqlite_where=sa.text('edited IS 1'),
        postgresql_where=sa.text('edited IS TRUE'),
    )


def downgrade() -> None:
    op.drop_index('ix_segment_edited', 'segment')
    op.create_index('ix_segment_meeting_id', 'segment', ['meeting_id'], unique=False)
    op.add_column('segment', sa.Column('words', sa.JSON(), nullable=False, server_default='[]'))
    _convert('packed_words', 'words', unpack)
    op.drop_column('segment', 'packed_words')


def _convert(source: str, target: str, convert: Callable[[Any, str], Any]) -> None:
    """All in the one transaction of the migration, in the order in which the rows lie in the file."""
    connection = op.get_bind()
    key = sa.tuple_(_SEGMENT.c.meeting_id, _SEGMENT.c.revision, _SEGMENT.c.position)
    rows = sa.select(_SEGMENT.c.id, *key, _SEGMENT.c.original_text, _SEGMENT.c[source]).order_by(*key).limit(_BATCH)
    write = sa.update(_SEGMENT).where(_SEGMENT.c.id == sa.bindparam('row_id'))
    write = write.values({target: sa.bindparam('converted')})
    found = connection.execute(rows).all()
    while found:
        made = [{'row_id': row[0], 'converted': convert(row[5], row[4])} for row in found if row[5]]
        if made:
            connection.execute(write, made)
        found = connection.execute(rows.where(key > tuple(found[-1][1:4]))).all()
