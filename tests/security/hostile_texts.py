"""A demo world in which one firm wrote scripts, templates, headers and addresses into every text it has."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from threading import Thread
from typing import Any

from sqlalchemy import String, type_coerce
from sqlmodel import Session, SQLModel, col, select

from models.firm_profile import ProfileDraft, ProfileSubmission
from models.organization import Membership, Organization, User
from models.outbox import OutboxMessage
from models.posting import Demand, Supply
from tests.databases import ON_POSTGRESQL

MARK = "zqx"
"""Stands in every payload, and nowhere else."""
_OWN = ("organization", "firm_profile", "demand", "supply", "recognition", "problem", "product_line", "financing_need",
        "purchase_need", "pairing", "pair_signal", "membership")  # fmt: skip
_NO_TEXT = frozenset(
    [
        "public_id",
        "uscc",
        "region_code",
        "industry_code",
        "category_code",
        "search_text",
        "standards_text",
        "unit",
        "first_closed_gate",
    ]
)


def payloads(port: int) -> list[str]:
    """Scripts, templates, mail headers, formulas and addresses; those of the network lead to our own listener."""
    there = f"http://127.0.0.1:{port}/{MARK}"
    return [
        f"<script>alert('{MARK}')</script>", f"\"><img src=x onerror=alert('{MARK}')>", f"<svg/onload=alert('{MARK}')>",
        f"'-alert('{MARK}')-'", f"<iframe srcdoc=\"<script>alert('{MARK}')</script>\"></iframe>",
        f"javascript:alert('{MARK}')", f"</title><script src={there}></script>",
        f"<img src={there}>",
        f"<link rel=stylesheet href={there}>", f"<meta http-equiv=refresh content='0;url={there}'>",
        f"<form action={there}><button>{MARK}</button>",
        f"<base href={there}>", f"<a href='javascript:alert(1)'>{MARK}",
        "{{ config }}{{ 7*7 }}" + MARK, "{% for x in ().__class__.__base__.__subclasses__() %}" + MARK + "{% endfor %}",
        "${7*7}#{7*7}<%= 7*7 %>" + MARK,
        f"#panic() #read(\"/etc/passwd\") $x$ {MARK}",
        f"{MARK}\r\nBcc: everybody@example.org\r\n\r\nbody", f"{MARK}\nSubject: other",
        f"=cmd|'/C calc'!A0 {MARK}",
        f"=HYPERLINK(\"{there}\",\"{MARK}\")", f"@SUM(1+1)*{MARK}",
        f"<!--{MARK}--><![CDATA[<script>alert(1)</script>]]>",
        f"<math><mtext></mtext><mglyph><style><!--</style>"
        f"<img title=\"--&gt;&lt;img src=1 onerror=alert('{MARK}')&gt;\">",
        f"{there} \u202egnp.exe{'' if ON_POSTGRESQL else chr(0)}\x1b[31m",  # PostgreSQL keeps no NUL
    ]  # fmt: skip


@dataclass
class Planted:
    """The firm that wrote, and how many texts it wrote."""

    firm_id: int
    n_texts: int = 0
    used: set[str] = field(default_factory=set)


def plant(session: Session, port: int, reader: str = "firm@demo.lianrong.cn") -> Planted:
    """Write a payload into every text column of the rows of a person's firm, past all forms."""
    firm_id, user_id = session.exec(
        select(Organization.id, User.id)
        .select_from(Membership)
        .join(Organization, Membership.organization_id == Organization.id)
        .join(User, Membership.user_id == User.id)
        .where(User.email == reader)
    ).one()
    planted, turn, texts = Planted(firm_id or 0), count(), payloads(port)

    def evil() -> str:
        planted.n_texts += 1
        chosen = texts[next(turn) % len(texts)]
        planted.used.add(chosen)
        return chosen

    mine = {
        "demand_id": session.exec(select(Demand.id).where(Demand.organization_id == firm_id)).all(),
        "supply_id": session.exec(select(Supply.id).where(Supply.organization_id == firm_id)).all(),
    }
    if session.get_bind().dialect.name == "postgresql":  # which keeps no text longer than its column
        for name in ("user", *_OWN):
            _widen(session, SQLModel.metadata.tables[name])
    for name in _OWN:
        _plant_table(session, SQLModel.metadata.tables[name], firm_id or 0, mine, evil)
    _plant_table(session, SQLModel.metadata.tables["user"], user_id or 0, mine, evil)
    for table in (ProfileDraft, ProfileSubmission):
        for row in session.exec(select(table).where(table.organization_id == firm_id)).all():
            row.values = row.values | {
                key: evil() for key, value in row.values.items() if isinstance(value, str) and "_code" not in key
                and key not in ("founded_on", "tax_grade", "tier", "size_class")
            }  # fmt: skip
            session.add(row)
    for message in session.exec(select(OutboxMessage)).all():
        message.values = message.values | {
            key: evil() for key, value in message.values.items()
            if isinstance(value, str) and key in ("organization", "name", "title", "firm", "note", "counterpart")
        }  # fmt: skip
        session.add(message)
    return planted


def _widen(session: Session, table: Any) -> None:
    for column in table.columns:
        if isinstance(getattr(column.type, "plain", column.type), String):
            session.connection().exec_driver_sql(f'ALTER TABLE "{table.name}" ALTER "{column.name}" TYPE text')


def _plant_table(session: Session, table: Any, firm_id: int, mine: dict[str, Any], evil: Any) -> None:
    texts = [
        column.name
        for column in table.columns
        if isinstance(getattr(column.type, "plain", column.type), String) and column.name not in _NO_TEXT
        and not column.name.endswith(("_hash", "_digest", "email", "language", "_code", "_set_at"))
        and not column.foreign_keys
    ]  # fmt: skip
    key = next((name for name in ("organization_id", "demand_organization_id") if name in table.c), None)
    if table.name in ("organization", "user"):
        condition = table.c.id == firm_id
    elif key:
        condition = table.c[key] == firm_id
    else:
        key = next(name for name in mine if name in table.c)
        condition = table.c[key].in_(mine[key])
    primary = next(iter(table.primary_key))
    ids = session.connection().execute(select(primary).where(condition)).scalars().all()
    for id_ in ids:
        values = {name: type_coerce(evil(), String()) for name in texts}  # past what the column refuses
        if values:
            session.connection().execute(table.update().where(primary == id_).values(values))


@contextmanager
def listener() -> Iterator[tuple[int, list[str]]]:
    """A server on a port of this machine, and the addresses it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET  # noqa: N815 -- the base's names

        def log_message(self, *_args: Any) -> None:
            """Nothing on the screen of the tests."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()
    thread.join()


def names(session: Session, firm_id: int) -> str:
    return session.exec(select(Organization.legal_name).where(col(Organization.id) == firm_id)).one()
