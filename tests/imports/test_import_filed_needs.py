"""Financing needs that an office collected: drafts of their firms, which alone publish them."""

from datetime import timedelta

import pytest
from sqlmodel import select

from models.audit_event import AuditEvent
from models.notice import Notice
from models.posting import Demand
from tests.factories import make_chain, make_organization, make_user
from vocabulary.lifecycles import PostingStatus
from vocabulary.roles import OrganizationKind, Role
from workflows.calendar import today

HEADINGS = ["企业名称", "统一社会信用代码", "标题", "融资金额（万元）", "期限（月）", "贷款用途", "可提供的担保方式"]


@pytest.fixture
def chain(session):
    return make_chain(session)


@pytest.fixture
def firm(session, chain):
    return make_organization(session, chain_id=chain.id)


@pytest.fixture
def signatory(session, firm):
    return make_user(session, firm, Role.SIGNATORY)


@pytest.fixture
def official(session, chain):
    return make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id))


def row(name, title="铜线扩产流动资金", amount="800"):
    return [name, "", title, amount, "12", "流动资金", "抵押、信用"]


def test_a_row_becomes_the_draft_of_its_firm_which_publishes_it(
    session, firm, signatory, official, sign_in_as, checked, do_jobs
):
    client = sign_in_as(official)
    url, batch = checked(client, "financing-needs", HEADINGS, [row(firm.legal_name)])
    assert batch.counts["new"] == 1, batch.problems
    assert session.exec(select(Notice)).all() == [], "a dry run tells nobody"
    session.commit()
    client.post(url, data={"step": "load"})
    do_jobs()
    demand = session.exec(select(Demand)).one()
    assert (demand.organization_id, demand.status) == (firm.id, PostingStatus.DRAFT)
    assert demand.expires_on == today() + timedelta(days=90)
    assert [(notice.user_id, notice.event) for notice in session.exec(select(Notice)).all()] == [
        (signatory.id, "need_drafted")
    ]
    event = session.exec(select(AuditEvent).where(AuditEvent.action == "posting_created")).one()
    assert event.actor_user_id == official.id
    session.commit()
    assert client.post(f"/financing-needs/{demand.public_id}/publish").status_code in (403, 404)

    own = sign_in_as(signatory)
    assert own.post(f"/financing-needs/{demand.public_id}/publish").status_code == 303
    _url, again = checked(client, "financing-needs", HEADINGS, [row(firm.legal_name, amount="900")])
    assert again.counts == {"new": 0, "changed": 0, "unchanged": 1, "bad": 0}, "what the firm has stands"


def test_firms_of_other_chains_and_unknown_ones_are_named(session, firm, official, sign_in_as, checked):
    other = make_organization(session, chain_id=make_chain(session).id)
    rows = [row(other.legal_name), row("没有这家公司"), row(firm.legal_name, amount="八百"), row(firm.legal_name)]
    _url, batch = checked(sign_in_as(official), "financing-needs", HEADINGS, rows)
    assert [(entry["row"], entry["column"]) for entry in batch.problems] == [
        (2, "企业名称"), (3, "企业名称"), (4, "融资金额（万元）"),
    ]  # fmt: skip
    assert batch.counts["new"] == 1
    joint = make_user(session, make_organization(session, OrganizationKind.JOINT_OFFICE))
    _url, batch = checked(sign_in_as(joint), "financing-needs", HEADINGS, rows[:1])
    assert batch.counts["new"] == 1
