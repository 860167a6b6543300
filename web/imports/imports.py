"""Rows out of spreadsheets: upload, say which column is which, look at what would happen, load."""

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField

from access.lists import cases, jobs, organizations
from access.lists import import_batches as lists
from vocabulary.classifications import Market
from vocabulary.imports import ImportNoun, ImportStatus, RowKind
from vocabulary.jobs import LIVE_JOB, JobKind
from vocabulary.lifecycles import RUNNING_PAIRING
from vocabulary.roles import OrganizationKind
from web.common.database import db
from web.common.fields import Form
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from web.common.papers import attachment
from web.common.progress import over
from web.common.sheet_files import marked_file, template_file
from web.common.spreadsheets import XLSX
from web.common.uploads import received
from web.imports.words import TABLES, choices, explanations, file_words, reason_words, words_of
from workflows import import_batches
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.import_rows import MOST_ROWS
from workflows.sheets import NoTable, shown

if TYPE_CHECKING:
    from models.import_batch import ImportBatch

_SHOWN_PROBLEMS = 50
_SHOWN_ROWS = 3


class UploadForm(Form):
    file = FileField(_l("表格文件"), render_kw={"accept": ".xlsx,.csv"})


def import_blueprint(noun: ImportNoun) -> Blueprint:
    """The pages for tables of one noun, for whoever may write its rows by form."""
    blueprint = Blueprint(
        f"imports_{noun.value}", __name__, url_prefix=f"/imports/{noun.value.replace('_', '-')}"
    )  # fmt: skip
    guard = requires(lists.PERMISSIONS[noun])

    def add(rule: str, endpoint: str, view: Callable[..., ResponseReturnValue], *methods: str) -> None:
        def bound(**arguments: Any) -> ResponseReturnValue:
            return view(noun, **arguments)

        bound.__name__ = endpoint
        blueprint.add_url_rule(rule, endpoint, guard(bound), methods=list(methods))

    add("/", "index", _index, "GET", "POST")
    add("/template", "template", _template, "GET")
    add("/<public_id>", "show", _show, "GET", "POST")
    add("/<public_id>/marked", "marked", _marked, "GET")
    return blueprint


def _index(noun: ImportNoun) -> ResponseReturnValue:
    """Tables brought in so far, and the form for another one."""
    form = UploadForm()
    most = MOST_ROWS if noun in import_batches.WRITERS else 10_000
    form.file.description = _(".xlsx 或 .csv（UTF-8、GB18030 均可），最多 %(n)s 行", n=f"{most:,}")
    if form.validate_on_submit():
        uploads = received([form.file.data])
        try:
            if not uploads:
                raise NoTable("none")
            batch = import_batches.upload(
                db(), current_actor(), uploads[0].name, uploads[0].content, noun=noun, words=words_of(noun)
            )
        except NoTable as error:
            form.file.errors = [file_words(error.reason)]
        else:
            return redirect(url_for(".show", public_id=batch.public_id), 303)
    rows, total = lists.batches(db(), current_actor(), noun, page=(number := requested_page()), size=SIZE)
    page = render_template(
        "imports/index.html", form=form, page=Page(rows, number, total), kinds=list(RowKind), table=TABLES[noun]
    )
    return page, 422 if form.errors else 200


def _show(noun: ImportNoun, public_id: str) -> ResponseReturnValue:
    """One table: which column is which, what loading would do, and the rows that are bad."""
    batch = lists.batch(db(), current_actor(), noun, public_id)
    if request.method == "POST":
        try:
            _take(batch, request.form.get("step", ""))
        except NotComplete:
            flash(_("没有导入：表中还有错误的行。可以改好后重新上传，或只导入正确的行。"), "danger")
        return redirect(url_for(".show", public_id=public_id), 303)
    job = jobs.latest_about(db(), JobKind.IMPORT, import_batches.subject(batch))
    is_loading = job is not None and job.status in LIVE_JOB
    if not is_loading and (answer := over()):
        return answer
    rows = batch.sheets[batch.sheet]["rows"] if batch.sheets else []
    return render_template(
        "imports/show.html",
        batch=batch,
        table=TABLES[noun],
        kinds=list(RowKind),
        headings=[heading.strip() for heading in rows[0] if heading.strip()] if rows else [],
        samples=_samples(rows),
        problems=[(entry, reason_words(entry["reason"], noun)) for entry in batch.problems[:_SHOWN_PROBLEMS]],
        n_problems=len(batch.problems),
        job=job,
        is_loading=is_loading,
        is_open=batch.status in (ImportStatus.UPLOADED, ImportStatus.CHECKED) and not is_loading,
    )


