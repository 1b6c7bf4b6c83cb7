"""turns at providers, and looks for a lost submission

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'turn',
        sa.Column('name', sa.String(length=64), nullable=False),
        sa.Column('reserved_until', sa.Float(), nullable=False),
        sa.Column('recent', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('name'),
    )
    op.add_column('meeting', sa.Column('turn', sa.String(64), nullable=True))
    op.add_column('meeting', sa.Column('submit_looks', sa.Integer(), nullable=False, server_default='0'))


def downgrade() -> None:
    op.drop_column('meeting', 'submit_looks')
    op.drop_column('meeting', 'turn')
    op.drop_table('turn')
