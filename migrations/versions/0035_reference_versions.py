"""Versions of reference data; when contacts were past their time."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reference_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("note <> ''", name=op.f("ck_reference_version_note_given")),
        sa.CheckConstraint("number > 0", name=op.f("ck_reference_version_number_from_one")),
        sa.ForeignKeyConstraint(["made_by_id"], ["user.id"], name=op.f("fk_reference_version_made_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_version")),
        sa.UniqueConstraint("kind", "key", "number", name=op.f("uq_reference_version_kind_key_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reference_version_public_id")),
    )
    for table in ("organization", "release"):
        op.add_column(table, sa.Column("contacts_removed_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    for table in ("organization", "release"):
        op.drop_column(table, "contacts_removed_at")
    op.drop_table("reference_version")
