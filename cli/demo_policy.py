"""Policy scenarios of the demo world: one in every status, one of them before the banks and answered three ways."""

from sqlmodel import Session, col, select

from access.actor import Actor
from cli.demo_base import DemoBase, actors_of
from models.organization import Organization
from models.policy import PolicyScenario, ProductSuggestion
from vocabulary.classifications import GuaranteeMethod, Market
from vocabulary.policy import PolicyManner, PolicyRule
from vocabulary.roles import OrganizationKind, Role
from workflows import policy_scenarios, product_suggestions
from workflows.calendar import today
from workflows.policy_run import compute
from workflows.policy_scenarios import ScenarioValues

_R = PolicyRule


def add_deputy(base: DemoBase) -> None:
    """A second person of the joint office: whoever proposes a scenario does not publish it."""
    joint = base.session.exec(select(Organization).where(Organization.kind == OrganizationKind.JOINT_OFFICE)).one()
    base.add_user(joint, Role.COORDINATOR, email="coordinator2", title="综合科副科长")


def add_policies(session: Session) -> None:
    """Published first, so that the results that still stand are those of the present facts."""
    deputy, author = sorted(actors_of(session, Role.COORDINATOR), key=lambda actor: -(actor.user_id or 0))[:2]
    published = _tried(session, author, "营业收入门槛最低放宽到 300 万元", "小微企业普遍卡在营业收入一档。",
                       _R.REVENUE_BAND, PolicyManner.RELAX, 1)  # fmt: skip
    policy_scenarios.publish(session, deputy, published, note="先在全部产品上征求银行意见。")
    _answer_some(session)
    dropped = _tried(session, author, "资产负债率最高档收紧到 50%", "控制风险。",
                     _R.DEBT_RATIO_BAND, PolicyManner.TIGHTEN, 3)  # fmt: skip
    policy_scenarios.drop(session, deputy, dropped, reason="受损企业多为成长期企业，得不偿失。")
    _tried(session, author, "风险补偿：增加信用方式", "由风险补偿资金分担损失，鼓励信用贷款。",
           _R.GUARANTEE_METHODS, PolicyManner.RELAX, GuaranteeMethod.UNSECURED.value)  # fmt: skip
    policy_scenarios.create(
        session, author,
        ScenarioValues("贴息一个百分点", "降低融资成本。", _R.INTEREST, Market.FINANCE, None, 100),
    )  # fmt: skip


def _tried(
    session: Session, author: Actor, title: str, reason: str, rule: PolicyRule, manner: PolicyManner, value: int | str
) -> PolicyScenario:
    values = ScenarioValues(title, reason, rule, Market.FINANCE, manner, value)
    scenario = policy_scenarios.create(session, author, values)
    policy_scenarios.keep(session, author, scenario, compute(session, scenario, on=today()))
    return scenario


def _answer_some(session: Session) -> None:
    """The first bank accepts, the second declines; the others still think about it."""
    rows = session.exec(select(ProductSuggestion).order_by(col(ProductSuggestion.id))).all()
    officers = {actor.organization_id: actor for actor in actors_of(session, Role.OFFICER)}
    product_suggestions.accept(session, officers[rows[0].organization_id], rows[0])
    reason = "总行统一的准入条件，分行无权调整。"
    product_suggestions.decline(session, officers[rows[1].organization_id], rows[1], reason=reason)
