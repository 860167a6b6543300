"""roadshows: wishes, scheduled meetings, the stage, check-in, feedback and questions"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roadshow_stage_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("roadshow_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_roadshow_stage_choice_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["roadshow_id"], ["roadshow.id"], name=op.f("fk_roadshow_stage_choice_roadshow_id_roadshow")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadshow_stage_choice")),
        sa.UniqueConstraint(
            "roadshow_id", "organization_id", name=op.f("uq_roadshow_stage_choice_roadshow_id_organization_id")
        ),
    )
    with op.batch_alter_table("roadshow_stage_choice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roadshow_stage_choice_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roadshow_stage_choice_roadshow_id"), ["roadshow_id"], unique=False)

    op.create_table(
        "roadshow_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_organization_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("answer", sa.String(length=1000), nullable=True),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by_organization_id"],
            ["organization.id"],
            name=op.f("fk_roadshow_question_asked_by_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["roadshow_participant.id"],
            name=op.f("fk_roadshow_question_participant_id_roadshow_participant"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadshow_question")),
        sa.UniqueConstraint("key", name=op.f("uq_roadshow_question_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_roadshow_question_public_id")),
    )
    with op.batch_alter_table("roadshow_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roadshow_question_participant_id"), ["participant_id"], unique=False)

    op.create_table(
        "roadshow_wish",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_roadshow_wish_of_another")),
        sa.ForeignKeyConstraint(
            ["from_id"], ["roadshow_participant.id"], name=op.f("fk_roadshow_wish_from_id_roadshow_participant")
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["roadshow_participant.id"], name=op.f("fk_roadshow_wish_to_id_roadshow_participant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadshow_wish")),
        sa.UniqueConstraint("from_id", "to_id", name=op.f("uq_roadshow_wish_from_id_to_id")),
    )
    with op.batch_alter_table("roadshow_wish", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roadshow_wish_from_id"), ["from_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roadshow_wish_to_id"), ["to_id"], unique=False)

    op.create_table(
        "roadshow_booking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["roadshow_meeting.id"], name=op.f("fk_roadshow_booking_meeting_id_roadshow_meeting")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["roadshow_participant.id"],
            name=op.f("fk_roadshow_booking_participant_id_roadshow_participant"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadshow_booking")),
        sa.UniqueConstraint("participant_id", "slot", name=op.f("uq_roadshow_booking_participant_id_slot")),
    )
    with op.batch_alter_table("roadshow_booking", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roadshow_booking_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roadshow_booking_participant_id"), ["participant_id"], unique=False)

    op.create_table(
        "roadshow_feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("goes_on", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("typed_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_roadshow_feedback_rating")),
        sa.ForeignKeyConstraint(["by_user_id"], ["user.id"], name=op.f("fk_roadshow_feedback_by_user_id_user")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["roadshow_meeting.id"], name=op.f("fk_roadshow_feedback_meeting_id_roadshow_meeting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadshow_feedback")),
        sa.UniqueConstraint("key", name=op.f("uq_roadshow_feedback_key")),
        sa.UniqueConstraint("meeting_id", "side", name=op.f("uq_roadshow_feedback_meeting_id_side")),
    )
    with op.batch_alter_table("roadshow_feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roadshow_feedback_meeting_id"), ["meeting_id"], unique=False)

    with op.batch_alter_table("roadshow", schema=None) as batch_op:
        batch_op.add_column(sa.Column("plan", sa.JSON(), nullable=True))

    with op.batch_alter_table("roadshow_meeting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("public_id", sa.String(length=12), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("demand_participant_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("supply_participant_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("slot", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("table_no", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("origin", sa.String(length=32), nullable=False, server_default="found_there"))
        batch_op.add_column(sa.Column("fit", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("status", sa.String(length=32), nullable=False, server_default="noted"))
        batch_op.add_column(
            sa.Column("status_changed_at", sa.DateTime(), nullable=False, server_default="2026-11-24 00:00:00.000000")
        )

    _name_meetings()
    with op.batch_alter_table("roadshow_meeting", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_roadshow_meeting_demand_participant_id"), ["demand_participant_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_roadshow_meeting_status"), ["status"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_roadshow_meeting_supply_participant_id"), ["supply_participant_id"], unique=False
        )
        batch_op.create_unique_constraint(batch_op.f("uq_roadshow_meeting_public_id"), ["public_id"])
        batch_op.create_index(
            "uq_roadshow_meeting_table",
            ["roadshow_id", "slot", "table_no"],
            unique=True,
            sqlite_where=sa.text("status IN ('provisional', 'published')"),
            postgresql_where=sa.text("status IN ('provisional', 'published')"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_roadshow_meeting_demand_participant_id_roadshow_participant"),
            "roadshow_participant",
            ["demand_participant_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_roadshow_meeting_supply_participant_id_roadshow_participant"),
            "roadshow_participant",
            ["supply_participant_id"],
            ["id"],
        )
        for name, condition in _MEETING_CHECKS:
            batch_op.create_check_constraint(op.f(f"ck_roadshow_meeting_{name}"), sa.text(condition))

    with op.batch_alter_table("roadshow_participant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unavailable_slots", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("min_meetings", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("max_meetings", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("pitch_session_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("deck_url", sa.String(length=300), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("deck_text", sa.String(length=2000), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("checked_in_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("checked_in_by_id", sa.Integer(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_roadshow_participant_pitch_session_id"), ["pitch_session_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_roadshow_participant_checked_in_by_id_user"), "user", ["checked_in_by_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_roadshow_participant_pitch_session_id_roadshow_session"),
            "roadshow_session",
            ["pitch_session_id"],
            ["id"],
        )
    with op.batch_alter_table("roadshow_participant", schema=None) as batch_op:
        for name, condition in _PARTICIPANT_CHECKS:
            batch_op.create_check_constraint(op.f(f"ck_roadshow_participant_{name}"), sa.text(condition))

    with op.batch_alter_table("roadshow_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("holds_meetings", sa.Boolean(), nullable=False, server_default=sa.false()))


_MEETING_CHECKS = (
    ("status_known", "status IN ('noted', 'provisional', 'published', 'freed')"),
    (
        "scheduled_has_place",
        "status NOT IN ('provisional', 'published') OR (slot IS NOT NULL AND table_no IS NOT NULL AND "
        "demand_participant_id IS NOT NULL AND supply_participant_id IS NOT NULL)",
    ),
)
_PARTICIPANT_CHECKS = (
    ("meetings", "min_meetings >= 0 AND (max_meetings IS NULL OR max_meetings >= min_meetings)"),
    ("checked_in_by_somebody", "checked_in_at IS NULL OR checked_in_by_id IS NOT NULL"),
)


def _name_meetings() -> None:
    """Meetings noted before they had pages get the id that stands in an address."""
    connection = op.get_bind()
    for (meeting_id,) in connection.execute(sa.text("SELECT id FROM roadshow_meeting")).all():
        public_id = "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _ in range(12))
        values = {"public_id": public_id, "id": meeting_id}
        connection.execute(sa.text("UPDATE roadshow_meeting SET public_id = :public_id WHERE id = :id"), values)


def downgrade() -> None:
    with op.batch_alter_table("roadshow_meeting") as batch_op:
        for name, _condition in _MEETING_CHECKS:
            batch_op.drop_constraint(op.f(f"ck_roadshow_meeting_{name}"), type_="check")
    with op.batch_alter_table("roadshow_participant") as batch_op:
        for name, _condition in _PARTICIPANT_CHECKS:
            batch_op.drop_constraint(op.f(f"ck_roadshow_participant_{name}"), type_="check")
    with op.batch_alter_table("roadshow_session", schema=None) as batch_op:
        batch_op.drop_column("holds_meetings")

    with op.batch_alter_table("roadshow_participant", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_roadshow_participant_pitch_session_id_roadshow_session"), type_="foreignkey"
        )
        batch_op.drop_constraint(batch_op.f("fk_roadshow_participant_checked_in_by_id_user"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_roadshow_participant_pitch_session_id"))
        batch_op.drop_column("checked_in_by_id")
        batch_op.drop_column("checked_in_at")
        batch_op.drop_column("deck_text")
        batch_op.drop_column("deck_url")
        batch_op.drop_column("pitch_session_id")
        batch_op.drop_column("max_meetings")
        batch_op.drop_column("min_meetings")
        batch_op.drop_column("unavailable_slots")

    with op.batch_alter_table("roadshow_meeting", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_roadshow_meeting_supply_participant_id_roadshow_participant"), type_="foreignkey"
        )
        batch_op.drop_constraint(
            batch_op.f("fk_roadshow_meeting_demand_participant_id_roadshow_participant"), type_="foreignkey"
        )
        batch_op.drop_index(
            "uq_roadshow_meeting_table",
            sqlite_where=sa.text("status IN ('provisional', 'published')"),
            postgresql_where=sa.text("status IN ('provisional', 'published')"),
        )
        batch_op.drop_constraint(batch_op.f("uq_roadshow_meeting_public_id"), type_="unique")
        batch_op.drop_index(batch_op.f("ix_roadshow_meeting_supply_participant_id"))
        batch_op.drop_index(batch_op.f("ix_roadshow_meeting_status"))
        batch_op.drop_index(batch_op.f("ix_roadshow_meeting_demand_participant_id"))
        batch_op.drop_column("status_changed_at")
        batch_op.drop_column("status")
        batch_op.drop_column("fit")
        batch_op.drop_column("origin")
        batch_op.drop_column("table_no")
        batch_op.drop_column("slot")
        batch_op.drop_column("supply_participant_id")
        batch_op.drop_column("demand_participant_id")
        batch_op.drop_column("public_id")

    with op.batch_alter_table("roadshow", schema=None) as batch_op:
        batch_op.drop_column("plan")

    with op.batch_alter_table("roadshow_feedback", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roadshow_feedback_meeting_id"))

    op.drop_table("roadshow_feedback")
    with op.batch_alter_table("roadshow_booking", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roadshow_booking_participant_id"))
        batch_op.drop_index(batch_op.f("ix_roadshow_booking_meeting_id"))

    op.drop_table("roadshow_booking")
    with op.batch_alter_table("roadshow_wish", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roadshow_wish_to_id"))
        batch_op.drop_index(batch_op.f("ix_roadshow_wish_from_id"))

    op.drop_table("roadshow_wish")
    with op.batch_alter_table("roadshow_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roadshow_question_participant_id"))

    op.drop_table("roadshow_question")
    with op.batch_alter_table("roadshow_stage_choice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roadshow_stage_choice_roadshow_id"))
        batch_op.drop_index(batch_op.f("ix_roadshow_stage_choice_organization_id"))

    op.drop_table("roadshow_stage_choice")
