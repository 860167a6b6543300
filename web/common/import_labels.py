"""The words for the codes of imported tables."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.imports import ImportNoun, ImportStatus, RowKind

IMPORT_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    ImportNoun: {
        ImportNoun.FIRMS: _l("企业"),
        ImportNoun.PURCHASE_NEEDS: _l("采购需求"),
        ImportNoun.FINANCING_NEEDS: _l("融资需求"),
        ImportNoun.LOAN_PRODUCTS: _l("贷款产品"),
        ImportNoun.OUTCOMES: _l("对接结果"),
    },
    ImportStatus: {
        ImportStatus.UPLOADED: _l("已上传"),
        ImportStatus.CHECKED: _l("已试算"),
        ImportStatus.LOADED: _l("已导入"),
        ImportStatus.DROPPED: _l("已放弃"),
    },
    RowKind: {
        RowKind.NEW: _l("新增"),
        RowKind.CHANGED: _l("有更新"),
        RowKind.UNCHANGED: _l("无变化"),
        RowKind.BAD: _l("有错误"),
    },
}
