"""The demo world's chains in depth: flows, products, offices with terms, leaders, ties, and a history of versions."""

from collections import defaultdict
from datetime import timedelta

from sqlmodel import col, select

from access.actor import Actor
from cli.demo_base import DemoBase
from cli.demo_catalogue import read_table, trades
from models.chain import Chain, ChainFlow, ChainLink, ChainVersion
from models.chain_office import ChainBacking, DeclaredTie, OfficeTerm
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.posting import Demand
from vocabulary.chains import ChainChange, FirmStanding, OfficePost, TieKind
from vocabulary.classifications import ChainPlacement, LinkPosition
from vocabulary.roles import OrganizationKind, Role
from workflows import chain_links, placements
from workflows.chain_links import LinkFacts
from workflows.chain_versions import keep_version
from workflows.chains import ChainFacts, found_chain, merge_chains

_NO_LEADER = "textile"
"""The chain whose map shows that nobody leads it."""
_THIN = (("new_energy_power", "insulation"), ("new_energy_power", "generation"), ("biomedicine", "herbs"))
"""Links with a single confirmed firm; the others on them have only filed so far."""
_STORY = ("隆源铜业", "金杯电缆", "通用电缆", "凤凰电缆")
_WINDING = "聚酰亚胺漆包扁线"
_FOUNDED, _STAFFED, _LED, _BACKBONE = 420, 400, 380, 300


def add_chain_life(base: DemoBase) -> None:
    """Everything about chains that needs firms, banks and offices to be there."""
    actor = _coordinator(base)
    _add_products_and_flows(base)
    for chain in base.chains.values():
        with base.back(_FOUNDED):
            version = keep_version(base.session, actor, chain, ChainChange.FOUNDED, what=chain.name_zh)
        _kept(base, version, _FOUNDED)
    _merge_an_old_chain(base, actor)
    _add_offices(base, actor)
    _confirm_the_story(base)
    _make_thin(base)
    _name_leaders(base)
    _change_links(base, actor)
    _change_leaders(base, actor)
    for chain in base.chains.values():
        placements.propose_for_chain(base.session, chain.id or 0)


def _coordinator(base: DemoBase) -> Actor:
    office = base.session.exec(select(Organization).where(Organization.kind == OrganizationKind.JOINT_OFFICE)).one()
    user = base.people[office.id or 0]
    return Actor(user.id, user.full_name, office.id, office.kind, office.legal_name, True, Role.COORDINATOR)


def _kept(base: DemoBase, version: ChainVersion, days: float) -> None:
    """Put a version some days back."""
    version.created_at = base.days_ago(days)
    base.session.add(version)
    base.session.flush()


def _newest(base: DemoBase, chain: Chain) -> ChainVersion:
    return base.session.exec(
        select(ChainVersion).where(ChainVersion.chain_id == chain.id, ChainVersion.number == chain.version)
    ).one()


def _add_products_and_flows(base: DemoBase) -> None:
    """A link's products are what its trades make; the source says where the chain's name was published."""
    sources = {row["chain"]: row["source"] for row in read_table("hengyang_chains")}
    for code, chain in base.chains.items():
        chain.source = sources[code]
    products: dict[tuple[str, str], list[str]] = defaultdict(list)
    for trade in trades():
        products[trade.chain, trade.link] += trade.products.split("、")
    for key, link in base.links.items():
        link.products = list(dict.fromkeys(products[key]))[:8]
    base.links["mobile_internet", "content"].products = ["短视频制作", "网络游戏", "数字阅读", "动漫"]
    for row in read_table("chain_flows"):
        one, other = base.links[row["chain"], row["from"]], base.links[row["chain"], row["to"]]
        base.session.add(ChainFlow(from_link_id=one.id or 0, to_link_id=other.id or 0))
    base.session.flush()


def _merge_an_old_chain(base: DemoBase, actor: Actor) -> None:
    """A short chain that went into a larger one, whose map can still be read as it was."""
    facts = ChainFacts("针织服装（演示）", "Knitwear (demo)", None, "演示：用来说明合并前的旧版本")
    with base.back(380):
        old = found_chain(base.session, actor, "knitwear", facts, why="单独推进针织服装")
    old.is_demo = True
    _kept(base, _newest(base, old), 380)
    knit = LinkFacts(
        "针织面料", "Knitted fabric", LinkPosition.UPSTREAM, products=("针织坯布", "罗纹布"), industries=("176",)
    )
    with base.back(379):
        chain_links.add_link(base.session, actor, old, knit, why="针织企业有独立的上游")
    _kept(base, _newest(base, old), 379)
    with base.back(210):
        merge_chains(base.session, actor, old, into=base.chains["textile"], why="链条太短，并入轻工纺织统筹推进")
    for chain in (old, base.chains["textile"]):
        _kept(base, _newest(base, chain), 210)


