"""Firms and needs from a file, wholly or not at all.

What is imported says so: every value of a profile has the provenance `imported`. A firm without an account is
unclaimed; nobody has filed for it. It counts as verified only where the operator vouches for the source.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert
from sqlmodel import Session, col, select

from access.actor import SYSTEM, Actor
from models.base import new_public_id, now
from models.chain import Chain
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.posting import Demand, Supply
from models.product_line import ProductLine
from models.purchase_need import PurchaseNeed
from models.search_term import index
from vocabulary.classifications import Market, Provenance
from vocabulary.lifecycles import ChainStatus, OrganizationStatus, PostingStatus
from vocabulary.names import name_core
from vocabulary.roles import OrganizationKind
from vocabulary.search import SearchKind
from workflows.audit import record
from workflows.placements import propose_for_chain

OPEN_DAYS = 90


@dataclass(frozen=True)
class FirmRow:
    """One firm of a file, already read: codes are known ones, amounts are fen."""

    legal_name: str
    uscc: str | None = None
    short_name: str = ""
    region_code: str | None = None
    industry_code: str | None = None
    is_industry_guessed: bool = False
    chain_code: str | None = None
    founded_on: date | None = None
    introduction: str = ""
    main_products: str = ""
    employees: int | None = None
    revenue_fen: int | None = None
    tax_paid_fen: int | None = None
    registered_capital_fen: int | None = None


@dataclass(frozen=True)
class NeedRow:
    """One purchase need of a file. Quantities are thousandths of the unit."""

    buyer_name: str
    title: str
    text: str = ""
    industry_code: str | None = None
    is_industry_guessed: bool = False
    region_code: str | None = None
    chain_code: str | None = None
    quantity_milli: int | None = None
    unit: str | None = None
    budget_fen: int | None = None
    published_on: date | None = None


@dataclass(frozen=True)
class Imported:
    """How many rows were added, how many were there already, and of how many added ones the industry is a guess."""

    added: int
    present: int
    guessed: int
    without_industry: int


def chain_codes(session: Session) -> dict[str, str]:
    """Code of each chain that goes on, by code and by name."""
    rows = session.exec(select(Chain).where(Chain.status == ChainStatus.ACTIVE)).all()
    return {key: row.code for row in rows for key in (row.code, row.name_zh, row.name_en)}


def import_firms(session: Session, rows: Sequence[FirmRow], *, is_vouched: bool, today: date) -> Imported:
    """Firms with a profile and one open product line each. Known by credit code, else by name, a firm is left alone.

    `is_vouched`: the operator answers for the source, so the profiles count as verified.
    """
    chains = {row.code: row.id for row in session.exec(select(Chain)).all()}
    codes, names = _known(session, OrganizationKind.ENTERPRISE)
    moment = now()
    added: list[FirmRow] = []
    for row in rows:
        if (row.uscc and row.uscc in codes) or row.legal_name in names:
            continue
        names.add(row.legal_name)
        codes.update({row.uscc} if row.uscc else ())
        added.append(row)
    add_firms(
        session, SYSTEM, [(row, chains.get(row.chain_code or "")) for row in added],
        verified_at=moment if is_vouched else None, today=today,
    )  # fmt: skip
    if is_vouched:
        session.flush()
        for chain_id in {chains[row.chain_code] for row in added if row.chain_code in chains}:
            propose_for_chain(session, chain_id or 0)
    return _finished(session, "firms_imported", added, len(rows))


def add_firms(
    session: Session,
    actor: Actor,
    wanted: Sequence[tuple[FirmRow, int | None]],
    *,
    verified_at: datetime | None,
    today: date,
) -> list[int]:
    """Write firms that are not known yet, (row, id of its chain) each, with a profile and an open product line.

    Gives their ids in the same order. Rows are written a kind at a time and without objects: firm by firm takes several
    times as long.
    """
    if not wanted:
        return []
    connection, moment = session.connection(), now()
    firms = [
        _organization(row.legal_name, OrganizationKind.ENTERPRISE, row.short_name, moment)
        | {"uscc": row.uscc, "region_code": row.region_code, "chain_id": chain_id}
        for row, chain_id in wanted
    ]
    firm_ids = _inserted(connection, Organization, firms)
    known = [_profile(row, chain_id) for row, chain_id in wanted]
    connection.execute(insert(FirmProfile), [
        values | {
            "organization_id": firm_id, "provenance": provenance_of(row, _named(values), actor, today),
            "verified_at": verified_at,
        }
        for firm_id, (row, _chain_id), values in zip(firm_ids, wanted, known, strict=True)
    ])  # fmt: skip
    lines = [
        {
            "market": Market.SUPPLY,
            "organization_id": firm_id,
            "title": (row.main_products or row.short_name or row.legal_name)[:120],
            "text": row.introduction[:4000] or firm["name_core"],
            "chain_id": chain_id,
            "region_code": row.region_code,
            "status": PostingStatus.OPEN,
            "opened_at": moment,
        }
        for firm_id, firm, (row, chain_id) in zip(firm_ids, firms, wanted, strict=True)
    ]
    line_ids = _inserted(connection, Supply, lines)
    connection.execute(insert(ProductLine), [
        {"supply_id": line_id, "category_code": row.industry_code}
        for line_id, (row, _chain_id) in zip(line_ids, wanted, strict=True)
    ])  # fmt: skip
    index(connection, SearchKind.ORGANIZATION, firm_ids)
    index(connection, SearchKind.SUPPLY, line_ids)
    return firm_ids


def _inserted(connection: Connection, model: type[Organization | Supply], rows: list[dict[str, Any]]) -> list[int]:
    """Ids of new rows, in their order; what a row does not name has its column's default."""
    public_ids = [new_public_id() for _row in rows]
    named = [row | {"public_id": public_id} for row, public_id in zip(rows, public_ids, strict=True)]
    # In the order of the rows the database would have to answer for each by itself.
    answer = connection.execute(insert(model).returning(col(model.public_id), col(model.id)), named)
    ids = {public_id: id_ or 0 for public_id, id_ in answer}
    return [ids[public_id] for public_id in public_ids]


