"""A database of a given size, written in bulk: firms with profiles and lines, banks with products, needs."""

import random
from datetime import date
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, SQLModel

import models
from models.base import now
from models.chain import Chain
from models.financing_need import FinancingNeed
from models.firm_profile import FirmProfile
from models.loan_product import LoanProduct, LoanProductVersion
from models.organization import Membership, Organization, User, UserSession
from models.posting import Demand, Supply
from models.product_line import ProductLine
from models.purchase_need import PurchaseNeed
from models.session import make_engine, unit_of_work
from vocabulary.classifications import LoanPurpose, Market, TaxGrade
from vocabulary.lifecycles import OrganizationStatus, PostingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind, Role

assert models
_GOODS = ("裸铜线", "镀锡铜线", "电力电缆", "汽车线束", "变压器", "铝型材", "精密模具", "食品包装", "湖粉", "服装面料")
_CODES = ("3251", "3831", "3821", "3660", "3252", "3525", "2231", "1391", "1810", "3982")


def build(path: Path, *, n_firms: int, n_needs: int, n_banks: int = 12) -> Engine:
    """An engine on a new SQLite file at `path`, filled."""
    return fill(make_engine(f"sqlite:///{path}"), n_firms=n_firms, n_needs=n_needs, n_banks=n_banks)


def fill(engine: Engine, *, n_firms: int, n_needs: int, n_banks: int = 12) -> Engine:
    """Make the tables and fill them. Seeded: the same sizes give the same world."""
    SQLModel.metadata.create_all(engine)
    dice = random.Random(7)
    with unit_of_work(engine) as session:
        chain = Chain(code="bench", name_zh="测试链", name_en="Bench")
        session.add(chain)
        session.flush()
        firms = [_organization(OrganizationKind.ENTERPRISE, f"衡阳企业{n}有限公司", chain.id) for n in range(n_firms)]
        banks = [_organization(OrganizationKind.BANK, f"银行{n}", None) for n in range(n_banks)]
        buyer = _organization(OrganizationKind.BUYER, "采购单位", None)
        session.add_all([*firms, *banks, buyer])
        session.flush()
        session.add_all([_profile(dice, firm.id or 0, chain.id) for firm in firms])
        _postings(session, dice, firms, banks, buyer, n_needs)
    return engine


def sign_in(engine: Engine, organization_id: int, role: Role, name: str = "") -> str:
    """A user with an open session in an organization; gives the token of the cookie. `name` tells several apart."""
    import hashlib

    token = f"bench-{organization_id}-{role}{name}"
    with unit_of_work(engine) as session:
        user = User(email=f"{token}@example.org", password_hash="!", full_name="Bench")  # noqa: S106 -- no password
        session.add(user)
        session.flush()
        session.add(Membership(user_id=user.id or 0, organization_id=organization_id, role=role))
        digest = hashlib.sha256(token.encode()).hexdigest()
        session.add(UserSession(token_digest=digest, user_id=user.id or 0, proved_at=now()))
    return token


def _organization(kind: OrganizationKind, name: str, chain_id: int | None) -> Organization:
    return Organization(
        kind=kind,
        legal_name=name,
        name_core=name,
        status=OrganizationStatus.VERIFIED,
        verified_at=now(),
        chain_id=chain_id,
    )


def _profile(dice: random.Random, organization_id: int, chain_id: int | None) -> FirmProfile:
    good = dice.randrange(len(_GOODS))
    return FirmProfile(
        organization_id=organization_id,
        region_code=dice.choice(("430406", "430482", "430408", "430424")),
        founded_on=date(dice.randrange(2000, 2024), 6, 1),
        industry_code=_CODES[good],
        chain_id=chain_id,
        introduction=f"生产{_GOODS[good]}，供应本地企业",
        main_products=_GOODS[good],
        revenue_fen=dice.randrange(200, 30_000) * FEN_PER_WAN,
        employees=dice.randrange(8, 900),
        debt_ratio_percent=dice.randrange(15, 85),
        tax_grade=dice.choice((TaxGrade.A, TaxGrade.B, TaxGrade.M, TaxGrade.C)),
        guarantee_methods=["mortgage"],
        verified_at=now(),
    )


def _postings(
    session: Session,
    dice: random.Random,
    firms: list[Organization],
    banks: list[Organization],
    buyer: Organization,
    n_needs: int,
) -> None:
    for firm in firms:
        good = dice.randrange(len(_GOODS))
        line = _posting(Supply, Market.SUPPLY, firm, _GOODS[good])
        session.add(line)
        session.flush()
        session.add(
            ProductLine(
                supply_id=line.id or 0, category_code=_CODES[good], specification=_GOODS[good], unit="tonne",
                yearly_capacity_milli=dice.randrange(100, 9_000) * 1_000, spare_capacity_milli=100_000,
            )
        )  # fmt: skip
    for n in range(n_needs):
        good = dice.randrange(len(_GOODS))
        need = _posting(Demand, Market.SUPPLY, buyer, f"采购{_GOODS[good]}{n}")
        loan = _posting(Demand, Market.FINANCE, dice.choice(firms), f"流动资金{n}")
        session.add_all((need, loan))
        session.flush()
        session.add_all(
            (
                PurchaseNeed(demand_id=need.id or 0, category_code=_CODES[good], quantity_milli=50_000, unit="tonne"),
                FinancingNeed(
                    demand_id=loan.id or 0, amount_fen=dice.randrange(50, 900) * FEN_PER_WAN, term_months=12,
                    purpose=LoanPurpose.WORKING_CAPITAL, guarantee_methods=["mortgage"],
                ),
            )
        )  # fmt: skip
    for bank in banks:
        for n in range(3):
            product = _posting(Supply, Market.FINANCE, bank, f"产品{n}")
            session.add(product)
            session.flush()
            session.add_all(
                (
                    LoanProduct(supply_id=product.id or 0),
                    LoanProductVersion(
                        supply_id=product.id or 0, version=1, valid_from=date(2026, 1, 1),
                        min_amount_fen=10 * FEN_PER_WAN, max_amount_fen=1_000 * FEN_PER_WAN, min_term_months=3,
                        max_term_months=36, rate_from_bps=345, rate_to_bps=450,
                    ),
                )
            )  # fmt: skip


def _posting(model: type, market: Market, owner: Organization, title: str) -> Demand | Supply:
    row: Demand | Supply = model(
        market=market,
        organization_id=owner.id,
        title=title,
        text=title,
        chain_id=owner.chain_id,
        status=PostingStatus.OPEN,
        opened_at=now(),
    )
    return row
