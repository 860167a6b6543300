"""An official finds whether a financing need meets one of the five standards, with the evidence."""

from sqlmodel import Session

from access.actor import Actor
from access.permissions import Permission
from access.rules import NotAllowed, is_city_level, is_of_own_chain, require, require_rule
from models.organization import Organization
from models.posting import Demand
from models.standard_check import StandardCheck
from vocabulary.classifications import Market
from vocabulary.coordination import FundingStandard
from vocabulary.lifecycles import PostingStatus
from workflows.audit import record
from workflows.errors import NotComplete
from workflows.recusals import require_free

handles = is_of_own_chain | is_city_level


def check_standard(
    session: Session, actor: Actor, demand: Demand, standard: FundingStandard, *, is_met: bool, evidence: str
) -> StandardCheck:
    """Keep what was found, and by what; the newest finding of each standard counts, older ones stay to be read.

    Rows written: standard_check, audit event. Raises NotAllowed for another chain's need or one that is not open,
    NotComplete (field `evidence`), Recused.
    """
    require(actor, Permission.VERIFY_PROFILES)
    firm = session.get_one(Organization, demand.organization_id)
    require_rule(actor, handles, firm, "check_standard")
    if demand.market is not Market.FINANCE or demand.status is not PostingStatus.OPEN:
        raise NotAllowed("check_standard")
    require_free(session, actor, (demand.organization_id,), chain_id=firm.chain_id)
    if not evidence.strip():
        raise NotComplete({"evidence": "required"})
    row = StandardCheck(
        demand_id=demand.id or 0, standard=standard, is_met=is_met, evidence=evidence.strip()[:500],
        by_id=actor.user_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(
        session, actor, "standard_checked", subject_kind="standard_check", subject_id=row.id or 0,
        new={"standard": standard.value, "is_met": is_met}, reason=evidence, chain_id=firm.chain_id,
        visible_to_organization_id=demand.organization_id,
    )  # fmt: skip
    return row
