"""audit_chain: rows get numbers without gaps, hashes and their predecessors; triggers refuse changes."""

import hashlib
import json
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TIMES = ("created_at", "occurred_at")
_EVENTS = sa.table(
    "audit_event",
    *(sa.column(name, sa.Integer()) for name in (
        "id", "subject_id", "actor_user_id", "actor_organization_id", "chain_id", "visible_to_organization_id",
    )),
    *(sa.column(name, sa.DateTime()) for name in _TIMES),
    *(sa.column(name, sa.String()) for name in ("action", "subject_kind", "actor_name", "reason")),
    *(sa.column(name, sa.JSON()) for name in ("old", "new")),
    *(sa.column(name, sa.String()) for name in ("previous_hash", "hash", "hash_algorithm")),
)  # fmt: skip
_TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER audit_event_never_changes BEFORE UPDATE ON audit_event BEGIN SELECT "
        "RAISE(ABORT, 'rows of audit_event never change'); END",
        "CREATE TRIGGER audit_event_never_goes BEFORE DELETE ON audit_event WHEN NOT EXISTS (SELECT 1 "
        "FROM audit_checkpoint WHERE through_id >= OLD.id) BEGIN SELECT RAISE(ABORT, 'rows of "
        "audit_event go only with a checkpoint'); END",
        "CREATE TRIGGER audit_checkpoint_never_changes BEFORE UPDATE ON audit_checkpoint BEGIN SELECT "
        "RAISE(ABORT, 'rows of audit_checkpoint never change'); END",
        "CREATE TRIGGER audit_checkpoint_never_goes BEFORE DELETE ON audit_checkpoint BEGIN SELECT "
        "RAISE(ABORT, 'rows of audit_checkpoint never go'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION "
        "'rows of % never change', TG_TABLE_NAME; END$$",
        "CREATE FUNCTION audit_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF EXISTS "
        "(SELECT 1 FROM audit_checkpoint WHERE through_id >= OLD.id) THEN RETURN OLD; END IF; RAISE "
        "EXCEPTION 'rows of audit_event go only with a checkpoint'; END$$",
        "CREATE TRIGGER audit_event_never_changes BEFORE UPDATE ON audit_event FOR EACH ROW EXECUTE "
        "FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_event_never_goes BEFORE DELETE ON audit_event FOR EACH ROW EXECUTE "
        "FUNCTION audit_refuse_delete()",
        "CREATE TRIGGER audit_checkpoint_never_changes BEFORE DELETE OR UPDATE ON audit_checkpoint FOR "
        "EACH ROW EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_event_never_emptied BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT "
        "EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_checkpoint_never_emptied BEFORE TRUNCATE ON audit_checkpoint FOR EACH "
        "STATEMENT EXECUTE FUNCTION audit_refuse()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "audit_checkpoint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("through_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("n_removed", sa.Integer(), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checkpoint")),
        sa.UniqueConstraint("through_id", name=op.f("uq_audit_checkpoint_through_id")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("previous_hash", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("hash", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("hash_algorithm", sa.String(length=16), nullable=True))
    _chain(op.get_bind())
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.alter_column("previous_hash", existing_type=sa.String(length=64), nullable=False)
        batch_op.alter_column("hash", existing_type=sa.String(length=64), nullable=False)
        batch_op.alter_column("hash_algorithm", existing_type=sa.String(length=16), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_audit_event_hash"), ["hash"])
        batch_op.create_unique_constraint(batch_op.f("uq_audit_event_previous_hash"), ["previous_hash"])
    for trigger in _TRIGGERS[op.get_bind().dialect.name]:
        op.execute(sa.text(trigger))  # which doubles a percent sign where the driver wants that


def _chain(connection: sa.Connection) -> None:
    """Number the rows in their order and chain them, as they are when this runs."""
    previous = "0" * 64
    rows = connection.execute(sa.select(_EVENTS).order_by(_EVENTS.c.id)).mappings().all()
    for number, row in enumerate(rows, start=1):
        values: dict[str, Any] = {**row, "id": number, "previous_hash": previous, "hash_algorithm": "sha256"}
        values.pop("hash")
        plain = {
            name: value.replace(tzinfo=UTC).isoformat(timespec="microseconds") if name in _TIMES else value
            for name, value in values.items()
        }
        canonical = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        sealed = hashlib.sha256(canonical.encode()).hexdigest()
        seal = {"id": number, "previous_hash": previous, "hash": sealed, "hash_algorithm": "sha256"}
        connection.execute(sa.update(_EVENTS).where(_EVENTS.c.id == row["id"]).values(seal))
        previous = sealed


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP FUNCTION audit_refuse() CASCADE")
        connection.exec_driver_sql("DROP FUNCTION audit_refuse_delete() CASCADE")
    else:
        for table, what in (("event", "changes"), ("event", "goes"), ("checkpoint", "changes"), ("checkpoint", "goes")):
            connection.exec_driver_sql(f"DROP TRIGGER audit_{table}_never_{what}")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_audit_event_previous_hash"), type_="unique")
        batch_op.drop_constraint(batch_op.f("uq_audit_event_hash"), type_="unique")
        batch_op.drop_column("hash_algorithm")
        batch_op.drop_column("hash")
        batch_op.drop_column("previous_hash")
    op.drop_table("audit_checkpoint")
