"""Runs name the history they knew; it is stored once per content."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "history_snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_snapshot")),
        sa.UniqueConstraint("digest", name=op.f("uq_history_snapshot_digest")),
    )
    with op.batch_alter_table("recommendation_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("history_digest", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("recommendation_run", schema=None) as batch_op:
        batch_op.drop_column("history_digest")
    op.drop_table("history_snapshot")
