"""The profile from first draft to verified."""

import pytest
from sqlmodel import select

from models.firm_profile import FirmProfile, ProfileDraft, ProfileSubmission
from models.outbox import OutboxMessage
from models.session import open_session
from tests.factories import make_chain, make_link, make_organization, make_profile, make_user
from vocabulary.lifecycles import SubmissionStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind, Role


@pytest.fixture
def chain(session):
    return make_chain(session)


@pytest.fixture
def firm(session, chain):
    return make_organization(session, chain_id=chain.id, legal_name="常宁铜线有限公司", region_code="430482")


@pytest.fixture
def signatory(session, firm):
    return make_user(session, firm, Role.SIGNATORY)


@pytest.fixture
def official(session, chain):
    return make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id))


def first_form(chain, **values):
    return {
        "version": "1", "region_code": "430482", "address": "水口山路 1 号", "founded_on": "2015-06-01",
        "ownership": "private", "industry_code": "3251", "chain_id": str(chain.id), "chain_link_id": "", "tier": "srdi",
        "introduction": "生产裸铜线、镀锡铜线", "main_products": "裸铜线", "registered_capital_fen": "2000",
        "figures_year": "2025", "revenue_fen": "3,000", "employees": "80", "tax_paid_fen": "90",
        "debt_ratio_percent": "45", "tax_grade": "A", "guarantee_methods": ["mortgage"], "legal_rep": "李明",
        "contact_name": "王芳", "contact_phone": "0734-8123456",
    } | values  # fmt: skip


def draft_of(session):
    return _read(session, select(ProfileDraft))


def _read(session, statement):
    """A row as it stands now, without keeping the write lock."""
    with open_session(session.get_bind(), read_only=True) as reader:
        return reader.exec(statement).one()


def test_the_first_form_asks_about_twenty_fields_and_keeps_them_as_a_draft(session, sign_in_as, firm, chain, signatory):
    client = sign_in_as(signatory)
    assert client.get("/profile/first").text.count('class="form-field') in range(18, 25)
    assert client.post("/profile/first", data=first_form(chain)).status_code == 303
    draft = draft_of(session)
    assert draft.values["revenue_fen"] == 3_000 * FEN_PER_WAN
    assert draft.provenance["revenue_fen"]["source"] == "self_filed"
    assert "已填 20 / " in client.get("/profile/").text


def test_what_cannot_be_read_is_kept_as_typed_and_the_rest_is_saved(session, sign_in_as, firm, chain, signatory):
    client = sign_in_as(signatory)
    answer = client.post("/profile/first", data=first_form(chain, revenue_fen="三千万", contact_phone="12"))
    assert answer.status_code == 422
    assert "请填写数字" in answer.text
    assert "电话号码不正确" in answer.text
    assert 'value="三千万"' in answer.text
    again = client.get("/profile/scale").text
    assert 'value="三千万"' in again, "also after leaving and coming back"
    assert draft_of(session).values["employees"] == 80


def test_a_second_editor_sees_both_values_and_loses_nothing(session, sign_in_as, firm, chain, signatory):
    filer = make_user(session, firm, Role.FILER)
    one, other = sign_in_as(signatory), sign_in_as(filer)
    one.post("/profile/first", data=first_form(chain, main_products="裸铜线"))
    answer = other.post("/profile/first", data=first_form(chain, main_products="镀锡铜线"))
    assert answer.status_code == 409
    assert "有人保存了新的内容" in answer.text
    assert "镀锡铜线" in answer.text
    assert draft_of(session).values["main_products"] == "裸铜线"
    again = other.post("/profile/first", data=first_form(chain, main_products="镀锡铜线", version="2"))
    assert again.status_code == 303
    assert draft_of(session).values["main_products"] == "镀锡铜线"


def test_autosave_keeps_the_form_and_hands_out_the_new_version(session, sign_in_as, firm, chain, signatory):
    client = sign_in_as(signatory)
    answer = client.post("/profile/business/autosave", data={"version": "1", "main_products": "漆包线"})
    assert answer.json["version"] == 2
    assert draft_of(session).values["main_products"] == "漆包线"
    assert client.post("/profile/business/autosave", data={"version": "1"}).status_code == 409


def test_a_link_of_another_chain_is_refused(session, sign_in_as, chain, signatory):
    foreign = make_link(session, make_chain(session))
    answer = sign_in_as(signatory).post("/profile/first", data=first_form(chain, chain_link_id=str(foreign.id)))
    assert answer.status_code == 422
    assert "不属于所选的产业链" in answer.text


