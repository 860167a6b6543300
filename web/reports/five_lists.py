"""五单一图谱 as a paper: an overview, the five lists, each chain's map, and behind them what the figures count."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import render_template
from flask_babel import gettext as _

from access.actor import Actor
from access.lists import chain_map, chain_offices, five_lists, problems, projects
from access.lists.chain_map import Box, ChainMap
from access.lists.chain_offices import Office
from access.lists.five_lists import FirmOnChain, OpenNeed, ResearchLine
from access.lists.problems import ProblemLine
from access.lists.projects import ProjectLine
from vocabulary.chains import FirmStanding, LinkState
from vocabulary.classifications import ChainPlacement
from vocabulary.lifecycles import ProblemStatus, ProjectStatus
from vocabulary.office_reports import ReportStep, ResearchStatus
from vocabulary.projects import LARGE_FEN, LISTED_TARGETS, USUAL_TARGETS, TargetKind
from web.common.chain_drawing import draw
from web.common.chain_map_words import headings, named, share_words, texts
from web.common.filters import quantity, region
from web.common.labels import label
from web.common.papers import Column, Kind, Section
from web.reports.opening import OpenedList, without_column

_AT_WORK = (ProjectStatus.STARTED, ProjectStatus.UNDER_CONSTRUCTION)
_ALL_PROBLEMS = 100_000


@dataclass(frozen=True)
class FiveListsFacts:
    """Everything the paper shows, in no language yet."""

    chains: Sequence[Any]
    year: int
    targets: Sequence[Any]
    projects: list[ProjectLine]
    problems: list[ProblemLine]
    research: list[ResearchLine]
    maps: list[ChainMap]
    offices: dict[int, Office]
    firms: list[FirmOnChain]
    needs: list[OpenNeed]
    is_large_only: bool


def gather(
    session: Any, actor: Actor, say: Callable[[ReportStep], None], *, chain_id: int | None, year: int, on: date,
    is_large_only: bool,
) -> FiveListsFacts:  # fmt: skip
    """The facts as of now, all from one reading of the database."""
    say(ReportStep.TARGETS)
    chains = five_lists.chains(session, actor, chain_id=chain_id)
    ids = [chain.id or 0 for chain in chains]
    targets = [row for row in five_lists.targets(session, actor, year=year) if row.chain_id in ids]
    say(ReportStep.PROJECTS)
    library = projects.library(session, actor, projects.Filters(chain_id=chain_id), on=on).lines
    say(ReportStep.PROMOTION)
    library = [line for line in library if line.project.status is not ProjectStatus.DROPPED]
    library = [line for line in library if line.project.chain_id in ids]
    say(ReportStep.PROBLEMS)
    found = problems.problems(session, actor, on=on, chain_id=chain_id, size=_ALL_PROBLEMS).lines
    open_ones = [row for row in found if row.problem.status is not ProblemStatus.CLOSED and row.problem.chain_id in ids]
    say(ReportStep.RESEARCH)
    research = [
        line
        for line in five_lists.research(session, actor, status=ResearchStatus.LISTED)
        if line.result.chain_id in ids
    ]
    say(ReportStep.MAP)
    maps = [chain_map.chain_map(session, actor, chain.code) for chain in chains]
    offices = {chain.id or 0: chain_offices.office(session, actor, chain, on) for chain in chains}
    return FiveListsFacts(
        chains, year, targets, library, open_ones, research, maps, offices,
        five_lists.firms(session, actor, ids), five_lists.open_needs(session, actor, ids), is_large_only,
    )  # fmt: skip


_CHAIN = 1
"""The column of the chain in each list; a report about one chain does without it."""


class _Lists:
    """The lists in the order of the paper."""

    def __init__(self, facts: FiveListsFacts) -> None:
        self.facts = facts
        self.chain_names = {chain.id: named(chain) for chain in facts.chains}
        self.link_names = {box_id: name for found in facts.maps for box_id, name in _link_names(found.boxes)}
        first_annex = 6 + len(facts.maps)
        hidden = _CHAIN if len(facts.chains) == 1 else None
        self.at_work = OpenedList(2, self._at_work(), hidden=hidden)
        self.promotion = OpenedList(3, self._promotion(), hidden=hidden)
        self.problems = OpenedList(4, self._problems(), hidden=hidden)
        self.research = OpenedList(5, self._research(), hidden=hidden)
        self.library = OpenedList(first_annex, self._library(), hidden=hidden)
        self.firms = OpenedList(first_annex + 1, self._firms(), hidden=hidden)
        self.needs = OpenedList(first_annex + 2, self._needs(), hidden=hidden)

    def link(self, link_id: int | None) -> str:
        return self.link_names.get(link_id or 0, _("未归环节"))

    def _kept(self, line: ProjectLine) -> bool:
        return not self.facts.is_large_only or (line.project.investment_fen or 0) >= LARGE_FEN

    def _project_note(self) -> str:
        note = _("计划总投资和累计完成投资是两个数，不相加；未填总投资的项目不亮灯。")
        return _("只列总投资 1 亿元及以上的项目。") + note if self.facts.is_large_only else note

    def _at_work(self) -> Section:
        columns = (
            Column(_("项目名称"), width=4), Column(_("产业链"), width=2.4), Column(_("补强的环节"), width=2.4),
            Column(_("类型"), width=1.2), Column(_("投资方"), width=3), Column(_("建设地点"), width=1.6),
            Column(_("计划总投资"), Kind.MONEY), Column(_("累计完成投资"), Kind.MONEY),
            Column(_("开工日期"), Kind.DAY, 2.1), Column(_("计划竣工"), Kind.DAY, 2.1), Column(_("进度"), width=2),
            Column(_("责任人"), width=1.4),
        )  # fmt: skip
        rows = [
            [
                line.project.name, self.chain_names[line.project.chain_id], self.link(line.project.chain_link_id),
                label(line.project.kind), line.project.investor or None, region(line.project.region_code),
                _amount(line.project.investment_fen), line.invested_fen, line.project.started_on,
                line.project.planned_finish_on, label(line.light), line.owner,
            ]
            for line in self.facts.projects
            if line.project.status in _AT_WORK and self._kept(line)
        ]  # fmt: skip
        return Section(label(ReportStep.PROJECTS), columns, _words(rows), note=self._project_note(), is_list=True)

    def _promotion(self) -> Section:
        columns = (
            Column(_("项目名称"), width=4), Column(_("产业链"), width=2.4), Column(_("补强的环节"), width=2.4),
            Column(_("类型"), width=1.2), Column(_("投资方"), width=3), Column(_("建设地点"), width=1.6),
            Column(_("计划总投资"), Kind.MONEY), Column(_("计划开工"), Kind.DAY, 2.1), Column(_("用地情况"), width=3),
            Column(_("责任人"), width=1.4),
        )  # fmt: skip
        rows = [
            [
                line.project.name, self.chain_names[line.project.chain_id], self.link(line.project.chain_link_id),
                label(line.project.kind), line.project.investor or _("待引进"), region(line.project.region_code),
                _amount(line.project.investment_fen), line.project.planned_start_on, line.project.land or None,
                line.owner,
            ]
            for line in self.facts.projects
            if line.project.status is ProjectStatus.RESERVE and self._kept(line)
        ]  # fmt: skip
        note = _("储备阶段、尚未开工的项目。")
        return Section(label(ReportStep.PROMOTION), columns, _words(rows), note=note, is_list=True)

    def _problems(self) -> Section:
        columns = (
            Column(_("问题"), width=4), Column(_("产业链"), width=2.4), Column(_("企业或项目"), width=4),
            Column(_("类别"), width=1.6), Column(_("承办单位"), width=3), Column(_("答复期限"), Kind.DAY, 2.1),
            Column(_("状态"), width=2.4), Column(_("是否逾期"), width=1.4),
        )  # fmt: skip
        rows = [
            [
                row.problem.title, self.chain_names[row.problem.chain_id], row.firm or row.project,
                label(row.problem.kind), row.problem.bureau or _("未交办"), row.problem.due_on,
                label(row.problem.status), _("逾期") if row.is_overdue else _("否"),
            ]
            for row in self.facts.problems
        ]  # fmt: skip
        note = _("尚未办结的问题；办结须企业同意，或由链办写明原因。")
        return Section(label(ReportStep.PROBLEMS), columns, _words(rows), note=note, is_list=True)

    def _research(self) -> Section:
        columns = (
            Column(_("成果名称"), width=4), Column(_("产业链"), width=2.4), Column(_("相关环节"), width=2.4),
            Column(_("持有单位"), width=3), Column(_("成熟度"), width=1.6), Column(_("转化所需"), width=4),
            Column(_("来源"), width=3),
        )  # fmt: skip
        rows = [
            [
                line.result.title, self.chain_names[line.result.chain_id], self.link(line.result.chain_link_id),
                line.result.holder, label(line.result.readiness), line.result.wanted or None,
                line.result.source or None,
            ]
            for line in self.facts.research
        ]  # fmt: skip
        return Section(label(ReportStep.RESEARCH), columns, _words(rows), is_list=True)

    def _library(self) -> Section:
        columns = (
            Column(_("项目名称"), width=4), Column(_("产业链"), width=2.4), Column(_("补强的环节"), width=2.4),
            Column(_("阶段"), width=1.4), Column(_("规模"), width=1.8), Column(_("计划总投资"), Kind.MONEY),
            Column(_("累计完成投资"), Kind.MONEY),
        )  # fmt: skip
        rows = [
            [
                line.project.name, self.chain_names[line.project.chain_id], self.link(line.project.chain_link_id),
                label(line.project.status), _size(line), _amount(line.project.investment_fen), line.invested_fen,
            ]
            for line in self.facts.projects
        ]  # fmt: skip
        note = _("储备、开工、在建和投产的全部项目，不含已终止的。")
        return Section(_("附：全部重点项目"), columns, _words(rows), note=note, is_list=True)

    def _firms(self) -> Section:
        columns = (
            Column(_("企业名称"), width=4), Column(_("产业链"), width=2.4), Column(_("环节"), width=2.4),
            Column(_("在链依据"), width=1.6), Column(_("地位"), width=1.2),
            Column(_("统一社会信用代码"), Kind.CODE, 3), Column(_("所在地"), width=1.6),
            Column(_("行业代码"), Kind.CODE, 1.4), Column(_("计入企业数"), width=1.4),
        )  # fmt: skip
        kinds: dict[ChainPlacement | None, str] = {kind: str(label(kind)) for kind in ChainPlacement}
        standings: dict[FirmStanding | None, str] = {standing: str(label(standing)) for standing in FirmStanding}
        counted = (_("另列"), _("计入"))
        leading: set[tuple[int, str]] = set()

        def standing_of(firm: FirmOnChain) -> str | None:
            """The words of a standing once for each firm, so that they count firms; other rows say so."""
            words = standings.get(firm.standing)
            if words is None or firm.standing is FirmStanding.ORDINARY:
                return words
            if (firm.firm_id, words) in leading:
                return _("%(standing)s（另列）", standing=words)
            leading.add((firm.firm_id, words))
            return words

        places = {code: region(code) for code in {firm.region_code for firm in self.facts.firms}}
        rows = [
            [
                firm.name, self.chain_names[firm.chain_id], self.link(firm.link_id), kinds.get(firm.kind),
                standing_of(firm), firm.uscc, places[firm.region_code], firm.industry_code,
                counted[firm.is_first],
            ]
            for firm in self.facts.firms
        ]  # fmt: skip
        note = _("档案已核验的企业。一家企业在几个环节就有几行，只有一行计入企业数。")
        return Section(_("附：链上企业"), columns, rows, note=note, is_list=True)

    def _needs(self) -> Section:
        columns = (
            Column(_("采购需求"), width=4), Column(_("产业链"), width=2.4), Column(_("环节"), width=2.4),
            Column(_("采购单位"), width=4), Column(_("数量"), width=2), Column(_("有无企业能供"), width=2),
        )  # fmt: skip
        rows = [
            [
                need.title, self.chain_names[need.chain_id], self.link(need.link_id), need.buyer or _("未公开"),
                quantity(need.quantity_milli, need.unit), _met(is_met=need.is_met),
            ]
            for need in self.facts.needs
        ]  # fmt: skip
        return Section(_("附：公开的采购需求"), columns, _words(rows), is_list=True)


def five_lists_sections(facts: FiveListsFacts) -> tuple[Section, ...]:
    """The paper's sections; figures of the first ones open rows of the later ones."""
    lists = _Lists(facts)
    maps = [_map(found, lists) for found in facts.maps]
    targets = _targets(lists)
    if len(facts.chains) == 1:
        targets = without_column(targets, _CHAIN)
    return (
        _overview(lists, maps), targets, lists.at_work.section, lists.promotion.section, lists.problems.section,
        lists.research.section, *maps, lists.library.section, lists.firms.section, lists.needs.section,
    )  # fmt: skip


