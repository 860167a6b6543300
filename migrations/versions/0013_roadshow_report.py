"""roadshows: reports kept as they were"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roadshow_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("roadshow_id", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("frozen_by_id", sa.Integer(), nullable=True),
        sa.Column("frozen_by_name", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["frozen_by_id"], ["user.id"], name=op.f("fk_roadshow_report_frozen_by_id_user")),
        sa.ForeignKeyConstraint(["roadshow_id"], ["roadshow.id"], name=op.f("fk_roadshow_report_roadshow_id_roadshow")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadshow_report")),
        sa.UniqueConstraint("public_id", name=op.f("uq_roadshow_report_public_id")),
    )
    with op.batch_alter_table("roadshow_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roadshow_report_roadshow_id"), ["roadshow_id"], unique=False)


def downgrade() -> None:
    op.drop_table("roadshow_report")
