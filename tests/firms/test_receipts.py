"""谁看过我的资料: each reading by somebody else, of the own firm only, filtered, in pages and as a spreadsheet."""

from datetime import timedelta
from io import BytesIO

from openpyxl import load_workbook
from sqlmodel import select

from models.audit_event import AuditEvent
from models.base import now
from models.firm_profile import ProfileSubmission
from models.organization import Membership
from models.session import open_session, unit_of_work
from tests.release_worlds import ReleaseWorld
from vocabulary.audit_actions import READINGS, AuditAction
from vocabulary.classifications import Market
from vocabulary.lifecycles import SubmissionStatus
from workflows.audit import dated, record
from workflows.calendar import today


def submission(session, world) -> str:
    row = ProfileSubmission(
        organization_id=world.firm.id, chain_id=world.chain.id, values={}, status=SubmissionStatus.SUBMITTED,
        submitted_by_id=world.signatory.id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.public_id


def test_every_kind_of_reading_by_others_is_listed_with_its_ground(sign_in_as, session):
    world = ReleaseWorld(session)
    consent = world.consent()
    world.release(documents=(world.shown,))
    waiting = submission(session, world)
    bank, office = sign_in_as(world.person), sign_in_as(world.official)
    bank.post(f"/cases/{world.pairing.public_id}/dossier")
    office.get(f"/profiles/{waiting}")
    office.get(f"/recognitions/{world.kept_back.public_id}/document")
    firm = sign_in_as(world.signatory)
    page = firm.get("/receipts/").text
    for words in (
        "衡阳读者单位",
        "赵强",
        "客户经理",
        "授权第 2 版",
        "周干事",
        "链办专员",
        "整份档案",
        "认定所附的文件",
    ):
        assert words in page
    assert consent.version == 1
    assert "共 3 条" in page
    firm.get(f"/profile/recognitions/{world.shown.public_id}/document")
    assert "共 3 条" in firm.get("/receipts/").text, "own readings are nobody's business"


def test_a_refused_reading_is_listed_too(sign_in_as, session):
    world = ReleaseWorld(session)
    world.release()
    firm = sign_in_as(world.signatory)
    with open_session(session.bind, read_only=True) as reading:
        from models.pairing import Consent

        address = reading.exec(select(Consent)).one().public_id
    firm.post(f"/consents/{address}/withdraw")
    sign_in_as(world.person).post(f"/cases/{world.pairing.public_id}/dossier")
    assert "没有给出任何资料" in firm.get("/receipts/?action=dossier_read_refused").text
    assert "没有符合条件" in firm.get("/receipts/?action=dossier_read").text


def test_filters_pages_and_the_spreadsheet_agree(sign_in_as, session):
    world = ReleaseWorld(session)
    for n in range(60):
        with dated(session, now() - timedelta(days=n)):
            record(session, world.person_actor, AuditAction.DOSSIER_READ, subject_kind="release", subject_id=1,
                   new={"receipt": f"number{n:06d}", "purpose": "credit_review", "version": 1, "fields": ["address"]},
                   visible_to_organization_id=world.firm.id)  # fmt: skip
    firm = sign_in_as(world.signatory)
    assert "共 60 条" in firm.get("/receipts/").text
    assert "number000059" in firm.get("/receipts/?page=2").text
    assert "共 1 条" in firm.get("/receipts/?q=number000007").text
    assert "共 60 条" in firm.get("/receipts/?q=读者").text
    since = (today() - timedelta(days=4)).isoformat()
    assert "共 5 条" in firm.get(f"/receipts/?since={since}").text
    assert "没有符合条件" in firm.get("/receipts/?q=%25").text
    book = load_workbook(BytesIO(firm.get(f"/receipts/?since={since}&export=xlsx").data))
    rows = list(book.worksheets[1].iter_rows(min_row=2, values_only=True))
    assert [row[-1] for row in rows] == [f"number{n:06d}" for n in range(5)]


def test_the_page_holds_no_other_firms_readings(sign_in_as, session):
    worlds = [ReleaseWorld(session), ReleaseWorld(session, Market.SUPPLY)]
    worlds[1].reader.legal_name, worlds[1].person.full_name = "别家的读者", "别家的人"
    session.add_all([worlds[1].reader, worlds[1].person])
    for world in worlds:
        world.release()
    for world in worlds:
        sign_in_as(world.person).post(f"/cases/{world.pairing.public_id}/dossier")
    first, second = (sign_in_as(world.signatory) for world in worlds)
    for address in ("/receipts/", "/receipts/?q=别家", f"/cases/{worlds[0].pairing.public_id}"):
        assert "别家的" not in first.get(address).text.replace('value="别家"', "")
    assert "别家的人" in second.get("/receipts/").text
    book = load_workbook(BytesIO(first.get("/receipts/?export=xlsx").data))
    words = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert not any("别家" in word for word in words)


def test_who_left_since_is_still_named(engine, sign_in_as, session):
    world = ReleaseWorld(session)
    world.release()
    sign_in_as(world.person).post(f"/cases/{world.pairing.public_id}/dossier")
    with unit_of_work(engine) as other:
        other.exec(select(Membership).where(Membership.user_id == world.person.id)).one().ended_at = now()
    assert "客户经理" in sign_in_as(world.signatory).get("/receipts/").text


def test_receipts_hold_names_of_fields_and_no_values(engine, sign_in_as, session):
    world = ReleaseWorld(session)
    world.release(documents=(world.shown,))
    sign_in_as(world.person).post(f"/cases/{world.pairing.public_id}/dossier")
    with open_session(engine, read_only=True) as reading:
        (line,) = reading.exec(select(AuditEvent).where(AuditEvent.action.in_(READINGS))).all()
    assert set(line.new) == {"receipt", "purpose", "version", "fields"}
    assert "planted-" not in str(line.new)


def test_an_official_has_no_such_page(sign_in_as, session):
    world = ReleaseWorld(session)
    assert sign_in_as(world.official).get("/receipts/").status_code == 403
    assert sign_in_as(world.person).get("/receipts/?export=xlsx").status_code == 403
