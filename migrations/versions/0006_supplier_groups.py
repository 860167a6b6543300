"""supplier groups: several suppliers asked to serve one need, and their shares"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supplier_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("demand_id", sa.Integer(), nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=24), nullable=False),
        sa.Column("fit", sa.Float(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.CheckConstraint("status IN ('asked', 'complete', 'ended')", name=op.f("ck_supplier_group_status_known")),
        sa.CheckConstraint(
            "status NOT IN ('ended') OR (end_reason IS NOT NULL)", name=op.f("ck_supplier_group_ended_has_reason")
        ),
        sa.CheckConstraint("quantity_milli > 0", name=op.f("ck_supplier_group_quantity_positive")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user.id"], name=op.f("fk_supplier_group_asked_by_id_user")),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name=op.f("fk_supplier_group_demand_id_demand")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_group")),
        sa.UniqueConstraint("public_id", name=op.f("uq_supplier_group_public_id")),
    )
    with op.batch_alter_table("supplier_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_supplier_group_demand_id"), ["demand_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_supplier_group_status"), ["status"], unique=False)
        batch_op.create_index(
            "uq_supplier_group_asked",
            ["demand_id"],
            unique=True,
            sqlite_where=sa.text("status = 'asked'"),
            postgresql_where=sa.text("status = 'asked'"),
        )

    op.create_table(
        "supplier_share",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("supply_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("line_milli", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("recommendation_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("pairing_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "status IN ('asked', 'accepted', 'declined', 'lapsed', 'released')",
            name=op.f("ck_supplier_share_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('accepted', 'declined') OR (answered_by_id IS NOT NULL AND answered_at IS NOT NULL)",
            name=op.f("ck_supplier_share_answered_has_answerer"),
        ),
        sa.CheckConstraint("quantity_milli > 0 AND line_milli > 0", name=op.f("ck_supplier_share_quantity_positive")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["user.id"], name=op.f("fk_supplier_share_answered_by_id_user")),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_supplier_share_chain_id_chain")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["supplier_group.id"], name=op.f("fk_supplier_share_group_id_supplier_group")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_supplier_share_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name=op.f("fk_supplier_share_pairing_id_pairing")),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendation.id"],
            name=op.f("fk_supplier_share_recommendation_id_recommendation"),
        ),
        sa.ForeignKeyConstraint(["supply_id"], ["supply.id"], name=op.f("fk_supplier_share_supply_id_supply")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_share")),
        sa.UniqueConstraint("group_id", "number", name=op.f("uq_supplier_share_group_id_number")),
        sa.UniqueConstraint("group_id", "supply_id", name=op.f("uq_supplier_share_group_id_supply_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_supplier_share_public_id")),
    )
    with op.batch_alter_table("supplier_share", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_supplier_share_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_supplier_share_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_supplier_share_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_supplier_share_pairing_id"), ["pairing_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_supplier_share_recommendation_id"), ["recommendation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_supplier_share_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_supplier_share_supply_id"), ["supply_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("supplier_share", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_supplier_share_supply_id"))
        batch_op.drop_index(batch_op.f("ix_supplier_share_status"))
        batch_op.drop_index(batch_op.f("ix_supplier_share_recommendation_id"))
        batch_op.drop_index(batch_op.f("ix_supplier_share_pairing_id"))
        batch_op.drop_index(batch_op.f("ix_supplier_share_organization_id"))
        batch_op.drop_index(batch_op.f("ix_supplier_share_group_id"))
        batch_op.drop_index(batch_op.f("ix_supplier_share_chain_id"))

    op.drop_table("supplier_share")
    with op.batch_alter_table("supplier_group", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_supplier_group_asked",
            sqlite_where=sa.text("status = 'asked'"),
            postgresql_where=sa.text("status = 'asked'"),
        )
        batch_op.drop_index(batch_op.f("ix_supplier_group_status"))
        batch_op.drop_index(batch_op.f("ix_supplier_group_demand_id"))

    op.drop_table("supplier_group")
