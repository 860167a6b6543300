"""Titles of firms: filed, verified with a ground, told of before they end, counted only while they are valid."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from access.lists import recognitions as lists
from access.lists.party import party
from access.recognitions import titles_of
from access.rules import NotAllowed, Recused
from models.audit_event import AuditEvent
from models.notice import Notice
from models.outbox import OutboxMessage
from models.pairing import Consent
from models.recognition import Recognition
from tests.factories import (
    actor_of,
    make_actor,
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_profile,
    make_recognition,
    make_user,
)
from vocabulary.chains import TieKind
from vocabulary.classifications import ConsentPurpose, Side, SizeClass, Tier
from vocabulary.lifecycles import RecognitionStatus
from vocabulary.recognitions import (
    EXPIRES_SOON_DAYS,
    RecognitionKind,
    RecognitionState,
    state_on,
    usual_last_day,
)
from vocabulary.roles import OrganizationKind
from workflows import recognitions, releases
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete, StepNotAllowed
from workflows.files import Upload
from workflows.recognitions import RecognitionFacts
from workflows.recusals import declare_tie

TODAY = date(2026, 6, 15)
K, S = RecognitionKind, RecognitionStatus


@pytest.fixture
def chain(session):
    return make_chain(session)


@pytest.fixture
def firm(session, chain):
    row = make_organization(session, chain_id=chain.id)
    make_profile(session, row, tier=Tier.SRDI, is_high_tech=True)
    return row


@pytest.fixture
def filer(session, firm):
    return actor_of(make_user(session, firm), firm)


@pytest.fixture
def official(session, chain):
    return make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)


def _facts(**values):
    return RecognitionFacts(
        **{"kind": K.SRDI, "issuer": "湖南省工信厅", "number": "12", "issued_on": today() - timedelta(days=30)} | values
    )


def test_a_filed_title_counts_only_once_the_office_says_what_it_was_compared_with(session, firm, filer, official):
    row = recognitions.file(session, filer, _facts())
    assert row.expires_on == usual_last_day(K.SRDI, row.issued_on)
    assert titles_of(session, [firm.id], today())[firm.id].tier is None
    with pytest.raises(NotComplete):
        recognitions.verify(session, official, row, ground="  ")
    recognitions.verify(session, official, row, ground="与公布的名单核对")
    assert (row.status, row.decided_by_id) == (S.VERIFIED, official.user_id)
    assert titles_of(session, [firm.id], today())[firm.id].tier is Tier.SRDI
    recognitions.revoke(session, official, row, reason="公告撤销")
    assert titles_of(session, [firm.id], today())[firm.id].tier is Tier.NONE
    actions = session.exec(select(AuditEvent.action).where(AuditEvent.subject_kind == "recognition")).all()
    assert actions == ["recognition_filed", "recognition_verified", "recognition_revoked"]
    assert [notice.event for notice in session.exec(select(Notice)).all()] == ["recognition_decided"] * 2


def test_what_cannot_be_right_is_refused_by_field(session, filer):
    wrong = _facts(issuer=" ", issued_on=today() + timedelta(days=1), expires_on=today())
    with pytest.raises(NotComplete) as refused:
        recognitions.file(session, filer, wrong, [Upload("名单.pdf", b"not a pdf")])
    assert set(refused.value.problems) == {"issuer", "issued_on", "expires_on", "documents"}
    recognitions.file(session, filer, _facts())
    with pytest.raises(AlreadyExists):
        recognitions.file(session, filer, _facts())
    recognitions.file(session, filer, _facts(kind=K.HIGH_TECH))


def test_of_two_officials_the_second_is_told_and_strangers_and_the_tied_decide_nothing(session, firm, filer, official):
    row = recognitions.file(session, filer, _facts())
    stranger = make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    with pytest.raises(NotAllowed):
        recognitions.verify(session, stranger, row, ground="x")
    with pytest.raises(NotAllowed):
        recognitions.verify(session, filer, row, ground="x")
    recognitions.refuse(session, official, row, ground="名单里没有")
    with pytest.raises(StepNotAllowed):
        recognitions.verify(session, official, row, ground="x")
    other = recognitions.file(session, filer, _facts())
    declare_tie(session, official, organization_id=firm.id, kind=TieKind.RELATIVE, note="亲属")
    with pytest.raises(Recused):
        recognitions.verify(session, official, other, ground="x")


def test_the_office_enters_a_title_from_a_list_in_one_act(session, firm, official):
    row = recognitions.enter(session, official, firm, _facts(kind=K.CHAMPION), ground="工信部名单")
    assert (row.status, row.ground) == (S.VERIFIED, "工信部名单")
    assert titles_of(session, [firm.id], today())[firm.id].tier is Tier.CHAMPION


def test_a_firm_is_told_once_before_a_title_ends_and_once_when_it_has_ended(session, firm, filer):
    row = make_recognition(session, firm, expires_on=TODAY)
    events = lambda: [  # noqa: E731 -- read anew at each step
        (notice.event, notice.values.get("is_over")) for notice in session.exec(select(Notice)).all()
    ]
    assert recognitions.tell_due(session, TODAY - timedelta(days=EXPIRES_SOON_DAYS + 1)) == 0
    assert recognitions.tell_due(session, TODAY - timedelta(days=EXPIRES_SOON_DAYS)) == 1
    assert recognitions.tell_due(session, TODAY) == 0
    assert events() == [("recognition_due", False)]
    assert recognitions.tell_due(session, TODAY + timedelta(days=1)) == 1
    assert recognitions.tell_due(session, TODAY + timedelta(days=2)) == 0
    assert events() == [("recognition_due", False), ("recognition_due", True)]
    assert {mail.template for mail in session.exec(select(OutboxMessage)).all()} == {"recognition_due"}
    assert row.status is S.VERIFIED


def test_of_two_clocks_that_see_the_same_title_one_tells_the_firm(session, firm):
    row = make_recognition(session, firm)
    assert recognitions._mark_told(session, row, "told_expiring_at") is True
    assert recognitions._mark_told(session, row, "told_expiring_at") is False


@pytest.mark.parametrize(("last", "expected"), [(0, Tier.SRDI.value), (-1, Tier.NONE.value)])
def test_a_dossier_hands_out_the_tier_that_counts_on_the_day_it_is_frozen(session, chain, firm, last, expected):
    make_recognition(session, firm, expires_on=today() + timedelta(days=last))
    bank = make_organization(session, OrganizationKind.BANK)
    need, product = make_financing_need(session, firm), make_loan_product(session, bank)
    consent = Consent(
        organization_id=firm.id, counterpart_id=bank.id, purpose=ConsentPurpose.CREDIT_REVIEW, sections=["basic"],
        given_by_id=make_user(session, firm).id, ends_on=today(),
    )  # fmt: skip
    session.add(consent)
    session.flush()
    release = releases.freeze(session, make_pairing(session, need, product, chain), consent)
    assert release.snapshot["basic"]["tier"] == expected
    assert release.snapshot["basic"]["is_high_tech"] is None


def test_a_renewed_title_is_not_told_of(session, firm, filer):
    make_recognition(session, firm, expires_on=TODAY)
    make_recognition(session, firm, issued_on=TODAY, expires_on=TODAY + timedelta(days=1_000))
    assert recognitions.tell_due(session, TODAY) == 0
    assert recognitions.tell_due(session, TODAY + timedelta(days=1)) == 0
    assert session.exec(select(Notice)).all() == []


def test_outsiders_and_dossiers_get_titles_that_count_and_the_computed_class_without_its_reason(session, firm):
    need = make_financing_need(session, firm)
    values = {value.name: value.value for value in party(session, need, Side.DEMAND, hides_name=False).values}
    assert "tier" not in values
    assert "is_high_tech" not in values
    assert values["computed_size"] is SizeClass.SMALL
    make_recognition(session, firm, expires_on=today())
    make_recognition(session, firm, kind=K.HIGH_TECH, expires_on=today() - timedelta(days=1))
    session.expire_all()
    values = {value.name: value.value for value in party(session, need, Side.DEMAND, hides_name=False).values}
    assert (values["tier"], values["is_high_tech"]) == (Tier.SRDI, False)


@pytest.mark.parametrize("state", RecognitionState)
def test_the_office_finds_each_state_and_its_count(session, firm, official, state):
    soon = today() + timedelta(days=EXPIRES_SOON_DAYS)
    for last in (today(), soon, soon + timedelta(days=1), today() - timedelta(days=1)):
        make_recognition(session, firm, expires_on=last)
    make_recognition(session, firm, issued_on=today() + timedelta(days=1), expires_on=soon + timedelta(days=9))
    make_recognition(session, firm, status=S.FILED)
    make_recognition(session, firm, status=S.REFUSED)
    make_recognition(session, firm, status=S.WITHDRAWN)
    make_recognition(session, firm, status=S.REVOKED, revoked_reason="x")
    stranger = make_organization(session, chain_id=make_chain(session).id)
    make_recognition(session, stranger)
    found = lists.recognitions(session, official, on=today(), state=state)
    assert found.total == len(found.lines) == found.by_state[state]
    assert found.total == (2 if state is RecognitionState.EXPIRING else 1)
    assert {line.state for line in found.lines} == {state}
    assert found.by_state.total() == 9


def test_firms_are_found_by_the_tier_that_counts_district_and_chain(session, chain, official):
    def firm(region, **values):
        row = make_organization(session, chain_id=chain.id)
        make_profile(session, row, region_code=region, tier=Tier.SRDI)
        if values:
            make_recognition(session, row, **values)
        return row.id

    here = firm("430482", expires_on=today())
    both = firm("430406", kind=K.LITTLE_GIANT)
    make_recognition(session, session.get_one(Recognition, 1)).organization_id = both
    over = firm("430482", expires_on=today() - timedelta(days=1))
    session.flush()

    def found(**values):
        return set(session.execute(lists.firms_of_tier(official, on=today(), **values)).scalars())

    assert found() == {here, both, over}
    assert found(tier=Tier.SRDI) == {here}
    assert found(tier=Tier.LITTLE_GIANT) == {both}
    assert found(tier=Tier.NONE) == {over}
    assert found(district="430482") == {here, over}
    assert found(district="430400", tier=Tier.SRDI, chain_id=chain.id) == {here}
    assert found(chain_id=(chain.id or 0) + 1) == set()


_days = st.dates(date(2020, 1, 1), date(2032, 1, 1))


@given(_days, st.integers(0, 2_000), _days)
def test_a_verified_title_counts_exactly_from_its_first_to_its_last_day(first, length, on):
    last = first + timedelta(days=length)
    state = state_on(S.VERIFIED, first, last, on)
    assert (state in (RecognitionState.VALID, RecognitionState.EXPIRING)) == (first <= on <= last)


@given(st.sampled_from(list(K)), _days)
def test_the_usual_validity_is_whole_years(kind, first):
    last = usual_last_day(kind, first)
    assert (last + timedelta(days=1)).year - first.year in (1, 3)
    assert abs((last - first).days + 1 - 365.25 * (1 if kind is K.ABOVE_SCALE else 3)) < 2
