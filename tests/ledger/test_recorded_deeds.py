"""The watch over the whole run can fail: an application that forgets the ledger is found, one that does not is not."""

import pytest
from flask import Flask
from sqlmodel import select

from access.actor import SYSTEM
from models.audit_event import AuditEvent
from models.organization import Organization
from models.session import open_session
from tests import factories, recorded_deeds
from web.common.database import db, init_database
from workflows.audit import record


@pytest.fixture
def small(built_app, engine, session):
    """An application of one form, which renames an organization: as told, with a line, without, or in a savepoint."""
    row = factories.make_organization(session)
    session.commit()
    app = Flask(__name__)
    app.testing = True
    init_database(app, engine)

    def _rename() -> None:
        found = db().exec(select(Organization).where(Organization.id == row.id)).one()
        found.legal_name = "改名"
        db().add(found)
        db().flush()

    @app.post("/<how>")
    def change(how: str) -> str:
        if how == "undone":
            point = db().begin_nested()
            _rename()
            point.rollback()
            return ""
        _rename()
        if how == "recorded":
            record(db(), SYSTEM, "organization_verified", subject_kind="organization", subject_id=row.id or 0)
        elif how == "apart":
            with open_session(engine.execution_options(read_only=True)) as other:
                other.exec(select(AuditEvent)).all()
        return ""

    def _name() -> str:
        with open_session(engine, read_only=True) as reading:
            return reading.get_one(Organization, row.id).legal_name

    return app.test_client(), _name


def test_a_change_with_its_line_is_kept(small):
    client, name = small
    assert client.post("/recorded").status_code == 200
    assert name() == "改名"


@pytest.mark.parametrize("how", ["forgotten", "apart"])
def test_a_change_without_a_line_is_found_and_not_kept(small, how):
    client, name = small
    with pytest.raises(recorded_deeds.UnrecordedDeed, match="organization"):
        client.post(f"/{how}")
    assert name() != "改名"


def test_what_was_taken_back_is_no_change(small):
    client, name = small
    assert client.post("/undone").status_code == 200
    assert name() != "改名"


def test_each_exception_is_a_table_or_a_form_that_there_is_and_says_why(app):
    from sqlmodel import SQLModel

    import models  # noqa: F401 -- all tables

    assert set(recorded_deeds.NO_DEED) - set(SQLModel.metadata.tables) == set()
    assert set(recorded_deeds.UNRECORDED) - set(app.view_functions) == set()
    assert all([*recorded_deeds.NO_DEED.values(), *recorded_deeds.UNRECORDED.values()])
