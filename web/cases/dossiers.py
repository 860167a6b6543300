"""The released dossier and its documents, for their recipient: every reading and every download leaves its receipt."""

from datetime import datetime
from io import BytesIO

from flask import Blueprint, current_app, render_template, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer

from access import lookups
from access.actor import Actor
from access.lists import profiles as profile_lists
from access.lookups import NotVisible
from access.permissions import Permission
from vocabulary.profile_fields import Section
from vocabulary.recognitions import RecognitionKind
from web.common.database import db, engine
from web.common.documents import DOCUMENT_POLICY
from web.common.filters import SHANGHAI, day, moment
from web.common.guards import requires
from web.common.identity import current_actor, current_session_id
from web.common.labels import label
from web.common.profile_values import named, names_for, value_text
from web.common.watermarks import CannotMark, marked
from workflows import releases

blueprint = Blueprint("dossiers", __name__, url_prefix="/cases")
LINK_MINUTES = 30
"""How long the link to a document lives; reading the dossier again makes a new one."""


@blueprint.post("/<public_id>/dossier")
@requires(Permission.READ_RELEASED_DOSSIER)
def read(public_id: str) -> ResponseReturnValue:
    """The released papers. A POST, since every reading is recorded and shown to the firm; 410 when it is over."""
    pairing = lookups.own_pairing(db(), current_actor(), public_id)
    found = releases.read(db(), current_actor(), pairing)
    chains, links = named(profile_lists.chain_choices(db())), named(profile_lists.link_choices(db()))
    sections = [
        (
            section,
            [
                (label(name), value_text(name, value, names_for(name, chains, links)))
                for name, value in found.sections[section].items()
            ],
        )
        for section in Section
        if section.value in found.sections
    ]
    documents = [
        (label(RecognitionKind(row["kind"])), day(row["expires_on"]), _token(public_id, row["file"]))
        for row in found.documents
    ]
    page = render_template(
        "cases/dossier.html", found=found, sections=sections, documents=documents, public_id=public_id,
        link_minutes=LINK_MINUTES,
    )  # fmt: skip
    return page, 410 if found.is_refused else 200


@blueprint.get("/documents/released/<token>")
@requires(Permission.READ_RELEASED_DOSSIER)
def document(token: str) -> ResponseReturnValue:
    """One document with marks on each page. The link opens in the session that was given it, for half an hour, and
    only while the consent stands; for anybody else there is nothing."""
    public_id, file_id = _named_by(token)
    actor = current_actor()
    pairing = lookups.own_pairing(db(), actor, public_id)
    found = releases.document(db(), actor, pairing, file_id)
    lines, foot = _marks(actor, found.receipt)
    try:
        content = marked(found.content, found.media_type, lines=lines, foot=foot)
    except CannotMark:
        return render_template("cases/cannot_mark.html", public_id=public_id, title=_title(found)), 409
    releases.hand_out(engine(), actor, public_id, file_id, found.receipt)
    answer = send_file(
        BytesIO(content),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=f"{_title(found)}-{found.receipt}.pdf",
    )
    answer.headers["Content-Security-Policy"] = DOCUMENT_POLICY
    return answer


def _title(found: releases.ReleasedDocument) -> str:
    return label(RecognitionKind(found.kind))


def _marks(actor: Actor, receipt: str) -> tuple[list[str], str]:
    """Whose copy this is, across the page and at its foot; whoever passes it on passes that on too."""
    at = moment(datetime.now(SHANGHAI))
    lines = [
        _("仅供 %(organization)s 查阅", organization=actor.organization_name),
        f"{actor.name} · {at}",
        receipt,
    ]
    foot = _(
        "%(organization)s %(person)s 于 %(at)s 下载，回执号 %(receipt)s。未经企业同意不得转交。",
        organization=actor.organization_name,
        person=actor.name,
        at=at,
        receipt=receipt,
    )
    return lines, foot


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="released-document")


def _token(pairing_id: str, file_id: str) -> str:
    """The link's secret part; it names the session row, and so the person, that it was made for."""
    return str(_serializer().dumps([pairing_id, file_id, current_session_id()]))


def _named_by(token: str) -> tuple[str, str]:
    """Public ids of the pairing and the stored file. Raises NotVisible for a foreign, old or forged token."""
    try:
        pairing_id, file_id, session_id = _serializer().loads(token, max_age=LINK_MINUTES * 60)
    except (BadSignature, ValueError) as error:
        raise NotVisible from error
    if session_id != current_session_id():
        raise NotVisible
    return str(pairing_id), str(file_id)
