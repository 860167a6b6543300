"""Pages of titles and size classes: who sees a reason, and what a firm and its office can do."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlmodel import select

from models.firm_profile import ProfileSubmission
from models.recognition import Recognition
from tests.documents import XLSX
from tests.factories import (
    make_chain,
    make_organization,
    make_profile,
    make_recognition,
    make_user,
)
from vocabulary.classifications import SizeClass
from vocabulary.lifecycles import RecognitionStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind, Role
from workflows.calendar import today

REASON = "营收不足2000万"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def chain(session):
    return make_chain(session)


@pytest.fixture
def firm(session, chain):
    row = make_organization(session, chain_id=chain.id, legal_name="衡阳隆源铜业有限公司")
    make_profile(
        session, row, employees=350, revenue_fen=1_900 * FEN_PER_WAN, size_class=SizeClass.MEDIUM, figures_year=2025
    )
    return row


@pytest.fixture
def own(session, firm, sign_in_as):
    return lambda: sign_in_as(make_user(session, firm, Role.SIGNATORY))


@pytest.fixture
def official(session, chain, sign_in_as):
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    return lambda: sign_in_as(make_user(session, office))


def test_350_staff_and_19_million_are_small_and_firm_and_office_read_why(session, firm, own, official):
    page = own().get("/profile/").text
    assert "填报：中型；按办法计算：小型。" in page
    assert f"原因：{REASON}。" in page
    assert "两者不一致。" in page
    page = official().get("/recognitions/sizes").text
    assert ("衡阳隆源铜业有限公司" in page, REASON in page, "1,900" in page) == (True, True, False)


def test_the_verification_page_shows_the_difference(session, chain, firm, official):
    values = {
        "industry_code": "3251", "employees": 350, "revenue_fen": 1_900 * FEN_PER_WAN, "size_class": "medium",
        "tier": "srdi", "chain_id": chain.id,
    }  # fmt: skip
    row = ProfileSubmission(
        organization_id=firm.id, chain_id=chain.id, values=values, submitted_by_id=make_user(session, firm).id
    )
    session.add(row)
    session.flush()
    public_id = row.public_id
    page = official().get(f"/profiles/{public_id}").text
    assert "填报：中型；按办法计算：小型。" in page
    assert REASON in page
    assert "无，填报的层级不计入推荐" in page


def test_the_office_of_another_chain_reads_no_reason_and_no_title(session, firm, sign_in_as):
    row = make_recognition(session, firm)
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    public_id, firm_id = row.public_id, firm.public_id
    client = sign_in_as(make_user(session, office))
    assert REASON not in client.get("/recognitions/sizes").text
    for url in (
        f"/recognitions/{public_id}",
        f"/recognitions/{public_id}/document",
        f"/recognitions/of-firm/{firm_id}/new",
    ):
        assert client.get(url).status_code == 404


def test_a_firm_files_a_title_the_office_verifies_it_and_both_get_the_document(session, firm, own, official):
    client, office = own(), official()
    form = {"kind": "high_tech", "issuer": "湖南省科技厅", "issued_on": "2026-01-05"}
    assert client.post("/profile/recognitions/", data=form | {"issuer": ""}).status_code == 422
    with_text = form | {"documents": (BytesIO(b"no document"), "名单.pdf")}
    refused = client.post("/profile/recognitions/", data=with_text, content_type="multipart/form-data")
    assert "不是 PDF、Word、Excel、PNG 或 JPEG" in refused.text
    with_sheet = form | {"documents": (BytesIO(XLSX), "名单.xlsx")}
    refused = client.post("/profile/recognitions/", data=with_sheet, content_type="multipart/form-data")
    assert "“名单.xlsx”不是 PDF、PNG 或 JPEG 文件" in refused.text
    with_pdf = form | {"documents": (BytesIO(PDF), "名单.pdf")}
    assert client.post("/profile/recognitions/", data=with_pdf, content_type="multipart/form-data").status_code == 303
    public_id = session.exec(select(Recognition.public_id)).one()
    session.commit()
    assert client.get(f"/profile/recognitions/{public_id}/document").data == PDF
    assert "衡阳隆源铜业有限公司" in office.get("/recognitions/").text
    url = f"/recognitions/{public_id}"
    assert office.get(f"{url}/document").headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert office.post(url, data={"step": "verify", "ground": ""}).status_code == 422
    assert office.post(url, data={"step": "verify", "ground": "与名单核对"}).status_code == 303
    assert office.post(url, data={"step": "revoke", "reason": "公告撤销"}).status_code == 303
    assert "公告撤销" in client.get("/profile/recognitions/").text
    assert session.exec(select(Recognition.status)).one() is RecognitionStatus.REVOKED


def test_a_title_that_ends_soon_is_shown_with_its_days(session, firm, own, official):
    make_recognition(session, firm, expires_on=today() + timedelta(days=20))
    client, office = own(), official()
    assert "还有 20 天到期" in client.get("/profile/").text
    assert "还有 20 天" in client.get("/profile/recognitions/").text
    assert "还有 20 天" in office.get("/recognitions/?state=expiring").text


def test_the_office_enters_a_title_from_a_published_list(session, firm, official):
    url = f"/recognitions/of-firm/{firm.public_id}/new"
    office = official()
    form = {"kind": "srdi", "issuer": "湖南省工信厅", "issued_on": "2026-01-05", "ground": "省工信厅公布名单"}
    assert office.post(url, data=form | {"issued_on": "2099-01-01"}).status_code == 422
    assert office.post(url, data=form).status_code == 303
    assert session.exec(select(Recognition.ground)).one() == "省工信厅公布名单"
