"""A firm whose dossier a bank or a buyer may read: everybody who has a part in it, and what the firm filed."""

from datetime import timedelta
from io import BytesIO

from pypdf import PdfWriter
from sqlmodel import Session

from models.base import now
from models.organization import Organization
from models.pairing import Consent, Pairing
from models.recognition import Recognition
from tests import factories
from vocabulary.classifications import ConsentPurpose, Market
from vocabulary.lifecycles import PairingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.profile_fields import FIELDS, FieldKind, Section
from vocabulary.recognitions import RecognitionKind
from vocabulary.roles import OrganizationKind, Role
from workflows import consents, files, releases
from workflows.calendar import today

EVERYTHING = tuple(section.value for section in Section)
_WORDS = (FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.PHONE, FieldKind.EMAIL)
PLANTED = {
    field.name: f"planted-{n}"
    for n, field in enumerate(FIELDS)
    if field.kind in _WORDS and field.name not in ("introduction", "main_products")
} | {"revenue_fen": 1_234 * FEN_PER_WAN, "tax_paid_fen": 987 * FEN_PER_WAN, "collateral_value_fen": 765 * FEN_PER_WAN}
"""field -> what stands in it here and nowhere else."""
TAX_AND_COLLATERAL = {
    "tax_paid_fen", "tax_grade", "collateral_value_fen", "collateral_note", "guarantee_methods", "existing_loans_fen",
    "existing_lenders", "is_first_time_borrower",
}  # fmt: skip
"""What no buyer may ever get, written down a second time by hand."""


def pdf(n_pages: int = 1, *, password: str = "") -> bytes:
    writer, file = PdfWriter(), BytesIO()
    for _ in range(n_pages):
        writer.add_blank_page(width=595, height=842)
    if password:
        writer.encrypt(password)
    writer.write(file)
    return file.getvalue()


class ReleaseWorld:
    """A firm with two certificates, its reader, and a pairing of theirs that was introduced."""

    def __init__(self, session: Session, market: Market = Market.FINANCE) -> None:
        self.session, self.market = session, market
        is_finance = market is Market.FINANCE
        self.purpose = ConsentPurpose.CREDIT_REVIEW if is_finance else ConsentPurpose.SUPPLIER_REVIEW
        self.chain = factories.make_chain(session)
        self.firm = factories.make_organization(session, chain_id=self.chain.id, legal_name="隆源铜业有限公司")
        factories.make_profile(session, self.firm, **PLANTED)
        self.signatory = factories.make_user(session, self.firm, Role.SIGNATORY, full_name="李明")
        kind = OrganizationKind.BANK if is_finance else OrganizationKind.BUYER
        self.reader = factories.make_organization(session, kind, legal_name="衡阳读者单位")
        self.person = factories.make_user(session, self.reader, full_name="赵强")
        self.official = factories.make_user(
            session, factories.make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=self.chain.id),
            full_name="周干事",
        )  # fmt: skip
        if is_finance:
            sides = factories.make_financing_need(session, self.firm), factories.make_loan_product(session, self.reader)
        else:
            sides = factories.make_purchase_need(session, self.reader), factories.make_product_line(session, self.firm)
        at = now() - timedelta(days=1)
        self.pairing: Pairing = factories.make_pairing(
            session, *sides, self.chain, status=PairingStatus.INTRODUCED, decided_by_id=self.official.id,
            decided_at=at, introduced_at=at,
        )  # fmt: skip
        self.shown = self.certificate(RecognitionKind.SRDI, pdf(2))
        self.kept_back = self.certificate(RecognitionKind.HIGH_TECH, pdf())

    @property
    def signatory_actor(self):
        return factories.actor_of(self.signatory, self.firm, Role.SIGNATORY)

    @property
    def person_actor(self):
        return factories.actor_of(self.person, self.reader)

    def certificate(self, kind: RecognitionKind, content: bytes, name: str = "a.pdf", firm: Organization | None = None):
        firm = firm or self.firm
        file = files.store(self.session, self.signatory_actor, files.Upload(name, content))
        return factories.make_recognition(self.session, firm, kind=kind, file_id=file.id)

    def consent(self, sections=EVERYTHING, documents: tuple[Recognition, ...] = (), *, days: int = 90) -> Consent:
        return consents.give(
            self.session, self.signatory_actor, counterpart_id=self.reader.id, purpose=self.purpose,
            sections=sections, documents=[row.public_id for row in documents], ends_on=today() + timedelta(days=days),
        )  # fmt: skip

    def release(self, *arguments, **values):
        """Consent, then the frozen dossier under it."""
        return releases.freeze(self.session, self.pairing, self.consent(*arguments, **values))
