"""Documents of a step: judged by content, opened by both sides and the office, and by nobody else."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from sqlmodel import select

from models.base import now
from models.pairing import CaseStep
from models.session import open_session
from models.stored_file import StoredFile
from tests.case_worlds import make_case_world
from tests.documents import JPEG, PDF, PNG
from tests.factories import make_chain, make_organization, make_user
from vocabulary.classifications import CaseStepKind
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import OrganizationKind
from workflows.calendar import today
from workflows.files import MAX_BYTES


@pytest.fixture
def world(session):
    found = make_case_world(session, introduced_at=now() - timedelta(days=9))
    session.commit()
    return found


def post_step(client, world, files, **values):
    plain = {"kind": "contact", "happened_on": today().isoformat(), "note": "电话联系", **values}
    documents = [(BytesIO(content), name) for name, content in files]
    return client.post(f"/cases/{world.pairing.public_id}/steps", data={**plain, "documents": documents})


def stored(engine) -> list[tuple[str, str, int]]:
    with open_session(engine, read_only=True) as session:
        rows = session.exec(select(StoredFile).order_by(StoredFile.id)).all()
        return [(row.name, row.media_type, row.n_bytes) for row in rows]


def only_id(engine) -> str:
    with open_session(engine, read_only=True) as session:
        return session.exec(select(StoredFile.public_id)).one()


def test_documents_are_kept_under_what_they_are_and_shown_to_both_sides_and_the_office(engine, sign_in_as, world):
    bank = sign_in_as(world.handler)
    files = [("批复.pdf", PDF), ("走访.png", PNG), ("C:/temp/门头.jpg", JPEG)]
    assert post_step(bank, world, files).status_code == 303
    assert stored(engine) == [
        ("批复.pdf", "application/pdf", len(PDF)), ("走访.png", "image/png", len(PNG)),
        ("门头.jpg", "image/jpeg", len(JPEG)),
    ]  # fmt: skip
    firm, official = sign_in_as(world.signatory), sign_in_as(world.official)
    assert "批复.pdf" in firm.get(f"/cases/{world.pairing.public_id}").text
    assert "批复.pdf" in official.get(f"/pairings/{world.pairing.public_id}").text


def test_a_document_is_saved_and_never_shown_inside_our_pages(engine, sign_in_as, world):
    bank = sign_in_as(world.handler)
    post_step(bank, world, [("批复.pdf", PDF)])
    for reader in (world.handler, world.signatory, world.official, world.coordinator):
        answer = sign_in_as(reader).get(f"/cases/documents/{only_id(engine)}")
        assert (answer.status_code, answer.data) == (200, PDF)
        assert answer.mimetype == "application/pdf"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


def without_token(page: str) -> str:
    """A page without the tokens of its forms, which carry the second in which they were signed."""
    return re.sub(r'name="(?:csrf_token|idempotency_key)" value="[^"]*"', "", page)


def test_everybody_else_gets_the_same_404_as_for_a_document_that_does_not_exist(engine, session, sign_in_as, world):
    post_step(sign_in_as(world.handler), world, [("批复.pdf", PDF)])
    address = f"/cases/documents/{only_id(engine)}"
    chain = make_chain(session)
    strangers = [
        make_user(session, make_organization(session)),
        make_user(session, make_organization(session, OrganizationKind.BANK)),
        make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)),
        make_user(session, make_organization(session, OrganizationKind.AUDIT_OFFICE)),
        make_user(session, make_organization(session, OrganizationKind.IT_OFFICE)),
        make_user(session),
    ]
    for stranger in strangers:
        client = sign_in_as(stranger)
        answer, missing = client.get(address), client.get("/cases/documents/222222222222")
        expected = missing.text.replace("222222222222", only_id(engine))
        assert (answer.status_code, without_token(answer.text)) == (404, without_token(expected))


def test_the_sides_lose_the_document_with_the_case_and_the_office_keeps_it(engine, session, sign_in_as, world):
    post_step(sign_in_as(world.handler), world, [("批复.pdf", PDF)])
    session.refresh(world.pairing)
    world.pairing.status, world.pairing.verdict_note = PairingStatus.REVOKED, "情况有变"
    session.add(world.pairing)
    session.commit()
    address = f"/cases/documents/{only_id(engine)}"
    assert sign_in_as(world.handler).get(address).status_code == 404
    assert sign_in_as(world.official).get(address).status_code == 200


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([("批复.pdf", b"MZ\x90\x00 not a pdf at all")], "“批复.pdf”不是 PDF、Word、Excel、PNG 或 JPEG 文件"),
        ([("页面.png", b"<html><script>alert(1)</script></html>")], "“页面.png”不是"),
        ([("大.pdf", PDF + b"0" * MAX_BYTES)], "“大.pdf”超过 5 MB"),
        ([("空.pdf", b"")], "“空.pdf”是空文件"),
        ([(f"{n}.pdf", PDF) for n in range(6)], "最多 5 个文件"),
    ],
)
def test_a_wrong_document_is_named_at_its_field_and_nothing_typed_is_lost(engine, sign_in_as, world, files, words):
    answer = post_step(sign_in_as(world.handler), world, files, note="谈了两小时")
    assert answer.status_code == 422
    error = answer.text[answer.text.index('id="documents-error"') :][:900]
    assert words in error
    assert "谈了两小时" in answer.text
    assert stored(engine) == []
    with open_session(engine, read_only=True) as session:
        assert session.exec(select(CaseStep)).all() == []


def test_whoever_chose_a_document_is_asked_for_it_again_when_something_else_is_wrong(engine, sign_in_as, world):
    answer = post_step(sign_in_as(world.handler), world, [("批复.pdf", PDF)], happened_on="2099-01-01")
    assert answer.status_code == 422
    assert "请重新选择文件" in answer.text
    assert stored(engine) == []


def test_a_name_cannot_carry_paths_or_turn_the_direction_of_writing(engine, sign_in_as, world):
    post_step(sign_in_as(world.handler), world, [("../../etc/批复\u202efdp.exe.pdf", PDF)])
    assert stored(engine)[0][0] == "批复fdp.exe.pdf"


def test_a_correction_takes_documents_along_and_a_removed_one_is_gone_for_everybody(engine, sign_in_as, world):
    bank = sign_in_as(world.handler)
    post_step(bank, world, [("留.pdf", PDF), ("去.png", PNG)])
    with open_session(engine, read_only=True) as session:
        step = session.exec(select(CaseStep)).one()
        files = {row.name: row.public_id for row in session.exec(select(StoredFile)).all()}
    answer = bank.post(
        f"/cases/{world.pairing.public_id}/steps/{step.public_id}",
        data={
            "happened_on": today().isoformat(), "note": "更正", "dropped": [files["去.png"]],
            "documents": [(BytesIO(JPEG), "新.jpg")],
        },
    )  # fmt: skip
    assert answer.status_code == 303
    page = bank.get(f"/cases/{world.pairing.public_id}").text
    assert ("留.pdf" in page, "新.jpg" in page, "去.png" in page) == (True, True, False)
    assert bank.get(f"/cases/documents/{files['留.pdf']}").status_code == 200
    for reader in (world.handler, world.official):
        assert sign_in_as(reader).get(f"/cases/documents/{files['去.png']}").status_code == 404


def test_a_decision_before_the_visit_is_refused_at_the_date_by_name(sign_in_as, world):
    bank = sign_in_as(world.handler)
    day = today()
    post_step(bank, world, [], happened_on=(day - timedelta(days=5)).isoformat())
    post_step(bank, world, [], kind="visit", happened_on=(day - timedelta(days=2)).isoformat())
    answer = post_step(
        bank, world, [], kind=CaseStepKind.CREDIT_GRANTED.value, amount_fen="500", skipped_reason="老客户",
        happened_on=(day - timedelta(days=3)).isoformat(),
    )  # fmt: skip
    assert answer.status_code == 422
    error = answer.text[answer.text.index('id="happened_on-error"') :][:900]
    assert "不能早于“走访”的日期" in error


def test_a_firm_cannot_attach_documents(engine, sign_in_as, world):
    assert post_step(sign_in_as(world.signatory), world, [("批复.pdf", PDF)]).status_code == 403
    assert stored(engine) == []
