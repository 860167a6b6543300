"""What a firm presents and what it is asked: kept, and shown at its next roadshow."""

from urllib.parse import urlsplit

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import NotAllowed, require
from models.roadshow import Roadshow, RoadshowParticipant, RoadshowQuestion
from vocabulary.lifecycles import ParticipantStatus
from workflows.audit import record
from workflows.errors import NotComplete
from workflows.roadshow_participants import own_participation


def set_deck(session: Session, actor: Actor, own: RoadshowParticipant, *, url: str, text: str) -> None:
    """Keep the link to the slides and the words beside it. Raises NotComplete for a link that is none."""
    require(actor, Permission.ATTEND_ROADSHOWS)
    if actor.organization_id != own.organization_id:
        raise NotVisible
    link = url.strip()
    parts = urlsplit(link)
    if link and (parts.scheme not in ("http", "https") or not parts.netloc):
        raise NotComplete({"deck_url": "not_a_link"})
    own.deck_url, own.deck_text = link[:300], text.strip()[:2000]
    session.add(own)
    session.flush()
    _record(session, actor, "roadshow_deck_set", own)


def ask(
    session: Session, actor: Actor, roadshow: Roadshow, asked: RoadshowParticipant, *, text: str, key: str
) -> RoadshowQuestion:
    """A question of one participant to another; the same key asks once, however often it arrives."""
    require(actor, Permission.ATTEND_ROADSHOWS)
    own = own_participation(session, actor, roadshow)
    if own is None or own.status is not ParticipantStatus.ACCEPTED or own.id == asked.id:
        raise NotAllowed("participant")
    if not text.strip():
        raise NotComplete({"text": "required"})
    try:
        with session.begin_nested():
            question = RoadshowQuestion(
                participant_id=asked.id or 0,
                asked_by_organization_id=own.organization_id,
                text=text.strip()[:500],
                key=key[:64],
            )
            session.add(question)
            session.flush()
    except IntegrityError:
        return session.exec(select(RoadshowQuestion).where(RoadshowQuestion.key == key[:64])).one()
    _record(session, actor, "roadshow_question_asked", asked, roadshow.chain_id)
    return question


def answer_question(session: Session, actor: Actor, own: RoadshowParticipant, public_id: str, *, text: str) -> None:
    """The firm answers; the answer stays with the question."""
    require(actor, Permission.ATTEND_ROADSHOWS)
    question = session.exec(
        select(RoadshowQuestion).where(
            RoadshowQuestion.public_id == public_id, RoadshowQuestion.participant_id == own.id
        )
    ).first()
    if question is None or actor.organization_id != own.organization_id:
        raise NotVisible
    question.answer = text.strip()[:1000] or None
    session.flush()
    _record(session, actor, "roadshow_question_answered", own)


def _record(session: Session, actor: Actor, action: str, own: RoadshowParticipant, chain_id: int | None = None) -> None:
    record(
        session, actor, action, subject_kind="roadshow_participant", subject_id=own.id or 0, chain_id=chain_id,
        visible_to_organization_id=own.organization_id,
    )  # fmt: skip
