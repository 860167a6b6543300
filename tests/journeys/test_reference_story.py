"""The story the product exists for, by browser, in both languages.

A copper-wire maker files and asks for a loan; a bank posts a product; both want each other; the chain office confirms;
the bank reads the consented papers, visits, grants and pays out; the firm sees who read what, and the chain its sum.
"""

from datetime import timedelta

import pytest
from sqlmodel import select

from jobs.clock import tick
from models.base import now
from models.pairing import Pairing
from models.session import open_session, unit_of_work
from tests.factories import make_chain, make_link, make_organization, make_user
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import OrganizationKind, Role
from workflows.accounts import DEMO_PASSWORD
from workflows.calendar import today
from workflows.passwords import hash_password

pytestmark = [pytest.mark.journey, pytest.mark.timeout(480)]
TODAY = today()
WORDS = {
    "zh": {"eligible": "符合条件", "mutual": "双方有意向", "paid": "300 万元", "granted": "500 万元",
           "fulfilled": "已办结"},
    "en": {"eligible": "Eligible", "mutual": "Mutual interest", "paid": "CNY 3 million", "granted": "CNY 5 million",
           "fulfilled": "Fulfilled"},
}  # fmt: skip


@pytest.fixture
def city(engine, session):
    """A chain with its office, a firm and a bank; nothing is filed or posted yet."""
    secret = hash_password(DEMO_PASSWORD)
    chain = make_chain(session, code="power", name_zh="电力装备", name_en="Power equipment")
    make_link(session, chain, name_zh="铜压延", name_en="Copper rolling", industry_prefixes="325")
    firm = make_organization(session, chain_id=chain.id, legal_name="常宁市隆源铜业有限公司", region_code="430482")
    bank = make_organization(session, OrganizationKind.BANK, legal_name="衡阳农商银行")
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    make_user(session, firm, Role.SIGNATORY, email="firm@example.org", password_hash=secret)
    make_user(session, bank, email="bank@example.org", password_hash=secret, full_name="赵强", phone="0734-7000000")
    make_user(session, office, email="official@example.org", password_hash=secret, full_name="王芳")
    session.commit()
    return chain


def follow(page, selector):
    """Click and wait for the page that comes of it: a look at the old page would prove nothing."""
    with page.expect_navigation():
        page.click(selector)


def submit(page, name="", value=""):
    which = f"[name={name}][value={value}]" if name else ":not([name])"
    follow(page, f"main form:not(.inline-form) button[type=submit]{which}")
    assert page.locator("main .field-error").all_inner_texts() == []


