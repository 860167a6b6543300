"""The one place that knows each field of a firm's profile: its section, kind, unit, who may see it.

The form, the completeness bar, the plausibility checks, the masked view of a bank and the released snapshot all read
this table; a new field is one line here, one column in `models/firm_profile.py` and its label.
"""

from dataclasses import dataclass
from enum import StrEnum


class Section(StrEnum):
    """Sections of the profile, in filing order."""

    BASIC = "basic"
    BUSINESS = "business"
    SCALE = "scale"
    CREDIT = "credit"
    CONTACTS = "contacts"


class Visibility(StrEnum):
    """Who may see a value: everybody signed in, counterparts as a band, or only under consent."""

    PUBLIC = "public"
    BANDED = "banded"
    CONFIDENTIAL = "confidential"


class FieldKind(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    MONEY = "money"
    COUNT = "count"
    PERCENT = "percent"
    DATE = "date"
    YEAR = "year"
    FLAG = "flag"
    INDUSTRY = "industry"
    REGION = "region"
    CHAIN = "chain"
    CODE = "code"
    CODES = "codes"
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True)
class ProfileField:
    """One field. `first` marks the short first form (about 20 fields); `scale` names the band of a banded figure."""

    name: str
    section: Section
    kind: FieldKind
    visibility: Visibility
    first: bool = False
    required: bool = False
    scale: str | None = None
    codes: str | None = None
    """Name of the classification for CODE and CODES fields."""
    for_buyers: bool = True
    """Whether a buyer may ever get it: tax and collateral are not needed to judge a supplier."""


_S, _K, _V = Section, FieldKind, Visibility

FIELDS: tuple[ProfileField, ...] = (
    ProfileField("region_code", _S.BASIC, _K.REGION, _V.PUBLIC, first=True, required=True),
    ProfileField("address", _S.BASIC, _K.TEXT, _V.PUBLIC, first=True, required=True),
    ProfileField("founded_on", _S.BASIC, _K.DATE, _V.PUBLIC, first=True, required=True),
    ProfileField("ownership", _S.BASIC, _K.CODE, _V.PUBLIC, first=True, codes="Ownership"),
    ProfileField("industry_code", _S.BASIC, _K.INDUSTRY, _V.PUBLIC, first=True, required=True),
    ProfileField("chain_id", _S.BASIC, _K.CHAIN, _V.PUBLIC, first=True, required=True),
    ProfileField("chain_link_id", _S.BASIC, _K.CHAIN, _V.PUBLIC, first=True),
    ProfileField("tier", _S.BASIC, _K.CODE, _V.PUBLIC, first=True, codes="Tier"),
    ProfileField("is_high_tech", _S.BASIC, _K.FLAG, _V.PUBLIC),
    ProfileField("website", _S.BASIC, _K.TEXT, _V.PUBLIC),
    ProfileField("introduction", _S.BUSINESS, _K.LONG_TEXT, _V.PUBLIC, first=True, required=True),
    ProfileField("main_products", _S.BUSINESS, _K.TEXT, _V.PUBLIC, first=True, required=True),
    ProfileField("business_scope", _S.BUSINESS, _K.LONG_TEXT, _V.PUBLIC),
    ProfileField("main_equipment", _S.BUSINESS, _K.LONG_TEXT, _V.CONFIDENTIAL),
    ProfileField("main_customers", _S.BUSINESS, _K.LONG_TEXT, _V.CONFIDENTIAL),
    ProfileField("main_suppliers", _S.BUSINESS, _K.LONG_TEXT, _V.CONFIDENTIAL),
    ProfileField("patents", _S.BUSINESS, _K.COUNT, _V.PUBLIC),
    ProfileField("registered_capital_fen", _S.SCALE, _K.MONEY, _V.PUBLIC, first=True),
    ProfileField("paid_in_capital_fen", _S.SCALE, _K.MONEY, _V.CONFIDENTIAL),
    ProfileField("figures_year", _S.SCALE, _K.YEAR, _V.PUBLIC, first=True, required=True),
    ProfileField("revenue_fen", _S.SCALE, _K.MONEY, _V.BANDED, first=True, required=True, scale="revenue"),
    ProfileField("employees", _S.SCALE, _K.COUNT, _V.BANDED, first=True, required=True, scale="staff"),
    ProfileField("size_class", _S.SCALE, _K.CODE, _V.PUBLIC, codes="SizeClass"),
    ProfileField("tax_paid_fen", _S.SCALE, _K.MONEY, _V.BANDED, first=True, scale="tax", for_buyers=False),
    ProfileField("profit_fen", _S.SCALE, _K.MONEY, _V.CONFIDENTIAL),
    ProfileField("total_assets_fen", _S.SCALE, _K.MONEY, _V.CONFIDENTIAL),
    ProfileField("debt_ratio_percent", _S.SCALE, _K.PERCENT, _V.BANDED, first=True, scale="debt_ratio"),
    ProfileField("rd_spend_fen", _S.SCALE, _K.MONEY, _V.CONFIDENTIAL),
    ProfileField("export_fen", _S.SCALE, _K.MONEY, _V.CONFIDENTIAL),
    ProfileField("tax_grade", _S.CREDIT, _K.CODE, _V.BANDED, first=True, codes="TaxGrade", for_buyers=False),
    ProfileField(
        "guarantee_methods", _S.CREDIT, _K.CODES, _V.BANDED, first=True, codes="GuaranteeMethod", for_buyers=False
    ),
    ProfileField("collateral_value_fen", _S.CREDIT, _K.MONEY, _V.BANDED, scale="collateral", for_buyers=False),
    ProfileField("collateral_note", _S.CREDIT, _K.LONG_TEXT, _V.CONFIDENTIAL, for_buyers=False),
    ProfileField("existing_loans_fen", _S.CREDIT, _K.MONEY, _V.CONFIDENTIAL, for_buyers=False),
    ProfileField("existing_lenders", _S.CREDIT, _K.TEXT, _V.CONFIDENTIAL, for_buyers=False),
    ProfileField("is_first_time_borrower", _S.CREDIT, _K.FLAG, _V.CONFIDENTIAL, for_buyers=False),
    ProfileField("legal_rep", _S.CONTACTS, _K.TEXT, _V.CONFIDENTIAL, first=True, required=True),
    ProfileField("contact_name", _S.CONTACTS, _K.TEXT, _V.CONFIDENTIAL, first=True, required=True),
    ProfileField("contact_title", _S.CONTACTS, _K.TEXT, _V.CONFIDENTIAL),
    ProfileField("contact_phone", _S.CONTACTS, _K.PHONE, _V.CONFIDENTIAL, first=True, required=True),
    ProfileField("contact_email", _S.CONTACTS, _K.EMAIL, _V.CONFIDENTIAL),
)

BY_NAME: dict[str, ProfileField] = {field.name: field for field in FIELDS}
FIRST_FORM: tuple[ProfileField, ...] = tuple(field for field in FIELDS if field.first)
REQUIRED: tuple[str, ...] = tuple(field.name for field in FIELDS if field.required)


def of_section(section: Section) -> tuple[ProfileField, ...]:
    """Fields of one section, in filing order."""
    return tuple(field for field in FIELDS if field.section is section)
