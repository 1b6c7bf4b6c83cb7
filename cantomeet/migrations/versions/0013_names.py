"""one name for one thing: revision, summarized, key and value

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

_RENAMED = (
    ('meeting', 'take', 'revision'),
    ('meeting', 'shown_take', 'shown_revision'),
    ('speaker', 'take', 'revision'),
    ('segment', 'take', 'revision'),
    ('rawtranscript', 'take', 'revision'),
)


def upgrade() -> None:
    for table, old, new in _RENAMED:
        op.execute(f'ALTER TABLE {table} RENAME COLUMN {old} TO {new}')
    op.rename_table('remembered', 'keyvalue')
    op.execute("UPDATE meeting SET stage = 'summarized' WHERE stage = 'summarised'")
    op.execute("UPDATE attempt SET step = 'summarize' WHERE step = 'summarise'")


def downgrade() -> None:
    op.execute("UPDATE attempt SET step = 'summarise' WHERE step = 'summarize'")
    op.execute("UPDATE meeting SET stage = 'summarised' WHERE stage = 'summarized'")
    op.rename_table('keyvalue', 'remembered')
    for table, old, new in reversed(_RENAMED):
        op.execute(f'ALTER TABLE {table} RENAME COLUMN {new} TO {old}')
