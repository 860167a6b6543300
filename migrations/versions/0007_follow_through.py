"""follow-through: what is due, who follows, who was told, documents of a step"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("stored_by_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("n_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("n_bytes > 0", name=op.f("ck_stored_file_not_empty")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_stored_file_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["stored_by_id"], ["user.id"], name=op.f("fk_stored_file_stored_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
        sa.UniqueConstraint("public_id", name=op.f("uq_stored_file_public_id")),
    )
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stored_file_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "case_reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("pairing_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name=op.f("fk_case_reminder_pairing_id_pairing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_reminder")),
        sa.UniqueConstraint(
            "pairing_id", "stage", "due_on", "level", name=op.f("uq_case_reminder_pairing_id_stage_due_on_level")
        ),
    )
    with op.batch_alter_table("case_reminder", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_reminder_pairing_id"), ["pairing_id"], unique=False)

    op.create_table(
        "case_evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_case_evidence_file_id_stored_file")),
        sa.ForeignKeyConstraint(["step_id"], ["case_step.id"], name=op.f("fk_case_evidence_step_id_case_step")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_evidence")),
        sa.UniqueConstraint("step_id", "file_id", name=op.f("uq_case_evidence_step_id_file_id")),
    )
    with op.batch_alter_table("case_evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_evidence_file_id"), ["file_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_evidence_step_id"), ["step_id"], unique=False)

    for column in _COLUMNS:
        op.execute(f"ALTER TABLE pairing ADD COLUMN {column}")
    op.create_index(op.f("ix_pairing_due_on"), "pairing", ["due_on"])
    op.execute("UPDATE pairing SET followed_by_id = decided_by_id WHERE introduced_at IS NOT NULL")


# Added one by one: rebuilding the table would lose what SQLite does not tell of its constraints.
_COLUMNS = (
    'followed_by_id INTEGER CONSTRAINT fk_pairing_followed_by_id_user REFERENCES "user" (id)',
    "due_stage VARCHAR(32)",
    "due_on DATE CONSTRAINT ck_pairing_due_has_stage CHECK (due_on IS NULL OR due_stage IS NOT NULL)",
    "due_is_stated BOOLEAN DEFAULT FALSE NOT NULL",
    "due_is_provisional BOOLEAN DEFAULT FALSE NOT NULL",
)


def downgrade() -> None:
    op.drop_index(op.f("ix_pairing_due_on"), table_name="pairing")
    for column in ("due_is_provisional", "due_is_stated", "due_on", "due_stage", "followed_by_id"):
        op.execute(f"ALTER TABLE pairing DROP COLUMN {column}")
    with op.batch_alter_table("case_evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_evidence_step_id"))
        batch_op.drop_index(batch_op.f("ix_case_evidence_file_id"))

    op.drop_table("case_evidence")
    with op.batch_alter_table("case_reminder", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_reminder_pairing_id"))

    op.drop_table("case_reminder")
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stored_file_organization_id"))

    op.drop_table("stored_file")