def profile_values(row: FirmRow, chain_id: int | None) -> dict[str, Any]:
    """What the file says of a firm, by the columns of its profile; nothing where it says nothing."""
    return _named(_profile(row, chain_id))


def _named(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _profile(row: FirmRow, chain_id: int | None) -> dict[str, Any]:
    return {
        "region_code": row.region_code,
        "founded_on": row.founded_on,
        "industry_code": row.industry_code,
        "chain_id": chain_id,
        "introduction": row.introduction[:4000] or None,
        "main_products": row.main_products[:500] or None,
        "employees": row.employees,
        "revenue_fen": row.revenue_fen,
        "tax_paid_fen": row.tax_paid_fen,
        "registered_capital_fen": row.registered_capital_fen,
    }


def provenance_of(row: FirmRow, names: Iterable[str], actor: Actor, today: date) -> dict[str, Any]:
    """Where each value of these columns comes from: imported, when, by whom; a guessed industry says so."""
    source = {"source": Provenance.IMPORTED.value, "on": today.isoformat(), "by": actor.name}
    found: dict[str, Any] = dict.fromkeys(names, source)
    return found | (_guessed(row, source) if "industry_code" in found else {})


def import_needs(session: Session, rows: Sequence[NeedRow], *, today: date, open_days: int = OPEN_DAYS) -> Imported:
    """Open purchase needs of their buyers, who are added where unknown. Known by buyer, title and text, a need is left.

    A notice announced again in its next stage, word for word, is the same need.
    """
    chains = {row.code: row.id for row in session.exec(select(Chain)).all()}
    buyers = {
        row.legal_name: row
        for row in session.exec(
            select(Organization).where(
                col(Organization.kind).in_((OrganizationKind.BUYER, OrganizationKind.ENTERPRISE))
            )
        ).all()
    }
    present = set(session.exec(select(Demand.organization_id, Demand.title, Demand.text)).all())
    moment = now()
    added: list[NeedRow] = []
    for row in rows:
        buyer = buyers.get(row.buyer_name)
        if buyer is None:
            buyer = buyers[row.buyer_name] = Organization(
                **_organization(row.buyer_name, OrganizationKind.BUYER, "", moment)
            )
            session.add(buyer)
            session.flush()
        title, text = row.title[:120], row.text[:4000]
        if (buyer.id or 0, title, text) in present:
            continue
        present.add((buyer.id or 0, title, text))
        added.append(row)
        demand = Demand(
            market=Market.SUPPLY,
            organization_id=buyer.id or 0,
            title=title,
            text=text,
            chain_id=chains.get(row.chain_code or ""),
            region_code=row.region_code,
            status=PostingStatus.OPEN,
            opened_at=moment,
            expires_on=today + timedelta(days=open_days),
        )
        session.add(demand)
        session.flush()
        session.add(
            PurchaseNeed(
                demand_id=demand.id or 0,
                category_code=row.industry_code,
                quantity_milli=row.quantity_milli if row.unit else None,
                unit=row.unit if row.quantity_milli else None,
                budget_fen=row.budget_fen,
                delivery_region_code=row.region_code,
            )
        )
    return _finished(session, "needs_imported", added, len(rows))


def _guessed(row: FirmRow, source: dict[str, str]) -> dict[str, dict[str, str]]:
    """The industry is marked as guessed where the file did not name it."""
    is_guess = row.is_industry_guessed and row.industry_code is not None
    return {"industry_code": source | {"source": Provenance.GUESSED.value}} if is_guess else {}


def _known(session: Session, kind: OrganizationKind) -> tuple[set[str], set[str]]:
    rows: Iterable[tuple[str | None, str]] = session.exec(
        select(Organization.uscc, Organization.legal_name).where(Organization.kind == kind)
    ).all()
    codes: set[str] = set()
    names: set[str] = set()
    for uscc, name in rows:
        codes.update({uscc} if uscc else ())
        names.add(name)
    return codes, names


def _organization(name: str, kind: OrganizationKind, short_name: str, moment: datetime) -> dict[str, Any]:
    """The columns of an organization without an account, known from a file."""
    core = name_core(name)
    return {
        "kind": kind,
        "legal_name": name,
        "name_core": core,
        "short_name": short_name or core[:60],
        "status": OrganizationStatus.VERIFIED,
        "verified_at": moment,
    }


def _finished(session: Session, action: str, added: Sequence[FirmRow | NeedRow], n_rows: int) -> Imported:
    record(session, SYSTEM, action, subject_kind="organization", subject_id=0, new={"added": len(added)})
    session.flush()
    return Imported(
        added=len(added),
        present=n_rows - len(added),
        guessed=sum(row.is_industry_guessed and row.industry_code is not None for row in added),
        without_industry=sum(row.industry_code is None for row in added),
    )
