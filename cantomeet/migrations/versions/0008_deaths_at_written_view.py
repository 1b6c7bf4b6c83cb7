"""how often a written view's workers died

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('writtenview', sa.Column('death_count', sa.Integer(), nullable=False, server_default='0'))


def downgrade() -> None:
    op.drop_column('writtenview', 'death_count')
