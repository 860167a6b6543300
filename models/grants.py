"""What the product's own role may do in a PostgreSQL database that another role owns and migrates."""

from sqlalchemy import Connection

LEDGER = ("audit_event", "audit_checkpoint")
"""Only added to: neither triggers nor an error in the code stand alone between a row and its change."""


def grant(connection: Connection, role: str, *, queue_schema: str) -> None:
    """Let `role` read and write every table and those of later migrations, but only add to the ledger, and change no
    schema but that of the queue, whose tables the workers make. Run by the owner of the tables; may be repeated.
    """
    name = connection.dialect.identifier_preparer.quote(role)
    ledger = ", ".join(LEDGER)
    for statement in (
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}",
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"REVOKE UPDATE, DELETE ON {ledger} FROM {name}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {name}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {name}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {name}",
        f"CREATE SCHEMA IF NOT EXISTS {queue_schema}",
        f"GRANT USAGE, CREATE ON SCHEMA {queue_schema} TO {name}",
    ):
        connection.exec_driver_sql(statement)
