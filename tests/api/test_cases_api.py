"""The hand-off of a case to a bank's system and the return of its status, step by step."""

import pytest
from sqlmodel import select

from models.audit_event import AuditEvent
from models.organization import Organization
from models.pairing import CaseStep, Consent, Pairing, Release
from models.session import open_session
from tests import factories
from tests.release_worlds import PLANTED, ReleaseWorld
from vocabulary.integrations import ApiScope
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import OrganizationKind
from workflows import consents
from workflows.calendar import today


@pytest.fixture
def world(session):
    world = ReleaseWorld(session)
    world.release(("contacts", "scale"))
    session.commit()
    return world


@pytest.fixture
def bank(world, make_key, api):
    return api(make_key(world.reader, world.person)[1])


@pytest.fixture
def url(world):
    return f"/api/v1/cases/{world.pairing.public_id}"


def read(engine, statement):
    with open_session(engine, read_only=True) as session:
        return session.exec(statement).all()


def test_a_handoff_holds_what_was_released_and_leaves_its_receipt(engine, world, bank, url):
    answer = bank.get(f"{url}/handoff")
    assert answer.status_code == 200
    assert answer.json["sections"] == read(engine, select(Release.snapshot))[0]
    assert answer.json["sections"].keys() >= {"contacts"}
    released = {name for fields in answer.json["sections"].values() for name in fields}
    assert not [name for name, value in PLANTED.items() if name not in released and str(value) in answer.text]
    assert (answer.json["firm_id"], answer.json["firm_name"]) == (world.firm.public_id, world.firm.legal_name)
    (event,) = read(engine, select(AuditEvent).where(AuditEvent.action == "dossier_read"))
    assert (event.new["receipt"], event.visible_to_organization_id) == (answer.json["receipt"], world.firm.id)
    assert "lr_" in event.actor_name


def test_after_the_withdrawal_there_is_nothing_and_a_receipt_of_the_try(engine, session, world, bank, url):
    consent = session.exec(select(Consent)).one()
    consents.withdraw(session, world.signatory_actor, consent)
    session.commit()
    answer = bank.get(f"{url}/handoff")
    assert (answer.status_code, answer.content_type) == (410, "application/problem+json")
    assert not [value for value in PLANTED.values() if str(value) in answer.text]
    assert len(read(engine, select(AuditEvent).where(AuditEvent.action == "dossier_read_refused"))) == 1


def test_without_the_ledger_there_is_no_handoff(app, engine, bank, url, monkeypatch):
    def refuse(*_values, **_options):
        raise RuntimeError("planted")

    monkeypatch.setattr("workflows.releases.record", refuse)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = bank.get(f"{url}/handoff")
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert not [value for value in PLANTED.values() if str(value) in answer.text]


def test_a_case_is_returned_step_by_step_to_the_disbursement(engine, world, bank, url):
    steps = [
        {"kind": "contact"}, {"kind": "visit"}, {"kind": "due_diligence", "note": "资料齐全"},
        {"kind": "credit_granted", "amount_fen": 100_000_000}, {"kind": "disbursed", "amount_fen": 60_000_000},
        {"kind": "disbursed", "amount_fen": 40_000_000},
    ]  # fmt: skip
    statuses = []
    for body in steps:
        answer = bank.post(f"{url}/steps", json={"happened_on": today().isoformat(), **body})
        assert answer.status_code == 201, answer.text
        statuses.append(answer.json["status"])
    assert statuses == ["in_progress", "in_progress", "in_progress", "agreed", "fulfilled", "fulfilled"]
    found = bank.get(url).json
    assert found["sums_fen"] == {"credit_granted": 100_000_000, "disbursed": 100_000_000}
    assert [step["kind"] for step in found["steps"]] == [body["kind"] for body in steps]
    wrong = found["steps"][-1]["id"]
    corrected = bank.post(
        f"{url}/steps/{wrong}/corrections", json={"happened_on": today().isoformat(), "amount_fen": 30_000_000}
    )
    assert (corrected.status_code, corrected.json["sums_fen"]["disbursed"]) == (201, 90_000_000)
    again = bank.post(f"{url}/steps/{wrong}/corrections", json={"happened_on": today().isoformat(), "is_void": True})
    assert again.status_code == 409
    acts = read(engine, select(AuditEvent.action).where(AuditEvent.action == "case_step_recorded"))
    assert len(acts) == len(steps)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"kind": "disbursed", "amount_fen": 1}, "skipped_reason", "required"),
        ({"kind": "credit_granted", "skipped_reason": "老客户"}, "amount_fen", "required"),
        ({"kind": "contact", "happened_on": "2099-01-01"}, "happened_on", "in_future"),
        ({"kind": "sample", "skipped_reason": "x"}, "kind", "other_market"),
        ({"kind": "contact", "amount_fen": 0}, "amount_fen", "out_of_range"),
    ],
)
def test_steps_out_of_order_are_refused_with_the_words_of_the_form(engine, bank, url, body, field, code):
    answer = bank.post(f"{url}/steps", json={"happened_on": today().isoformat(), **body})
    assert answer.status_code == 422
    assert (field, code) in [(error["field"], error["code"]) for error in answer.json["errors"]]
    assert "这个值不正确。" not in answer.text
    assert read(engine, select(CaseStep)) == []


