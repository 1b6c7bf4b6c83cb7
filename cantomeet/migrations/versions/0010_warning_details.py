"""what a warning names: how much is missing, and where

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('meeting', sa.Column('warning_details', sa.JSON(), nullable=False, server_default='{}'))


def downgrade() -> None:
    op.drop_column('meeting', 'warning_details')
