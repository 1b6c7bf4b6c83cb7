"""the written view, made beside the pipeline

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cantomeet import models

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'writtenview',
        sa.Column('meeting_id', sa.String(length=36), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('round', sa.Integer(), nullable=False),
        sa.Column('progress', sa.Integer(), nullable=True),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('usage', sa.JSON(), nullable=True),
        sa.Column('error_code', sa.String(length=32), nullable=True),
        sa.Column('error_params', sa.JSON(), nullable=False),
        sa.Column('run', sa.Integer(), nullable=False),
        sa.Column('next_run_at', models.UtcDateTime(timezone=True), nullable=True),
        sa.Column('lease_until', models.UtcDateTime(timezone=True), nullable=True),
        sa.Column('woken_until', models.UtcDateTime(timezone=True), nullable=True),
        sa.Column('attempt_count', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('meeting_id'),
    )


def downgrade() -> None:
    op.drop_table('writtenview')
