"""Chains change in versions: links, offices, merging and splitting, and what each refuses."""

from datetime import date

import pytest
from sqlmodel import select

from access.rules import NotAllowed
from models.base import now
from models.chain import ChainFlow, ChainLink, ChainVersion
from models.chain_office import DeclaredTie, OfficeTerm
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.problem import Problem
from models.project import Project
from tests.factories import (
    make_actor,
    make_chain,
    make_financing_need,
    make_link,
    make_loan_product,
    make_organization,
    make_pairing,
    make_profile,
    make_roadshow,
    make_user,
)
from vocabulary.chains import ChainChange, OfficePost, TieKind
from vocabulary.classifications import LinkPosition
from vocabulary.lifecycles import ChainStatus, LinkStatus, PairingStatus, ProblemStatus, RoadshowStatus
from vocabulary.problems import ClosingGround, ProblemKind
from vocabulary.projects import ProjectKind
from vocabulary.roles import OrganizationKind
from workflows.chain_links import LinkFacts, add_link, change_link, restore_link, retire_link
from workflows.chain_offices import TermFacts, appoint, end_term, set_backing
from workflows.chain_versions import contents_of, keep_version
from workflows.chains import ChainFacts, change_chain, found_chain, merge_chains, split_chain
from workflows.errors import AlreadyExists, ChangedMeanwhile, NotComplete

UP, MID, DOWN = LinkPosition


@pytest.fixture
def joint(session):
    return make_actor(session, OrganizationKind.JOINT_OFFICE)


@pytest.fixture
def chain(session, joint):
    return found_chain(session, joint, "power", ChainFacts("电力装备", "Power"), why="联席会议决定")


def facts(name="电缆", position=MID, **values):
    return LinkFacts(name, f"en {name}", position, **values)


def versions(session, chain):
    rows = session.exec(select(ChainVersion).where(ChainVersion.chain_id == chain.id).order_by(ChainVersion.number))
    return [(row.number, row.change, row.what) for row in rows]


def problems(call, *args, **kwargs):
    with pytest.raises(NotComplete) as refused:
        call(*args, **kwargs)
    return refused.value.problems


def test_every_change_keeps_the_whole_chain_with_who_and_why(session, joint, chain):
    wire = add_link(session, joint, chain, facts("铜线", UP, products=("裸铜线",), industries=("3251",)), why="有企业")
    assert versions(session, chain) == [(1, ChainChange.FOUNDED, "电力装备"), (2, ChainChange.LINK_ADDED, "铜线")]
    change_link(session, joint, chain, wire, facts("铜线材", UP), version=2, why="改名")
    rows = session.exec(select(ChainVersion).order_by(ChainVersion.number)).all()
    assert [[link["name_zh"] for link in row.contents["links"]] for row in rows] == [[], ["铜线"], ["铜线材"]]
    assert (rows[2].by_name, rows[2].why) == (joint.name, "改名")
    assert rows[1].contents["links"][0]["industries"] == ["3251"]


def test_a_change_without_a_reason_is_refused(session, joint, chain):
    assert problems(add_link, session, joint, chain, facts(), why=" ") == {"why": "required"}


def test_a_link_on_no_position_and_without_names_is_refused_by_field(session, joint, chain):
    empty = LinkFacts(" ", "", None, industries=("99x",))
    assert problems(add_link, session, joint, chain, empty, why="x") == {
        "name_zh": "required", "name_en": "required", "position": "required", "industries": "unknown",
    }  # fmt: skip


def test_two_links_of_one_name_are_refused(session, joint, chain):
    add_link(session, joint, chain, facts(), why="x")
    assert problems(add_link, session, joint, chain, facts(), why="x") == {"name_zh": "taken", "name_en": "taken"}


def test_a_link_below_itself_or_below_its_own_child_is_a_cycle(session, joint, chain):
    top = add_link(session, joint, chain, facts("铜材"), why="x")
    child = add_link(session, joint, chain, facts("铜线", parent_id=top.id), why="x")
    for parent in (top, child):
        wrong = facts("铜材", parent_id=parent.id)
        found = problems(change_link, session, joint, chain, top, wrong, version=chain.version, why="x")
        assert found == {"parent_id": "cycle"}


