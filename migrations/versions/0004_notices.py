"""people: what each was told, how often by mail, and what was gathered into a daily mail"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_preference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("frequency", sa.String(length=32), nullable=False),
        sa.CheckConstraint(
            "frequency IN ('at_once', 'daily', 'off')", name=op.f("ck_notice_preference_frequency_known")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_notice_preference_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_preference")),
        sa.UniqueConstraint("user_id", "category", name=op.f("uq_notice_preference_user_id_category")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("pairing_id", sa.Integer(), nullable=True),
        sa.Column("visible_from", sa.DateTime(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=True),
        sa.Column("frequency", sa.String(length=32), nullable=False),
        sa.Column("digested_on", sa.Date(), nullable=True),
        sa.CheckConstraint("frequency IN ('at_once', 'daily', 'off')", name=op.f("ck_notice_frequency_known")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_notice_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name=op.f("fk_notice_pairing_id_pairing")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_notice_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("public_id", name=op.f("uq_notice_public_id")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("ix_notice_digest", ["frequency", "digested_on"], unique=False)
        batch_op.create_index("ix_notice_inbox", ["user_id", "read_at", "visible_from"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_pairing_id"), ["pairing_id"], unique=False)

    op.create_table(
        "notice_digest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outbox_message_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["outbox_message_id"], ["outbox_message.id"], name=op.f("fk_notice_digest_outbox_message_id_outbox_message")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_notice_digest_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_digest")),
        sa.UniqueConstraint("user_id", "day", name=op.f("uq_notice_digest_user_id_day")),
    )


def downgrade() -> None:
    op.drop_table("notice_digest")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_pairing_id"))
        batch_op.drop_index("ix_notice_inbox")
        batch_op.drop_index("ix_notice_digest")

    op.drop_table("notice")
    op.drop_table("notice_preference")
