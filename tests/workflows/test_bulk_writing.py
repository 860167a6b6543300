"""What a table brings in at once is what would be written one by one: rows, search terms, lines of the ledger."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin
from sqlmodel import Session, SQLModel, col, select

from access.actor import SYSTEM, Actor
from access.search import found_by, organization
from models.audit_chain import digest, last
from models.audit_event import AuditEvent
from models.base import now
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.posting import Supply
from models.product_line import ProductLine
from models.search_term import SearchTerm
from tests.factories import make_chain
from vocabulary.classifications import Market
from vocabulary.lifecycles import OrganizationStatus, PostingStatus
from vocabulary.names import name_core
from vocabulary.roles import OrganizationKind
from vocabulary.search import SearchKind, terms
from workflows.audit import record, record_each
from workflows.imports import FirmRow, add_firms, profile_values, provenance_of
from workflows.organizations import Founder, Registration, register

TODAY = date(2026, 6, 15)
ROWS = [
    FirmRow(
        legal_name="常宁市隆源铜业有限公司", uscc="91430482MA4L1ABCDE", short_name="隆源铜业", region_code="430482",
        industry_code="3251", founded_on=date(2015, 6, 1), introduction="生产裸铜线", main_products="裸铜线、镀锡铜线",
        employees=80, revenue_fen=300_000_000_000, tax_paid_fen=1, registered_capital_fen=2,
    ),
    FirmRow(legal_name="重庆银行旁的长沙乐器厂", industry_code="2411", is_industry_guessed=True),
    FirmRow(legal_name="无名公司"),
]  # fmt: skip
_ITS_OWN = {"id", "public_id", "organization_id", "supply_id", "row_id", "uscc", "previous_hash", "hash"}
"""Columns that two rows cannot have in common."""


def one_by_one(session: Session, row: FirmRow, chain_id: int | None) -> None:
    """The firm with its rows as objects of their classes, as forms write them."""
    values = profile_values(row, chain_id)
    core = name_core(row.legal_name)
    firm = Organization(
        kind=OrganizationKind.ENTERPRISE, legal_name=row.legal_name, name_core=core, chain_id=chain_id,
        short_name=row.short_name or core, region_code=row.region_code, status=OrganizationStatus.VERIFIED,
        verified_at=now(),
    )  # fmt: skip
    session.add(firm)
    session.flush()
    line = Supply(
        market=Market.SUPPLY, organization_id=firm.id, title=row.main_products or row.legal_name,
        text=row.introduction or core, chain_id=chain_id, region_code=row.region_code, status=PostingStatus.OPEN,
        opened_at=now(),
    )  # fmt: skip
    session.add_all([
        FirmProfile(organization_id=firm.id, provenance=provenance_of(row, values, SYSTEM, TODAY), **values), line,
    ])  # fmt: skip
    session.flush()
    session.add(ProductLine(supply_id=line.id, category_code=row.industry_code))
    session.flush()


def stored(session: Session, model: type[SQLModel], key: str) -> list[dict[str, Any]]:
    """The columns of all rows as the database holds them; moments only as being of this minute."""
    names = [column.name for column in SQLModel.metadata.tables[str(model.__tablename__)].columns]
    quoted = ", ".join(f'"{name}"' for name in names)
    statement = f'SELECT {quoted} FROM "{model.__tablename__}" ORDER BY {key}'  # noqa: S608 -- names of our columns
    rows = session.connection().exec_driver_sql(statement).all()
    return [
        {name: name if name.endswith("_at") and value else value for name, value in zip(names, row, strict=True)
         if name not in _ITS_OWN}
        for row in rows
    ]  # fmt: skip


def test_firms_written_at_once_have_the_rows_of_firms_written_one_by_one(session: Session) -> None:
    chain = make_chain(session)
    ids = add_firms(session, SYSTEM, [(row, chain.id) for row in ROWS], verified_at=None, today=TODAY)
    for row in ROWS:
        one_by_one(session, row, chain.id)
    session.flush()
    keys = {Organization: "id", FirmProfile: "organization_id", Supply: "id", ProductLine: "supply_id"}
    for model, key in keys.items():
        rows = stored(session, model, key)
        assert rows[:3] == rows[3:], model
        assert len(rows) == 6
    firms = session.exec(select(Organization).order_by(col(Organization.id))).all()
    assert [(firm.id, firm.legal_name) for firm in firms[:3]] == list(
        zip(ids, [row.legal_name for row in ROWS], strict=True)
    )
    assert [firm.uscc for firm in firms[:3]] == [row.uscc for row in ROWS]
    moments = [moment for firm in firms for moment in (firm.created_at, firm.status_changed_at, firm.verified_at)]
    assert all(moment and now() - moment < timedelta(minutes=1) for moment in moments)


def test_an_imported_firm_is_found_by_the_terms_of_one_that_registered(session: Session) -> None:
    row = ROWS[0]
    (imported,) = add_firms(session, SYSTEM, [(row, None)], verified_at=None, today=TODAY)
    user = register(
        session,
        kind=OrganizationKind.BUYER,
        registration=Registration("91430400MA4L16JQ9W", row.legal_name, "0734-1", row.region_code),
        founder=Founder("某某", "a@example.org", "Lang-genug-2026", "zh"),
    )
    assert user.id
    filed = session.exec(select(Organization).where(Organization.uscc == "91430400MA4L16JQ9W")).one()
    filed.short_name = row.short_name
    session.flush()

    def found_terms(id_: int | None) -> set[str]:
        own = select(SearchTerm.term).where(SearchTerm.kind == SearchKind.ORGANIZATION, SearchTerm.row_id == id_)
        return set(session.exec(own))

    codes = {term for code in (row.uscc, "91430400MA4L16JQ9W") for term in terms(texts=(code or "",))}
    assert found_terms(imported) - codes == found_terms(filed.id) - codes != set()
    assert found_terms(imported) == terms(names=(row.legal_name, row.short_name), texts=(row.uscc or "",))
    for word in ("隆源", "changning", "lyty"):
        hits = session.exec(select(Organization.id).where(found_by(word, organization(Organization.id)))).all()
        assert set(hits) == {imported, filed.id}, word


def test_lines_written_at_once_continue_the_chain_as_if_written_one_by_one(session: Session) -> None:
    chain = make_chain(session)
    actor = Actor(None, "某官员", None, None, "", True, None)
    subjects = [(7, chain.id), (8, None), (9, chain.id)]
    for id_, chain_id in subjects:
        record(session, actor, "firm_imported", subject_kind="organization", subject_id=id_, chain_id=chain_id)
    record_each(session, actor, "firm_imported", subject_kind="organization", subjects=subjects)
    record_each(session, actor, "firm_imported", subject_kind="organization", subjects=())
    record(session, actor, "firm_imported", subject_kind="organization", subject_id=10)
    session.flush()
    lines = stored(session, AuditEvent, "id")
    assert lines[:3] == lines[3:6]
    assert [line["subject_id"] for line in lines] == [7, 8, 9, 7, 8, 9, 10]
    session.expire_all()
    rows = session.exec(select(AuditEvent).order_by(col(AuditEvent.id))).all()
    assert [row.id for row in rows] == list(range(1, 8))
    assert [row.previous_hash for row in rows[1:]] == [row.hash for row in rows[:-1]]
    assert [row.hash for row in rows] == [digest(row.model_dump()) for row in rows]
    assert last(session) == (7, rows[-1].hash)


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=12))
def test_pinyin_word_by_word_is_pinyin_of_the_whole(name: str) -> None:
    _has_the_pinyin_of_the_whole(name)


def test_a_character_read_in_two_ways_is_read_as_its_word_says() -> None:
    for name in ("重庆重型银行长沙行长乐器快乐", "衡阳银行股份有限公司", "厦门大厦朝阳"):
        _has_the_pinyin_of_the_whole(name)
    assert any(term.startswith("chongqingzhongxing") for term in terms(names=("重庆重型",)))


def _has_the_pinyin_of_the_whole(name: str) -> None:
    syllables = lazy_pinyin(name)
    spelled = {"".join(syllables[start : start + 18])[:18] for start in range(len(syllables))}
    assert spelled <= terms(names=(name,))
