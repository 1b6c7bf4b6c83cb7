"""the search index; every meeting is to be taken up

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'searchedmeeting',
        sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('meeting_id', sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint('number'),
        sa.UniqueConstraint('meeting_id'),
    )
    op.create_table(
        'searchentry',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('source', sa.String(length=16), nullable=False),
        sa.Column('source_id', sa.String(length=36), nullable=True),
        sa.Column('literal', sa.Text(), nullable=False),
        sa.Column('valued', sa.Text(), nullable=True),
        sa.Column('tokens', sa.Text().with_variant(TSVECTOR(), 'postgresql'), nullable=True),
        sa.PrimaryKeyConstraint('id'),
    )
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(
            "CREATE VIRTUAL TABLE searchindex USING fts5(tokens, content='', detail=none, columnsize=0,"
            " tokenize=\"ascii tokenchars '#.%'\")"
        )
    else:
        op.create_index('ix_searchentry_tokens', 'searchentry', ['tokens'], postgresql_using='gin')
    op.execute('INSERT INTO searchedmeeting (meeting_id) SELECT id FROM meeting ORDER BY created_at, id')
    op.execute(
        'INSERT INTO job (kind, subject, state, due_at, lease_until, run, tries, deaths, worker_died, woken_until,'
        " wake_count, turn, updated_at) SELECT 'index', id, 'scheduled', updated_at, NULL, 0, 0, 0, false, NULL, 0, NULL,"
        ' updated_at FROM meeting WHERE deleted_at IS NULL'
    )


def downgrade() -> None:
    op.execute("DELETE FROM job WHERE kind = 'index'")
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TABLE searchindex')
    op.drop_table('searchentry')
    op.drop_table('searchedmeeting')
