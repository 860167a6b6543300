"""Tables in the demo world: of firms one in every status, of needs, products and outcomes one each with bad rows."""

from datetime import timedelta

from sqlmodel import Session, col, select

from access import scopes
from access.actor import Actor
from access.people import actor_of
from cli.demo_base import DOMAIN
from models.import_batch import ImportBatch
from models.organization import Organization, User
from models.pairing import Pairing
from vocabulary.imports import ImportNoun
from vocabulary.lifecycles import RUNNING_PAIRING
from vocabulary.roles import OrganizationKind
from workflows import import_batches
from workflows.calendar import today
from workflows.import_rows import Words

_HEADINGS = "企业名称,统一社会信用代码,所在地区,所属行业,从业人员,营业收入（万元）,实缴税金（万元）"
_GOOD = (
    "衡阳湘江铜材加工有限公司,,衡阳市,3251,64,5200,180",
    "衡阳雁峰线缆附件有限公司,,衡阳市,3831,38,2600,75",
)
_BAD = (
    "衡阳蒸水接头制造有限公司,12345,衡阳市,3831,22,1500,40",
    "衡阳石鼓绝缘材料有限公司,,衡阳城,3834,31,1900,52",
    "衡阳南岳护套有限公司,,衡阳市,3831,18,900,9000",
)


_NEEDS = """标题,产品类别,规格型号,采购数量,计量单位,最晚交货日期,交货地,预算（万元）,必须符合的标准
年度框架：镀锡圆铜线,3251,直径 0.3 至 0.8 mm,260,吨,{later},衡阳市,1850,GB/T 4910-2022
年度框架：铜包铝线,3251,直径 1.0 mm,80,吨,{later},衡阳市,420,
配套：电缆木盘,2039,直径 1.6 m，木质,600,件,{later},衡阳市,96,
绝缘料补采,2651,交联聚乙烯,四十,吨,{later},衡阳市,60,
屏蔽铜带,3251,厚 0.1 mm,35,吨,,衡阳市,270,
"""
_NEED_COLUMNS = ("title", "category_code", "specification", "quantity_milli", "unit", "window_end",
                 "delivery_region_code", "budget_fen", "must_standards")  # fmt: skip
_FILED = """企业名称,标题,融资金额（万元）,期限（月）,贷款用途,可提供的担保方式
{firms[0]},扩产用流动资金,600,12,流动资金,抵押、信用
{firms[1]},拉丝设备更新,1200,36,设备购置,抵押
衡阳未登记铜业有限公司,原料周转,300,6,流动资金,信用
"""
_FILED_COLUMNS = ("legal_name", "title", "amount_fen", "term_months", "purpose", "guarantee_methods")
_PRODUCTS = """名称,金额起（万元）,金额止（万元）,期限起（月）,期限止（月）,利率起（%）,利率止（%）,用途,担保方式,地区
铜材周转贷,50,800,3,12,3.65,4.6,流动资金,抵押、质押,衡阳市
设备更新贷,100,3000,12,60,3.2,4.1,设备购置、项目建设,抵押,衡阳市
链上信用贷,20,300,6,24,0.0385,0.0485,流动资金,信用,衡阳市
厂房按揭贷,2000,500,12,120,3.5,4.2,固定资产,抵押,衡阳市
"""
_PRODUCT_COLUMNS = ("title", "min_amount_fen", "max_amount_fen", "min_term_months", "max_term_months", "rate_from_bps",
                    "rate_to_bps", "purposes", "guarantee_methods", "regions")  # fmt: skip
_OUTCOMES = """对接编号,企业名称,步骤,日期,金额（万元）,跳过前面步骤的原因
{case},{firm},授信,{day},500,企业已有评级
{case},衡阳石鼓绝缘材料有限公司,放款,{day},200,
2026-017,{firm},放款,{day},150,
"""
_OUTCOME_COLUMNS = ("case", "firm", "kind", "happened_on", "amount_fen", "skipped_reason")
_WORDS = Words(codes={
    "LoanPurpose": {
        "流动资金": "working_capital", "设备购置": "equipment", "项目建设": "project", "固定资产": "fixed_assets",
    },
    "GuaranteeMethod": {"抵押": "mortgage", "质押": "pledge", "信用": "unsecured"},
    "CaseStepKind": {"授信": "credit_granted", "放款": "disbursed"},
})  # fmt: skip


def add_imports(session: Session) -> None:
    """By the demo accounts of an office, a buyer and a bank. Of all but firms nothing is written but the dry run."""
    official, buyer, bank = (_somebody(session, name) for name in ("official", "buyer", "bank"))
    for name, rows, steps in (
        ("产业链企业名录-1季度.csv", _GOOD, "check load"),
        ("产业链企业名录-2季度.csv", _GOOD + _BAD, "check"),
        ("园区企业.csv", _GOOD, ""),
        ("重复上传.csv", _GOOD, "drop"),
    ):
        batch = _upload(session, official, ImportNoun.FIRMS, name, "\n".join((_HEADINGS, *rows)))
        if "check" in steps:
            import_batches.check(session, official, batch, batch.mapping, today=today())
        if "load" in steps:
            import_batches.load(session, official, batch, is_partial=False, today=today())
        if "drop" in steps:
            import_batches.drop(session, official, batch)
    later = today() + timedelta(days=75)
    needs = _NEEDS.format(later=later)
    _check(session, buyer, ImportNoun.PURCHASE_NEEDS, "下半年采购计划.csv", needs, _NEED_COLUMNS)
    firms = session.exec(
        select(Organization.legal_name)
        .where(Organization.kind == OrganizationKind.ENTERPRISE, Organization.chain_id == official.chain_id)
        .order_by(col(Organization.id))
        .limit(2)
    ).all()
    filed = _FILED.format(firms=firms)
    _check(session, official, ImportNoun.FINANCING_NEEDS, "企业融资需求摸排表.csv", filed, _FILED_COLUMNS)
    _check(session, bank, ImportNoun.LOAN_PRODUCTS, "对公产品目录.csv", _PRODUCTS, _PRODUCT_COLUMNS)
    running = session.exec(
        scopes.own_pairings(bank).where(col(Pairing.status).in_(RUNNING_PAIRING)).order_by(col(Pairing.id))
    ).first()
    if running is not None:
        firm = session.get_one(Organization, running.demand_organization_id).legal_name
        outcomes = _OUTCOMES.format(case=running.public_id, firm=firm, day=today())
        _check(session, bank, ImportNoun.OUTCOMES, "本月授信台账.csv", outcomes, _OUTCOME_COLUMNS)


def _somebody(session: Session, account: str) -> Actor:
    return actor_of(session, session.exec(select(User).where(User.email == f"{account}@{DOMAIN}")).one())


def _upload(session: Session, actor: Actor, noun: ImportNoun, name: str, text: str) -> ImportBatch:
    batch = import_batches.upload(session, actor, name, text.encode("utf-8-sig"), noun=noun)
    batch.is_demo = True
    return batch


def _check(
    session: Session, actor: Actor, noun: ImportNoun, name: str, text: str, columns: tuple[str, ...]
) -> None:  # fmt: skip
    batch = _upload(session, actor, noun, name, text)
    mapping = dict(zip(columns, batch.sheets[0]["rows"][0], strict=True))
    import_batches.check(session, actor, batch, mapping, today=today(), words=_WORDS)
