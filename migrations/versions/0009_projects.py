"""the library of key projects, their schedules and monthly reports, chain targets"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "chain_target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at_least", sa.Integer(), nullable=False),
        sa.Column("at_most", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "at_least >= 0 AND (at_most IS NULL OR at_most >= at_least)", name=op.f("ck_chain_target_range")
        ),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_chain_target_chain_id_chain")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_target")),
        sa.UniqueConstraint("chain_id", "year", "kind", name=op.f("uq_chain_target_chain_id_year_kind")),
    )
    with op.batch_alter_table("chain_target", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chain_target_chain_id"), ["chain_id"], unique=False)

    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("chain_link_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("summary", sa.String(length=2000), nullable=False),
        sa.Column("investor", sa.String(length=120), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("land", sa.String(length=300), nullable=False),
        sa.Column("investment_fen", sa.BigInteger(), nullable=True),
        sa.Column("planned_start_on", sa.Date(), nullable=True),
        sa.Column("planned_finish_on", sa.Date(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("construction_on", sa.Date(), nullable=True),
        sa.Column("in_production_on", sa.Date(), nullable=True),
        sa.Column("dropped_reason", sa.String(length=500), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "status IN ('reserve', 'started', 'under_construction', 'in_production', 'dropped')",
            name=op.f("ck_project_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('dropped') OR (dropped_reason IS NOT NULL)", name=op.f("ck_project_dropped_has_reason")
        ),
        sa.CheckConstraint(
            "status NOT IN ('in_production') OR (in_production_on IS NOT NULL)",
            name=op.f("ck_project_in_production_has_date"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('started', 'under_construction', 'in_production') OR (started_on IS NOT NULL AND planned_start_on IS NOT NULL AND planned_finish_on IS NOT NULL)",
            name=op.f("ck_project_begun_has_dates"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('under_construction', 'in_production') OR (construction_on IS NOT NULL)",
            name=op.f("ck_project_building_has_date"),
        ),
        sa.CheckConstraint("investment_fen IS NULL OR investment_fen > 0", name=op.f("ck_project_investment_positive")),
        sa.CheckConstraint("planned_finish_on >= planned_start_on", name=op.f("ck_project_finish_after_start")),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_project_chain_id_chain")),
        sa.ForeignKeyConstraint(["chain_link_id"], ["chain_link.id"], name=op.f("fk_project_chain_link_id_chain_link")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_project_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_project_owner_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("public_id", name=op.f("uq_project_public_id")),
    )
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_project_chain_link_id"), ["chain_link_id"], unique=False)
        batch_op.create_index("ix_project_chain_status", ["chain_id", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_status"), ["status"], unique=False)

    op.create_table(
        "project_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("invested_fen", sa.BigInteger(), nullable=False),
        sa.Column("progress", sa.String(length=1000), nullable=False),
        sa.Column("problems", sa.String(length=1000), nullable=False),
        sa.Column("scheduled_percent", sa.Integer(), nullable=True),
        sa.Column("done_percent", sa.Integer(), nullable=True),
        sa.Column("reported_by_id", sa.Integer(), nullable=True),
        sa.Column("reported_at", sa.DateTime(), nullable=True),
        sa.Column("returned_note", sa.String(length=500), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'reported', 'returned')", name=op.f("ck_project_report_status_known")),
        sa.CheckConstraint(
            "status NOT IN ('reported') OR (reported_by_id IS NOT NULL AND reported_at IS NOT NULL)",
            name=op.f("ck_project_report_reported_has_reporter"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('returned') OR (returned_note IS NOT NULL)",
            name=op.f("ck_project_report_returned_has_note"),
        ),
        sa.CheckConstraint("invested_fen >= 0", name=op.f("ck_project_report_invested_not_negative")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_report_project_id_project")),
        sa.ForeignKeyConstraint(["reported_by_id"], ["user.id"], name=op.f("fk_project_report_reported_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_report")),
        sa.UniqueConstraint("project_id", "month", name=op.f("uq_project_report_project_id_month")),
        sa.UniqueConstraint("public_id", name=op.f("uq_project_report_public_id")),
    )
    with op.batch_alter_table("project_report", schema=None) as batch_op:
        batch_op.create_index("ix_project_report_month", ["month", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_report_project_id"), ["project_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_report_status"), ["status"], unique=False)

    op.create_table(
        "project_schedule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("planned_start_on", sa.Date(), nullable=False),
        sa.Column("planned_finish_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_schedule_project_id_project")),
        sa.ForeignKeyConstraint(["set_by_id"], ["user.id"], name=op.f("fk_project_schedule_set_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_schedule")),
    )
    with op.batch_alter_table("project_schedule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_project_schedule_project_id"), ["project_id"], unique=False)


def downgrade() -> None:

    with op.batch_alter_table("project_schedule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_project_schedule_project_id"))

    op.drop_table("project_schedule")
    with op.batch_alter_table("project_report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_project_report_status"))
        batch_op.drop_index(batch_op.f("ix_project_report_project_id"))
        batch_op.drop_index("ix_project_report_month")

    op.drop_table("project_report")
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_project_status"))
        batch_op.drop_index(batch_op.f("ix_project_organization_id"))
        batch_op.drop_index("ix_project_chain_status")
        batch_op.drop_index(batch_op.f("ix_project_chain_link_id"))

    op.drop_table("project")
    with op.batch_alter_table("chain_target", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chain_target_chain_id"))

    op.drop_table("chain_target")
