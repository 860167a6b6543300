"""Chains, offices, firms with verified profiles, banks and buyers of the demo world."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any

from cli.demo_base import DemoBase
from cli.demo_catalogue import DISTRICTS, TOWN_ADDRESSES, Trade, brands, read_table, trades
from models.chain import Chain, ChainLink
from models.firm_placement import FirmPlacement
from models.firm_profile import Certificate, FirmProfile
from models.organization import Organization
from vocabulary import regions
from vocabulary.classifications import (
    ChainPlacement,
    GuaranteeMethod,
    LinkPosition,
    Ownership,
    Provenance,
    TaxGrade,
    Tier,
)
from vocabulary.money import FEN_PER_WAN
from vocabulary.profile_fields import FIELDS
from vocabulary.roles import OrganizationKind, Role

_THEMES = {"biomedicine": "health", "electronics": "digital", "mobile_internet": "digital"}
_REVENUE_PER_HEAD_WAN = {
    "01": (18, 40), "13": (70, 150), "14": (40, 80), "17": (35, 70), "18": (12, 24), "19": (16, 30), "32": (180, 360),
    "38": (70, 140), "65": (28, 55),
}  # fmt: skip
"""Yearly sales per employee by division; metals move much money with few hands, sewing the other way round."""
_REVENUE_OF_TIER_WAN = {Tier.INNOVATIVE: 1_000, Tier.SRDI: 2_000, Tier.LITTLE_GIANT: 6_000, Tier.CHAMPION: 40_000}
_NO_DOMAIN = "demo.invalid"
"""A domain reserved for examples, so that no demo message can reach anybody."""
UNIT_WORDS = {
    "tonne": "吨", "kilometre": "公里", "metre": "米", "square_metre": "平方米", "piece": "件", "set": "套",
    "ten_thousand_pieces": "万件", "machine": "台", "batch": "批",
}  # fmt: skip


@dataclass(frozen=True)
class DemoFirm:
    """A firm with its profile and the trade it was drawn from."""

    organization: Organization
    profile: FirmProfile
    trade: Trade
    yearly_capacity: int


def add_chains(base: DemoBase) -> None:
    """The chains and their links."""
    rows = read_table("chain_links")
    for row in rows:
        if row["chain"] not in base.chains:
            chain = Chain(
                code=row["chain"],
                name_zh=row["chain_zh"],
                name_en=row["chain_en"],
                host_region_code=row["host"] or None,
                sort_order=len(base.chains),
                is_demo=True,
            )
            base.session.add(chain)
            base.chains[chain.code] = chain
    base.session.flush()
    for order, row in enumerate(rows):
        link = ChainLink(
            chain_id=base.chains[row["chain"]].id or 0,
            code=row["link"],
            name_zh=row["link_zh"],
            name_en=row["link_en"],
            position=LinkPosition(row["position"]),
            industry_prefixes=row["prefixes"].replace(" ", ","),
            sort_order=order,
        )
        base.session.add(link)
        base.links[row["chain"], row["link"]] = link
    base.session.flush()


def add_offices(base: DemoBase) -> None:
    """A chain office with an official for each chain, and the offices of the city."""
    session = base.session
    kinds = OrganizationKind
    for code, chain in base.chains.items():
        base.offices[code] = base.add_organization(
            kinds.CHAIN_OFFICE, f"{chain.name_zh}产业链办公室", region=chain.host_region_code or "430400", chain=chain
        )
    joint = base.add_organization(kinds.JOINT_OFFICE, "衡阳市产业链建设联席会议办公室", region="430400")
    audit = base.add_organization(kinds.AUDIT_OFFICE, "衡阳市产业链建设监督组", region="430400")
    technology = base.add_organization(kinds.IT_OFFICE, "衡阳市产业服务信息中心", region="430400")
    session.flush()
    for code, office in base.offices.items():
        email = "official" if code == "new_energy_power" else f"official.{code.replace('_', '-')}"
        official = base.add_user(office, Role.OFFICIAL, email=email, title="专职副主任")
        base.officials[office.chain_id or 0] = official
    base.add_user(joint, Role.COORDINATOR, email="coordinator", title="综合科科长")
    base.add_user(audit, Role.AUDITOR, email="auditor", title="监督员")
    base.add_user(technology, Role.ADMIN, email="admin", title="系统管理员")


def add_firms(base: DemoBase) -> list[DemoFirm]:
    """Two firms of every trade, verified, each with its signatory."""
    names = brands()
    return [
        _add_firm(base, trade, _brand(names, trade.chain), n)
        for n, trade in enumerate(sorted(trades() * 2, key=lambda trade: trade.title))
    ]


def _brand(names: dict[str, list[str]], chain: str) -> str:
    """The next name that suits the chain: no distillery is called after a chip."""
    theme = names[_THEMES.get(chain, "")] or names[""]
    return theme.pop(0)


def _add_firm(base: DemoBase, trade: Trade, brand: str, n: int) -> DemoFirm:
    random = base.random
    region = random.choice(DISTRICTS)
    place = random.choice(("衡阳", "湖南", "衡阳市", regions.short_name(region)))
    place = place if len(place) <= 3 else "衡阳"
    organization = base.add_organization(
        OrganizationKind.ENTERPRISE,
        f"{place}{brand}{trade.trade}有限公司",
        region=region,
        chain=base.chains[trade.chain],
        short=f"{brand}{trade.trade}",
    )
    base.session.flush()
    base.add_user(organization, Role.SIGNATORY, email=f"firm{n + 1:03d}", title="总经理")
    scale = random.choice((0.12, 0.2, 0.3, 0.5, 0.8, 1.0, 1.4))
    capacity = max(1, rounded(trade.capacity * scale))
    return add_profile(base, organization, trade, capacity, figures(base, trade, capacity, region))


def add_profile(
    base: DemoBase, organization: Organization, trade: Trade, capacity: int, values: dict[str, Any]
) -> DemoFirm:
    """A verified profile with provenance per value, and the certificates of the trade."""
    official = base.officials[base.chains[trade.chain].id or 0]
    verified = organization.verified_at or base.days_ago(60)
    profile = FirmProfile(
        organization_id=organization.id or 0,
        **values,
        verified_at=verified,
        verified_by_id=official.id,
        confirmed_current_at=verified,
        provenance={
            field.name: {
                "source": Provenance.VERIFIED.value,
                "on": verified.date().isoformat(),
                "by": official.full_name,
            }
            for field in FIELDS
            if values.get(field.name) is not None
        },
    )
    base.session.add(profile)
    assert organization.id is not None
    _place(base, profile, verified)
    held = [code for code in trade.certificates if base.random.random() < 0.85]
    for code in held:
        base.session.add(
            Certificate(
                organization_id=organization.id,
                code=code,
                number=f"DEMO-{code.upper()}-{organization.id:04d}",
                expires_on=base.today + timedelta(days=base.random.randrange(-40, 1000)),
            )
        )
    return DemoFirm(organization, profile, trade, capacity)


def _place(base: DemoBase, profile: FirmProfile, since: datetime) -> None:
    """Most firms are confirmed on their link, some wait for it, and of a few nobody has said where they sit."""
    kind = base.random.choices((ChainPlacement.CONFIRMED, ChainPlacement.FILED, None), weights=(7, 2, 1))[0]
    if kind is None:
        profile.chain_link_id = None
        return
    assert profile.chain_link_id is not None
    base.session.add(
        FirmPlacement(
            organization_id=profile.organization_id, chain_link_id=profile.chain_link_id, kind=kind, created_at=since
        )
    )


def figures(base: DemoBase, trade: Trade, capacity: int, region: str) -> dict[str, Any]:
    """Profile values that fit together: sales follow from capacity, people and tax from sales."""
    random = base.random
    revenue_wan = max(120, round(capacity * trade.price_yuan / 10_000 * random.uniform(0.55, 0.9)))
    youngest = base.today.year - (2 if revenue_wan < 2_000 else 5 if revenue_wan < 10_000 else 8)
    founded = date(random.randrange(2004, youngest), random.randrange(1, 13), random.randrange(1, 28))
    per_head = random.uniform(*_REVENUE_PER_HEAD_WAN.get(trade.industry[:2], (40, 80)))
    employees = max(6, round(revenue_wan / per_head))
    tax_grade = random.choices(tuple(TaxGrade), weights=(22, 50, 20, 6, 2))[0]
    tier = random.choices(tuple(Tier), weights=(55, 22, 17, 5, 1))[0]
    if revenue_wan < _REVENUE_OF_TIER_WAN.get(tier, 0) or tax_grade in (TaxGrade.C, TaxGrade.D):
        tier = Tier.NONE
    capital_wan = max(50, rounded(revenue_wan * random.uniform(0.1, 0.4)))
    methods = sorted(random.sample([method.value for method in GuaranteeMethod], k=random.choice((1, 1, 2, 3))))
    has_collateral = "mortgage" in methods
    assets_wan = round(revenue_wan * random.uniform(0.7, 1.3))
    loans_wan = random.choice((0, 0, round(assets_wan * random.uniform(0.1, 0.3))))
    contact = base.person_name()
    link = base.links[trade.chain, trade.link]
    return {
        "region_code": region,
        "address": _address(random, region),
        "founded_on": founded,
        "ownership": random.choices((Ownership.PRIVATE, Ownership.MIXED, Ownership.STATE), weights=(86, 9, 5))[0],
        "industry_code": trade.industry,
        "chain_id": link.chain_id,
        "chain_link_id": link.id,
        "tier": tier,
        "is_high_tech": tier is not Tier.NONE or random.random() < 0.15,
        "introduction": _introduction(base, trade, capacity, founded.year, employees),
        "main_products": trade.products,
        "business_scope": f"{trade.products}的生产、加工与销售；相关技术服务；货物进出口。",
        "main_equipment": trade.equipment,
        "main_customers": "市内外配套企业和经销商",
        "patents": random.randrange(2, 40) if tier is not Tier.NONE else random.randrange(0, 4),
        "registered_capital_fen": capital_wan * FEN_PER_WAN,
        "paid_in_capital_fen": round(capital_wan * random.choice((0.5, 0.8, 1.0))) * FEN_PER_WAN,
        "figures_year": base.today.year - 1,
        "revenue_fen": revenue_wan * FEN_PER_WAN,
        "employees": employees,
        "tax_paid_fen": round(revenue_wan * random.uniform(0.012, 0.05)) * FEN_PER_WAN,
        "profit_fen": round(revenue_wan * random.uniform(0.01, 0.09)) * FEN_PER_WAN,
        "total_assets_fen": assets_wan * FEN_PER_WAN,
        "debt_ratio_percent": random.randrange(22, 78),
        "rd_spend_fen": round(revenue_wan * random.uniform(0.005, 0.05)) * FEN_PER_WAN,
        "tax_grade": tax_grade,
        "guarantee_methods": methods,
        "collateral_value_fen": round(assets_wan * random.uniform(0.1, 0.4)) * FEN_PER_WAN if has_collateral else 0,
        "collateral_note": "自有厂房及土地使用权" if has_collateral else None,
        "existing_loans_fen": loans_wan * FEN_PER_WAN,
        "is_first_time_borrower": loans_wan == 0,
        "legal_rep": base.person_name(),
        "contact_name": contact,
        "contact_title": "财务负责人",
        "contact_phone": base.phone(),
        "contact_email": f"contact{len(base.people)}@{_NO_DOMAIN}",
    }


def _address(random: Random, region: str) -> str:
    town = regions.full_name(region).replace("衡阳市湖南衡阳", "衡阳市")
    return town + random.choice(TOWN_ADDRESSES).format(random.randrange(1, 60))


def _introduction(base: DemoBase, trade: Trade, capacity: int, year: int, employees: int) -> str:
    random = base.random
    first = trade.products.split("、")[0]
    opening = random.choice(
        (
            f"公司成立于{year}年，专业从事{trade.products}的研发、生产和销售。",
            f"公司自{year}年投产以来，一直专注{trade.title}，主要产品有{trade.products}。",
            f"公司{year}年在衡阳建厂，主营{trade.products}，现有员工{employees}人。",
        )
    )
    middle = (
        f"现有{trade.equipment}，{first}年产能{capacity}{UNIT_WORDS[trade.unit]}，主要规格为{trade.specification}。"
    )
    closing = random.choice(
        (
            "产品主要供应省内配套企业，近两年订单稳定，正在扩大产能。",
            "通过持续的设备改造，产品合格率保持在百分之九十八以上，交货准时。",
            f"{'执行' + trade.standards + '等标准，' if trade.standards else ''}可按图纸和样品生产，支持小批量试单。",
            "与多所高校建有联合实验室，拥有独立的检测中心，每批产品随附检验报告。",
        )
    )
    return opening + middle + closing


def rounded(value: float) -> int:
    """Two leading digits, as people state capacities."""
    size = 10 ** max(0, len(str(int(value))) - 2)
    return round(value / size) * size


def plain_values(profile: FirmProfile) -> dict[str, Any]:
    """Profile values as JSON, the way drafts and submissions keep them."""
    return {field.name: plain(getattr(profile, field.name)) for field in FIELDS}


def plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value