def test_a_child_stands_where_its_parent_stands(session, joint, chain):
    top = add_link(session, joint, chain, facts("铜材", UP), why="x")
    assert problems(add_link, session, joint, chain, facts("铜线", DOWN, parent_id=top.id), why="x") == {
        "parent_id": "other_position"
    }
    add_link(session, joint, chain, facts("铜线", UP, parent_id=top.id), why="x")
    moved = facts("铜材", MID)
    assert problems(change_link, session, joint, chain, top, moved, version=chain.version, why="x") == {
        "position": "children_elsewhere"
    }


def test_flows_that_come_back_or_run_upstream_are_refused(session, joint, chain):
    one = add_link(session, joint, chain, facts("甲"), why="x")
    two = add_link(session, joint, chain, facts("乙", feeds=(one.id,)), why="x")
    back = facts("甲", feeds=(two.id,))
    assert problems(change_link, session, joint, chain, one, back, version=chain.version, why="x") == {"feeds": "cycle"}
    up = facts("丙", DOWN, feeds=(one.id,))
    assert problems(add_link, session, joint, chain, up, why="x") == {"feeds": "backwards"}


def test_a_flow_into_another_chain_is_refused(session, joint, chain):
    stranger = make_link(session, make_chain(session))
    assert problems(add_link, session, joint, chain, facts(feeds=(stranger.id,)), why="x") == {"feeds": "unknown"}


def test_two_editors_of_one_link_the_second_sees_what_the_first_wrote(session, joint, chain):
    link = add_link(session, joint, chain, facts("铜线"), why="x")
    seen = chain.version
    change_link(session, joint, chain, link, facts("裸铜线"), version=seen, why="先到")
    with pytest.raises(ChangedMeanwhile) as overtaken:
        change_link(session, joint, chain, link, facts("镀锡铜线"), version=seen, why="后到")
    assert overtaken.value.current["name_zh"] == "裸铜线"
    assert overtaken.value.version == chain.version
    assert link.name_zh == "裸铜线"


def test_two_editors_of_two_links_do_not_disturb_each_other(session, joint, chain):
    one = add_link(session, joint, chain, facts("甲"), why="x")
    two = add_link(session, joint, chain, facts("乙"), why="x")
    seen = chain.version
    change_link(session, joint, chain, one, facts("甲一"), version=seen, why="x")
    change_link(session, joint, chain, two, facts("乙一"), version=seen, why="x")
    assert [link["name_zh"] for link in contents_of(session, chain)["links"]] == ["甲一", "乙一"]


def test_a_chain_office_keeps_its_own_map_and_no_other(session, chain):
    own = make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    add_link(session, own, chain, facts(), why="x")
    other = make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    with pytest.raises(NotAllowed):
        add_link(session, other, chain, facts("乙"), why="x")
    with pytest.raises(NotAllowed):
        found_chain(session, own, "mine", ChainFacts("甲", "A"), why="x")


def test_retiring_a_link_ends_its_flows_and_placements_and_old_versions_keep_it(session, joint, chain):
    wire = add_link(session, joint, chain, facts("铜线", UP), why="x")
    cable = add_link(session, joint, chain, facts("电缆"), why="x")
    change_link(session, joint, chain, wire, facts("铜线", UP, feeds=(cable.id,)), version=chain.version, why="x")
    firm = make_organization(session, chain_id=chain.id)
    profile = make_profile(session, firm, chain_link_id=wire.id)
    before = chain.version
    retire_link(session, joint, chain, wire, why="没有企业了")
    session.refresh(profile)
    assert (wire.status, profile.chain_link_id) == (LinkStatus.RETIRED, None)
    assert session.exec(select(ChainFlow)).all() == []
    placement = session.exec(select(FirmPlacement).where(FirmPlacement.chain_link_id == wire.id)).one()
    assert placement.ended_at is not None
    kept = session.exec(
        select(ChainVersion).where(ChainVersion.chain_id == chain.id, ChainVersion.number == before)
    ).one()
    assert [link["name_zh"] for link in kept.contents["links"]] == ["铜线", "电缆"]
    assert kept.contents["flows"] == [[wire.id, cable.id]]
    restore_link(session, joint, chain, wire, why="又有了")
    assert wire.status is LinkStatus.ACTIVE