def _add_offices(base: DemoBase, actor: Actor) -> None:
    """A director and an executive deputy, who may change; the official with an account; a seconded clerk."""
    session, today = base.session, base.today
    banks = {
        bank.short_name: bank.id
        for bank in session.exec(select(Organization).where(Organization.kind == OrganizationKind.BANK))
    }
    began = today - timedelta(days=_STAFFED)
    for row in read_table("chain_offices"):
        chain = base.chains[row["chain"]]
        chain.host_region_code = row["host"]
        official = base.officials[chain.id or 0]
        session.add(ChainBacking(chain_id=chain.id or 0, bureau=row["bureau"], lead_bank_id=banks[row["bank"]]))
        session.add_all(
            (
                OfficeTerm(
                    chain_id=chain.id or 0, post=OfficePost.DIRECTOR, name=row["director"], title="市级联系领导",
                    starts_on=began,
                ),
                OfficeTerm(
                    chain_id=chain.id or 0, post=OfficePost.EXECUTIVE_DEPUTY, name=row["deputy"],
                    title=f"{row['bureau']}主要负责人", starts_on=began,
                ),
                OfficeTerm(
                    chain_id=chain.id or 0, post=OfficePost.FULL_TIME_DEPUTY, name=official.full_name,
                    title=official.title, user_id=official.id, starts_on=began,
                ),
            )
        )  # fmt: skip
    power = base.chains["new_energy_power"]
    before = OfficeTerm(
        chain_id=power.id or 0, post=OfficePost.STAFF, name=base.person_name(), title="首任联络员", starts_on=began,
        ends_on=today - timedelta(days=160),
    )  # fmt: skip
    firm = session.exec(select(Organization).where(Organization.short_name == "金杯电缆")).one()
    clerk = base.add_user(base.offices["new_energy_power"], Role.OFFICIAL, email="official2", title="借调干部")
    session.add_all(
        (
            before,
            OfficeTerm(
                chain_id=power.id or 0, post=OfficePost.STAFF, name=clerk.full_name, title="借调干部",
                user_id=clerk.id, seconded_from_id=firm.id, starts_on=today - timedelta(days=159),
                ends_on=today + timedelta(days=206),
            ),
            DeclaredTie(
                user_id=clerk.id or 0, organization_id=firm.id or 0, kind=TieKind.SECONDED_FROM,
                note="借调一年，人事关系仍在企业", declared_by_id=clerk.id or 0, created_at=base.days_ago(159),
            ),
        )
    )  # fmt: skip
    session.flush()
    why = "联席会议确定人员和后盾单位"
    for chain in base.chains.values():
        days = 159 if chain is power else 200
        with base.back(days):
            version = keep_version(session, actor, chain, ChainChange.OFFICE, what="链办成立", why=why)
        _kept(base, version, days)


def _confirm_the_story(base: DemoBase) -> None:
    """The firms that everybody knows have been confirmed long since."""
    rows = base.session.exec(
        select(FirmProfile, Organization)
        .join(Organization, col(Organization.id) == FirmProfile.organization_id)
        .where(col(Organization.short_name).in_(_STORY))
        .order_by(col(Organization.id))
    ).all()
    for profile, firm in rows:
        link = base.links["new_energy_power", "copper" if firm.short_name == _STORY[0] else "cable"]
        placement = base.session.exec(
            select(FirmPlacement).where(FirmPlacement.organization_id == firm.id)
        ).first() or FirmPlacement(
            organization_id=firm.id or 0, chain_link_id=link.id or 0, kind=ChainPlacement.CONFIRMED,
            created_at=firm.verified_at or base.days_ago(60),
        )  # fmt: skip
        placement.kind, profile.chain_link_id = ChainPlacement.CONFIRMED, link.id
        base.session.add_all((placement, profile))
    base.session.flush()


def _make_thin(base: DemoBase) -> None:
    for key in _THIN:
        rows = base.session.exec(
            select(FirmPlacement)
            .where(FirmPlacement.chain_link_id == base.links[key].id)
            .order_by(col(FirmPlacement.id))
        ).all()
        for n, row in enumerate(rows):
            row.kind = ChainPlacement.FILED if n else ChainPlacement.CONFIRMED
            base.session.add(row)
    base.session.flush()


