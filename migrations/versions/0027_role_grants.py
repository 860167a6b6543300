"""Roles in offices and the administration are granted by two: a request names a pairing or a role."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_WAITING = sa.text("status = 'requested'")
_CHECKS = {
    "pairing_or_grant": "(pairing_id IS NULL) <> (organization_id IS NULL)",
    "grant_names_somebody": "organization_id IS NULL OR (invitee <> '' AND role IS NOT NULL)",
}


def upgrade() -> None:
    with op.batch_alter_table("approval") as batch_op:
        batch_op.add_column(sa.Column("organization_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("invitee", sa.String(length=254), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("role", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("ends_on", sa.Date(), nullable=True))
        batch_op.alter_column("pairing_id", existing_type=sa.INTEGER(), nullable=True)
        batch_op.create_foreign_key(
            op.f("fk_approval_organization_id_organization"), "organization", ["organization_id"], ["id"]
        )
        for name, condition in _CHECKS.items():
            batch_op.create_check_constraint(op.f(f"ck_approval_{name}"), sa.text(condition))
        batch_op.create_index(op.f("ix_approval_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(
            "uq_approval_grant_waiting",
            ["organization_id", "invitee"],
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        )
    with op.batch_alter_table("approval") as batch_op:
        batch_op.alter_column("invitee", existing_type=sa.String(length=254), server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM approval WHERE pairing_id IS NULL")
    with op.batch_alter_table("approval") as batch_op:
        batch_op.drop_index("uq_approval_grant_waiting", sqlite_where=_WAITING, postgresql_where=_WAITING)
        batch_op.drop_index(op.f("ix_approval_organization_id"))
        for name in _CHECKS:
            batch_op.drop_constraint(op.f(f"ck_approval_{name}"), type_="check")
        batch_op.drop_constraint(op.f("fk_approval_organization_id_organization"), type_="foreignkey")
        batch_op.alter_column("pairing_id", existing_type=sa.INTEGER(), nullable=False)
        batch_op.drop_column("ends_on")
        batch_op.drop_column("role")
        batch_op.drop_column("invitee")
        batch_op.drop_column("organization_id")