def test_a_link_with_links_below_it_cannot_be_retired(session, joint, chain):
    top = add_link(session, joint, chain, facts("铜材"), why="x")
    add_link(session, joint, chain, facts("铜线", parent_id=top.id), why="x")
    assert problems(retire_link, session, joint, chain, top, why="x") == {"why": "has_children"}


def test_a_chain_code_is_checked_and_taken_once(session, joint, chain):
    assert problems(found_chain, session, joint, "Not A Code", ChainFacts("甲", "A"), why="x") == {"code": "not_a_code"}
    with pytest.raises(AlreadyExists) as taken:
        found_chain(session, joint, "power", ChainFacts("另一条", "Other"), why="x")
    assert taken.value.field == "code"
    assert problems(found_chain, session, joint, "b", ChainFacts("电力装备", "", "999999"), why="") == {
        "name_zh": "taken", "name_en": "required", "host_region_code": "unknown", "why": "required",
    }  # fmt: skip


def test_two_editors_of_the_names_of_a_chain(session, joint, chain):
    change_chain(session, joint, chain, ChainFacts("新型电力", "Power"), version=1, why="x")
    with pytest.raises(ChangedMeanwhile) as overtaken:
        change_chain(session, joint, chain, ChainFacts("电力", "Power"), version=1, why="x")
    assert overtaken.value.current["name_zh"] == "新型电力"


class _World:
    """Two chains; the first has an office, a firm on each of two links, a live and an ended pairing."""

    def __init__(self, session, joint, chain):
        self.other = found_chain(session, joint, "metal", ChainFacts("有色金属", "Metals"), why="x")
        self.wire = add_link(session, joint, chain, facts("铜线", UP), why="x")
        self.cable = add_link(session, joint, chain, facts("电缆"), why="x")
        change_link(
            session, joint, chain, self.wire, facts("铜线", UP, feeds=(self.cable.id,)), version=chain.version, why="x"
        )
        self.office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
        self.firms = [make_organization(session, chain_id=chain.id) for _ in range(2)]
        for firm, link in zip(self.firms, (self.wire, self.cable), strict=True):
            make_profile(session, firm, chain_link_id=link.id)
        bank = make_organization(session, OrganizationKind.BANK)
        official = make_user(session, self.office)
        self.needs = [make_financing_need(session, firm) for firm in self.firms]
        product = make_loan_product(session, bank)
        self.live = [make_pairing(session, need, product, chain) for need in self.needs]
        self.ended = make_pairing(
            session, self.needs[0], make_loan_product(session, bank), chain, status=PairingStatus.WITHDRAWN
        )
        self.official = official


def test_a_merged_chain_gives_everything_away_and_reads_as_it_was(session, joint, chain):
    world = _World(session, joint, chain)
    appoint(session, joint, chain, TermFacts(OfficePost.DIRECTOR, "周主任", starts_on=date(2025, 1, 1)), why="任命")
    before = contents_of(session, chain)
    moved = merge_chains(session, joint, chain, into=world.other, why="统筹推进")
    assert (moved.links, moved.firms, moved.live_pairings) == (2, 2, 2)
    assert (chain.status, chain.merged_into_id) == (ChainStatus.MERGED, world.other.id)
    profiles = session.exec(select(FirmProfile)).all()
    assert {profile.chain_id for profile in profiles} == {world.other.id}
    assert session.get(Organization, world.office.id).chain_id == world.other.id
    for row in (*world.live, world.ended):
        session.refresh(row)
    assert {row.chain_id for row in world.live} == {world.other.id}
    assert world.ended.chain_id == chain.id
    last = session.exec(
        select(ChainVersion).where(ChainVersion.chain_id == chain.id, ChainVersion.number == chain.version)
    ).one()
    assert (last.contents["links"], last.contents["flows"]) == (before["links"], before["flows"])
    assert (last.contents["status"], last.contents["merged_into"]) == ("merged", "metal")
    assert [link["name_zh"] for link in contents_of(session, world.other)["links"]] == ["铜线", "电缆"]
    assert session.exec(select(OfficeTerm)).one().ends_on is not None


