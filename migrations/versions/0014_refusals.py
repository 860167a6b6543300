"""refusals: the reason of each declined case beside what the posting asked for"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_LINKS = {
    "pairing_id": "pairing", "demand_id": "demand", "supply_id": "supply", "firm_id": "organization",
    "counterpart_id": "organization", "chain_id": "chain",
}  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "refusal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("pairing_id", sa.Integer(), nullable=False),
        sa.Column("market", sa.String(length=32), nullable=False),
        sa.Column("demand_id", sa.Integer(), nullable=False),
        sa.Column("supply_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.Integer(), nullable=False),
        sa.Column("counterpart_id", sa.Integer(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=True),
        sa.Column("asked_milli", sa.BigInteger(), nullable=True),
        sa.Column("gate", sa.String(length=32), nullable=True),
        sa.Column("gate_answer", sa.String(length=32), nullable=True),
        sa.Column("is_stated", sa.Boolean(), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_refusal_{column}_{table}"))
            for column, table in _LINKS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
        sa.UniqueConstraint("public_id", name=op.f("uq_refusal_public_id")),
        sa.UniqueConstraint("pairing_id", name=op.f("uq_refusal_pairing_id")),
    )
    with op.batch_alter_table("refusal", schema=None) as batch_op:
        for column in list(_LINKS)[1:]:
            batch_op.create_index(batch_op.f(f"ix_refusal_{column}"), [column], unique=False)


def downgrade() -> None:
    op.drop_table("refusal")