def _overview(lists: _Lists, maps: list[Section]) -> Section:
    columns = (
        Column(_("产业链"), width=3), Column(_("链办负责人"), width=2.4), Column(_("在建项目"), Kind.COUNT, 1.5),
        Column(_("在建计划总投资"), Kind.MONEY, 2.2), Column(_("在建累计完成"), Kind.MONEY, 2.2),
        Column(_("招商项目"), Kind.COUNT, 1.5), Column(_("未办结问题"), Kind.COUNT, 1.5),
        Column(_("其中逾期"), Kind.COUNT, 1.5), Column(_("科研成果"), Kind.COUNT, 1.5),
        Column(_("链上企业"), Kind.COUNT, 1.5), Column(_("缺失环节"), Kind.COUNT, 1.5),
    )  # fmt: skip
    rows = []
    for place, chain in enumerate(lists.facts.chains):
        name = lists.chain_names[chain.id]
        links = OpenedList(6 + place, maps[place])
        rows.append(
            [
                name, _head(lists.facts.offices[chain.id]), lists.at_work.count(c1=name),
                lists.at_work.total(6, c1=name), lists.at_work.total(7, c1=name), lists.promotion.count(c1=name),
                lists.problems.count(c1=name), lists.problems.count(c1=name, c7=_("逾期")),
                lists.research.count(c1=name), lists.firms.count(c1=name, c8=_("计入")),
                links.count(c2=label(LinkState.MISSING)) if links.section.rows else _("尚无环节"),
            ]
        )  # fmt: skip
    return Section(_("五单概览"), columns, rows, note=_("每个数字点开就是它所计的各行。"))


