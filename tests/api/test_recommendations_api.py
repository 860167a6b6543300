"""Recommendations by key: the same explanation as on the page, and as little of the other side."""

from datetime import date

import pytest

from access.lists.recommendations import detail
from tests import factories
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind, Role
from workflows.recommendations import refresh_demand

SECRET = "13900001111"


def test_a_bank_and_a_firm_read_what_their_pages_show(session, make_key, api):
    firm = factories.make_organization(session)
    bank = factories.make_organization(session, OrganizationKind.BANK)
    factories.make_profile(session, firm, contact_phone=SECRET, revenue_fen=3_217 * FEN_PER_WAN)
    need, product = factories.make_financing_need(session, firm), factories.make_loan_product(session, bank)
    refresh_demand(session, need.id, today=date(2026, 6, 15))
    signatory, officer = factories.make_user(session, firm, Role.SIGNATORY), factories.make_user(session, bank)
    session.commit()
    for organization, user, role, posting in (
        (firm, signatory, Role.SIGNATORY, need), (bank, officer, None, product)
    ):  # fmt: skip
        client = api(make_key(organization, user)[1])
        (line,) = client.get(f"/api/v1/recommendations?posting={posting.public_id}").json["items"]
        found = client.get(f"/api/v1/recommendations/{line['id']}").json
        page = detail(session, factories.actor_of(user, organization, role), line["id"])
        session.commit()
        assert found["contributions"] == [dict(part) for part in page.contributions]
        assert found["gates"] == [dict(gate) for gate in page.gates]
        assert sum(part["points"] for part in found["contributions"]) == pytest.approx(found["score"], abs=1e-9)
        assert (line["state"], line["demand_id"], line["supply_id"]) == (
            "eligible", need.public_id, product.public_id
        )  # fmt: skip
        assert not {SECRET, str(3_217 * FEN_PER_WAN)} & set(str(found).replace("'", " ").replace(",", " ").split())
    stranger = factories.make_organization(session, OrganizationKind.BANK)
    client = api(make_key(stranger)[1])
    assert client.get(f"/api/v1/recommendations?posting={product.public_id}").status_code == 404
    assert client.get(f"/api/v1/recommendations/{line['id']}").status_code == 404
