"""What the demo world posts: loan products, product lines, purchase needs and financing needs."""

from datetime import date, timedelta
from typing import Any

from cli.demo_base import DemoBase
from cli.demo_catalogue import Trade, read_table, trades
from cli.demo_organizations import UNIT_WORDS, DemoFirm, add_profile, figures, rounded
from models.capacity import BranchCapacity
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

_PLANT_WAN = 300
_EVERY = 4
"""Every so many buyers also have a need that is not open."""
_STATUSES = (PostingStatus.DRAFT, PostingStatus.PAUSED, PostingStatus.CLOSED, PostingStatus.EXPIRED)


_USES = {
    "growing": ("门店销售", "产地证明"), "oil": ("门店和食堂", "检验报告"), "processing": ("门店和食堂", "检验报告"),
    "snacks": ("门店销售", "检验报告"), "drinks": ("门店和景区销售", "检验报告"), "packing": ("产品包装", "检验报告"),
    "garment": ("员工着装和日常配备", "检验报告"), "shoes": ("员工劳动保护", "检验报告"),
    "household": ("客房和日常使用", "检验报告"), "software": ("业务系统升级", "验收文档"),
    "integration": ("智慧化改造项目", "验收文档"), "terminal": ("车辆和外勤人员", "合格证"),
    "vehicles": ("车队更新", "合格证"), "herbs": ("调剂配方", "检验报告"), "pieces": ("调剂配方", "检验报告"),
    "medicine": ("药店和医院配送", "检验报告"), "devices": ("门诊和病房", "注册证和检验报告"),
    "transformer": ("配电工程", "出厂试验报告"), "switchgear": ("配电工程", "出厂试验报告"),
    "generation": ("电站建设", "检验报告"), "storage": ("电源系统更新", "检验报告"),
}  # fmt: skip
"""What buyers want the goods of a link for, and the paper that comes with them; others use them in production."""
_SOFTWARE = ("software", "integration", "data", "content")
_LOANS = {
    LoanPurpose.WORKING_CAPITAL: ("流动资金", "补充{}业务的流动资金", (12, 24)),
    LoanPurpose.TRADE: ("原料采购", "采购生产{}的原材料", (6, 12)),
    LoanPurpose.EQUIPMENT: ("设备更新", "更新{}的生产设备", (24, 36, 48)),
    LoanPurpose.PROJECT: ("技改项目", "{}生产线技术改造", (36, 60)),
    LoanPurpose.FIXED_ASSETS: ("购建厂房", "购建生产{}的标准厂房", (60, 84, 120)),
}
"""Word of the title, sentence of the text, terms in months."""


def add_banks(base: DemoBase) -> None:
    """Banks with an officer each and their loan products."""
    kinds = {row["code"]: row for row in read_table("loan_kinds")}
    for n, row in enumerate(read_table("banks")):
        bank = base.add_organization(OrganizationKind.BANK, row["name"], region=row["region"], short=row["short"])
        base.session.flush()
        email = "bank" if n == 0 else f"bank{n + 1:02d}"
        base.add_user(bank, Role.OFFICER, email=email, name=row["officer"], branch=row["branch"], title="客户经理")
        assert bank.id is not None
        visits = int(row["visits_per_week"])
        base.session.add(BranchCapacity(organization_id=bank.id, branch=row["branch"], visits_per_week=visits))
        for code in row["kinds"].split():
            _add_loan(base, bank, row, kinds[code])


