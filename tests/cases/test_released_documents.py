"""Documents of a release: the consented ones only, marked for their reader, one line per download, links that die."""

import re
import struct
import zlib
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from sqlmodel import select

from models.audit_event import AuditEvent
from models.base import now
from models.organization import Membership, UserSession
from models.pairing import Consent, Pairing
from models.recognition import Recognition
from models.session import open_session, unit_of_work
from models.stored_file import StoredFile
from tests.factories import make_user
from tests.release_worlds import EVERYTHING, ReleaseWorld, pdf
from vocabulary.lifecycles import PairingStatus
from vocabulary.recognitions import RecognitionKind
from web.cases import dossiers
from web.common.watermarks import CannotMark, marked
from workflows import consents, releases
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.marking import MAX_PAGES, marking_problem


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + b"\xc8\xdc\xb4" * width for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture
def world(session):
    found = ReleaseWorld(session)
    found.release(EVERYTHING, (found.shown,))
    return found


def links(client, world) -> list[str]:
    page = client.post(f"/cases/{world.pairing.public_id}/dossier").text
    return re.findall(r'href="(/cases/documents/released/[^"]+)"', page)


def downloads(engine) -> list[AuditEvent]:
    with open_session(engine, read_only=True) as session:
        return list(session.exec(select(AuditEvent).where(AuditEvent.action == "document_read")).all())


def text_of(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def test_the_reader_gets_the_consented_document_marked_on_each_page_and_the_firm_one_line(engine, sign_in_as, world):
    reader = sign_in_as(world.person)
    (link,) = links(reader, world)
    answer = reader.get(link)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    (line,) = downloads(engine)
    receipt = line.new["receipt"]
    pages = text_of(answer.data)
    assert len(pages) == 2
    assert all("衡阳读者单位" in page and "赵强" in page and receipt in page for page in pages)
    assert (line.visible_to_organization_id, line.actor_user_id) == (world.firm.id, world.person.id)
    assert line.new["document"] == RecognitionKind.SRDI.value
    reader.get(link)
    receipts = [row.new["receipt"] for row in downloads(engine)]
    assert receipts[0] == receipt
    assert len(set(receipts)) == 2
    firm = sign_in_as(world.signatory)
    assert receipt in firm.get("/receipts/").text
    assert receipt in firm.get(f"/receipts/?q={receipt}").text


def test_a_link_opens_in_no_other_session_and_for_nobody_else(engine, sign_in_as, session, world):
    colleague = make_user(session, world.reader)
    (link,) = links(sign_in_as(world.person), world)
    again = sign_in_as(world.person)
    for client in (again, sign_in_as(colleague), sign_in_as(world.signatory), sign_in_as(world.official)):
        assert client.get(link).status_code in (403, 404)
    assert again.get(link).status_code == 404, "the same person in another browser"
    assert downloads(engine) == []


def _withdraw(other, world):
    consents.withdraw(other, world.signatory_actor, other.exec(select(Consent)).one())


def _end(other, _world):
    other.exec(select(Consent)).one().ends_on = today() - timedelta(days=1)


def _revoke(other, world):
    row = other.get_one(Pairing, world.pairing.id)
    row.status, row.verdict_note = PairingStatus.REVOKED, "经核实，情况有变"


def _leave(other, world):
    other.exec(select(Membership).where(Membership.user_id == world.person.id)).one().ended_at = now()


def _end_membership(other, world):
    other.exec(select(Membership).where(Membership.user_id == world.person.id)).one().ends_on = today() - timedelta(2)


def _sign_out(other, world):
    for row in other.exec(select(UserSession).where(UserSession.user_id == world.person.id)):
        row.ended_at = now()


def _keep_back(other, world):
    consents.give(
        other, world.signatory_actor, counterpart_id=world.reader.id, purpose=world.purpose, sections=["basic"],
        ends_on=today(),
    )  # fmt: skip


@pytest.mark.parametrize(
    "happens",
    [_withdraw, _end, _revoke, _leave, _end_membership, _sign_out, _keep_back],
    ids=lambda deed: deed.__name__,
)
def test_old_links_are_dead_at_the_next_request(engine, sign_in_as, world, happens):
    reader = sign_in_as(world.person)
    (link,) = links(reader, world)
    assert reader.get(link).status_code == 200
    with unit_of_work(engine) as other:
        happens(other, world)
    answer = reader.get(link)
    assert answer.status_code in (302, 303, 403, 404)
    assert answer.mimetype == "text/html"
    dossier = reader.post(f"/cases/{world.pairing.public_id}/dossier")
    if happens is not _keep_back:
        assert dossier.status_code in (302, 303, 403, 404, 410)
        assert "planted-" not in dossier.text
    assert "released/" not in dossier.text
    assert len(downloads(engine)) == 1


def test_a_link_lives_for_half_an_hour(sign_in_as, monkeypatch, world):
    reader = sign_in_as(world.person)
    (link,) = links(reader, world)
    monkeypatch.setattr(dossiers, "LINK_MINUTES", -1)
    assert reader.get(link).status_code == 404


def test_a_forged_link_and_a_link_to_a_document_kept_back_open_nothing(app, engine, sign_in_as, session, world):
    kept_back = session.get_one(StoredFile, session.get_one(Recognition, world.kept_back.id).file_id).public_id
    reader = sign_in_as(world.person)
    with open_session(engine, read_only=True) as reading:
        own = reading.exec(select(UserSession.id).where(UserSession.user_id == world.person.id)).one()
    with app.test_request_context():
        token = dossiers._serializer().dumps([world.pairing.public_id, kept_back, own])
    assert reader.get(f"/cases/documents/released/{token}").status_code == 404
    assert reader.get("/cases/documents/released/abc.def.ghi").status_code == 404
    assert downloads(engine) == []


def test_without_its_line_in_the_ledger_no_document_is_handed_out(engine, sign_in_as, monkeypatch, world):
    reader = sign_in_as(world.person)
    (link,) = links(reader, world)

    def full_disk(*_arguments, **_values):
        raise OSError("disk is full")

    monkeypatch.setattr(releases, "record", full_disk)
    monkeypatch.setattr(reader.application, "testing", False)
    answer = reader.get(link)
    assert answer.status_code >= 500
    assert b"%PDF" not in answer.data
    assert downloads(engine) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (pdf(password="secret"), "encrypted"),
        (pdf(MAX_PAGES + 1), "too_long"),
        (pdf()[:200], "broken"),
        (b"%PDF-1.7\nnothing", "broken"),
    ],
    ids=["encrypted", "too_long", "cut", "empty"],
)
def test_what_cannot_be_marked_cannot_be_consented_to_and_is_never_handed_out(session, content, why):
    assert marking_problem(content, "application/pdf") == why
    with pytest.raises(CannotMark):
        marked(content, "application/pdf", lines=["x"], foot="y")
    world = ReleaseWorld(session)
    row = world.certificate(RecognitionKind.INNOVATIVE, pdf())
    file = session.get_one(StoredFile, row.file_id)
    file.content = content
    session.add(file)
    session.flush()
    with pytest.raises(NotComplete) as refused:
        world.consent(EVERYTHING, (row,))
    assert refused.value.problems == {"documents": "cannot_be_marked:innovative"}


