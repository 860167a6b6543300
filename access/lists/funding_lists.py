"""申报清单 and 推荐清单: open financing needs with the five standards, for the office of their chain and the city.

Contacts and the size class stand in the filed form; nobody but the offices gets it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlmodel import Session, col, func

from access.actor import Actor
from access.lists.recognitions import firms_of_tier
from access.lookups import NotVisible
from access.permissions import Permission
from access.reasons import firms_with_reason, must_state_reason
from access.recognitions import titles_of
from access.rules import require
from access.sizes import size_of
from models.chain import Chain
from models.financing_need import FinancingNeed
from models.firm_profile import FirmProfile
from models.organization import Organization, User
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from models.standard_check import StandardCheck
from vocabulary.classifications import LoanPurpose, Market, SizeClass, TaxGrade, Tier
from vocabulary.coordination import FundingList, FundingStandard, StandardFacts, answers_by_records
from vocabulary.lifecycles import OrganizationStatus, PostingStatus
from vocabulary.reasons import GateAnswer, PairState

_BANKS = 3
"""Banks named on the 推荐清单: the best of those whose product the firm may have."""


@dataclass(frozen=True)
class Finding:
    """The answer to one standard. An official's finding counts before what the records say."""

    answer: GateAnswer
    evidence: str = ""
    """In the official's words; empty where the records answer."""
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class FundingFilters:
    """What is listed; None does not narrow."""

    chain_id: int | None = None
    district: str | None = None
    tier: Tier | None = None


@dataclass(frozen=True)
class FundingLine:
    """One need as the filed form has it."""

    public_id: str
    title: str
    firm: str
    uscc: str
    region_code: str | None
    chain_zh: str
    chain_en: str
    industry_code: str | None
    size: SizeClass | None
    tier: Tier | None
    amount_fen: int | None
    purpose: LoanPurpose | None
    term_months: int | None
    founded_on: date | None
    address: str
    tax_grade: TaxGrade | None
    contact: str
    phone: str
    applied_at: datetime | None
    findings: dict[FundingStandard, Finding]
    banks: tuple[str, ...] = ()

    @property
    def is_recommended(self) -> bool:
        """Whether all five standards are met."""
        return all(finding.answer is GateAnswer.OPEN for finding in self.findings.values())

    @property
    def last_check(self) -> Finding | None:
        """The official's newest finding."""
        checks = [(finding.at, finding) for finding in self.findings.values() if finding.at is not None]
        return max(checks, key=lambda check: check[0])[1] if checks else None


def funding_list(
    session: Session, actor: Actor, kind: FundingList, *, on: date, filters: FundingFilters
) -> list[FundingLine]:
    """The lines of one of the two lists, the longest waiting first, in a fixed number of queries."""
    require(actor, Permission.VERIFY_PROFILES)
    firms = firms_of_tier(actor, on=on, tier=filters.tier, district=filters.district or None, chain_id=filters.chain_id)
    lines = _lines(session, actor, on, firms)
    return lines if kind is FundingList.APPLICATION else [line for line in lines if line.is_recommended]


def funding_line(session: Session, actor: Actor, public_id: str, *, on: date) -> tuple[Demand, FundingLine]:
    """One open need of a firm of the office's chain. Raises NotVisible."""
    require(actor, Permission.VERIFY_PROFILES)
    demand = session.execute(
        select(Demand).where(
            col(Demand.public_id) == public_id,
            col(Demand.market) == Market.FINANCE,
            col(Demand.status) == PostingStatus.OPEN,
        )
    ).scalar_one_or_none()
    lines = _lines(session, actor, on, firms_of_tier(actor, on=on), demand.id) if demand else []
    if demand is None or not lines:
        raise NotVisible
    return demand, lines[0]


