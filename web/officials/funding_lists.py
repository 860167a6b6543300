"""申报清单 and 推荐清单 on the page, as PDF and as spreadsheet; the five standards of one need."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older than the library
from wtforms.validators import DataRequired, Length

from access.lists import funding_lists as lists
from access.lists.funding_lists import FundingFilters, FundingLine
from access.lists.profiles import chain_choices
from access.permissions import Permission
from access.reasons import must_state_reason
from access.ties import recusal
from vocabulary import regions
from vocabulary.classifications import Tier
from vocabulary.coordination import FundingList, FundingStandard
from web.common.database import db
from web.common.fields import CodeField, Form
from web.common.funding_paper import (
    answer_shape,
    filter_facts,
    funding_paper,
    funding_sections,
    ground_words,
    made_facts,
)
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from web.common.papers import PDF, Paper, attachment, pdf
from web.common.profile_values import named
from web.common.spreadsheets import XLSX, spreadsheet
from workflows import funding_standards
from workflows.calendar import today

blueprint = Blueprint("officials_funding_lists", __name__, url_prefix="/funding-lists")


class CheckForm(Form):
    standard = CodeField(_l("标准"), FundingStandard, blank=False)
    is_met = RadioField(
        _l("结论"), [DataRequired(_l("请选择。"))],
        choices=[SelectChoice("yes", _l("符合")), SelectChoice("no", _l("不符合"))],
    )  # fmt: skip
    evidence = TextAreaField(
        _l("依据"), [DataRequired(_l("请写明依据。")), Length(max=500)], render_kw={"rows": 2},
        description=_l("如：2026-11-20 走访，查看了采购合同和开工现场"),
    )  # fmt: skip


@blueprint.get("/")
@requires(Permission.VERIFY_PROFILES)
def index() -> ResponseReturnValue:
    """One of the two lists with its filters, a page at a time."""
    actor, kind, filters = current_actor(), _kind(request.args.get("list", "")), _filters()
    chains = named(chain_choices(db())) if actor.chain_id is None else {}
    number, lines = requested_page(), lists.funding_list(db(), actor, kind, on=today(), filters=filters)
    shown = lines[(number - 1) * SIZE : number * SIZE]
    return render_template(
        "officials/funding_lists/index.html",
        page=Page(shown, number, len(lines)),
        sections=funding_sections(kind, shown, on=today(), url_of=_url_of, first=(number - 1) * SIZE + 1),
        kind=kind,
        kinds=list(FundingList),
        filters=filters,
        asked=_asked(kind) | {"kind": kind.value, "list": None},
        others={other: _asked(other) for other in FundingList},
        chains=chains,
        districts=[district.code for district in regions.children(regions.CITY)],
        tiers=list(Tier),
    )


@blueprint.get("/<kind>/pdf")
@requires(Permission.VERIFY_PROFILES)
def as_pdf(kind: str) -> ResponseReturnValue:
    paper = _paper(_kind(kind))
    return attachment(pdf(paper), f"{paper.file_name}.pdf", PDF)


@blueprint.get("/<kind>/xlsx")
@requires(Permission.VERIFY_PROFILES)
def as_spreadsheet(kind: str) -> ResponseReturnValue:
    paper = _paper(_kind(kind))
    return attachment(spreadsheet(paper), f"{paper.file_name}.xlsx", XLSX)


@blueprint.route("/<public_id>", methods=["GET", "POST"])
@requires(Permission.VERIFY_PROFILES)
def check(public_id: str) -> ResponseReturnValue:
    """The five standards of one need: what the records say, what was found, and a form for one finding."""
    actor = current_actor()
    demand, line = lists.funding_line(db(), actor, public_id, on=today())
    form = CheckForm()
    if form.validate_on_submit():
        funding_standards.check_standard(
            db(), actor, demand, FundingStandard(form.standard.data), is_met=form.is_met.data == "yes",
            evidence=form.evidence.data or "",
        )  # fmt: skip
        flash(_("已记录：%(name)s。", name=line.firm), "success")
        return redirect(url_for(".check", public_id=public_id), 303)
    page = render_template(
        "officials/funding_lists/check.html",
        line=line,
        standards=[
            (standard, line.findings[standard], answer_shape(line.findings[standard].answer),
             ground_words(standard, line, today()))
            for standard in FundingStandard
        ],
        form=form,
        must_state_reason=must_state_reason(actor),
        recusal=recusal(db(), actor, (demand.organization_id,), chain_id=demand.chain_id),
    )  # fmt: skip
    return page, 422 if form.errors else 200


def _kind(asked: str) -> FundingList:
    return FundingList(asked) if asked in set(FundingList) else FundingList.APPLICATION


def _filters() -> FundingFilters:
    chain_id, district, tier = (
        request.args.get("chain", type=int), request.args.get("district", ""), request.args.get("tier", "")
    )  # fmt: skip
    return FundingFilters(
        chain_id if chain_id is None or 0 < chain_id < 10**9 else 0,
        district if district in regions.by_code() else None,
        Tier(tier) if tier in set(Tier) else None,
    )


def _asked(kind: FundingList) -> dict[str, Any]:
    """The present filters as an address has them."""
    filters = _filters()
    return {
        "list": kind.value, "chain": filters.chain_id, "district": filters.district,
        "tier": filters.tier.value if filters.tier else None,
    }  # fmt: skip


def _paper(kind: FundingList) -> Paper:
    actor, filters = current_actor(), _filters()
    chain_id = filters.chain_id or actor.chain_id
    name = named(chain_choices(db())).get(chain_id or 0, "")
    return funding_paper(
        kind,
        lists.funding_list(db(), actor, kind, on=today(), filters=filters),
        facts=[
            *made_facts(f"{actor.organization_name} {actor.name}", datetime.now(UTC)), *filter_facts(filters, name)
        ],
        on=today(),
    )  # fmt: skip


def _url_of(line: FundingLine) -> str:
    return url_for("officials_funding_lists.check", public_id=line.public_id)
