"""Tables of firms in the demo world: one in every status, one of them checked with bad rows."""

from sqlmodel import Session, col, select

from access.actor import Actor
from models.organization import Membership, Organization, User
from vocabulary.roles import OrganizationKind, Role
from workflows import import_batches
from workflows.calendar import today

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


def add_imports(session: Session) -> None:
    """By the official of the first chain office."""
    found = session.exec(
        select(User, Organization)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(Organization.kind == OrganizationKind.CHAIN_OFFICE, Membership.role == Role.OFFICIAL)
        .order_by(col(User.id))
    ).first()
    if found is None:
        return
    user, office = found
    actor = Actor(
        user.id,
        user.full_name,
        office.id,
        office.kind,
        office.legal_name,
        True,
        Role.OFFICIAL,
        chain_id=office.chain_id,
    )
    for name, rows, steps in (
        ("产业链企业名录-1季度.csv", _GOOD, "check load"),
        ("产业链企业名录-2季度.csv", _GOOD + _BAD, "check"),
        ("园区企业.csv", _GOOD, ""),
        ("重复上传.csv", _GOOD, "drop"),
    ):
        content = "\n".join((_HEADINGS, *rows)).encode("utf-8-sig")
        batch = import_batches.upload(session, actor, name, content)
        batch.is_demo = True
        if "check" in steps:
            import_batches.check(session, actor, batch, batch.mapping, today=today())
        if "load" in steps:
            import_batches.load(session, actor, batch, is_partial=False, today=today())
        if "drop" in steps:
            import_batches.drop(session, actor, batch)