def test_merging_into_itself_or_over_links_of_the_same_name_is_refused(session, joint, chain):
    other = found_chain(session, joint, "metal", ChainFacts("有色金属", "Metals"), why="x")
    for one in (chain, other):
        add_link(session, joint, one, facts("铜线"), why="x")
    assert problems(merge_chains, session, joint, chain, into=chain, why="x") == {"into": "unknown"}
    assert problems(merge_chains, session, joint, chain, into=other, why="x") == {"into": "link_names"}


def test_a_split_takes_the_links_with_their_firms_and_cuts_flows_across(session, joint, chain):
    world = _World(session, joint, chain)
    before = chain.version
    new, moved = split_chain(
        session, joint, chain, [world.wire.id], "wire", ChainFacts("铜线链", "Wire"), why="单独推进"
    )
    assert (moved.links, moved.firms, moved.live_pairings, moved.cut_flows) == (1, 1, 1, 1)
    assert [link["name_zh"] for link in contents_of(session, new)["links"]] == ["铜线"]
    assert [link["name_zh"] for link in contents_of(session, chain)["links"]] == ["电缆"]
    assert session.exec(select(ChainFlow)).all() == []
    by_firm = {row.organization_id: row.chain_id for row in session.exec(select(FirmProfile)).all()}
    assert by_firm == {world.firms[0].id: new.id, world.firms[1].id: chain.id}
    for row in (*world.live, world.ended, *world.needs):
        session.refresh(row)
    assert [row.chain_id for row in world.live] == [new.id, chain.id]
    assert [row.chain_id for row in world.needs] == [new.id, chain.id]
    assert world.ended.chain_id == chain.id
    old = session.exec(
        select(ChainVersion).where(ChainVersion.chain_id == chain.id, ChainVersion.number == before)
    ).one()
    assert len(old.contents["links"]) == 2


def test_a_split_of_no_link_of_all_or_of_half_a_tree_is_refused(session, joint, chain):
    top = add_link(session, joint, chain, facts("铜材"), why="x")
    child = add_link(session, joint, chain, facts("铜线", parent_id=top.id), why="x")
    add_link(session, joint, chain, facts("电缆"), why="x")
    everything = [link.id for link in session.exec(select(ChainLink).where(ChainLink.chain_id == chain.id)).all()]
    for ids, word in (([], "required"), (everything, "all"), ([child.id], "half_tree"), ([top.id], "half_tree")):
        found = problems(split_chain, session, joint, chain, ids, "new", ChainFacts("新链", "New"), why="x")
        assert found == {"links": word}


def test_the_lead_bank_is_a_bank(session, joint, chain):
    firm, bank = make_organization(session), make_organization(session, OrganizationKind.BANK, legal_name="湘江银行")
    found = problems(
        set_backing, session, joint, chain, bureau="工信局", lead_bank_id=firm.id, version=chain.version, why="x"
    )
    assert found == {"lead_bank_id": "not_a_bank"}
    set_backing(session, joint, chain, bureau="工信局", lead_bank_id=bank.id, version=chain.version, why="一主链一银行")
    office = contents_of(session, chain)["office"]
    assert (office["bureau"], office["lead_bank"]) == ("工信局", "湘江银行")


