"""Titles of the demo world's firms, valid, ending soon, ended and undecided, and the size classes the firms claim."""

from datetime import date, datetime, time, timedelta

from sqlmodel import col, select

from access.sizes import size_of
from cli.demo_base import DemoBase
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.posting import Demand
from models.recognition import Recognition
from models.standard_check import StandardCheck
from vocabulary.classifications import Market, SizeClass, Tier
from vocabulary.coordination import FundingStandard
from vocabulary.lifecycles import PostingStatus, RecognitionStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.recognitions import RUNGS, RecognitionKind, usual_last_day
from workflows.calendar import SHANGHAI

_S, _K = RecognitionStatus, RecognitionKind
_ABOVE_SCALE_WAN = 2_000
_PROVINCE, _MINISTRY = "湖南省工业和信息化厅", "工业和信息化部"
_ISSUERS = {
    _K.INNOVATIVE: _PROVINCE, _K.SRDI: _PROVINCE, _K.LITTLE_GIANT: _MINISTRY, _K.CHAMPION: _MINISTRY,
    _K.HIGH_TECH: "湖南省科学技术厅", _K.ABOVE_SCALE: "衡阳市统计局",
}  # fmt: skip
_DAYS_LEFT = (700, 400, 55, 910, 250, -30, 130, 820, 20, 600)
"""Of each tenth firm's title: most are valid, two end soon and one has ended."""
_STORY = "隆源铜业"


def add_recognitions(base: DemoBase) -> None:
    """Every verified firm's titles as it claims them, and what it says of its size; some claims are wrong."""
    rows = base.session.exec(
        select(FirmProfile, Organization)
        .join(Organization, col(Organization.id) == FirmProfile.organization_id)
        .where(col(FirmProfile.verified_at).is_not(None))
        .order_by(col(FirmProfile.id))
    ).all()
    ladder = {tier: kind for kind, tier in RUNGS.items()}
    undecided = [_S.FILED, _S.REFUSED, _S.WITHDRAWN, _S.REVOKED]
    n = 0
    for place, (profile, firm) in enumerate(rows):
        _claim_size(base, profile, place)
        kinds = [ladder[profile.tier]] if profile.tier not in (None, Tier.NONE) else []
        kinds += [_K.HIGH_TECH] if profile.is_high_tech else []
        for kind in kinds:
            n += 1
            is_story = firm.short_name == _STORY
            days = (60 if kind is _K.SRDI else 1_000) if is_story else _DAYS_LEFT[n % len(_DAYS_LEFT)]
            status = undecided[n // 11 % len(undecided)] if n % 11 == 0 and not is_story else _S.VERIFIED
            if is_story and kind is _K.HIGH_TECH:
                status = _S.FILED
            _add(base, firm, kind, base.today + timedelta(days=days), status)
        if (profile.revenue_fen or 0) >= _ABOVE_SCALE_WAN * FEN_PER_WAN:
            _add(base, firm, _K.ABOVE_SCALE, date(base.today.year, 12, 31), _S.VERIFIED)
    base.session.flush()


def add_standard_checks(base: DemoBase) -> None:
    """Of two in three open financing needs an official found that they are real; of one that it is not."""
    rows = base.session.exec(
        select(Demand, Organization)
        .join(Organization, col(Organization.id) == Demand.organization_id)
        .where(Demand.market == Market.FINANCE, Demand.status == PostingStatus.OPEN)
        .order_by(col(Demand.id))
    ).all()
    for place, (need, firm) in enumerate(rows):
        if place % 3 == 2 or firm.chain_id not in base.officials:
            continue
        is_met = place != 7
        base.session.add(
            StandardCheck(
                demand_id=need.id or 0, standard=FundingStandard.REAL_NEED, is_met=is_met,
                evidence="走访查看了采购合同和在建产线" if is_met else "走访时企业说这笔投资已经取消",
                by_id=base.officials[firm.chain_id].id, created_at=base.days_ago(4 + place % 9),
            )
        )  # fmt: skip
    base.session.flush()


def _claim_size(base: DemoBase, profile: FirmProfile, place: int) -> None:
    """Most firms claim what is computed, every ninth one class more, every thirteenth nothing."""
    computed = size_of(profile).size
    order = list(SizeClass)
    if computed is None or place % 13 == 5:
        return
    is_wrong = place % 9 == 4 and computed is not SizeClass.LARGE
    profile.size_class = order[order.index(computed) - 1] if is_wrong else computed
    base.session.add(profile)


def _add(base: DemoBase, firm: Organization, kind: RecognitionKind, last: date, status: RecognitionStatus) -> None:
    first = _first_day(kind, last)
    official = base.officials[firm.chain_id or 0]
    row = Recognition(
        organization_id=firm.id or 0, kind=kind, issuer=_ISSUERS[kind], number=f"DEMO-{kind.value}-{firm.id:04d}",
        issued_on=first, expires_on=last, filed_by_id=base.people[firm.id or 0].id, status=status, is_demo=True,
    )  # fmt: skip
    if status is _S.FILED:
        row.created_at = row.status_changed_at = base.days_ago(3)
    else:
        row.created_at = datetime.combine(first + timedelta(days=8), time(10), SHANGHAI)
        row.status_changed_at = row.created_at + timedelta(days=2)
    if status in (_S.VERIFIED, _S.REFUSED, _S.REVOKED):
        row.decided_by_id, row.decided_at = official.id, row.status_changed_at
        row.ground = "公布的名单里没有这家企业" if status is _S.REFUSED else f"与{_ISSUERS[kind]}公布的名单核对一致"
    if status is _S.REVOKED:
        row.revoked_reason = "复核未通过，认定机关已公告撤销"
    if last < base.today:
        row.told_expired_at = row.told_expiring_at = datetime.combine(last, time(9), SHANGHAI)
    base.session.add(row)


def _first_day(kind: RecognitionKind, last: date) -> date:
    """The first day of a title of usual length that ends on a day."""
    return last - (usual_last_day(kind, date(2025, 1, 1)) - date(2025, 1, 1))
