"""editing and templates

Columns are added and dropped one by one, never by Alembic's batch mode: on SQLite that makes a table anew, and
dropping the old one takes with it every row that refers to it.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cantomeet import models

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'summarytemplate',
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('instructions', sa.Text(), nullable=False),
        sa.Column('sections', sa.JSON(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_at', models.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_table(
        'writtenline',
        sa.Column('segment_id', sa.String(length=36), nullable=False),
        sa.Column('meeting_id', sa.String(length=36), nullable=False),
        sa.Column('segment_version', sa.Integer(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('method', sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['segment_id'], ['segment.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('segment_id'),
    )
    op.create_index('ix_writtenline_meeting_id', 'writtenline', ['meeting_id'])
    op.add_column('meeting', sa.Column('template', sa.String(64), nullable=False, server_default='general'))
    op.add_column('meeting', sa.Column('name_speakers_first', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('meeting', sa.Column('summary_round', sa.Integer(), nullable=False, server_default='1'))
    op.add_column('meeting', sa.Column('shown_summary', sa.Integer(), nullable=True))
    op.add_column('segment', sa.Column('edited', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('summaryitem', sa.Column('original_text', sa.Text(), nullable=True))
    op.add_column('summaryitem', sa.Column('version', sa.Integer(), nullable=False, server_default='1'))


def downgrade() -> None:
    for table, column in (
        ('summaryitem', 'version'),
        ('summaryitem', 'original_text'),
        ('segment', 'edited'),
        ('meeting', 'shown_summary'),
        ('meeting', 'summary_round'),
        ('meeting', 'name_speakers_first'),
        ('meeting', 'template'),
    ):
        op.drop_column(table, column)
    op.drop_table('writtenline')
    op.drop_table('summarytemplate')