def _targets(lists: _Lists) -> Section:
    """What is aimed at beside what there is; a target of 0, or none, is said in words."""
    columns = (
        Column(_("目标"), width=3), Column(_("产业链"), width=3), Column(_("年度"), Kind.CODE, 1.2),
        Column(_("至少"), Kind.COUNT, 1.4), Column(_("至多"), Kind.COUNT, 1.4), Column(_("现有"), Kind.COUNT, 1.4),
        Column(_("完成情况"), width=2),
    )  # fmt: skip
    targets = _aims(lists.facts)
    rows = []
    for chain in lists.facts.chains:
        for kind in LISTED_TARGETS:
            target = targets.get((chain.id, kind))
            reached = _reached(lists, kind, lists.chain_names[chain.id])
            at_least = target.at_least if target and target.at_least else None
            rows.append(
                [
                    str(label(kind)), lists.chain_names[chain.id], str(lists.facts.year),
                    _("未设") if at_least is None else at_least, target.at_most if target and at_least else None,
                    reached, _progress(reached, at_least, is_usual=bool(target and target.is_usual)),
                ]
            )  # fmt: skip
    note = _("骨干企业和链主企业按链办确认的在链地位计，一家企业只计一次。没有设目标的按通常的目标对照，并注明。")
    return Section(label(ReportStep.TARGETS), columns, rows, note=note)


