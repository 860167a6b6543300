"""what lenders can take on: visits of branches by week, quotas, pauses; proposals of assignments"""

import secrets
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assignment_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("n_pairs", sa.Integer(), nullable=False),
        sa.Column("n_unserved", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'adopted', 'dropped')", name=op.f("ck_assignment_proposal_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('adopted', 'dropped') OR (decided_by_id IS NOT NULL AND decided_at IS NOT NULL)",
            name=op.f("ck_assignment_proposal_decided_has_decider"),
        ),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_assignment_proposal_chain_id_chain")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user.id"], name=op.f("fk_assignment_proposal_decided_by_id_user")),
        sa.ForeignKeyConstraint(["made_by_id"], ["user.id"], name=op.f("fk_assignment_proposal_made_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_proposal")),
        sa.UniqueConstraint("public_id", name=op.f("uq_assignment_proposal_public_id")),
    )
    with op.batch_alter_table("assignment_proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_proposal_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assignment_proposal_status"), ["status"], unique=False)

    op.create_table(
        "branch_capacity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("branch", sa.String(length=80), nullable=False),
        sa.Column("visits_per_week", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("visits_per_week >= 0", name=op.f("ck_branch_capacity_visits_not_negative")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_branch_capacity_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_capacity")),
        sa.UniqueConstraint("organization_id", "branch", name=op.f("uq_branch_capacity_organization_id_branch")),
        sa.UniqueConstraint("public_id", name=op.f("uq_branch_capacity_public_id")),
    )
    with op.batch_alter_table("branch_capacity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_branch_capacity_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "assignment_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("demand_id", sa.Integer(), nullable=False),
        sa.Column("supply_id", sa.Integer(), nullable=True),
        sa.Column("recommendation_id", sa.Integer(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("cause", sa.String(length=32), nullable=True),
        sa.Column("closed_gate", sa.String(length=40), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("pairing_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(supply_id IS NULL) = (cause IS NOT NULL)", name=op.f("ck_assignment_row_product_or_cause")
        ),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name=op.f("fk_assignment_row_demand_id_demand")),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name=op.f("fk_assignment_row_pairing_id_pairing")),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["assignment_proposal.id"],
            name=op.f("fk_assignment_row_proposal_id_assignment_proposal"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendation.id"],
            name=op.f("fk_assignment_row_recommendation_id_recommendation"),
        ),
        sa.ForeignKeyConstraint(["supply_id"], ["supply.id"], name=op.f("fk_assignment_row_supply_id_supply")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_row")),
        sa.UniqueConstraint(
            "proposal_id", "demand_id", "supply_id", name=op.f("uq_assignment_row_proposal_id_demand_id_supply_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_assignment_row_public_id")),
    )
    with op.batch_alter_table("assignment_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_row_demand_id"), ["demand_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assignment_row_proposal_id"), ["proposal_id"], unique=False)

    op.create_table(
        "visit_slot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("pairing_id", sa.Integer(), nullable=False),
        sa.Column("bound", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["branch_id"], ["branch_capacity.id"], name=op.f("fk_visit_slot_branch_id_branch_capacity")
        ),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name=op.f("fk_visit_slot_pairing_id_pairing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_slot")),
        sa.UniqueConstraint("branch_id", "week", "number", name=op.f("uq_visit_slot_branch_id_week_number")),
        sa.UniqueConstraint("pairing_id", name=op.f("uq_visit_slot_pairing_id")),
    )
    with op.batch_alter_table("loan_product", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quota_firms", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("quota_fen", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("quota_stated_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("paused_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("pause_reason", sa.String(length=200), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("capacity_version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.create_check_constraint(
            op.f("ck_loan_product_quota_not_negative"), "quota_firms >= 0 AND quota_fen >= 0"
        )
        batch_op.create_check_constraint(
            op.f("ck_loan_product_quota_has_time"),
            "(quota_firms IS NULL AND quota_fen IS NULL) OR quota_stated_at IS NOT NULL",
        )
        batch_op.create_check_constraint(
            op.f("ck_loan_product_pause_has_reason"), "paused_until IS NULL OR pause_reason <> ''"
        )

    connection = op.get_bind()
    branches = _branches(connection)
    _book_visits(connection, branches)
    with op.batch_alter_table("loan_product", schema=None) as batch_op:
        batch_op.drop_column("visits_per_month")


def downgrade() -> None:
    with op.batch_alter_table("loan_product", schema=None) as batch_op:
        batch_op.add_column(sa.Column("visits_per_month", sa.INTEGER(), nullable=True))
        for name in ("quota_not_negative", "quota_has_time", "pause_has_reason"):
            batch_op.drop_constraint(op.f(f"ck_loan_product_{name}"), type_="check")
        batch_op.drop_column("capacity_version")
        batch_op.drop_column("pause_reason")
        batch_op.drop_column("paused_until")
        batch_op.drop_column("quota_stated_at")
        batch_op.drop_column("quota_fen")
        batch_op.drop_column("quota_firms")
    _state_months(op.get_bind())

    op.drop_table("visit_slot")
    with op.batch_alter_table("assignment_row", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignment_row_proposal_id"))
        batch_op.drop_index(batch_op.f("ix_assignment_row_demand_id"))

    op.drop_table("assignment_row")
    with op.batch_alter_table("branch_capacity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_branch_capacity_organization_id"))

    op.drop_table("branch_capacity")
    with op.batch_alter_table("assignment_proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignment_proposal_status"))
        batch_op.drop_index(batch_op.f("ix_assignment_proposal_chain_id"))

    op.drop_table("assignment_proposal")


def _branches(connection: sa.Connection) -> dict[tuple[int, str], int]:
    """One row for each branch that products name: a month's visits become a week's, rounded up, the largest of them."""
    rows = connection.execute(
        sa.text(
            "SELECT supply.organization_id, loan_product.branch, max(loan_product.visits_per_month)"
            " FROM loan_product JOIN supply ON supply.id = loan_product.supply_id"
            " GROUP BY supply.organization_id, loan_product.branch"
        )
    ).all()
    found = {}
    for organization_id, branch, visits_per_month in rows:
        weekly = None if visits_per_month is None else -(-visits_per_month * 12 // 52)
        found[organization_id, branch] = connection.execute(
            sa.text(
                "INSERT INTO branch_capacity"
                " (created_at, public_id, organization_id, branch, visits_per_week, version)"
                " VALUES (:now, :public_id, :organization_id, :branch, :weekly, 1) RETURNING id"
            ),
            {
                "now": _now(), "public_id": _public_id(), "organization_id": organization_id, "branch": branch,
                "weekly": weekly,
            },
        ).scalar_one()  # fmt: skip
    return found


def _book_visits(connection: sa.Connection, branches: dict[tuple[int, str], int]) -> None:
    """Pairings taken on so far hold a place in the week they were decided in, by Shanghai's clock."""
    rows = connection.execute(
        sa.text(
            "SELECT pairing.id, pairing.supply_organization_id, loan_product.branch, pairing.decided_at FROM pairing"
            " JOIN loan_product ON loan_product.supply_id = pairing.supply_id"
            " WHERE pairing.market = 'finance' AND pairing.decided_at IS NOT NULL"
            " AND pairing.status IN ('confirmed', 'introduced', 'in_progress', 'agreed', 'fulfilled')"
            " ORDER BY pairing.decided_at, pairing.id"
        ).columns(decided_at=sa.DateTime())
    ).all()
    taken: defaultdict[tuple[int, object], int] = defaultdict(int)
    for pairing_id, organization_id, branch, decided_at in rows:
        day = (decided_at + timedelta(hours=8)).date()
        week, branch_id = day - timedelta(days=day.weekday()), branches[organization_id, branch]
        taken[branch_id, week] += 1
        connection.execute(
            sa.text(
                "INSERT INTO visit_slot (created_at, branch_id, week, number, pairing_id)"
                " VALUES (:now, :branch_id, :week, :number, :pairing_id)"
            ).bindparams(sa.bindparam("week", type_=sa.Date())),
            {
                "now": _now(), "branch_id": branch_id, "week": week, "number": taken[branch_id, week],
                "pairing_id": pairing_id,
            },
        )  # fmt: skip


def _state_months(connection: sa.Connection) -> None:
    """A week's visits become a month's again, for every product of the branch."""
    connection.execute(
        sa.text(
            "UPDATE loan_product SET visits_per_month = ("
            "SELECT branch_capacity.visits_per_week * 52 / 12 FROM branch_capacity"
            " JOIN supply ON supply.organization_id = branch_capacity.organization_id"
            " WHERE supply.id = loan_product.supply_id AND branch_capacity.branch = loan_product.branch)"
        )
    )


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ")


def _public_id() -> str:
    return "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _ in range(12))
