"""Product lines of the own enterprise."""

from flask_babel import lazy_gettext as _l

from vocabulary.units import Unit
from web.common.fields import (
    CodeField,
    CountField,
    MoneyField,
    PickerField,
    PickerListField,
    QuantityField,
    StandardsField,
)
from web.common.postings import PostingForm, PostingPages, Words, posting_blueprint, text_field
from workflows.product_lines import PRODUCT_LINE


class ProductLineForm(PostingForm):
    """What the enterprise makes, and how much of it is to be had."""

    category_code = PickerField(_l("产品类别（GB/T 4754）"), picker="industries")
    specification = text_field(_l("规格型号"), longest=500)
    standards = StandardsField(_l("执行标准"))
    unit = CodeField(_l("计量单位"), Unit)
    yearly_capacity_milli = QuantityField(_l("年产能"))
    spare_capacity_milli = QuantityField(_l("可用年产能"))
    lead_time_days = CountField(_l("交货周期（天）"))
    delivers_to = PickerListField(_l("可送达地区"), picker="regions")
    unit_price_fen = MoneyField(_l("参考单价"))


PAGES = PostingPages(
    kind=PRODUCT_LINE,
    form=ProductLineForm,
    folder="firms/lines",
    words=Words(
        index=_l("产品与产能"),
        lead=_l("发布后，合适的采购需求会出现在推荐中。"),
        new=_l("新建产品"),
        edit=_l("修改产品"),
        empty=_l("还没有产品"),
        empty_text=_l("写下产品类别、规格和可用产能，采购单位才能找到您。"),
    ),
    sections=(
        (_l("产品"), ("title", "category_code", "specification", "standards", "text")),
        (
            _l("产能与交付"),
            (
                "unit", "yearly_capacity_milli", "spare_capacity_milli", "lead_time_days", "unit_price_fen",
                "delivers_to",
            ),
        ),
        (_l("有效期"), ("expires_on",)),
    ),
    days_open=365,
    hints={
        "title": _l("产品名称，例如：裸铜线。"),
        "category_code": _l("输入名称、拼音或代码查找。"),
        "standards": _l("例如：GB/T 3953-2009。多个标准用顿号分开。"),
        "spare_capacity_milli": _l("还能接单的部分，不能大于年产能。"),
        "delivers_to": _l("可填多个，用顿号分开；不填表示各地均可。"),
        "unit_price_fen": _l("每计量单位的价格。"),
    },
)  # fmt: skip
blueprint = posting_blueprint("firms_lines", __name__, PAGES, url_prefix="/product-lines")
