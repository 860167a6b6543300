"""What the demo world posts: loan products, product lines, purchase needs and financing needs."""

from datetime import timedelta
from typing import Any

from cli.demo_base import DemoBase
from cli.demo_catalogue import Trade, read_table, trades
from cli.demo_organizations import UNIT_WORDS, DemoFirm, add_profile, figures
from models.financing_need import FinancingNeed
from models.loan_product import LoanProduct, LoanProductVersion
from models.organization import Organization
from models.posting import Demand, Supply
from models.product_line import ProductLine
from models.purchase_need import PurchaseNeed
from vocabulary.classifications import LoanPurpose, Market, RepaymentMethod, Tier
from vocabulary.lifecycles import PostingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind, Role

_STATUSES = (PostingStatus.DRAFT, PostingStatus.PAUSED, PostingStatus.CLOSED, PostingStatus.EXPIRED)


def add_banks(base: DemoBase) -> None:
    """Banks with an officer each and their loan products."""
    kinds = {row["code"]: row for row in read_table("loan_kinds")}
    for n, row in enumerate(read_table("banks")):
        bank = base.add_organization(OrganizationKind.BANK, row["name"], region=row["region"], short=row["short"])
        base.session.flush()
        email = "bank" if n == 0 else f"bank{n + 1:02d}"
        base.add_user(bank, Role.OFFICER, email=email, name=row["officer"], branch=row["branch"], title="客户经理")
        for code in row["kinds"].split():
            _add_loan(base, bank, row, kinds[code])


def _add_loan(base: DemoBase, bank: Organization, row: dict[str, str], kind: dict[str, str]) -> None:
    supply = Supply(**_posting(base, bank, Market.FINANCE, f"{row['short']}{kind['title']}", kind["text"]))
    base.session.add(supply)
    base.session.flush()
    assert supply.id is not None
    base.session.add(LoanProduct(supply_id=supply.id, branch=row["branch"], visits_per_month=int(row["visits"])))
    points = base.random.choice((-10, 0, 0, 10, 15))
    base.session.add(
        LoanProductVersion(
            supply_id=supply.id,
            version=1,
            valid_from=base.today - timedelta(days=200),
            min_amount_fen=int(kind["min_wan"]) * FEN_PER_WAN,
            max_amount_fen=int(kind["max_wan"]) * FEN_PER_WAN,
            min_term_months=int(kind["min_months"]),
            max_term_months=int(kind["max_months"]),
            rate_from_bps=int(kind["rate_from"]) + points,
            rate_to_bps=int(kind["rate_to"]) + points,
            repayment=RepaymentMethod(kind["repayment"]),
            purposes=kind["purposes"].split(),
            guarantee_methods=kind["guarantees"].split(),
            regions=["4304"],
            target_industries=kind["targets"].split(),
            excluded_industries=kind["excluded"].split(),
            tax_grades=kind["tax_grades"].split(),
            tiers=kind["tiers"].split(),
            min_months_in_operation=int(kind["min_age_months"]),
            min_revenue_band=int(kind["min_revenue_band"]),
            max_debt_ratio_band=int(kind["max_debt_band"]),
            documents=kind["documents"],
        )
    )


def add_story(base: DemoBase) -> DemoFirm:
    """The copper-wire maker with its clerk, and the three cable makers that buy from it beside 恒飞."""
    chain = base.chains["new_energy_power"]
    wire = Trade(
        "new_energy_power", "copper", "3251", "铜业", "裸铜线", "裸铜线、镀锡铜线", "电工圆铜线 TR 2.6mm 8mm",
        "GB/T 3953 GB/T 4910", ("iso9001", "rohs"), "tonne", 70_000, 18_000, "上引连铸机组3套、大拉机4台、镀锡线6条",
    )  # fmt: skip
    organization = base.add_organization(
        OrganizationKind.ENTERPRISE, "常宁市隆源铜业有限公司", region="430482", chain=chain, short="隆源铜业"
    )
    base.session.flush()
    base.add_user(organization, Role.SIGNATORY, email="firm", title="总经理")
    base.add_user(organization, Role.FILER, email="filer", title="财务主管")
    values = figures(base, wire, 18_000, "430482") | {
        "debt_ratio_percent": 52, "tax_grade": "A", "guarantee_methods": ["mortgage", "receivables"], "tier": Tier.SRDI,
        "introduction": "公司位于常宁市，专业生产裸铜线和镀锡铜线，年产能18000吨，产品供应电线电缆企业。"
        "拥有上引连铸、拉丝、连续镀锡全套生产线，执行GB/T 3953和GB/T 4910标准。",
    }  # fmt: skip
    cable = next(trade for trade in trades() if trade.title == "中低压电力电缆")
    for name, short, email, region in (
        ("金杯电缆衡阳有限公司", "金杯电缆", "jinbei", "430476"),
        ("衡阳通用电缆有限公司", "通用电缆", "tongyong", "430476"),
        ("衡阳凤凰电缆有限公司", "凤凰电缆", "fenghuang", "430407"),
    ):
        maker = base.add_organization(OrganizationKind.ENTERPRISE, name, region=region, chain=chain, short=short)
        base.session.flush()
        base.add_user(maker, Role.SIGNATORY, email=email, title="总经理")
        add_line(base, add_profile(base, maker, cable, 3200, figures(base, cable, 3200, region)))
        add_need(base, maker, wire, quantity=base.random.choice((800, 1200, 2500)))
    firm = add_profile(base, organization, wire, 18_000, values)
    add_line(base, firm, spare=3_000)
    add_financing(base, firm, amount_wan=800)
    return firm