def _add_loan(base: DemoBase, bank: Organization, row: dict[str, str], kind: dict[str, str]) -> None:
    supply = Supply(**_posting(base, bank, Market.FINANCE, f"{row['short']}{kind['title']}", kind["text"]))
    base.session.add(supply)
    base.session.flush()
    assert supply.id is not None
    base.session.add(LoanProduct(supply_id=supply.id, branch=row["branch"]))
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
        "founded_on": date(2012, 5, 18), "employees": 236, "ownership": "private",
        "revenue_fen": 76_500 * FEN_PER_WAN, "profit_fen": 1_480 * FEN_PER_WAN, "tax_paid_fen": 1_260 * FEN_PER_WAN,
        "total_assets_fen": 31_200 * FEN_PER_WAN, "registered_capital_fen": 5_000 * FEN_PER_WAN,
        "paid_in_capital_fen": 5_000 * FEN_PER_WAN, "existing_loans_fen": 6_500 * FEN_PER_WAN,
        "is_first_time_borrower": False, "collateral_value_fen": 8_600 * FEN_PER_WAN,
        "collateral_note": "自有厂房及土地使用权", "rd_spend_fen": 2_350 * FEN_PER_WAN, "is_high_tech": True,
        "introduction": "公司位于常宁市，专业生产裸铜线和镀锡铜线，年产能18000吨，产品供应电线电缆企业。"
        "拥有上引连铸、拉丝、连续镀锡全套生产线，执行GB/T 3953和GB/T 4910标准。",
    }  # fmt: skip
    cable = next(trade for trade in trades() if trade.title == "中低压电力电缆")
    for name, short, email, region, kilometres, tonnes in (
        ("金杯电缆衡阳有限公司", "金杯电缆", "jinbei", "430476", 24_000, 2_500),
        ("衡阳通用电缆有限公司", "通用电缆", "tongyong", "430476", 15_000, 1_200),
        ("衡阳凤凰电缆有限公司", "凤凰电缆", "fenghuang", "430407", 9_000, 800),
    ):
        maker = base.add_organization(OrganizationKind.ENTERPRISE, name, region=region, chain=chain, short=short)
        base.session.flush()
        base.add_user(maker, Role.SIGNATORY, email=email, title="总经理")
        add_line(
            base,
            add_profile(
                base, maker, cable, kilometres, figures(base, cable, kilometres, region) | {"ownership": "private"}
            ),
        )
        add_need(base, maker, wire, quantity=tonnes)
    firm = add_profile(base, organization, wire, 18_000, values)
    add_line(base, firm, spare=3_000)
    add_financing(base, firm, amount_wan=2_000, purpose=LoanPurpose.WORKING_CAPITAL)
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
        for trade in wanted:
            add_need(base, buyer, trade, quantity=max(1, rounded(trade.capacity / base.random.choice((8, 15, 30, 60)))))
        if n == 0:
            add_need(base, buyer, by_title["镀锡铜线"], quantity=600)
        if n % _EVERY == 1:
            status = _STATUSES[n // _EVERY % len(_STATUSES)]
            add_need(base, buyer, wanted[0], quantity=max(1, rounded(wanted[0].capacity / 40)), status=status)


def add_need(
    base: DemoBase,
    organization: Organization,
    trade: Trade,
    *,
    quantity: int,
    status: PostingStatus = PostingStatus.OPEN,
) -> None:
    """A purchase need for what the trade makes."""
    first = trade.products.split("、")[0]
    use, paper = _USES.get(trade.link, ("生产配套", "检验报告"))
    text = f"采购{trade.products}，用于{use}，要求{trade.specification}，分批交货，随货附{paper}。"
    title = f"采购{first}{quantity}{UNIT_WORDS[trade.unit]}"
    demand = Demand(**_posting(base, organization, Market.SUPPLY, title, text, status))
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
    base: DemoBase,
    firm: DemoFirm,
    *,
    amount_wan: int,
    purpose: LoanPurpose | None = None,
    status: PostingStatus = PostingStatus.OPEN,
) -> None:
    """A financing need of the firm, for what such a firm and such an amount are used for."""
    purpose = purpose or _purpose(base, firm, amount_wan)
    word, sentence, terms = _LOANS[purpose]
    first = firm.trade.products.split("、")[0]
    text = f"用于{sentence.format(first)}，还款来源为销售回款。"
    demand = Demand(**_posting(base, firm.organization, Market.FINANCE, f"{word}贷款{amount_wan}万元", text, status))
    base.session.add(demand)
    base.session.flush()
    assert demand.id is not None
    methods = list(firm.profile.guarantee_methods)
    if purpose is LoanPurpose.FIXED_ASSETS and "mortgage" not in methods:
        methods.append("mortgage")
    base.session.add(
        FinancingNeed(
            demand_id=demand.id,
            amount_fen=amount_wan * FEN_PER_WAN,
            term_months=base.random.choice(terms),
            purpose=purpose,
            guarantee_methods=methods,
            max_annual_rate_bps=base.random.choice((400, 450, 500)),
        )
    )


def _purpose(base: DemoBase, firm: DemoFirm, amount_wan: int) -> LoanPurpose:
    """Small sums and software houses need working money; plants and projects begin at three million yuan."""
    choices = [LoanPurpose.WORKING_CAPITAL, LoanPurpose.WORKING_CAPITAL]
    if firm.trade.link not in _SOFTWARE:
        choices += [LoanPurpose.EQUIPMENT, LoanPurpose.TRADE]
        if amount_wan >= _PLANT_WAN:
            choices += [LoanPurpose.PROJECT, LoanPurpose.FIXED_ASSETS]
    return base.random.choice(choices)


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