def test_a_case_is_declined_with_a_code_of_its_market(engine, bank, url):
    assert bank.post(f"{url}/decline", json={"reason": "competitor"}).status_code == 422
    answer = bank.post(f"{url}/decline", json={"reason": "debt_too_high", "message": "请降低负债后再来"})
    assert (answer.status_code, answer.json["status"], answer.json["decline_reason"]) == (
        200, "declined", "debt_too_high"
    )  # fmt: skip
    assert read(engine, select(Pairing.status)) == [PairingStatus.DECLINED]
    assert bank.post(f"{url}/steps", json={"kind": "contact", "happened_on": today().isoformat()}).status_code == 409


def test_a_step_sent_twice_is_recorded_once(engine, bank, url):
    body, key = {"kind": "contact", "happened_on": today().isoformat()}, {"Idempotency-Key": "step-0001"}
    first, second = (bank.post(f"{url}/steps", json=body, headers=key) for _n in range(2))
    assert (first.status_code, first.json) == (second.status_code, second.json) == (201, first.json)
    assert len(read(engine, select(CaseStep))) == 1


def test_another_bank_finds_nothing_and_the_firm_records_nothing(engine, session, world, make_key, api, url):
    other = api(make_key(factories.make_organization(session, OrganizationKind.BANK))[1])
    firm = api(make_key(world.firm, world.signatory)[1])
    body = {"kind": "contact", "happened_on": today().isoformat()}
    for path, method in (("", "GET"), ("/handoff", "GET"), ("/steps", "POST"), ("/decline", "POST")):
        sent = {"reason": "other"} if path == "/decline" else body
        assert other.open(url + path, method=method, json=sent if method == "POST" else None).status_code == 404
    assert firm.get(url).status_code == 200
    assert firm.post(f"{url}/steps", json=body).status_code == 403
    assert firm.get(f"{url}/handoff").status_code == 403
    assert read(engine, select(CaseStep)) == []


def test_a_key_that_reads_cases_gets_no_dossier(engine, world, make_key, api, url):
    client = api(make_key(world.reader, world.person, scopes=[ApiScope.CASES_READ])[1])
    assert (client.get(url).status_code, client.get(f"{url}/handoff").status_code) == (200, 403)
    assert not [value for value in PLANTED.values() if str(value) in client.get(url).text]
    assert read(engine, select(AuditEvent).where(AuditEvent.action == "dossier_read")) == []


def test_an_office_reads_its_chains_pairings_and_no_others(session, world, make_key, api):
    own = session.exec(
        select(Organization).where(
            Organization.kind == OrganizationKind.CHAIN_OFFICE, Organization.chain_id == world.chain.id
        )
    ).one()
    elsewhere = factories.make_organization(
        session, OrganizationKind.CHAIN_OFFICE, chain_id=factories.make_chain(session).id
    )
    mine, others = api(make_key(own)[1]), api(make_key(elsewhere)[1])
    path = f"/api/v1/pairings/{world.pairing.public_id}"
    assert mine.get(path).json["demand_name"] == world.firm.legal_name
    assert mine.get("/api/v1/pairings?status=introduced").json["total"] == 1
    assert (others.get(path).status_code, others.get("/api/v1/pairings?status=introduced").json["total"]) == (404, 0)
    assert mine.get("/api/v1/cases").status_code == 403