def add_buyers(base: DemoBase) -> None:
    """Buyers with a person and two needs each; 恒飞, the first, also buys copper wire."""
    by_title = {trade.title: trade for trade in trades()}
    for n, row in enumerate(read_table("buyers")):
        buyer = base.add_organization(
            OrganizationKind.BUYER,
            row["name"],
            region=row["region"],
            chain=base.chains[row["chain"]],
            short=row["short"],
        )
        base.session.flush()
        base.add_user(
            buyer, Role.BUYER, email="buyer" if n == 0 else f"buyer{n + 1:02d}", name=row["contact"], title="采购经理"
        )
        wanted = [by_title[title] for title in row["needs"].split("|")]
        for trade in wanted + ([by_title["镀锡铜线"]] if n == 0 else []):
            add_need(base, buyer, trade, quantity=max(1, trade.capacity // base.random.choice((8, 15, 30, 60))))


def add_need(base: DemoBase, organization: Organization, trade: Trade, *, quantity: int) -> None:
    """An open purchase need for what the trade makes."""
    first = trade.products.split("、")[0]
    text = f"采购{trade.products}，用于本年度生产和项目，要求{trade.specification}，分批交货，随货附检验报告。"
    demand = Demand(
        **_posting(base, organization, Market.SUPPLY, f"采购{first}{quantity}{UNIT_WORDS[trade.unit]}", text)
    )
    demand.chain_id = base.chains[trade.chain].id
    base.session.add(demand)
    base.session.flush()
    base.needs.append(demand)
    assert demand.id is not None
    base.session.add(
        PurchaseNeed(
            demand_id=demand.id,
            category_code=trade.industry,
            specification=trade.specification,
            quantity_milli=quantity * 1000,
            unit=trade.unit,
            must_certificates=list(trade.certificates[:1]),
            wished_certificates=list(trade.certificates[1:]),
            window_start=base.today + timedelta(days=15),
            window_end=base.today + timedelta(days=base.random.choice((45, 90, 180))),
            delivery_region_code=organization.region_code,
            payment_days=base.random.choice((30, 60, 90)),
            budget_fen=quantity * trade.price_yuan * 100,
        )
    )


def add_line(base: DemoBase, firm: DemoFirm, *, spare: int | None = None) -> None:
    """The firm's product line, open, with a part of its capacity to spare."""
    trade = firm.trade
    posting = _posting(base, firm.organization, Market.SUPPLY, trade.title, f"{trade.products}。{trade.specification}")
    supply = Supply(**posting, chain_link_id=firm.profile.chain_link_id, region_code=firm.profile.region_code)
    base.session.add(supply)
    base.session.flush()
    base.lines.append(supply)
    assert supply.id is not None
    free = spare if spare is not None else round(firm.yearly_capacity * base.random.uniform(0.05, 0.4))
    base.session.add(
        ProductLine(
            supply_id=supply.id,
            category_code=trade.industry,
            specification=trade.specification,
            standards=[text for text in trade.standards.replace(" GB", "|GB").split("|") if text],
            unit=trade.unit,
            yearly_capacity_milli=firm.yearly_capacity * 1000,
            spare_capacity_milli=free * 1000,
            lead_time_days=base.random.choice((10, 20, 30, 60)),
            unit_price_fen=trade.price_yuan * 100,
        )
    )


def add_financing(
    base: DemoBase, firm: DemoFirm, *, amount_wan: int, status: PostingStatus = PostingStatus.OPEN
) -> None:
    """A financing need of the firm."""
    purpose = LoanPurpose.WORKING_CAPITAL if amount_wan == 800 else base.random.choice(tuple(LoanPurpose))
    words = {"working_capital": "流动资金", "equipment": "设备更新", "fixed_assets": "购建厂房", "project": "技改项目",
             "trade": "原料采购"}[purpose]  # fmt: skip
    text = f"用于{firm.trade.products}扩产的{words}，还款来源为销售回款。"
    demand = Demand(**_posting(base, firm.organization, Market.FINANCE, f"{words}贷款{amount_wan}万元", text, status))
    base.session.add(demand)
    base.session.flush()
    assert demand.id is not None
    base.session.add(
        FinancingNeed(
            demand_id=demand.id,
            amount_fen=amount_wan * FEN_PER_WAN,
            term_months=base.random.choice((12, 24, 36)) if amount_wan != 800 else 12,
            purpose=purpose,
            guarantee_methods=list(firm.profile.guarantee_methods),
            max_annual_rate_bps=base.random.choice((400, 450, 500)),
        )
    )


def add_postings_of(base: DemoBase, firms: list[DemoFirm]) -> None:
    """Every firm's line, and a financing need of every second firm; a few in each status that is not open."""
    for n, firm in enumerate(firms):
        add_line(base, firm)
        if n % 2 == 0:
            revenue_wan = (firm.profile.revenue_fen or 0) // FEN_PER_WAN
            amount = min(4_000, max(20, revenue_wan // base.random.choice((6, 10, 15)) // 10 * 10))
            status = _STATUSES[n // 16 % 4] if n % 16 == 0 else PostingStatus.OPEN
            add_financing(base, firm, amount_wan=amount, status=status)


def _posting(
    base: DemoBase,
    organization: Organization,
    market: Market,
    title: str,
    text: str,
    status: PostingStatus = PostingStatus.OPEN,
) -> dict[str, Any]:
    return {
        "market": market,
        "organization_id": organization.id,
        "title": title,
        "text": text,
        "chain_id": organization.chain_id,
        "status": status,
        "opened_at": None if status is PostingStatus.DRAFT else base.days_ago(base.random.randrange(1, 60)),
        "expires_on": base.today + timedelta(days=-3 if status is PostingStatus.EXPIRED else 180),
        "is_demo": True,
    }
