"""Firms out of spreadsheets: upload, say which column is which, look at what would happen, load."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField

from access.lists import import_batches as lists
from access.lists import organizations
from access.permissions import Permission
from vocabulary.imports import RowKind
from web.common.database import db
from web.common.fields import Form
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.import_words import COLUMN_WORDS, EXPLANATIONS, file_words, reason_words
from web.common.pagination import SIZE, Page, requested_page
from web.common.papers import attachment
from web.common.sheet_files import marked_file, template_file
from web.common.spreadsheets import XLSX
from web.common.uploads import received
from workflows import import_batches
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.sheets import NoTable, shown

if TYPE_CHECKING:
    from models.import_batch import ImportBatch

blueprint = Blueprint("officials_imports", __name__, url_prefix="/imports/firms")
_SHOWN_PROBLEMS = 50
_SHOWN_ROWS = 3


class UploadForm(Form):
    file = FileField(
        _l("表格文件"), description=_l(".xlsx 或 .csv（UTF-8、GB18030 均可），最多 10,000 行"),
        render_kw={"accept": ".xlsx,.csv"},
    )  # fmt: skip


@blueprint.route("/", methods=["GET", "POST"])
@requires(Permission.VERIFY_PROFILES)
def index() -> ResponseReturnValue:
    """Tables brought in so far, and the form for another one."""
    form = UploadForm()
    if form.validate_on_submit():
        uploads = received([form.file.data])
        try:
            if not uploads:
                raise NoTable("none")
            batch = import_batches.upload(db(), current_actor(), uploads[0].name, uploads[0].content)
        except NoTable as error:
            form.file.errors = [file_words(error.reason)]
        else:
            return redirect(url_for(".show", public_id=batch.public_id), 303)
    rows, total = lists.batches(db(), current_actor(), page=(number := requested_page()), size=SIZE)
    page = render_template(
        "officials/imports/index.html", form=form, page=Page(rows, number, total), kinds=list(RowKind)
    )
    return page, 422 if form.errors else 200


@blueprint.route("/<public_id>", methods=["GET", "POST"])
@requires(Permission.VERIFY_PROFILES)
def show(public_id: str) -> ResponseReturnValue:
    """One table: which column is which, what loading would do, and the rows that are bad."""
    batch = lists.batch(db(), current_actor(), public_id)
    if request.method == "POST":
        try:
            _take(batch, request.form.get("step", ""))
        except NotComplete:
            flash(_("没有导入：表中还有错误的行。可以改好后重新上传，或只导入正确的行。"), "danger")
        return redirect(url_for(".show", public_id=public_id), 303)
    rows = batch.sheets[batch.sheet]["rows"] if batch.sheets else []
    return render_template(
        "officials/imports/show.html",
        batch=batch,
        kinds=list(RowKind),
        columns=COLUMN_WORDS,
        headings=[heading.strip() for heading in rows[0] if heading.strip()] if rows else [],
        samples=_samples(rows),
        problems=[(entry, reason_words(entry["reason"])) for entry in batch.problems[:_SHOWN_PROBLEMS]],
        n_problems=len(batch.problems),
    )


def _samples(rows: list[list[str]]) -> dict[str, str]:
    """The first values under each heading, to tell columns apart."""
    found: dict[str, str] = {}
    for place, heading in enumerate(rows[0] if rows else []):
        values = [shown(row[place]) for row in rows[1 : 1 + _SHOWN_ROWS] if place < len(row) and row[place].strip()]
        found[heading.strip()] = " / ".join(value[:20] for value in values)
    return found


def _take(batch: "ImportBatch", step: str) -> None:
    session, actor = db(), current_actor()
    match step:
        case "sheet":
            import_batches.choose_sheet(session, actor, batch, request.form.get("sheet", -1, type=int), today=today())
        case "check":
            mapping = {name: request.form.get(name, "") for name in COLUMN_WORDS}
            import_batches.check(session, actor, batch, mapping, today=today())
        case "load" | "load_good":
            plan = import_batches.load(session, actor, batch, is_partial=step == "load_good", today=today())
            counts = plan.counts()
            flash(
                _("已导入：新增 %(new)s 家，更新 %(changed)s 家，无变化 %(unchanged)s 家，有错误未导入 %(bad)s 行。",
                  **counts), "success",
            )  # fmt: skip
        case "drop":
            import_batches.drop(session, actor, batch)
            flash(_("已放弃，没有写入任何企业。"), "success")


@blueprint.get("/<public_id>/marked")
@requires(Permission.VERIFY_PROFILES)
def marked(public_id: str) -> Response:
    """The bad rows of the sheet, bad cells coloured, with the reasons beside them; to be corrected and sent again."""
    batch = lists.batch(db(), current_actor(), public_id)
    reasons: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for entry in batch.problems:
        reasons[entry["row"]].append((entry["column"], reason_words(entry["reason"])))
    rows: list[list[Any]] = batch.sheets[batch.sheet]["rows"] if batch.sheets else [[]]
    content = marked_file([[shown(cell) for cell in row] for row in rows], reasons)
    return attachment(content, f"{batch.file_name.rpartition('.')[0]}-{_('错误')}.xlsx", XLSX)


@blueprint.get("/template")
@requires(Permission.VERIFY_PROFILES)
def template() -> Response:
    """An empty sheet with the columns, an explanation of each and lists to choose from."""
    chains = [row.name_zh for row in organizations.chains(db())]
    return attachment(template_file(COLUMN_WORDS, EXPLANATIONS, {"chain": chains}), _("企业导入模板") + ".xlsx", XLSX)
