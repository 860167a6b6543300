"""confirmed orders, joint cases of firm, buyer and bank, and what loan products rest on"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "confirmed_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("case_step_id", sa.Integer(), nullable=False),
        sa.Column("pairing_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.Integer(), nullable=False),
        sa.Column("buyer_id", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payment_days", sa.Integer(), nullable=False),
        sa.Column("buyer_agrees", sa.Boolean(), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=False),
        sa.Column("firm_agreed_at", sa.DateTime(), nullable=True),
        sa.Column("firm_agreed_by_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("ended_note", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "status IN ('confirmed', 'fulfilled', 'withdrawn')", name=op.f("ck_confirmed_order_status_known")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_confirmed_order_amount_positive")),
        sa.CheckConstraint("payment_days BETWEEN 0 AND 720", name=op.f("ck_confirmed_order_payment_days_range")),
        sa.ForeignKeyConstraint(
            ["buyer_id"], ["organization.id"], name=op.f("fk_confirmed_order_buyer_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["case_step_id"], ["case_step.id"], name=op.f("fk_confirmed_order_case_step_id_case_step")
        ),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["user.id"], name=op.f("fk_confirmed_order_confirmed_by_id_user")),
        sa.ForeignKeyConstraint(
            ["firm_agreed_by_id"], ["user.id"], name=op.f("fk_confirmed_order_firm_agreed_by_id_user")
        ),
        sa.ForeignKeyConstraint(["firm_id"], ["organization.id"], name=op.f("fk_confirmed_order_firm_id_organization")),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name=op.f("fk_confirmed_order_pairing_id_pairing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmed_order")),
        sa.UniqueConstraint("public_id", name=op.f("uq_confirmed_order_public_id")),
    )
    with op.batch_alter_table("confirmed_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_confirmed_order_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_confirmed_order_firm_id"), ["firm_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_confirmed_order_pairing_id"), ["pairing_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_confirmed_order_status"), ["status"], unique=False)
        batch_op.create_index(
            "uq_confirmed_order_step",
            ["case_step_id"],
            unique=True,
            sqlite_where=sa.text("status = 'confirmed'"),
            postgresql_where=sa.text("status = 'confirmed'"),
        )

    op.create_table(
        "joint_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("finance_pairing_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["finance_pairing_id"], ["pairing.id"], name=op.f("fk_joint_case_finance_pairing_id_pairing")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["confirmed_order.id"], name=op.f("fk_joint_case_order_id_confirmed_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_case")),
        sa.UniqueConstraint("finance_pairing_id", "order_id", name=op.f("uq_joint_case_finance_pairing_id_order_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_joint_case_public_id")),
    )
    with op.batch_alter_table("joint_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_joint_case_finance_pairing_id"), ["finance_pairing_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_joint_case_order_id"), ["order_id"], unique=False)

    with op.batch_alter_table("loan_product_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("basis", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("max_payment_band", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("loan_product_version", schema=None) as batch_op:
        batch_op.drop_column("max_payment_band")
        batch_op.drop_column("basis")

    with op.batch_alter_table("joint_case", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_joint_case_order_id"))
        batch_op.drop_index(batch_op.f("ix_joint_case_finance_pairing_id"))

    op.drop_table("joint_case")
    with op.batch_alter_table("confirmed_order", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_confirmed_order_step",
            sqlite_where=sa.text("status = 'confirmed'"),
            postgresql_where=sa.text("status = 'confirmed'"),
        )
        batch_op.drop_index(batch_op.f("ix_confirmed_order_status"))
        batch_op.drop_index(batch_op.f("ix_confirmed_order_pairing_id"))
        batch_op.drop_index(batch_op.f("ix_confirmed_order_firm_id"))
        batch_op.drop_index(batch_op.f("ix_confirmed_order_buyer_id"))

    op.drop_table("confirmed_order")
