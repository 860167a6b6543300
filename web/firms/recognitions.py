"""The own firm's titles: filed with their days, how they stand, what ends soon."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import recognitions as lists
from access.permissions import Permission
from web.common.database import db
from web.common.documents import stored_document
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.recognition_forms import FileRecognitionForm, show_problems
from workflows import recognitions
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete

blueprint = Blueprint("firms_recognitions", __name__, url_prefix="/profile/recognitions")


@blueprint.route("/", methods=["GET", "POST"])
@requires(Permission.FILE_PROFILE)
def index() -> ResponseReturnValue:
    """What the firm is recognised as, and the form to file more."""
    form = FileRecognitionForm()
    if form.validate_on_submit():
        try:
            recognitions.file(db(), current_actor(), form.facts(), form.uploads())
        except NotComplete as refused:
            show_problems(form, refused)
        except AlreadyExists:
            form.kind.errors = [_("同一类别已有一项等待核验。")]
        else:
            flash(_("已申报，等待链办核验。"), "success")
            return redirect(url_for(".index"), 303)
    page = render_template(
        "firms/profile/recognitions.html",
        form=form,
        rows=lists.own_recognitions(db(), current_actor(), on=today()),
    )
    return page, 422 if form.errors else 200


@blueprint.post("/<public_id>/withdraw")
@requires(Permission.FILE_PROFILE)
def withdraw(public_id: str) -> ResponseReturnValue:
    actor = current_actor()
    recognitions.withdraw(db(), actor, lists.own_recognition(db(), actor, public_id))
    flash(_("已撤回。"), "success")
    return redirect(url_for(".index"), 303)


@blueprint.get("/<public_id>/document")
@requires(Permission.FILE_PROFILE)
def document(public_id: str) -> ResponseReturnValue:
    return stored_document(lists.certificate_file(db(), current_actor(), public_id), public_id)
