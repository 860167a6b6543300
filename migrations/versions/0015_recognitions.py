"""recognitions of firms, standards checked, leaders with reasons, claimed size class"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recognition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("issuer", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("filed_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("ground", sa.String(length=500), nullable=True),
        sa.Column("revoked_reason", sa.String(length=500), nullable=True),
        sa.Column("told_expiring_at", sa.DateTime(), nullable=True),
        sa.Column("told_expired_at", sa.DateTime(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "status IN ('filed', 'verified', 'refused', 'withdrawn', 'revoked')",
            name=op.f("ck_recognition_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('revoked') OR (revoked_reason IS NOT NULL)", name=op.f("ck_recognition_revoked_has_reason")
        ),
        sa.CheckConstraint(
            "status NOT IN ('verified', 'refused') OR (decided_at IS NOT NULL AND decided_by_id IS NOT NULL AND ground IS NOT NULL)",
            name=op.f("ck_recognition_decided_has_ground"),
        ),
        sa.CheckConstraint("expires_on >= issued_on", name=op.f("ck_recognition_ends_after_start")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user.id"], name=op.f("fk_recognition_decided_by_id_user")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_recognition_file_id_stored_file")),
        sa.ForeignKeyConstraint(["filed_by_id"], ["user.id"], name=op.f("fk_recognition_filed_by_id_user")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_recognition_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition")),
        sa.UniqueConstraint("public_id", name=op.f("uq_recognition_public_id")),
    )
    with op.batch_alter_table("recognition", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recognition_expires_on"), ["expires_on"], unique=False)
        batch_op.create_index("ix_recognition_firm_status", ["organization_id", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_recognition_status"), ["status"], unique=False)
        batch_op.create_index(
            "uq_recognition_waiting",
            ["organization_id", "kind"],
            unique=True,
            sqlite_where=sa.text("status = 'filed'"),
            postgresql_where=sa.text("status = 'filed'"),
        )

    op.create_table(
        "standard_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("demand_id", sa.Integer(), nullable=False),
        sa.Column("standard", sa.String(length=32), nullable=False),
        sa.Column("is_met", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.String(length=500), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_standard_check_by_id_user")),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name=op.f("fk_standard_check_demand_id_demand")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_check")),
    )
    with op.batch_alter_table("standard_check", schema=None) as batch_op:
        batch_op.create_index("ix_standard_check_demand_standard", ["demand_id", "standard"], unique=False)

    with op.batch_alter_table("firm_placement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("standing_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("standing_why", sa.String(length=500), nullable=False, server_default=""))

    with op.batch_alter_table("firm_profile", schema=None) as batch_op:
        batch_op.add_column(sa.Column("size_class", sa.String(length=32), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("firm_profile", schema=None) as batch_op:
        batch_op.drop_column("size_class")

    with op.batch_alter_table("firm_placement", schema=None) as batch_op:
        batch_op.drop_column("standing_why")
        batch_op.drop_column("standing_on")

    with op.batch_alter_table("standard_check", schema=None) as batch_op:
        batch_op.drop_index("ix_standard_check_demand_standard")

    op.drop_table("standard_check")
    with op.batch_alter_table("recognition", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_recognition_waiting",
            sqlite_where=sa.text("status = 'filed'"),
            postgresql_where=sa.text("status = 'filed'"),
        )
        batch_op.drop_index(batch_op.f("ix_recognition_status"))
        batch_op.drop_index("ix_recognition_firm_status")
        batch_op.drop_index(batch_op.f("ix_recognition_expires_on"))

    op.drop_table("recognition")
