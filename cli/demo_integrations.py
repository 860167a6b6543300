"""Other systems of the demo world: keys in every status. Nobody knows their secrets; who wants one makes a key."""

import secrets
from datetime import timedelta

from sqlmodel import col, select

from access.api_keys import digest
from cli.demo_base import DOMAIN, DemoBase
from models.api_key import ApiKey
from models.organization import Membership, User
from vocabulary.integrations import SCOPES_OF_KIND, ApiKeyStatus, ApiScope
from vocabulary.roles import OrganizationKind

_K, _S = OrganizationKind, ApiKeyStatus
_KEYS = (
    ("bank", _K.BANK, "信贷管理系统", "推荐企业进件与放款状态回传", _S.ACTIVE, 40),
    ("bank", _K.BANK, "旧进件平台", "2025 年试点，已停用", _S.REVOKED, 200),
    ("buyer", _K.BUYER, "采购系统", "采购需求发布", _S.EXPIRED, 400),
    ("buyer", _K.BUYER, "供应商管理系统", "推荐与合作进展", _S.ACTIVE, 12),
    ("firm", _K.ENTERPRISE, "企业 ERP", "产品与产能更新", _S.ACTIVE, 25),
    ("official", _K.CHAIN_OFFICE, "市政务数据平台", "本链对接结果上报", _S.ACTIVE, 60),
)
"""Account, its kind, name, purpose, status, and how many days ago it was made."""


def add_integrations(base: DemoBase) -> None:
    for account, kind, name, purpose, status, age in _KEYS:
        user, organization_id = base.session.exec(
            select(User, Membership.organization_id)
            .join(Membership, col(Membership.user_id) == User.id)
            .where(User.email == f"{account}@{DOMAIN}")
        ).one()
        is_expired = status is _S.EXPIRED
        base.session.add(
            ApiKey(
                organization_id=organization_id, made_by_id=user.id or 0, name=name, purpose=purpose,
                scopes=_scopes(kind, status), digest=digest(secrets.token_urlsafe(32)), status=status,
                created_at=base.days_ago(age), status_changed_at=base.days_ago(35 if is_expired else age / 2),
                expires_on=base.today + timedelta(days=-35 if is_expired else 300 - age),
                last_used_at=base.days_ago(age / 2 if status is not _S.ACTIVE else 0.01),
                revoked_by_id=user.id if status is _S.REVOKED else None,
            )
        )  # fmt: skip
    base.session.flush()


def _scopes(kind: OrganizationKind, status: ApiKeyStatus) -> list[str]:
    known = SCOPES_OF_KIND[kind]
    return [scope.value for scope in known if status is _S.ACTIVE or scope is not ApiScope.DOSSIERS_READ]
