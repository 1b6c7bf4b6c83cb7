"""how far a search for a lost submission has come

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cantomeet import models

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('meeting', sa.Column('submit_searched', models.UtcDateTime(timezone=True), nullable=True))
    op.add_column('meeting', sa.Column('submit_missed_at', models.UtcDateTime(timezone=True), nullable=True))
    op.add_column('meeting', sa.Column('submit_losses', sa.Integer(), nullable=False, server_default='0'))
    for name in ('sent_after', 'searched'):
        op.add_column('providerleftover', sa.Column(name, models.UtcDateTime(timezone=True), nullable=True))
    op.add_column('providerleftover', sa.Column('looks', sa.Integer(), nullable=False, server_default='0'))


def downgrade() -> None:
    for name in ('looks', 'searched', 'sent_after'):
        op.drop_column('providerleftover', name)
    op.drop_column('meeting', 'submit_losses')
    op.drop_column('meeting', 'submit_missed_at')
    op.drop_column('meeting', 'submit_searched')
