"""Asking for a reset link: one row whoever asks, seen to by the clock; neither words nor time tell who is here."""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from models.base import now
from models.sign_in import ResetRequest
from workflows.accounts import Throttled, normalize_email, request_reset

RESET_KEY = "RESET_KEY"
"""Stands in the link of a request where the key will be."""
_PER_ADDRESS = 30
_WINDOW = timedelta(hours=1)
_AT_ONCE = 200
_KEEP = timedelta(days=1)


def ask(session: Session, *, email: str, link: str, address: str) -> None:
    """Note that somebody wants a reset link. Raises Throttled for an address that asks too often.

    Nothing is looked up by the e-mail: the work is the same whether or not there is an account.
    """
    asked, latest = session.exec(
        select(func.count(), func.max(ResetRequest.created_at)).where(
            ResetRequest.address == address, col(ResetRequest.created_at) > now() - _WINDOW
        )
    ).one()
    if asked >= _PER_ADDRESS and latest is not None:
        raise Throttled(int(_WINDOW.total_seconds()))
    session.add(ResetRequest(email=normalize_email(email), link=link, address=address))
    session.flush()


def see_to(session: Session, at: datetime) -> int:
    """Queue the links that were asked for, each once; returns how many requests were seen to.

    What was typed is emptied; the requests themselves go after a day. Mails queued: as `request_reset` says.
    """
    waiting = select(ResetRequest).where(col(ResetRequest.handled_at).is_(None)).order_by(col(ResetRequest.id))
    requests = session.exec(waiting.limit(_AT_ONCE).with_for_update(skip_locked=True)).all()
    for request in requests:
        request_reset(session, email=request.email, link_of=partial(request.link.replace, RESET_KEY))
        request.email, request.handled_at = "", at
        session.add(request)
    session.connection().execute(delete(ResetRequest).where(col(ResetRequest.created_at) < at - _KEEP))
    session.flush()
    return len(requests)