@dataclass(frozen=True)
class _Aim:
    at_least: int
    at_most: int | None
    is_usual: bool


def _aims(facts: FiveListsFacts) -> dict[tuple[int, TargetKind], _Aim]:
    """The targets set for the year, and the usual ones where none is."""
    found = {
        (chain.id, kind): _Aim(least, most, is_usual=True)
        for chain in facts.chains
        for kind, (least, most) in USUAL_TARGETS.items()
    }
    return found | {(row.chain_id, row.kind): _Aim(row.at_least, row.at_most, is_usual=False) for row in facts.targets}


def _reached(lists: _Lists, kind: TargetKind, chain: str) -> Any:
    if kind is TargetKind.LARGE_PROJECTS:
        return lists.library.count(c1=chain, c4=_large())
    standing = FirmStanding.LEADER if kind is TargetKind.LEADER_FIRMS else FirmStanding.BACKBONE
    return lists.firms.count(c1=chain, c4=label(standing))


def _progress(reached: Any, at_least: int | None, *, is_usual: bool) -> str:
    n = getattr(reached, "value", reached)
    if at_least is None:
        return _("未设目标，不评")
    words = _("已达到") if n >= at_least else _("还差 %(n)s", n=at_least - n)
    return _("%(words)s（按通常的目标）", words=words) if is_usual else words


