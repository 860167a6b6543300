"""The words for what other systems may do."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.integrations import ApiKeyStatus, ApiScope

_S = ApiScope
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
}