def _lines(session: Session, actor: Actor, on: date, firms: object, demand_id: int | None = None) -> list[FundingLine]:
    """Contacts are filed in confidence: whoever must state a reason for them reads those of firms with one."""
    named = firms_with_reason(session, actor) if must_state_reason(actor) else None
    statement = (
        select(Demand, FinancingNeed, FirmProfile, Organization, col(Chain.name_zh), col(Chain.name_en))
        .join(FinancingNeed, col(FinancingNeed.demand_id) == Demand.id)
        .join(FirmProfile, col(FirmProfile.organization_id) == Demand.organization_id)
        .join(Organization, col(Organization.id) == Demand.organization_id)
        .outerjoin(Chain, col(Chain.id) == FirmProfile.chain_id)
        .where(
            col(Demand.market) == Market.FINANCE,
            col(Demand.status) == PostingStatus.OPEN,
            col(Demand.organization_id).in_(firms),  # type: ignore[arg-type]
        )
        .order_by(col(Demand.opened_at).nulls_first(), col(Demand.id))
    )
    if demand_id is not None:
        statement = statement.where(col(Demand.id) == demand_id)
    rows = session.execute(statement).all()
    ids = [demand.id or 0 for demand, *_rest in rows]
    checks, banks = _checks(session, ids), _banks(session, ids)
    titles = titles_of(session, [profile.organization_id for _demand, _need, profile, *_rest in rows], on)
    lines = []
    for demand, need, profile, firm, chain_zh, chain_en in rows:
        is_named = named is None or firm.id in named
        facts = StandardFacts(
            firm.status is OrganizationStatus.VERIFIED, profile.founded_on, profile.address, profile.tax_grade,
            need.purpose,
        )  # fmt: skip
        findings = {standard: Finding(answer) for standard, answer in answers_by_records(facts, on).items()}
        lines.append(
            FundingLine(
                demand.public_id, demand.title, firm.legal_name, firm.uscc or "", profile.region_code, chain_zh or "",
                chain_en or "", profile.industry_code, size_of(profile).size, titles[profile.organization_id].tier,
                need.amount_fen, need.purpose, need.term_months, profile.founded_on, profile.address or "",
                profile.tax_grade, (profile.contact_name or "") if is_named else "",
                (profile.contact_phone or "") if is_named else "", demand.opened_at,
                findings | checks[demand.id or 0], tuple(banks[demand.id or 0]),
            )
        )  # fmt: skip
    return lines


def _checks(session: Session, demand_ids: Sequence[int]) -> defaultdict[int, dict[FundingStandard, Finding]]:
    """The newest finding of each standard by need."""
    newest = (
        select(func.max(col(StandardCheck.id)))
        .where(col(StandardCheck.demand_id).in_(demand_ids))
        .group_by(col(StandardCheck.demand_id), col(StandardCheck.standard))
    )
    rows = session.execute(
        select(StandardCheck, col(User.full_name))
        .outerjoin(User, col(User.id) == StandardCheck.by_id)
        .where(col(StandardCheck.id).in_(newest))
        .order_by(col(StandardCheck.id))
    )
    found: defaultdict[int, dict[FundingStandard, Finding]] = defaultdict(dict)
    for row, name in rows:
        answer = GateAnswer.OPEN if row.is_met else GateAnswer.CLOSED
        found[row.demand_id][row.standard] = Finding(answer, row.evidence, name or "", row.created_at)
    return found


def _banks(session: Session, demand_ids: Sequence[int]) -> defaultdict[int, list[str]]:
    """The banks of the best recommendations that the firm may have, each named once."""
    rows = session.execute(
        select(col(Recommendation.demand_id), col(Organization.short_name), col(Organization.legal_name))
        .join(Supply, col(Supply.id) == Recommendation.supply_id)
        .join(Organization, col(Organization.id) == Supply.organization_id)
        .where(
            col(Recommendation.demand_id).in_(demand_ids),
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.state) == PairState.ELIGIBLE,
        )
        .order_by(col(Recommendation.score).desc(), col(Recommendation.id))
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for demand_id, short, name in rows:
        bank = short or name
        if bank not in found[demand_id] and len(found[demand_id]) < _BANKS:
            found[demand_id].append(bank)
    return found