def fill(page, **values):
    for name, value in values.items():
        page.fill(f"#{name}", value)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_from_the_first_form_to_the_disbursed_loan(engine, city, serve, open_page, language):
    words, base = WORDS[language], serve(engine)
    firm = open_page(base, "firm@example.org", language=language)
    bank = open_page(base, "bank@example.org", language=language)
    official = open_page(base, "official@example.org", language=language)

    # The firm files its profile; typing pinyin finds the industry.
    firm.goto("/profile/first")
    firm.locator("#industry_code").press_sequentially("tongyayan", delay=20)
    firm.locator(".picker-list li").first.filter(has_text="3251").wait_for()  # the list of the last letter typed
    firm.locator("#industry_code").press("ArrowDown")
    firm.locator("#industry_code").press("Enter")
    assert firm.input_value("#industry_code").startswith("3251")
    fill(
        firm, region_code="430482", address="水口山路 1 号", founded_on="2015-06-01",
        introduction="生产裸铜线、镀锡铜线", main_products="裸铜线",
        figures_year=str(TODAY.year - 1), revenue_fen="3000", employees="80",
        debt_ratio_percent="45", legal_rep="李明", contact_name="李明", contact_phone="0734-8123456",
    )  # fmt: skip
    firm.select_option("#chain_id", index=1)
    firm.select_option("#tax_grade", "A")
    firm.check("#guarantee_methods input[value=mortgage]")
    submit(firm)
    firm.goto("/profile/submit")
    submit(firm)

    # The office verifies it.
    official.goto("/profiles/")
    follow(official, "main tbody th a")
    submit(official, "step", "verify")

    # The bank posts a product, the firm a need.
    bank.goto("/loan-products/new")
    fill(
        bank, title="产业链流动资金贷", min_amount_fen="10", max_amount_fen="1000", min_term_months="3",
        max_term_months="36", rate_from_bps="3.45", rate_to_bps="4.35", text="支持铜加工企业流动资金",
    )  # fmt: skip
    bank.select_option("#repayment", "interest_first")
    fill(bank, regions="430400 衡阳市")
    bank.check("#purposes input[value=working_capital]")
    bank.check("#guarantee_methods input[value=mortgage]")
    submit(bank, "action", "publish")
    firm.goto("/financing-needs/new")
    fill(firm, title="裸铜线扩产流动资金", amount_fen="500", term_months="12", text="采购电解铜，扩产裸铜线")
    firm.select_option("#purpose", "working_capital")
    firm.check("#guarantee_methods input[value=mortgage]")
    submit(firm, "action", "publish")

    # Both sides want each other; the firm consents.
    firm.goto("/recommendations/")
    follow(firm, "main tbody th a")
    assert words["eligible"] in firm.inner_text("main tbody tr")
    follow(firm, "main tbody th a")
    cells = [cell.inner_text() for cell in firm.locator(".waterfall tbody td.num").all()]
    points = [float(cell) for cell in cells if cell[0].isdigit()]
    total = float(firm.locator(".waterfall tfoot td.num").inner_text())
    assert abs(sum(points) - total) < 0.06 * len(points), "the bars add up to the fit"
    follow(firm, "form[action$='/interest'] button")
    bank.goto("/recommended-firms/")
    follow(bank, "main tbody th a")
    assert "0734-8123456" not in bank.content()
    follow(bank, "form[action$='/interest'] button")
    assert words["mutual"] in bank.inner_text("main")
    firm.goto("/consents/")
    firm.check("#sections input[value=credit]")
    fill(firm, ends_on=(TODAY + timedelta(days=120)).isoformat())
    submit(firm)
    submit(firm)

    # The official works the queue by keyboard and confirms; after the hold time the sides are introduced.
    official.goto("/pairings/")
    official.keyboard.press("j")
    with official.expect_navigation():
        official.keyboard.press("Enter")
    official.check("input[name=verdict][value=confirm]")
    official.select_option("#reason", "mutual_interest")
    submit(official)
    assert official.locator("form[action$='/take-back']").count() == 1
    mails: list[str] = []
    tick(engine, lambda recipient, *_rest: mails.append(recipient), now() + timedelta(minutes=31))
    assert {"firm@example.org", "bank@example.org"} <= set(mails)
    with unit_of_work(engine) as session:  # within half an hour of midnight that was tomorrow
        session.exec(select(Pairing)).one().introduced_at = now()

    # The bank follows it to the end.
    bank.goto("/cases/")
    follow(bank, "main tbody th a")
    assert "0734-8123456" in bank.content()
    case_url = bank.url
    follow(bank, "form[action$='/dossier'] button")
    assert "李明" in bank.content()
    bank.goto(case_url)
    follow(bank, "form[action$='/take-charge'] button")
    for kind, wan in (
        ("contact", ""),
        ("visit", ""),
        ("due_diligence", ""),
        ("credit_granted", "500"),
        ("disbursed", "300"),
    ):
        bank.select_option("#kind", kind)
        fill(bank, happened_on=TODAY.isoformat(), amount_fen=wan)
        follow(bank, "form[action$='/steps'] button[type=submit]")
    assert words["fulfilled"] in bank.inner_text("main")

    # The firm sees who read and what came of it; the chain page has the sums apart.
    firm.goto("/receipts/")
    assert "赵强" in firm.inner_text("main")
    firm.goto("/cases/")
    follow(firm, "main tbody th a")
    assert words["paid"] in firm.inner_text("main")
    official.goto("/chains/power")
    sums = official.inner_text("main")
    assert words["granted"] in sums
    assert words["paid"] in sums
    with open_session(engine, read_only=True) as session:
        assert session.exec(select(Pairing)).one().status is PairingStatus.FULFILLED
