"""The words for what other systems may do."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.integrations import ApiKeyStatus, ApiScope, DeliveryStatus, WebhookEvent, WebhookStatus

_S, _E = ApiScope, WebhookEvent
INTEGRATION_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    ApiScope: {
        _S.POSTINGS_READ: _l("读取本单位发布的产品和需求"),
        _S.POSTINGS_WRITE: _l("新建、修改和发布产品和需求"),
        _S.RECOMMENDATIONS_READ: _l("读取推荐及其理由"),
        _S.CASES_READ: _l("读取对接进展"),
        _S.CASES_WRITE: _l("回传进展和结果"),
        _S.DOSSIERS_READ: _l("读取企业授权的资料（每次读取企业都能看到）"),
        _S.PAIRINGS_READ: _l("读取本链办的对接和结果"),
    },
    ApiKeyStatus: {
        ApiKeyStatus.ACTIVE: _l("有效"),
        ApiKeyStatus.REVOKED: _l("已撤销"),
        ApiKeyStatus.EXPIRED: _l("已过期"),
    },
    WebhookEvent: {
        _E.PAIRING_INTRODUCED: _l("已引荐"),
        _E.PAIRING_ENDED: _l("对接结束（婉拒、撤回、撤销或到期）"),
        _E.STEP_RECORDED: _l("记录了进展"),
        _E.STEP_CORRECTED: _l("更正了进展"),
        _E.CONSENT_WITHDRAWN: _l("企业撤回授权"),
        _E.NEW_RECOMMENDATIONS: _l("有新的推荐"),
    },
    WebhookStatus: {WebhookStatus.ACTIVE: _l("推送中"), WebhookStatus.STOPPED: _l("已停止")},
    DeliveryStatus: {
        DeliveryStatus.WAITING: _l("等待推送"),
        DeliveryStatus.DELIVERED: _l("已送达"),
        DeliveryStatus.DEAD: _l("已放弃"),
    },
}
