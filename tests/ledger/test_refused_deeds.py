"""The trial of each form without the ledger can fail: a form that goes on without its line is found."""

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.test import EnvironBuilder

from access.actor import SYSTEM
from models.organization import Organization
from models.session import open_session
from tests import factories
from tests.recorded_deeds import UnrecordedDeed
from tests.refused_deeds import DEEDS, DeedWithoutLine, RefusedDeeds
from vocabulary.roles import OrganizationKind
from web.common.database import db, init_database
from workflows.audit import record


@pytest.fixture
def small(built_app, engine, session):
    """An application of one form, which renames an organization: as it should, or going on without the line."""
    row = factories.make_organization(session)
    session.commit()
    app = Flask(__name__)
    app.testing = True
    init_database(app, engine)

    def _rename() -> None:
        found = db().get_one(Organization, row.id)
        found.legal_name = "改名"
        db().add(found)
        db().flush()

    def _record() -> None:
        record(db(), SYSTEM, "organization_verified", subject_kind="organization", subject_id=row.id or 0)
        db().flush()

    @app.post("/<how>")
    def change(how: str) -> str:
        if how == "recorded":
            _rename()
            _record()
            return ""
        try:
            with db().begin_nested():
                _record()
        except OperationalError:
            if how == "done":
                _rename()
        return ""

    def _name() -> str:
        with open_session(engine, read_only=True) as reading:
            return reading.get_one(Organization, row.id).legal_name

    return app, _name


def attempt(app: Flask, how: str) -> RefusedDeeds:
    deeds = RefusedDeeds()
    deeds.attempt(app, how, EnvironBuilder(path=f"/{how}", method="POST").get_environ())
    return deeds


def test_a_form_that_fails_with_its_line_is_refused_and_leaves_nothing(small):
    app, name = small
    assert attempt(app, "recorded").refused == {"recorded"}
    assert name() != "改名"
    assert app.test_client().post("/recorded").status_code == 200
    assert name() == "改名"


def test_a_form_that_is_answered_without_its_line_is_found(small):
    with pytest.raises(DeedWithoutLine, match="organization_verified"):
        attempt(small[0], "answered")


def test_a_form_that_does_its_deed_without_its_line_is_found(small):
    app, name = small
    with pytest.raises(UnrecordedDeed):
        attempt(app, "done")
    assert name() != "改名"


def test_forms_of_the_product_are_tried(session, sign_in_as):
    """The trial is on: a form that nobody has tried in this process yet would have been tried here."""
    bank = factories.make_organization(session, OrganizationKind.BANK)
    client = sign_in_as(factories.make_user(session, bank))
    assert client.post("/people", data={"email": "new@example.org", "role": "officer"}).status_code == 303
    assert "accounts.people" in DEEDS.refused
