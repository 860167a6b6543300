"""the problem list: whom a problem was handed to, until when, and what came of it"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "problem",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("raised_by_id", sa.Integer(), nullable=False),
        sa.Column("bureau", sa.String(length=60), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("escalation", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.String(length=2000), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("closing_ground", sa.String(length=32), nullable=True),
        sa.Column("closing_note", sa.String(length=1000), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "closing_ground IS NULL OR closing_ground <> 'office_decided' OR closing_note IS NOT NULL",
            name=op.f("ck_problem_office_says_why"),
        ),
        sa.CheckConstraint(
            "status IN ('raised', 'handed_over', 'answered', 'closed')", name=op.f("ck_problem_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('answered') OR (answer IS NOT NULL AND answered_at IS NOT NULL)",
            name=op.f("ck_problem_answered_has_answer"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('closed') OR (closing_ground IS NOT NULL AND closed_at IS NOT NULL)",
            name=op.f("ck_problem_closed_has_ground"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('handed_over') OR (bureau IS NOT NULL AND due_on IS NOT NULL)",
            name=op.f("ck_problem_handed_over_has_bureau"),
        ),
        sa.CheckConstraint("organization_id IS NOT NULL OR project_id IS NOT NULL", name=op.f("ck_problem_somebodys")),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_problem_chain_id_chain")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_problem_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_problem_project_id_project")),
        sa.ForeignKeyConstraint(["raised_by_id"], ["user.id"], name=op.f("fk_problem_raised_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem")),
        sa.UniqueConstraint("public_id", name=op.f("uq_problem_public_id")),
    )
    with op.batch_alter_table("problem", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_problem_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_problem_project_id"), ["project_id"], unique=False)
        batch_op.create_index("ix_problem_queue", ["chain_id", "status", "due_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_problem_status"), ["status"], unique=False)

    op.create_table(
        "problem_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("problem_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("bureau", sa.String(length=60), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("by_name", sa.String(length=80), nullable=False),
        sa.Column("by_organization", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("fk_problem_entry_problem_id_problem")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_entry")),
    )
    with op.batch_alter_table("problem_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_problem_entry_problem_id"), ["problem_id"], unique=False)


def downgrade() -> None:

    with op.batch_alter_table("problem_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_problem_entry_problem_id"))

    op.drop_table("problem_entry")
    with op.batch_alter_table("problem", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_problem_status"))
        batch_op.drop_index("ix_problem_queue")
        batch_op.drop_index(batch_op.f("ix_problem_project_id"))
        batch_op.drop_index(batch_op.f("ix_problem_organization_id"))

    op.drop_table("problem")
