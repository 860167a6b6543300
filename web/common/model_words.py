"""What stands on the page of a model version: figures of its report, in words and places of charts."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from vocabulary.classifications import DeclineReason, Market
from vocabulary.drift import MONEY, DriftField, DriftKind
from vocabulary.model_versions import Earned, HeldOut, LabelKind, RankOrder, Verdict
from vocabulary.money import FEN_PER_WAN
from web.common.charts import Interval, share
from web.common.filters import money, percent_bps
from web.common.labels import label
from workflows.errors import NotComplete


@dataclass(frozen=True)
class OrderRow:
    """One order on one group of later decisions."""

    name: str
    drawn: Interval
    gain: str
    """What the version gains over it, as an interval; empty for the version itself."""
    is_surely_behind: bool


@dataclass(frozen=True)
class GroupWords:
    """The orders on one group of later decisions, and what follows."""

    name: str
    n: int
    rows: list[OrderRow]
    beats_chance: bool


def groups(report: dict[str, Any]) -> list[GroupWords]:
    """The comparison with plain orders; a group without rows has too few decisions to tell."""
    return [
        GroupWords(
            label(HeldOut(part["group"])), part["n"], [_order(row) for row in part["measured"]], part["beats_chance"]
        )
        for part in report.get("comparisons", [])
    ]


def _order(row: dict[str, Any]) -> OrderRow:
    order = RankOrder(row["order"])
    gain = "" if order is RankOrder.CANDIDATE else f"{row['gain_low']:+.3f} … {row['gain_high']:+.3f}"
    return OrderRow(label(order), share(row["value"], row["low"], row["high"]), gain, row["gain_low"] > 0)


def basis(version: Any) -> list[tuple[str, str]]:
    """What a version was learned from."""
    report = version.report
    learned = report["learned"]
    rows = [(label(LabelKind(code)), str(n)) for code, n in report["labels"].items()]
    rows.append((_("按可信度与影响上限折合为"), f"{learned['n_effective']:.0f}"))
    rows.append((_("留作检验（学习时没有的企业）"), str(report["promotion"]["n_held_out"])))
    if report["n_unknown"]:
        rows.append((_("早期引擎评的，未计入"), str(report["n_unknown"])))
    if learned["set_aside"]:
        rows.append((_("与众人相反、未计入的官员"), _("%(n)s 人", n=len(learned["set_aside"]))))
    return rows


def bins(calibration: dict[str, Any]) -> list[tuple[int, str, Interval]]:
    """Bins of a reliability plot: how many, the share that was good, the prediction beside its interval."""
    return [
        (one["n"], f"{one['observed']:.2f}", share(one["predicted"], one["low"], one["high"]))
        for one in calibration.get("bins", [])
    ]


def earned(calibration: dict[str, Any]) -> Earned:
    return Earned(calibration["earned"])


def ended_words(version: Any) -> str:
    """Why a version was refused or retired: the verdict of its training, or what a person wrote."""
    text = version.ended_reason or ""
    return label(Verdict(text)) if text in set(Verdict) else text


def weights(*columns: dict[str, float]) -> list[tuple[str, list[float]]]:
    """Weights by component, in points of 100, side by side; what weighs nothing anywhere is left out."""
    totals = [sum(column.values()) or 1 for column in columns]
    return [
        (
            label(code, "ComponentCode"),
            [100 * column.get(code, 0) / total for column, total in zip(columns, totals, strict=True)],
        )
        for code in columns[0]
        if any(column.get(code) for column in columns)
    ]


def drift(alarm: Any) -> tuple[str, str]:
    """What changed, and on how many rows that rests."""
    before, after, kind = alarm.before, alarm.after, alarm.kind
    basis = _("近期 %(after)s 条，此前一季度 %(before)s 条", after=alarm.n_after, before=alarm.n_before)
    of_hundred = {"before": f"{before * 100:.0f}", "after": f"{after * 100:.0f}"}
    if kind is DriftKind.MEDIAN:
        field = DriftField(alarm.subject)
        text = _(
            "“%(field)s”的中位数由 %(before)s 变为 %(after)s。",
            field=label(field), before=_figure(field, before), after=_figure(field, after),
        )  # fmt: skip
        return text + (_slip(after / before) if field in MONEY else ""), basis
    if kind is DriftKind.UNKNOWN:
        return _(
            "“%(field)s”没有填的，每百条由 %(before)s 条变为 %(after)s 条。",
            field=label(DriftField(alarm.subject)), **of_hundred,
        ), basis  # fmt: skip
    if kind is DriftKind.REFUSALS:
        reason = label(DeclineReason(alarm.subject))
        return _("婉拒理由“%(reason)s”，每百次由 %(before)s 次变为 %(after)s 次。", reason=reason, **of_hundred), basis
    if kind is DriftKind.AGREEMENT:
        return _("官员同意推荐的，每百个结论由 %(before)s 个变为 %(after)s 个。", **of_hundred), basis
    market = label(Market(alarm.subject))
    text = _("%(market)s：每百个可能的对，夜间推荐的由 %(before)s 对变为 %(after)s 对。", market=market, **of_hundred)
    return text, _("此前一个月 %(n)s 次夜间运行", n=alarm.n_before)


_SLIP = 10_000
"""Yuan in 万元."""


def _slip(ratio: float) -> str:
    """A median ten thousand times too small or too large, give or take five, is a unit taken for another."""
    if 1 / 5 < ratio * _SLIP < 5:
        return _("很像把万元当成元填报或导入，请核对这些记录。")
    if 1 / 5 < ratio / _SLIP < 5:
        return _("很像把元当成万元填报或导入，请核对这些记录。")
    return ""


def _figure(field: DriftField, value: float) -> str:
    if field in MONEY:
        return money(round(value)) if value >= FEN_PER_WAN else _("%(n)s 元", n=f"{value / 100:g}")
    if field in (DriftField.NEED_RATE, DriftField.PRODUCT_RATE):
        return percent_bps(round(value))
    return f"{value:g}"


def problem_words(refused: NotComplete) -> str:
    """Why a step is not taken."""
    words = {
        "another_runs": _("这个市场已有一个版本在影子运行，先决定它。"),
        "second_person": _("提出试运行的人不能同时批准使用。"),
        "no_shadow_run": _("还没有影子运行过，明早再看。"),
        "stale": _("训练之后已发布过别的权重，比较不再成立，请重新训练。"),
        "changed": _("这个版本的内容与训练时不一致，不能使用。"),
        "required": _("请写明原因。"),
    }
    return next((words[problem] for problem in refused.problems.values() if problem in words), _("请写明原因。"))
