"""indexes under what each open list asks at each change

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

_INDEXES = {
    'ix_meeting_stamp': ['version', 'updated_at'],
    'ix_meeting_counted': ['deleted_at', 'owner_id', 'status'],
    'ix_meeting_newest': ['created_at', 'id'],
}


def upgrade() -> None:
    for name, columns in _INDEXES.items():
        op.create_index(name, 'meeting', columns, unique=False)


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, 'meeting')