def _map(found: ChainMap, lists: _Lists) -> Section:
    name = lists.chain_names[found.id]
    columns = (
        Column(_("环节"), width=3), Column(_("位置"), width=1.2), Column(_("状态"), width=1.2),
        Column(_("龙头企业"), width=3), Column(_("确认企业"), Kind.COUNT, 1.2), Column(_("申报企业"), Kind.COUNT, 1.2),
        Column(_("推测企业"), Kind.COUNT, 1.2), Column(_("采购需求"), Kind.COUNT, 1.2),
        Column(_("无人能供"), Kind.COUNT, 1.2), Column(_("重点项目"), Kind.COUNT, 1.2),
        Column(_("本地配套率"), width=2.6),
    )  # fmt: skip
    rows = [_map_row(box, name, lists) for box in found.boxes]
    note = _(
        "图谱第 %(version)s 版。确认企业 2 家及以上为稳固，1 家为单薄，没有为缺失。全链本地配套率：%(share)s。",
        version=found.version, share=share_words(found.share),
    )  # fmt: skip
    drawing = ""
    if found.boxes:
        drawn = draw(found.boxes, found.flows, texts(found.boxes), headings(found.boxes))
        drawing = render_template("papers/map.svg", drawing=drawn)
    else:
        note = _("这条链还没有环节，画不出图谱。")
    return Section(_("%(chain)s上下游图谱", chain=name), columns, rows, note=note, drawing=drawing)


def _map_row(box: Box, chain: str, lists: _Lists) -> list[Any]:
    link = lists.link(box.id)
    firms = [lists.firms.count(c1=chain, c2=link, c3=label(kind)) for kind in _ORDER]
    return [
        link, str(label(box.position)), str(label(box.state)), "、".join(box.leaders) or None, *firms,
        lists.needs.count(c1=chain, c2=link), lists.needs.count(c1=chain, c2=link, c5=_met(is_met=False)),
        lists.library.count(c1=chain, c2=link), share_words(box.share),
    ]  # fmt: skip


def _link_names(boxes: Sequence[Box]) -> Iterator[tuple[int, str]]:
    """A name for each link of a chain; where two have the same one, with the code, so that figures tell them apart."""
    names = Counter(named(box) for box in boxes)
    for box in boxes:
        yield box.id, named(box) if names[named(box)] == 1 else f"{named(box)} ({box.code})"


_ORDER = (ChainPlacement.CONFIRMED, ChainPlacement.FILED, ChainPlacement.GUESSED)


def _large() -> str:
    return _("1 亿元及以上")


def _size(line: ProjectLine) -> str:
    if line.project.investment_fen is None:
        return _("未填总投资")
    return _large() if line.project.investment_fen >= LARGE_FEN else _("不到 1 亿元")


def _met(*, is_met: bool) -> str:
    return _("有") if is_met else _("没有")


def _amount(fen: int | None) -> Any:
    return _("未填") if fen is None else fen


def _head(office: Office) -> str:
    """Who answers for the chain, or that nobody does."""
    present = office.present
    return present[0].name if present else _("未设链办")


def _words(rows: list[list[Any]]) -> list[list[Any]]:
    """Words that wait for their language are said now."""
    return [
        [cell if cell is None or isinstance(cell, str | int | float | date) else str(cell) for cell in row]
        for row in rows
    ]
