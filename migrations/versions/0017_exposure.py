"""What whole runs found of each posting of a firm: eligible since, shown since, and why not."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exposure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("market", sa.String(length=32), nullable=False),
        sa.Column("demand_id", sa.Integer(), nullable=True),
        sa.Column("supply_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("eligible_at", sa.DateTime(), nullable=True),
        sa.Column("shown_at", sa.DateTime(), nullable=True),
        sa.Column("best_rank", sa.Integer(), nullable=True),
        sa.Column("cause", sa.String(length=32), nullable=True),
        sa.Column("noted_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("(demand_id IS NULL) <> (supply_id IS NULL)", name=op.f("ck_exposure_one_posting")),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name=op.f("fk_exposure_demand_id_demand")),
        sa.ForeignKeyConstraint(["supply_id"], ["supply.id"], name=op.f("fk_exposure_supply_id_supply")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure")),
        sa.UniqueConstraint("demand_id", name=op.f("uq_exposure_demand_id")),
        sa.UniqueConstraint("supply_id", name=op.f("uq_exposure_supply_id")),
    )


def downgrade() -> None:
    op.drop_table("exposure")
