"""How the visit of a lender and what stands against it read."""

from typing import Any

from flask_babel import gettext as _

from vocabulary.planning import CapacityBound
from web.common.filters import day, money, week


def visit_words(capacity: Any, visit: Any, amount_fen: int | None = None) -> str:
    """When one more firm could be visited, and why not earlier or not at all."""
    if visit.week is None:
        return _("不能受理：%(why)s", why=_bound(capacity, visit.bound, amount_fen))
    if visit.bound is None:
        return _("走访排在 %(week)s 这一周。", week=week(visit.week))
    return _("%(why)s，走访顺延到 %(week)s 这一周。", why=_delay(capacity, visit.bound), week=week(visit.week))


def booked_words(visit: Any) -> str:
    """The week a firm was given, for all who are concerned; no figures of the lender."""
    why = {
        CapacityBound.VISITS: _("前面几周的走访名额已排满，走访安排在 %(week)s 这一周。", week=week(visit.week)),
        CapacityBound.PAUSE: _("银行此前暂停受理，走访安排在 %(week)s 这一周。", week=week(visit.week)),
    }
    return why.get(visit.bound, _("走访安排在 %(week)s 这一周。", week=week(visit.week)))


def _delay(capacity: Any, bound: CapacityBound) -> str:
    if bound is CapacityBound.PAUSE:
        return _pause(capacity)
    return _("近期每周 %(n)s 个走访名额已排满", n=capacity.visits_per_week)


def _bound(capacity: Any, bound: CapacityBound, amount_fen: int | None) -> str:
    match bound:
        case CapacityBound.PAUSE:
            return _pause(capacity)
        case CapacityBound.FIRMS:
            return _("户数额度已用完")
        case CapacityBound.AMOUNT if amount_fen:
            return _("剩余额度 %(left)s，低于所需的 %(asked)s", left=money(capacity.fen_left), asked=money(amount_fen))
        case CapacityBound.AMOUNT:
            return _("剩余额度已用完")
        case _ if capacity.visits_per_week == 0:
            return _("网点目前不安排走访")
        case _:
            return _("每周 %(n)s 个走访名额，近四周都已排满", n=capacity.visits_per_week)


def _pause(capacity: Any) -> str:
    return _("产品暂停受理到 %(day)s（%(why)s）", day=day(capacity.paused_until), why=capacity.pause_reason)
