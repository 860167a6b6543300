"""What is said of a chain of before, and when something is refused."""

from flask_babel import gettext as _

from access.lists.chain_history import PastMap
from access.lists.chain_leaders import StandingCount
from web.common.languages import language


def past_name(past: PastMap) -> str:
    return past.name_en if language() == "en" else past.name_zh


def problem_words(code: str) -> str:
    """What is wrong with one field."""
    words = {
        "required": _("请填写。"),
        "taken": _("这条链上已有同名的。"),
        "unknown": _("请从列表中选择。"),
        "cycle": _("这样会绕成一个圈：环节不能在自己之下，也不能流回自己。"),
        "backwards": _("流向应从上游到下游，不能倒流。"),
        "other_position": _("下级环节应与它的上级在同一位置（上游、中游或下游）。"),
        "children_elsewhere": _("它下面的环节在另一位置，请先移动下级环节。"),
        "has_children": _("它下面还有环节，请先移动或停用下级环节。"),
        "retired": _("这个环节已停用。"),
        "too_many": _("代码太多，请用大类或中类代替。"),
        "too_long": _("每个产品不超过 60 个字，最多 40 个。"),
        "not_a_code": _("请用小写字母、数字和下划线，以字母开头，最多 32 位。"),
        "not_a_bank": _("请选择一家已核验的银行。"),
        "in_future": _("不能晚于今天。"),
        "before_last": _("不能早于上一次变动的日期。"),
        "before_start": _("结束日期不能早于开始日期。"),
        "overlaps": _("这段时间这个职务已有人。"),
        "link_names": _("两条链有同名环节，请先改名再合并。"),
        "all": _("至少留下一个环节。"),
        "half_tree": _("上级和下级环节要一起拆出。"),
        "not_of_chain": _("这家企业不属于本链，或档案尚未核验。"),
        "several": _("没有找到，或有多家同名，请填全称或统一社会信用代码。"),
    }
    return words.get(code, code)


def target_words(count: StandingCount) -> str:
    """How many firms are aimed at and whether that is reached."""
    if count.at_least is None:
        return _("没有设目标")
    aim = _("%(least)s 至 %(most)s 家", least=count.at_least, most=count.at_most)
    if count.at_most is None or count.at_most == count.at_least:
        aim = _("%(least)s 家", least=count.at_least)
    aim = _("通常的目标 %(aim)s", aim=aim) if count.is_usual else _("目标 %(aim)s", aim=aim)
    if count.n < count.at_least:
        return _("%(aim)s，还差 %(n)s 家", aim=aim, n=count.at_least - count.n)
    if count.at_most is not None and count.n > count.at_most:
        return _("%(aim)s，多 %(n)s 家", aim=aim, n=count.n - count.at_most)
    return _("%(aim)s，已达到", aim=aim)
