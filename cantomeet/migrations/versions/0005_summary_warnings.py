"""what a summary says of itself

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('summary', sa.Column('warnings', sa.JSON(), nullable=False, server_default='[]'))
    op.add_column('summary', sa.Column('template_name', sa.Text(), nullable=False, server_default=''))
    op.add_column('summary', sa.Column('sections', sa.JSON(), nullable=False, server_default='[]'))


def downgrade() -> None:
    for column in ('sections', 'template_name', 'warnings'):
        op.drop_column('summary', column)