def _name_leaders(base: DemoBase) -> None:
    """Of each chain the two confirmed firms with most sales on different links lead; the next three are backbone."""
    for chain in base.chains.values():
        if chain.code == _NO_LEADER:
            continue
        rows = base.session.exec(
            select(FirmPlacement)
            .join(FirmProfile, col(FirmProfile.organization_id) == FirmPlacement.organization_id)
            .where(FirmProfile.chain_id == chain.id, FirmPlacement.kind == ChainPlacement.CONFIRMED)
            .order_by(col(FirmProfile.revenue_fen).desc().nulls_last(), col(FirmPlacement.id))
        ).all()
        led: set[int] = set()
        backbone = 0
        for row in rows:
            if len(led) < 2 and row.chain_link_id not in led:
                _lead(base, row, FirmStanding.LEADER)
                led.add(row.chain_link_id)
            elif backbone < 3:
                _lead(base, row, FirmStanding.BACKBONE)
                backbone += 1
    base.session.flush()


def _lead(base: DemoBase, row: FirmPlacement, standing: FirmStanding) -> None:
    is_leader = standing is FirmStanding.LEADER
    row.standing = standing
    row.standing_on = base.today - timedelta(days=_LED if is_leader else _BACKBONE)
    row.standing_why = "市政府公布的龙头企业名单" if is_leader else "联席会议确定的骨干企业"
    base.session.add(row)


def _change_leaders(base: DemoBase, actor: Actor) -> None:
    """One backbone firm lost its standing, another took its place; both changes made a version."""
    chain = base.chains["new_energy_power"]
    firms = base.session.exec(
        select(FirmPlacement)
        .join(ChainLink, col(ChainLink.id) == FirmPlacement.chain_link_id)
        .where(
            ChainLink.chain_id == chain.id,
            FirmPlacement.kind == ChainPlacement.CONFIRMED,
            col(FirmPlacement.ended_at).is_(None),
            FirmPlacement.standing != FirmStanding.LEADER,
        )
        .order_by(col(FirmPlacement.id))
    ).all()
    old = next(row for row in firms if row.standing is FirmStanding.BACKBONE)
    new = next(row for row in firms if row.standing is FirmStanding.ORDINARY)
    placements.set_standing(
        base.session, actor, chain, old, FirmStanding.ORDINARY, on=base.today - timedelta(days=6),
        why="主要产线外迁，不再承担本环节",
    )  # fmt: skip
    placements.set_standing(
        base.session, actor, chain, new, FirmStanding.BACKBONE, on=base.today - timedelta(days=5),
        why="联席会议增补",
    )  # fmt: skip


def _change_links(base: DemoBase, actor: Actor) -> None:
    """A link that buyers asked for and nobody fills yet, and one that was given up."""
    session, power, electronics = base.session, base.chains["new_energy_power"], base.chains["electronics"]
    facts = LinkFacts(
        "漆包线与电磁线", "Winding wire", LinkPosition.MIDSTREAM, products=("聚酰亚胺漆包扁线", "漆包圆线", "换位导线"),
        industries=("3831",), feeds=(base.links["new_energy_power", "transformer"].id or 0,),
    )  # fmt: skip
    with base.back(150):
        winding = chain_links.add_link(session, actor, power, facts, why="变压器企业反映漆包扁线要从外省采购")
    _kept(base, _newest(base, power), 150)
    copper = base.links["new_energy_power", "copper"]
    session.add(ChainFlow(from_link_id=copper.id or 0, to_link_id=winding.id or 0))
    with base.back(149):
        version = keep_version(
            session, actor, power, ChainChange.LINK_CHANGED, what=copper.name_zh, why="补上铜材到漆包线的流向"
        )
    _kept(base, version, 149)
    for need in session.exec(select(Demand).where(col(Demand.title).contains(_WINDING))).all():
        need.chain_id, need.chain_link_id = power.id, winding.id
        session.add(need)
    tubes = LinkFacts(
        "显像管配件", "Picture tube parts", LinkPosition.UPSTREAM, products=("偏转线圈",), industries=("3974",)
    )
    with base.back(190):
        link: ChainLink = chain_links.add_link(session, actor, electronics, tubes, why="按原有企业设置")
    _kept(base, _newest(base, electronics), 190)
    with base.back(120):
        chain_links.retire_link(session, actor, electronics, link, why="本地已无企业生产，产品被液晶显示取代")
    _kept(base, _newest(base, electronics), 120)
