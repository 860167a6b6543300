"""What the database is and how much it holds, for the administrator: numbers only."""

from dataclasses import dataclass

from sqlalchemy import func, literal, select, text, union_all
from sqlmodel import Session

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from models.audit_event import AuditEvent
from models.job import Job
from models.notice import Notice
from models.organization import Organization, User, UserSession
from models.outbox import OutboxMessage
from models.pairing import Pairing
from models.recommendation import Recommendation
from models.stored_file import StoredFile

_TABLES = (
    Organization, User, Pairing, Recommendation, StoredFile, AuditEvent, Notice, OutboxMessage, Job, UserSession,
)  # fmt: skip


@dataclass(frozen=True)
class DatabaseState:
    """Sizes in bytes; `rows` is the name of a table -> the number of its rows."""

    product: str
    version: str
    n_bytes: int
    document_bytes: int
    rows: dict[str, int]


def state(session: Session, actor: Actor) -> DatabaseState:
    """Four questions to the database, however much it holds."""
    require(actor, Permission.READ_SYSTEM)
    is_sqlite = session.connection().dialect.name == "sqlite"
    version = "SELECT sqlite_version()" if is_sqlite else "SELECT current_setting('server_version')"
    size = (
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        if is_sqlite
        else "SELECT pg_database_size(current_database())"
    )
    counted = union_all(*(select(literal(table.__tablename__), func.count()).select_from(table) for table in _TABLES))
    return DatabaseState(
        product="SQLite" if is_sqlite else "PostgreSQL",
        version=str(session.execute(text(version)).scalar_one()),
        n_bytes=int(session.execute(text(size)).scalar_one()),
        document_bytes=session.execute(select(func.coalesce(func.sum(StoredFile.n_bytes), 0))).scalar_one(),
        rows={row[0]: row[1] for row in session.execute(counted)},
    )
