"""What this machine gives: the smallest pages there can be, served as the product is (`benchmarks.load`)."""

import os
from itertools import count

from flask import Flask
from sqlmodel import Field, SQLModel

from models.organization import Organization
from models.session import make_engine, open_session, unit_of_work


class BareRow(SQLModel, table=True):
    """One row of the smallest table."""

    __tablename__ = "bare_row"

    id: int | None = Field(default=None, primary_key=True)
    text: str


def app() -> Flask:
    """`/hello` without a database; `/read` one organization by its key; `/write` one row and its commit."""
    bare = Flask("bare")
    engine = make_engine(os.environ["LIANRONG_DATABASE_URL"])
    n_rows, numbers = int(os.environ["BARE_ROWS"]), count()

    @bare.get("/hello")
    def hello() -> str:
        return "hello"

    @bare.get("/read")
    def read() -> str:
        with open_session(engine, read_only=True) as session:
            return session.get_one(Organization, 1 + next(numbers) * 7_919 % n_rows).legal_name

    @bare.post("/write")
    def write() -> str:
        with unit_of_work(engine) as session:
            session.add(BareRow(text="one row"))
        return "done"

    return bare
