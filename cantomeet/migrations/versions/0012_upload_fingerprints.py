"""what was sent with an Idempotency-Key

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('meeting', sa.Column('upload_fingerprint', sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column('meeting', 'upload_fingerprint')
