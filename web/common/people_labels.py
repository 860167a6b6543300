"""The words for what organizations and people are."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.lifecycles import InvitationStatus, OrganizationStatus, UserStatus
from vocabulary.roles import OrganizationKind, Role

PEOPLE_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    OrganizationKind: {
        OrganizationKind.ENTERPRISE: _l("企业"),
        OrganizationKind.BANK: _l("银行机构"),
        OrganizationKind.BUYER: _l("采购单位"),
        OrganizationKind.CHAIN_OFFICE: _l("产业链推进办公室"),
        OrganizationKind.JOINT_OFFICE: _l("产业链联席办"),
        OrganizationKind.AUDIT_OFFICE: _l("审计部门"),
        OrganizationKind.IT_OFFICE: _l("信息管理部门"),
    },
    Role: {
        Role.FILER: _l("填报人"),
        Role.SIGNATORY: _l("负责人"),
        Role.OFFICER: _l("客户经理"),
        Role.BUYER: _l("采购员"),
        Role.OFFICIAL: _l("链办专员"),
        Role.COORDINATOR: _l("联席办协调员"),
        Role.AUDITOR: _l("审计员"),
        Role.ADMIN: _l("系统管理员"),
    },
    OrganizationStatus: {
        OrganizationStatus.REGISTERED: _l("待核验"),
        OrganizationStatus.VERIFIED: _l("已核验"),
        OrganizationStatus.RETURNED: _l("退回补正"),
        OrganizationStatus.SUSPENDED: _l("已停用"),
        OrganizationStatus.MERGED: _l("已合并"),
    },
    UserStatus: {
        UserStatus.ACTIVE: _l("正常"),
        UserStatus.DISABLED: _l("已停用"),
    },
    InvitationStatus: {
        InvitationStatus.SENT: _l("已发出"),
        InvitationStatus.ACCEPTED: _l("已接受"),
        InvitationStatus.CANCELLED: _l("已取消"),
        InvitationStatus.EXPIRED: _l("已过期"),
    },
}