def _samples(rows: list[list[str]]) -> dict[str, str]:
    """The first values under each heading, to tell columns apart."""
    found: dict[str, str] = {}
    for place, heading in enumerate(rows[0] if rows else []):
        values = [shown(row[place]) for row in rows[1 : 1 + _SHOWN_ROWS] if place < len(row) and row[place].strip()]
        found[heading.strip()] = " / ".join(value[:20] for value in values)
    return found


def _take(batch: "ImportBatch", step: str) -> None:
    session, actor, words = db(), current_actor(), words_of(batch.noun)
    match step:
        case "sheet":
            sheet = request.form.get("sheet", -1, type=int)
            import_batches.choose_sheet(session, actor, batch, sheet, today=today(), words=words)
        case "check":
            mapping = {name: request.form.get(name, "") for name in TABLES[batch.noun].columns}
            import_batches.check(session, actor, batch, mapping, today=today(), words=words)
        case "load" | "load_good":
            import_batches.ask(session, actor, batch, is_partial=step == "load_good")
        case "drop":
            import_batches.drop(session, actor, batch)
            flash(_("已放弃，表中的内容没有写入。"), "success")


def _marked(noun: ImportNoun, public_id: str) -> ResponseReturnValue:
    """The bad rows of the sheet, bad cells coloured, with the reasons beside them; to be corrected and sent again."""
    batch = lists.batch(db(), current_actor(), noun, public_id)
    reasons: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for entry in batch.problems:
        reasons[entry["row"]].append((entry["column"], reason_words(entry["reason"], noun)))
    rows: list[list[Any]] = batch.sheets[batch.sheet]["rows"] if batch.sheets else [[]]
    content = marked_file([[shown(cell) for cell in row] for row in rows], reasons)
    return attachment(content, f"{batch.file_name.rpartition('.')[0]}-{_('错误')}.xlsx", XLSX)


def _template(noun: ImportNoun) -> ResponseReturnValue:
    """An empty sheet with the columns, an explanation of each and lists to choose from; of outcomes, the open cases."""
    actor, table = current_actor(), TABLES[noun]
    offered = choices(noun, Market.FINANCE if actor.organization_kind is OrganizationKind.BANK else Market.SUPPLY)
    if noun is ImportNoun.FIRMS:
        offered = {"chain": [row.name_zh for row in organizations.chains(db())]}
    rows = _open_cases() if noun is ImportNoun.OUTCOMES else []
    return attachment(
        template_file(table.columns, explanations(noun), offered, rows), f"{table.template}.xlsx", XLSX
    )  # fmt: skip


def _open_cases() -> list[list[str]]:
    """Number and firm of each case in which a step can be recorded."""
    lines, _total, _counts = cases.own_cases(db(), current_actor(), on=today(), size=MOST_ROWS)
    return [[line.public_id, line.counterpart or ""] for line in lines if line.status in RUNNING_PAIRING]


firms = import_blueprint(ImportNoun.FIRMS)
purchase_needs = import_blueprint(ImportNoun.PURCHASE_NEEDS)
financing_needs = import_blueprint(ImportNoun.FINANCING_NEEDS)
loan_products = import_blueprint(ImportNoun.LOAN_PRODUCTS)
outcomes = import_blueprint(ImportNoun.OUTCOMES)