def test_a_document_that_broke_later_is_refused_and_says_so(engine, sign_in_as, world):
    reader = sign_in_as(world.person)
    (link,) = links(reader, world)
    with unit_of_work(engine) as other:
        for file in other.exec(select(StoredFile)):
            file.content = pdf(password="secret")
    answer = reader.get(link)
    assert answer.status_code == 409
    assert "无法逐页加印水印" in answer.text
    assert downloads(engine) == []


def test_another_firms_certificate_cannot_go_along(session):
    world, other = ReleaseWorld(session), ReleaseWorld(session)
    with pytest.raises(NotComplete) as refused:
        world.consent(EVERYTHING, (other.shown,))
    assert refused.value.problems == {"documents": "unknown"}


def test_a_picture_becomes_a_marked_page(sign_in_as, session):
    world = ReleaseWorld(session)
    world.release(EVERYTHING, (world.certificate(RecognitionKind.CHAMPION, png(120, 80), "a.png"),))
    reader = sign_in_as(world.person)
    (link,) = links(reader, world)
    (page,) = text_of(reader.get(link).data)
    assert "衡阳读者单位" in page


def test_marks_lie_inside_the_page_whatever_its_rotation_and_origin():
    writer, file = PdfWriter(), BytesIO()
    page = writer.add_blank_page(width=400, height=300)
    page.mediabox.lower_left, page.mediabox.upper_right = (100, 50), (500, 350)
    page.cropbox = page.mediabox
    page.rotate(90)
    writer.write(file)
    (found,) = PdfReader(BytesIO(marked(file.getvalue(), "application/pdf", lines=["甲"], foot="乙"))).pages
    assert found.rotation == 0
    places = []
    found.extract_text(visitor_text=lambda text, cm, tm, *_rest: places.append((text, cm[4] + tm[4], cm[5] + tm[5])))
    left, bottom, right, top = (float(edge) for edge in found.cropbox)
    inside = [text for text, x, y in places if text.strip() and left <= x <= right and bottom <= y <= top]
    assert any("乙" in text for text in inside)


def test_only_pages_are_taken_over():
    writer, file = PdfWriter(), BytesIO()
    writer.add_blank_page(width=400, height=300)
    script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert('hello')")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(script)
    writer.add_attachment("secret.txt", b"attached")
    writer.add_annotation(0, FreeText(text="note", rect=(10, 10, 60, 40)))
    writer.write(file)
    done = marked(file.getvalue(), "application/pdf", lines=["x"], foot="y")
    reader = PdfReader(BytesIO(done))
    assert dict(reader.attachments) == {}
    assert {"/Names", "/OpenAction"}.isdisjoint(reader.trailer["/Root"])
    assert b"app.alert" not in done