def test_missing_fields_are_named_before_submitting(session, sign_in_as, signatory):
    client = sign_in_as(signatory)
    assert "统一" not in client.get("/profile/submit").text
    answer = client.post("/profile/submit")
    assert answer.status_code == 422
    assert "营业收入" in answer.text
    assert session.exec(select(ProfileSubmission)).all() == []


def test_a_filer_fills_in_but_the_signatory_submits(session, sign_in_as, firm, chain, signatory):
    filer = make_user(session, firm, Role.FILER)
    client = sign_in_as(filer)
    client.post("/profile/first", data=first_form(chain))
    assert "提交须由本单位负责人完成" in client.get("/profile/submit").text
    assert client.post("/profile/submit").status_code == 403
    assert sign_in_as(signatory).post("/profile/submit").status_code == 303


def test_a_slip_of_yuan_for_wan_needs_a_reason(session, sign_in_as, chain, signatory):
    client = sign_in_as(signatory)
    client.post("/profile/first", data=first_form(chain, revenue_fen="30000000"))
    answer = client.post("/profile/submit")
    assert answer.status_code == 422
    assert "请确认营业收入的单位是万元" in answer.text
    reasons = {f"reason_{rule}": "集团合并口径" for rule in ("revenue_per_head", "revenue_yuan_slip")}
    assert client.post("/profile/submit", data=reasons).status_code == 303
    assert session.exec(select(ProfileSubmission)).one().overrides["revenue_per_head"] == "集团合并口径"


@pytest.fixture
def submitted(session, sign_in_as, chain, signatory):
    client = sign_in_as(signatory)
    client.post("/profile/first", data=first_form(chain))
    client.post("/profile/submit")
    return _read(session, select(ProfileSubmission))


def test_verifying_copies_the_values_with_their_provenance(session, sign_in_as, firm, official, submitted):
    client = sign_in_as(official)
    assert "常宁铜线有限公司" in client.get("/profiles/").text
    assert client.post(f"/profiles/{submitted.public_id}", data={"step": "verify"}).status_code == 303
    profile = session.exec(select(FirmProfile).where(FirmProfile.organization_id == firm.id)).one()
    assert (profile.revenue_fen, str(profile.founded_on)) == (3_000 * FEN_PER_WAN, "2015-06-01")
    assert profile.provenance["revenue_fen"]["source"] == "verified"
    assert profile.verified_by_id == official.id
    assert "profile_verified" in session.exec(select(OutboxMessage.template)).all()


def test_a_return_needs_a_note_and_the_firm_reads_it_beside_the_section(
    session, sign_in_as, official, signatory, submitted
):
    client = sign_in_as(official)
    refused = client.post(f"/profiles/{submitted.public_id}", data={"step": "return"})
    assert refused.status_code == 422
    assert "请至少在一个部分" in refused.text
    note = {"step": "return", "note_scale": "请补充 2025 年审计后的营业收入"}
    client.post(f"/profiles/{submitted.public_id}", data=note)
    assert _read(session, select(ProfileSubmission)).status is SubmissionStatus.RETURNED
    firm_client = sign_in_as(signatory)
    assert "审计后的营业收入" in firm_client.get("/profile/").text
    assert "审计后的营业收入" in firm_client.get("/profile/scale").text


def test_an_office_of_another_chain_finds_no_submission(session, sign_in_as, submitted):
    other = make_chain(session)
    stranger = make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=other.id))
    client = sign_in_as(stranger)
    assert client.get(f"/profiles/{submitted.public_id}").status_code == 404
    assert "常宁铜线有限公司" not in client.get("/profiles/").text


def test_changed_values_are_marked_for_the_official(session, sign_in_as, firm, official, submitted):
    make_profile(session, firm, employees=60)
    page = sign_in_as(official).get(f"/profiles/{submitted.public_id}").text
    assert ">有变化<" in page
    assert "上次核验" in page


def test_a_waiting_submission_can_be_withdrawn_once(session, sign_in_as, signatory, submitted):
    client = sign_in_as(signatory)
    client.post("/profile/withdraw")
    assert _read(session, select(ProfileSubmission)).status is SubmissionStatus.WITHDRAWN
    assert client.post("/profile/submit").status_code == 303


def test_a_certificate_shows_when_it_ends(session, sign_in_as, signatory):
    client = sign_in_as(signatory)
    assert client.post("/profile/certificates", data={"code": ""}).status_code == 422
    client.post("/profile/certificates", data={"code": "iso9001", "number": "A1", "expires_on": "2020-01-01"})
    page = client.get("/profile/certificates").text
    assert "ISO 9001" in page
    assert "已过期" in page