def test_a_new_director_takes_over_the_day_after_the_old_one(session, joint, chain):
    first = appoint(session, joint, chain, TermFacts(OfficePost.DIRECTOR, "甲", starts_on=date(2025, 1, 1)), why="任命")
    appoint(session, joint, chain, TermFacts(OfficePost.DIRECTOR, "乙", starts_on=date(2026, 3, 1)), why="接任")
    assert first.ends_on == date(2026, 2, 28)
    early = TermFacts(OfficePost.DIRECTOR, "丙", starts_on=date(2026, 1, 1))
    assert problems(appoint, session, joint, chain, early, why="x") == {"starts_on": "overlaps"}
    staff = [TermFacts(OfficePost.STAFF, name, starts_on=date(2026, 1, 1)) for name in ("丁", "戊")]
    assert len({appoint(session, joint, chain, one, why="x").id for one in staff}) == 2


def test_a_term_ends_after_it_began(session, joint, chain):
    wrong = TermFacts(OfficePost.STAFF, " ", starts_on=date(2026, 2, 1), ends_on=date(2026, 1, 1))
    assert problems(appoint, session, joint, chain, wrong, why="x") == {"name": "required", "ends_on": "before_start"}
    term = appoint(session, joint, chain, TermFacts(OfficePost.STAFF, "甲", starts_on=date(2026, 2, 1)), why="x")
    assert problems(end_term, session, joint, chain, term, ends_on=date(2026, 1, 1), why="") == {
        "why": "required", "ends_on": "before_start",
    }  # fmt: skip


def test_appointing_a_seconded_person_records_the_tie(session, joint, chain):
    firm = make_organization(session)
    clerk = make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id))
    seconded = TermFacts(
        OfficePost.STAFF, clerk.full_name, user_id=clerk.id, seconded_from_id=firm.id, starts_on=date(2026, 1, 1)
    )
    appoint(session, joint, chain, seconded, why="借调")
    tie = session.exec(select(DeclaredTie)).one()
    assert (tie.user_id, tie.organization_id, tie.kind) == (clerk.id, firm.id, TieKind.SECONDED_FROM)


def test_a_version_kept_meanwhile_is_not_overwritten(session, joint, chain):
    chain.version = 0
    with session.no_autoflush:
        session.expire(chain, ["version"])
    keep_version(session, joint, chain, ChainChange.DETAILS, why="x")
    assert [number for number, *_ in versions(session, chain)] == [1, 2]


def _project_and_problems(session, chain, link, firm, person):
    project = Project(chain_id=chain.id, chain_link_id=link.id, name="扩建", kind=next(iter(ProjectKind)))
    session.add(project)
    session.flush()
    facts = {"chain_id": chain.id, "kind": next(iter(ProblemKind)), "raised_by_id": person.user_id}
    raised = Problem(title="用地", project_id=project.id, **facts)
    closed = Problem(
        title="用电", organization_id=firm.id, status=ProblemStatus.CLOSED, closing_ground=next(iter(ClosingGround)),
        closing_note="已办结", closed_at=now(), **facts,
    )  # fmt: skip
    session.add_all((raised, closed))
    session.flush()
    return project, raised, closed


def test_projects_and_open_problems_go_with_a_merged_chain_and_closed_ones_stay(session, joint, chain):
    world = _World(session, joint, chain)
    rows = _project_and_problems(session, chain, world.wire, world.firms[0], joint)
    show, past = make_roadshow(session, chain), make_roadshow(session, chain, status=RoadshowStatus.HELD)
    merge_chains(session, joint, chain, into=world.other, why="统筹推进")
    for row in (*rows, show, past):
        session.refresh(row)
    assert [row.chain_id for row in (*rows, show, past)] == [
        world.other.id, world.other.id, chain.id, world.other.id, chain.id,
    ]  # fmt: skip


def test_projects_go_with_the_link_they_fill_when_a_chain_is_split(session, joint, chain):
    world = _World(session, joint, chain)
    moved = _project_and_problems(session, chain, world.wire, world.firms[0], joint)
    stays = _project_and_problems(session, chain, world.cable, world.firms[1], joint)
    new, _counts = split_chain(session, joint, chain, [world.wire.id], "wire", ChainFacts("铜线链", "Wire"), why="x")
    for row in (*moved, *stays):
        session.refresh(row)
    assert [row.chain_id for row in (*moved, *stays)] == [new.id, new.id, chain.id, chain.id, chain.id, chain.id]
