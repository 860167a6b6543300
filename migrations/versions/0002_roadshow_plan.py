"""roadshows: arrangements, published versions, sessions and participants"""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roadshow_participant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("roadshow_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("represented_by", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("waiting_since", sa.DateTime(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('invited', 'applied', 'waiting', 'accepted', 'declined', 'refused', 'withdrawn')",
            name=op.f("ck_roadshow_participant_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('refused') OR (note IS NOT NULL)", name=op.f("ck_roadshow_participant_refused_has_note")
        ),
        sa.CheckConstraint(
            "status NOT IN ('waiting') OR (waiting_since IS NOT NULL)",
            name=op.f("ck_roadshow_participant_waiting_has_time"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_roadshow_participant_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["roadshow_id"], ["roadshow.id"], name=op.f("fk_roadshow_participant_roadshow_id_roadshow")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadshow_participant")),
        sa.UniqueConstraint("public_id", name=op.f("uq_roadshow_participant_public_id")),
        sa.UniqueConstraint(
            "roadshow_id", "organization_id", name=op.f("uq_roadshow_participant_roadshow_id_organization_id")
        ),
    )
    with op.batch_alter_table("roadshow_participant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roadshow_participant_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roadshow_participant_roadshow_id"), ["roadshow_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roadshow_participant_status"), ["status"], unique=False)

    op.create_table(
        "roadshow_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("roadshow_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("room", sa.String(length=60), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("pitch_places", sa.Integer(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("minutes > 0 AND pitch_places >= 0", name=op.f("ck_roadshow_session_length_and_places")),
        sa.ForeignKeyConstraint(
            ["roadshow_id"], ["roadshow.id"], name=op.f("fk_roadshow_session_roadshow_id_roadshow")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadshow_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_roadshow_session_public_id")),
    )
    with op.batch_alter_table("roadshow_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roadshow_session_roadshow_id"), ["roadshow_id"], unique=False)

    op.create_table(
        "roadshow_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("roadshow_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["user.id"], name=op.f("fk_roadshow_version_published_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["roadshow_id"], ["roadshow.id"], name=op.f("fk_roadshow_version_roadshow_id_roadshow")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadshow_version")),
        sa.UniqueConstraint("roadshow_id", "version", name=op.f("uq_roadshow_version_roadshow_id_version")),
    )
    with op.batch_alter_table("roadshow_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roadshow_version_roadshow_id"), ["roadshow_id"], unique=False)

    with op.batch_alter_table("roadshow") as batch_op:
        for name, kind, default in _ADDED:
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=default))
    with op.batch_alter_table("roadshow") as batch_op:
        for name, condition in _CHECKS:
            batch_op.create_check_constraint(op.f(f"ck_roadshow_{name}"), sa.text(condition))
    _publish_what_was_announced()


_ADDED = (
    ("starts_at", sa.Time(), "09:00:00.000000"),
    ("ends_at", sa.Time(), "17:00:00.000000"),
    ("notice", sa.String(length=4000), ""),
    ("chain_codes", sa.JSON(), "[]"),
    ("seats", sa.Integer(), "60"),
    ("seats_taken", sa.Integer(), "0"),
    ("meetings_from", sa.Time(), "14:00:00.000000"),
    ("slot_minutes", sa.Integer(), "15"),
    ("buffer_minutes", sa.Integer(), "5"),
    ("n_slots", sa.Integer(), "8"),
    ("n_tables", sa.Integer(), "10"),
    ("version", sa.Integer(), "0"),
)
_CHECKS = (
    ("seats_not_oversold", "seats_taken >= 0 AND seats_taken <= seats"),
    ("slots", "slot_minutes > 0 AND buffer_minutes >= 0 AND n_slots >= 0 AND n_tables >= 0"),
    ("starts_before_it_ends", "starts_at < ends_at"),
)


def _publish_what_was_announced() -> None:
    """A roadshow announced before there were versions is published as its first."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT id, name, held_on, venue FROM roadshow WHERE status IN ('announced', 'held')")
    ).all()
    for roadshow_id, name, held_on, venue in rows:
        facts = {
            "name": name, "held_on": str(held_on), "starts_at": "09:00", "ends_at": "17:00", "venue": venue,
            "notice": "", "chain_codes": [], "seats": 60, "meetings_from": "14:00", "slot_minutes": 15, "n_slots": 8,
            "sessions": [],
        }  # fmt: skip
        values = {"id": roadshow_id, "now": datetime.now(UTC).replace(tzinfo=None), "facts": json.dumps(facts)}
        connection.execute(
            sa.text(
                "INSERT INTO roadshow_version (created_at, roadshow_id, version, facts, changes) "
                "VALUES (:now, :id, 1, :facts, '[]')"
            ).bindparams(sa.bindparam("now", type_=sa.DateTime())),
            values,
        )
        connection.execute(sa.text("UPDATE roadshow SET version = 1 WHERE id = :id"), values)


def downgrade() -> None:
    with op.batch_alter_table("roadshow") as batch_op:
        for name, _condition in _CHECKS:
            batch_op.drop_constraint(op.f(f"ck_roadshow_{name}"), type_="check")
    with op.batch_alter_table("roadshow") as batch_op:
        for name, _kind, _default in reversed(_ADDED):
            batch_op.drop_column(name)

    with op.batch_alter_table("roadshow_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roadshow_version_roadshow_id"))

    op.drop_table("roadshow_version")
    with op.batch_alter_table("roadshow_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roadshow_session_roadshow_id"))

    op.drop_table("roadshow_session")
    with op.batch_alter_table("roadshow_participant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roadshow_participant_status"))
        batch_op.drop_index(batch_op.f("ix_roadshow_participant_roadshow_id"))
        batch_op.drop_index(batch_op.f("ix_roadshow_participant_organization_id"))

    op.drop_table("roadshow_participant")
