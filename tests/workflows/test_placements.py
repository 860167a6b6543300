"""Firms on links: filed, guessed, confirmed; and who must keep away."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import select

from access.lists.chain_leaders import leaders
from access.rules import NotAllowed, Recused
from models.base import now
from models.chain import ChainVersion
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile, ProfileSubmission
from tests.factories import (
    actor_of,
    make_actor,
    make_chain,
    make_financing_need,
    make_link,
    make_loan_product,
    make_organization,
    make_pairing,
    make_placement,
    make_profile,
    make_user,
)
from vocabulary.chains import ChainChange, FirmStanding, TieKind
from vocabulary.classifications import ChainPlacement, VerdictReason
from vocabulary.lifecycles import PairingStatus
from vocabulary.projects import TargetKind
from vocabulary.roles import OrganizationKind
from workflows import bulk_verdicts, organizations, pairings, placements, profiles, verdicts
from workflows.bulk_verdicts import Obstacle
from workflows.calendar import today
from workflows.errors import AlreadyExists, ChangedMeanwhile, NotComplete
from workflows.projects import set_target
from workflows.recusals import declare_tie, end_tie

K = ChainPlacement


@pytest.fixture
def chain(session):
    return make_chain(session)


@pytest.fixture
def office(session, chain):
    return make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id, legal_name="电力链办")


@pytest.fixture
def official(session, office):
    return actor_of(make_user(session, office), office)


@pytest.fixture
def joint(session):
    return make_actor(session, OrganizationKind.JOINT_OFFICE)


@pytest.fixture
def wire(session, chain):
    return make_link(session, chain, name_zh="铜线", industry_prefixes="325", products=["裸铜线", "镀锡铜线"])


@pytest.fixture
def cable(session, chain):
    return make_link(session, chain, name_zh="电缆", industry_prefixes="383", products=["电力电缆"])


def present(session, firm):
    rows = session.exec(
        select(FirmPlacement).where(FirmPlacement.organization_id == firm.id, FirmPlacement.ended_at.is_(None))
    ).all()
    return {(row.chain_link_id, row.kind) for row in rows}


def submission(session, firm, link, **values):
    return ProfileSubmission(
        organization_id=firm.id, chain_id=firm.chain_id, submitted_by_id=make_user(session, firm).id,
        values={"chain_id": firm.chain_id, "chain_link_id": link.id if link else None, "industry_code": "3251",
                "main_products": "裸铜线", "introduction": "生产裸铜线"} | values,
    )  # fmt: skip


def test_a_firm_that_named_no_link_is_guessed_with_reasons_that_add_up(session, chain, wire, cable):
    firm = make_organization(session, chain_id=chain.id)
    make_profile(session, firm)
    assert placements.propose_for_chain(session, chain.id) == 1
    row = session.exec(select(FirmPlacement)).one()
    assert (row.chain_link_id, row.kind) == (wire.id, K.GUESSED)
    assert sum(reason["points"] for reason in row.reasons) == pytest.approx(row.score)
    assert {reason["code"]: reason["matched"] for reason in row.reasons}["industry"] == ["325"]
    placements.propose_for_chain(session, chain.id)
    assert session.exec(select(FirmPlacement)).all() == [row]


def test_filing_and_verifying_a_profile_moves_the_firm_from_guessed_to_filed_to_confirmed(
    session, chain, wire, cable, official
):
    firm = make_organization(session, chain_id=chain.id)
    make_profile(session, firm)
    placements.propose_for_chain(session, chain.id)
    row = submission(session, firm, cable)
    session.add(row)
    session.flush()
    placements.file(session, official, row)
    assert present(session, firm) == {(wire.id, K.GUESSED), (cable.id, K.FILED)}
    profiles.verify(session, official, row)
    assert present(session, firm) == {(cable.id, K.CONFIRMED)}
    assert len(session.exec(select(FirmPlacement)).all()) == 3


def test_a_profile_verified_without_a_link_is_guessed(session, chain, wire, official):
    firm = make_organization(session, chain_id=chain.id)
    row = submission(session, firm, None)
    session.add(row)
    session.flush()
    profiles.verify(session, official, row)
    assert present(session, firm) == {(wire.id, K.GUESSED)}


def test_confirming_several_names_each_firm_left_out(session, chain, wire, official):
    firms = [make_organization(session, chain_id=chain.id) for _ in range(3)]
    for firm in firms:
        make_profile(session, firm)
    declare_tie(session, official, organization_id=firms[1].id, kind=TieKind.SECONDED_FROM)
    placements.propose_for_chain(session, chain.id)
    guesses = session.exec(select(FirmPlacement).order_by(FirmPlacement.id)).all()
    done = placements.confirm_placements(session, official, chain, guesses)
    assert done.confirmed == [firms[0].legal_name, firms[2].legal_name]
    assert done.refused == {firms[1].legal_name: "conflict_of_interest"}
    assert present(session, firms[0]) == {(wire.id, K.CONFIRMED)}
    profile = session.exec(select(FirmProfile).where(FirmProfile.organization_id == firms[0].id)).one()
    assert profile.chain_link_id == wire.id
    again = placements.confirm_placements(session, official, chain, guesses[:1])
    assert again.refused == {firms[0].legal_name: "ended"}


def test_a_firm_may_sit_on_two_links_of_its_chain_but_not_twice_on_one(session, chain, wire, cable, official):
    firm = make_organization(session, chain_id=chain.id)
    make_profile(session, firm, chain_link_id=wire.id)
    placements.place_by_hand(session, official, chain, cable, firm)
    assert present(session, firm) == {(wire.id, K.CONFIRMED), (cable.id, K.CONFIRMED)}
    with pytest.raises(NotComplete) as refused:
        placements.place_by_hand(session, official, chain, cable, firm)
    assert refused.value.problems == {"organization": "taken"}
    stranger = make_organization(session, chain_id=make_chain(session).id)
    make_profile(session, stranger)
    with pytest.raises(NotComplete) as refused:
        placements.place_by_hand(session, official, chain, cable, stranger)
    assert refused.value.problems == {"organization": "not_of_chain"}


def test_taking_a_firm_off_needs_a_reason_and_is_kept_in_the_past(session, chain, wire, official):
    firm = make_organization(session, chain_id=chain.id)
    make_profile(session, firm, chain_link_id=wire.id)
    row = session.exec(select(FirmPlacement)).one()
    with pytest.raises(NotComplete):
        placements.take_off(session, official, chain, row, why="")
    placements.take_off(session, official, chain, row, why="已停产")
    assert (row.kind, row.ended_by_id) == (K.CONFIRMED, official.user_id)
    assert present(session, firm) == set()


def test_only_a_confirmed_firm_leads_and_the_time_before_stays_as_it_was(session, chain, wire, official):
    firm, filer = make_organization(session, chain_id=chain.id), make_organization(session, chain_id=chain.id)
    make_profile(session, firm, chain_link_id=wire.id)
    filed = make_placement(session, filer, wire.id, kind=K.FILED)
    with pytest.raises(NotAllowed):
        placements.set_standing(session, official, chain, filed, FirmStanding.LEADER, on=today(), why="公布")
    row = session.exec(select(FirmPlacement).where(FirmPlacement.organization_id == firm.id)).one()
    leader = placements.set_standing(session, official, chain, row, FirmStanding.LEADER, on=today(), why="公布")
    assert (row.standing, row.ended_at is None) == (FirmStanding.ORDINARY, False)
    assert (leader.standing, leader.ended_at) == (FirmStanding.LEADER, None)


def test_leading_needs_a_day_and_a_reason_and_every_change_keeps_a_version(session, chain, wire, official):
    firm = make_organization(session, chain_id=chain.id)
    make_profile(session, firm, chain_link_id=wire.id)
    row = session.exec(select(FirmPlacement)).one()
    since = today() - timedelta(days=30)
    for on, why, field in ((since, " ", "why"), (today() + timedelta(days=1), "公布", "on")):
        with pytest.raises(NotComplete) as refused:
            placements.set_standing(session, official, chain, row, FirmStanding.BACKBONE, on=on, why=why)
        assert set(refused.value.problems) == {field}
    backbone = placements.set_standing(session, official, chain, row, FirmStanding.BACKBONE, on=since, why="公布")
    assert (backbone.standing_on, backbone.standing_why) == (since, "公布")
    with pytest.raises(NotComplete):
        placements.set_standing(
            session, official, chain, backbone, FirmStanding.ORDINARY, on=since - timedelta(days=1), why="迁出"
        )
    placements.set_standing(session, official, chain, backbone, FirmStanding.ORDINARY, on=today(), why="迁出")
    versions = session.exec(select(ChainVersion).order_by(ChainVersion.number)).all()
    assert [(row.change, row.what, row.why, len(row.contents["leaders"])) for row in versions] == [
        (ChainChange.LEADERS, firm.legal_name, "公布", 1),
        (ChainChange.LEADERS, firm.legal_name, "迁出", 0),
    ]
    found = leaders(session, official, chain, year=today().year)
    assert found.present == []
    assert [(line.firm, line.since, line.why, line.ended_on, line.ended_why) for line in found.past] == [
        (firm.legal_name, since, "公布", today(), "迁出")
    ]
    outsider = leaders(session, make_actor(session, OrganizationKind.BANK), chain, year=today().year)
    assert [(line.why, line.ended_why) for line in outsider.past] == [("", "")]


def test_of_two_officials_who_change_a_leader_at_once_one_is_told(session, chain, wire, official):
    make_profile(session, make_organization(session, chain_id=chain.id), chain_link_id=wire.id)
    row = session.exec(select(FirmPlacement)).one()
    session.connection().execute(
        update(FirmPlacement).where(FirmPlacement.id == row.id).values(ended_at=now())
    )  # somebody else, after the row was read
    assert row.ended_at is None
    with pytest.raises(ChangedMeanwhile):
        placements.set_standing(session, official, chain, row, FirmStanding.LEADER, on=today(), why="公布")


def test_firms_count_once_beside_the_target_and_a_target_of_zero_is_none(session, chain, wire, official):
    other = make_link(session, chain)
    firm = make_organization(session, chain_id=chain.id)
    make_profile(session, firm)
    for link in (wire, other):
        make_placement(session, firm, link.id, standing=FirmStanding.BACKBONE)
    year = today().year

    def backbone():
        count = leaders(session, official, chain, year=year).counts[1]
        return count.n, count.at_least, count.at_most, count.is_usual

    assert backbone() == (1, 3, 5, True)
    for least, most, expected in ((2, 4, (1, 2, 4, False)), (0, None, (1, None, None, False))):
        set_target(
            session, official, chain_id=chain.id, year=year, kind=TargetKind.BACKBONE_FIRMS, at_least=least,
            at_most=most,
        )  # fmt: skip
        assert backbone() == expected


def test_an_official_of_another_chain_confirms_nothing_here(session, chain, wire):
    stranger = make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    with pytest.raises(NotAllowed):
        placements.confirm_placements(session, stranger, chain, [])


@pytest.fixture
def case(session, chain):
    """A firm of the chain with a proposed pairing."""
    firm = make_organization(session, chain_id=chain.id, legal_name="金杯电缆")
    bank = make_organization(session, OrganizationKind.BANK)
    return firm, make_pairing(session, make_financing_need(session, firm), make_loan_product(session, bank), chain)


def test_somebody_seconded_from_a_firm_decides_nothing_about_it(session, chain, official, office, joint, case):
    firm, pairing = case
    colleague = make_user(session, office, full_name="王同事")
    declare_tie(session, official, organization_id=firm.id, kind=TieKind.SECONDED_FROM)
    make_profile(session, firm)
    row = submission(session, firm, None)
    session.add(row)
    session.flush()
    deeds = [
        lambda: verdicts.refuse(session, official, pairing, reason=VerdictReason.NOT_SUITABLE, note="x"),
        lambda: verdicts.put_on_hold(session, official, pairing, reason=VerdictReason.NOT_SUITABLE),
        lambda: pairings.revoke(session, official, pairing, note="x"),
        lambda: profiles.verify(session, official, row),
        lambda: organizations.suspend(session, official, firm, note="x"),
    ]
    for deed in deeds:
        with pytest.raises(Recused) as refused:
            deed()
        assert refused.value.organization == "金杯电缆"
        assert refused.value.deciders[0] == "王同事（电力链办）"
        assert refused.value.deciders[1].startswith(joint.name)
    lines = bulk_verdicts.preview(session, official, [pairing.public_id])
    assert [line.why for line in lines] == [Obstacle.CONFLICT_OF_INTEREST]
    free = actor_of(colleague, office)
    verdicts.refuse(session, free, pairing, reason=VerdictReason.NOT_SUITABLE, note="x")
    assert pairing.status is PairingStatus.REFUSED


def test_a_chain_without_an_office_leaves_its_work_to_the_joint_office(session, chain, joint, case):
    _firm, pairing = case
    verdicts.refuse(session, joint, pairing, reason=VerdictReason.NOT_SUITABLE, note="x")
    assert pairing.status is PairingStatus.REFUSED


def test_a_tie_is_declared_once_and_only_the_joint_office_ends_it(session, official, joint):
    firm = make_organization(session)
    tie = declare_tie(session, official, organization_id=firm.id, kind=TieKind.SECONDED_FROM)
    with pytest.raises(AlreadyExists):
        declare_tie(session, official, organization_id=firm.id, kind=TieKind.SECONDED_FROM)
    with pytest.raises(NotAllowed):
        end_tie(session, official, tie, note="已还清")
    with pytest.raises(NotComplete):
        end_tie(session, joint, tie, note="")
    end_tie(session, joint, tie, note="借调期满")
    assert tie.ended_by_id == joint.user_id


def test_the_joint_office_records_the_tie_of_an_official_and_nobody_else_does(session, official, joint):
    firm = make_organization(session)
    tie = declare_tie(
        session, joint, user_id=official.user_id, organization_id=firm.id, kind=TieKind.RELATIVE, note="配偶任职"
    )
    assert (tie.user_id, tie.declared_by_id) == (official.user_id, joint.user_id)
    with pytest.raises(NotAllowed):
        declare_tie(session, official, user_id=joint.user_id, organization_id=firm.id, kind=TieKind.RELATIVE)
    with pytest.raises(NotComplete) as refused:
        declare_tie(session, official, organization_id=official.organization_id, kind=TieKind.OTHER)
    assert refused.value.problems == {"organization_id": "unknown", "note": "required"}
