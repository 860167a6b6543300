"""Why a step of a case is refused, in words: beside the field of a form, and for other systems."""

from flask_babel import gettext as _

from web.common.labels import label
from web.common.uploads import document_problem


def problem_words(code: str) -> str:
    """The sentence for a reason why a step is refused; what follows a colon is what it is about."""
    reason, _colon, about = code.partition(":")
    step = label(about, "CaseStepKind") if reason in ("before_kind", "after_kind") else ""
    words = {
        "before_kind": _("不能早于“%(step)s”的日期。", step=step),
        "after_kind": _("不能晚于“%(step)s”的日期。", step=step),
        "required": _("请填写。"),
        "in_future": _("不能晚于今天。"),
        "before_introduction": _("不能早于引荐之日。"),
        "before_step": _("不能早于这一步的日期。"),
        "not_positive": _("必须大于零。"),
        "out_of_range": _("必须大于零，且不能过大。"),
        "above_product": _("大于该产品的最高额度。"),
        "out_of_order": _("已有更靠后的步骤。"),
        "other_market": _("请从列表中选择。"),
        "unknown": _("请从列表中选择。"),
        "needs_quantity": _("填写了单位，请同时填写数量。"),
    }
    return str(document_problem(code) or words.get(reason, _("这个值不正确。")))
