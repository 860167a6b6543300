"""Every form carries a key of its own, made where its token is made: sent twice, it is carried out once.

A double click, a reload and a form sent again from the page before get the answer of the first copy, with its messages.
A refused form keeps nothing, so it can be corrected. A client of the API sends the key in the header `Idempotency-Key`.
"""

import hashlib
import hmac
import re
import secrets
from typing import Any

from flask import Flask, Response, abort, current_app, flash, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from web.common.database import AnsweredMeanwhile, claimed, db
from web.common.identity import current_actor
from web.common.problems import is_machine, problem
from workflows import idempotency
from workflows.idempotency import Answer, KeyReused, Request

FIELD = "idempotency_key"
HEADER = "Idempotency-Key"
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_KEY = re.compile(r"[\x21-\x7e]{8,64}")
_CHUNK = 1 << 16
MOST_BYTES = 512 * 1024
"""A longer answer is a file made for reading, and is made anew."""
MOST_ADDRESS = 2_000
"""Characters of an address that are kept; a page found by more words than that is gone to without a copy."""
NOT_PART_OF_THE_FORM = frozenset({FIELD, "csrf_token"})

MADE_ANEW = {
    "accounts.sign_in": "its effect is a cookie, which only a new answer can set",
    "accounts.sign_in_code": "a code opens once; a copy of the request is a replay",
    "accounts.leave": "ends the session that the key belongs to",
    "accounts.confirm_factor": "shows codes that are kept nowhere",
    "accounts.renew_codes": "shows codes that are kept nowhere",
    "languages.choose": "its effect is a cookie",
    "dossiers.read": "reads: the consent is looked at each time",
    "cases_handover.preview": "reads",
    "officials_pairings.preview_bulk": "reads",
    "officials_roadshow_board.preview": "reads",
    "officials_ledger.export": "reads, and each reading is recorded",
    "integrations_webhooks.make": "shows a secret that is shown nowhere afterwards",
    "integrations_keys.make": "shows a key that is kept nowhere",
    "firms_profile.autosave": "sends one page's form many times; the draft's version guards it",
}
"""Forms whose answer is not kept, and why."""


def init_idempotency(app: Flask) -> None:
    """Install this after everything that may refuse a request or change an answer's bytes."""
    app.jinja_env.globals["form_key"] = new_key
    app.before_request(_claim)
    app.after_request(_keep)
    app.register_error_handler(KeyReused, _reused)
    app.register_error_handler(AnsweredMeanwhile, lambda found: _again(found.answer))


def new_key() -> str:
    """128 random bits."""
    return secrets.token_hex(16)


def let_go() -> None:
    """The request is sent elsewhere instead of being carried out: it may come again with its key."""
    if (mine := claimed()) is not None:
        idempotency.release(db(), mine)
        g.claimed = None


def _claim() -> ResponseReturnValue | None:
    if request.method not in _WRITING or request.endpoint is None or request.endpoint in MADE_ANEW:
        return None
    key = request.headers.get(HEADER) or request.form.get(FIELD, "")
    scope = _scope()
    if not key or not scope:
        return None
    if not _KEY.fullmatch(key):
        abort(400)
    mine = Request(scope, key, f"{request.method} {request.full_path.rstrip('?')}"[:400], _digest())
    answer = idempotency.claim(db(), mine)
    if answer is not None:
        return _again(answer)
    g.claimed = mine
    g.n_messages = len(session.get("_flashes", []))
    return None


def _scope() -> str:
    """Whose key: that of another system's own key, the account's, or for nobody the browser's, known by the secret
    behind the tokens of its forms."""
    if (holder := g.get("api_key")) is not None:
        return f"key:{holder.key_id}"
    if current_user.is_authenticated:
        return f"user:{current_actor().user_id}"
    secret = session.get("csrf_token", "")
    return f"browser:{hashlib.sha256(secret.encode()).hexdigest()}" if secret else ""


def _digest() -> str:
    """Of the form's fields and files, without key and token, files read by pieces; of the body if it is no form."""
    made = hmac.new(str(current_app.config["SETTINGS"].key).encode(), digestmod=hashlib.sha256)

    def add(*parts: str) -> None:
        for part in parts:
            data = part.encode("utf-8", "surrogatepass")
            made.update(len(data).to_bytes(8) + data)

    if request.mimetype not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        made.update(request.get_data())
        return made.hexdigest()
    for name, value in request.form.items(multi=True):
        if name not in NOT_PART_OF_THE_FORM:
            add(name, value)
    for name, file in request.files.items(multi=True):
        content = hashlib.sha256()
        while piece := file.stream.read(_CHUNK):
            content.update(piece)
        file.stream.seek(0)
        add(name, file.filename or "", content.hexdigest())
    return made.hexdigest()


def _keep(response: Response) -> Response:
    mine: Request | None = claimed()
    if mine is None or "db_session" not in g:
        return response
    is_file = response.is_streamed or response.direct_passthrough
    is_long = len(response.location) > MOST_ADDRESS if response.location else len(response.get_data()) > MOST_BYTES
    if response.status_code >= 400 or is_file or is_long:
        if response.status_code in (401, 422, 429) or response.status_code < 400:  # else all of it is rolled back
            idempotency.release(db(), mine)
        return response
    messages = session.get("_flashes", [])[g.n_messages :]
    idempotency.keep(
        db(),
        mine,
        Answer(
            response.status_code,
            response.location or "",
            response.content_type or "",
            b"" if _is_redirect(response.status_code) else response.get_data(),
            tuple((str(kind), str(text)) for kind, text in messages),
            response.headers.get("ETag", ""),
        ),
    )
    return response


def _again(answer: Answer) -> ResponseReturnValue:
    """The first copy's answer; what it wanted to say is said unless it is still waiting to be said."""
    g.claimed = None
    waiting = [tuple(message) for message in session.get("_flashes", [])]
    for kind, text in answer.messages:
        if (kind, text) not in waiting:
            flash(text, kind)
    if _is_redirect(answer.status):
        return redirect(answer.location, answer.status)
    headers = {name: value for name, value in (("Location", answer.location), ("ETag", answer.etag)) if value}
    return Response(answer.body, answer.status, headers, content_type=answer.media_type)


def _is_redirect(status: int) -> bool:
    return 300 <= status < 400


def _reused(error: KeyReused) -> ResponseReturnValue:
    """What was typed is not lost: it can be sent knowingly, with a new key."""
    if is_machine():
        title, text = _("幂等键已用于另一次请求"), _("请换一个 Idempotency-Key。")
        return problem(422, title, text, first_used_at=error.at.isoformat())
    if request.headers.get(HEADER):
        return {"error": "idempotency_key_reused", "first_used_at": error.at.isoformat()}, 422
    fields: list[Any] = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_PART_OF_THE_FORM]
    has_secret = bool(request.files) or any("password" in name or "proof" in name for name, _value in fields)
    page = render_template(
        "errors/sent_before.html", at=error.at, action=request.full_path.rstrip("?"),
        carried=[] if has_secret else fields,
    )  # fmt: skip
    return page, 422
