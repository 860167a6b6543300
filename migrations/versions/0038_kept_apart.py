"""kept_apart: a live city takes no row of the demo world; a webhook's message may name many cases."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_TABLES = (
    "chain", "demand", "import_batch", "office_report", "organization", "problem", "project", "recognition",
    "research_result", "roadshow", "supply", "user",
)  # fmt: skip
_REFUSED = "a live city takes no row of the demo world"
_IS_LIVE = "EXISTS (SELECT 1 FROM organization) AND NOT EXISTS (SELECT 1 FROM organization WHERE is_demo)"


def upgrade() -> None:
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.alter_column(
            "body", existing_type=sa.String(length=2000), type_=sa.String(length=200_000), existing_nullable=False
        )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION apart_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$BEGIN IF {_IS_LIVE} THEN RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'check_violation'; END IF; "
            "RETURN NEW; END$$"
        )
        for table in _TABLES:
            op.execute(
                f'CREATE TRIGGER apart_{table} BEFORE INSERT OR UPDATE OF is_demo ON "{table}" '
                "FOR EACH ROW WHEN (NEW.is_demo) EXECUTE FUNCTION apart_refuse()"
            )
        return
    for table in _TABLES:
        for deed, name in (("INSERT", "new"), ("UPDATE OF is_demo", "old")):
            op.execute(
                f'CREATE TRIGGER apart_{table}_{name} BEFORE {deed} ON "{table}" WHEN NEW.is_demo AND {_IS_LIVE} '
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
            )


def downgrade() -> None:
    """The column stays wide: what it holds need not fit into the old one."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION apart_refuse() CASCADE")
        return
    for table in _TABLES:
        for name in ("new", "old"):
            op.execute(f"DROP TRIGGER apart_{table}_{name}")
