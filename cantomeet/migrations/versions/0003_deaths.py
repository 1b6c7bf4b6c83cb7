"""how often a meeting's workers died

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('meeting', sa.Column('death_count', sa.Integer(), nullable=False, server_default='0'))


def downgrade() -> None:
    op.drop_column('meeting', 'death_count')
