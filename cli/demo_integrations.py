"""Other systems of the demo world: keys and messages in every status. Who wants to try one makes a key of his own."""

import json
import secrets
from datetime import timedelta

from sqlmodel import col, func, select

from access.api_keys import digest
from cli.demo_base import DOMAIN, DemoBase
from models.api_key import ApiKey, ApiUse
from models.audit_event import AuditEvent
from models.base import new_public_id
from models.organization import Membership, User
from models.pairing import Pairing
from models.webhook import Webhook, WebhookDelivery
from vocabulary.integrations import (
    SCOPES_OF_KIND,
    ApiKeyStatus,
    ApiScope,
    DeliveryStatus,
    WebhookEvent,
    WebhookStatus,
)
from vocabulary.roles import OrganizationKind

_K, _S, _E, _W, _D = OrganizationKind, ApiKeyStatus, WebhookEvent, WebhookStatus, DeliveryStatus
_KEYS = (
    ("bank", _K.BANK, "信贷管理系统", "推荐企业进件与放款状态回传", _S.ACTIVE, 40),
    ("bank", _K.BANK, "旧进件平台", "2025 年试点，已停用", _S.REVOKED, 200),
    ("buyer", _K.BUYER, "采购系统", "采购需求发布", _S.EXPIRED, 400),
    ("buyer", _K.BUYER, "供应商管理系统", "推荐与合作进展", _S.ACTIVE, 12),
    ("firm", _K.ENTERPRISE, "企业 ERP", "产品与产能更新", _S.ACTIVE, 25),
    ("official", _K.CHAIN_OFFICE, "市政务数据平台", "本链对接结果上报", _S.ACTIVE, 60),
)
"""Account, its kind, name, purpose, status, and how many days ago it was made."""
_NOBODYS = "-"
"""A sealed secret that opens under no key: nothing is sent for the demo."""


def add_integrations(base: DemoBase) -> None:
    for account, kind, name, purpose, status, age in _KEYS:
        user, organization_id = base.session.exec(
            select(User, Membership.organization_id)
            .join(Membership, col(Membership.user_id) == User.id)
            .where(User.email == f"{account}@{DOMAIN}")
        ).one()
        is_expired = status is _S.EXPIRED
        key = ApiKey(
            organization_id=organization_id, made_by_id=user.id or 0, name=name, purpose=purpose,
            scopes=_scopes(kind, status), digest=digest(secrets.token_urlsafe(32)), status=status,
            created_at=base.days_ago(age), status_changed_at=base.days_ago(35 if is_expired else age / 2),
            expires_on=base.today + timedelta(days=-35 if is_expired else 300 - age),
            revoked_by_id=user.id if status is _S.REVOKED else None,
        )  # fmt: skip
        base.session.add(key)
        base.session.flush()
        used_at = base.days_ago(age / 2 if status is not _S.ACTIVE else 0.01)
        base.session.add(ApiUse(key_id=key.id or 0, minute=int(used_at.timestamp()) // 60, n_requests=3))
    base.session.flush()


def add_webhooks(base: DemoBase) -> None:
    """A bank's webhook with messages of every kind of end, and one that was stopped. Nobody listens at `.example`."""
    bank = base.session.exec(select(User).where(User.email == f"bank@{DOMAIN}")).one()
    organization_id = base.session.exec(select(Membership.organization_id).where(Membership.user_id == bank.id)).one()
    end = base.session.exec(select(func.max(AuditEvent.id))).one() or 0
    for address, status in (("hooks/lianrong", _W.ACTIVE), ("pilot/lianrong", _W.STOPPED)):
        webhook = Webhook(
            organization_id=organization_id, made_by_id=bank.id or 0, url=f"https://credit.bank.example/{address}",
            events=[_E.PAIRING_INTRODUCED, _E.STEP_RECORDED, _E.CONSENT_WITHDRAWN], sealed_secret=_NOBODYS,
            status=status, told_up_to=end, created_at=base.days_ago(38),
        )  # fmt: skip
        base.session.add(webhook)
        base.session.flush()
        if status is _W.ACTIVE:
            _add_deliveries(base, webhook)
    base.session.flush()


def _add_deliveries(base: DemoBase, webhook: Webhook) -> None:
    """Told of the bank's own introduced cases: taken, one given up, the last one still tried."""
    rows = base.session.exec(
        select(AuditEvent, Pairing)
        .join(Pairing, col(Pairing.id) == AuditEvent.subject_id)
        .where(AuditEvent.action == "pairing_introduced", Pairing.supply_organization_id == webhook.organization_id)
        .order_by(col(AuditEvent.id))
        .limit(6)
    ).all()
    for n, (event, pairing) in enumerate(rows):
        is_last, is_dead = n == len(rows) - 1, n == 1
        at = base.days_ago(len(rows) - n)
        status = _D.WAITING if is_last else _D.DEAD if is_dead else _D.DELIVERED
        public_id = new_public_id()
        body = {"id": public_id, "event": _E.PAIRING_INTRODUCED, "data": {"case_id": pairing.public_id}}
        base.session.add(
            WebhookDelivery(
                public_id=public_id, webhook_id=webhook.id or 0, ledger_id=event.id or 0, event=_E.PAIRING_INTRODUCED,
                body=json.dumps(body), status=status, status_changed_at=at, created_at=at,
                attempts=8 if is_dead else 4 if is_last else 1, delivered_at=at if status is _D.DELIVERED else None,
                due_at=base.days_ago(-1) if is_last else at, answer=200 if status is _D.DELIVERED else None,
                error="" if status is _D.DELIVERED else "timeout" if is_last else "unreachable",
            )
        )  # fmt: skip


def _scopes(kind: OrganizationKind, status: ApiKeyStatus) -> list[str]:
    known = SCOPES_OF_KIND[kind]
    return [scope.value for scope in known if status is _S.ACTIVE or scope is not ApiScope.DOSSIERS_READ]
