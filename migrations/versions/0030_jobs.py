"""Jobs and their workers. Reports that waited get the job that draws them up."""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_worker",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_worker")),
        sa.UniqueConstraint("name", name=op.f("uq_job_worker_name")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=True),
        sa.Column("schedule_key", sa.String(length=60), nullable=True),
        sa.Column("lane", sa.String(length=20), nullable=True),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("enqueued_at", sa.DateTime(), nullable=True),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("worker", sa.String(length=80), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_attempt", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=32), nullable=True),
        sa.Column("n_done", sa.Integer(), nullable=False),
        sa.Column("n_total", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=32), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=False),
        sa.Column("result", sa.String(length=40), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_by_name", sa.String(length=80), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_job_status_known")
        ),
        sa.CheckConstraint("status NOT IN ('done') OR (finished_at IS NOT NULL)", name=op.f("ck_job_done_has_time")),
        sa.CheckConstraint(
            "status NOT IN ('failed') OR (finished_at IS NOT NULL AND failure IS NOT NULL)",
            name=op.f("ck_job_failed_has_reason"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('running') OR (started_at IS NOT NULL AND heartbeat_at IS NOT NULL AND worker IS NOT NULL)",
            name=op.f("ck_job_running_has_worker"),
        ),
        sa.CheckConstraint("attempts >= 0 AND n_done >= 0 AND n_total >= 0", name=op.f("ck_job_counts_not_negative")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user.id"], name=op.f("fk_job_asked_by_id_user")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_job_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("public_id", name=op.f("uq_job_public_id")),
        sa.UniqueConstraint("schedule_key", name=op.f("uq_job_schedule_key")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_due", ["status", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_status"), ["status"], unique=False)
        batch_op.create_index(
            "uq_job_lane",
            ["lane"],
            unique=True,
            sqlite_where=sa.text("status = 'running'"),
            postgresql_where=sa.text("status = 'running'"),
        )
        batch_op.create_index(
            "uq_job_live",
            ["kind", "subject"],
            unique=True,
            sqlite_where=sa.text("status IN ('waiting', 'running')"),
            postgresql_where=sa.text("status IN ('waiting', 'running')"),
        )

    _let_waiting_reports_be_drawn_up()


def _let_waiting_reports_be_drawn_up() -> None:
    connection, at = op.get_bind(), datetime.now(UTC).replace(tzinfo=None)
    waiting = connection.execute(
        sa.text("SELECT id, organization_id FROM office_report WHERE status IN ('queued', 'running')")
    ).all()
    job = sa.table(
        "job",
        *(
            sa.column(name)
            for name in (
                "created_at",
                "public_id",
                "kind",
                "subject",
                "due_at",
                "attempts",
                "last_attempt",
                "n_done",
                "n_total",
                "error",
                "result",
                "asked_by_name",
                "organization_id",
                "status",
                "status_changed_at",
            )
        ),
        sa.column("arguments", sa.JSON()),
    )
    for report_id, organization_id in waiting:
        connection.execute(
            job.insert().values(
                created_at=at,
                public_id=secrets.token_hex(6),
                kind="report",
                subject=f"office_report:{report_id}",
                arguments={"report_id": report_id},
                due_at=at,
                attempts=0,
                last_attempt=5,
                n_done=0,
                n_total=0,
                error="",
                result="",
                asked_by_name="",
                organization_id=organization_id,
                status="waiting",
                status_changed_at=at,
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_job_live",
            sqlite_where=sa.text("status IN ('waiting', 'running')"),
            postgresql_where=sa.text("status IN ('waiting', 'running')"),
        )
        batch_op.drop_index(
            "uq_job_lane", sqlite_where=sa.text("status = 'running'"), postgresql_where=sa.text("status = 'running'")
        )
        batch_op.drop_index(batch_op.f("ix_job_status"))
        batch_op.drop_index(batch_op.f("ix_job_organization_id"))
        batch_op.drop_index(batch_op.f("ix_job_kind"))
        batch_op.drop_index("ix_job_due")

    op.drop_table("job")
    op.drop_table("job_worker")
