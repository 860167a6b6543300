"""Facts for engine tests: plain rows that pass every gate; a test changes what it is about."""

from datetime import date
from typing import Any

from matchmaking import FinanceDemand, FinanceSupply, SupplyDemand, SupplySupply

AS_OF = date(2026, 6, 1)
WAN = 1_000_000


def financing_need(**values: Any) -> FinanceDemand:
    plain = {
        "id": 1, "organization_id": 10, "text": "铜线扩产流动资金，裸铜线、镀锡铜线", "is_verified": True,
        "amount_fen": 500 * WAN, "term_months": 12, "purpose": "working_capital",
        "guarantee_methods": ("mortgage",), "industry_path": ("C", "32", "325", "3251"),
        "region_path": ("43", "4304", "430482"), "founded_on": date(2015, 6, 1), "revenue_band": 4,
        "staff_band": 3, "debt_ratio_band": 3, "collateral_band": 3, "tax_grade": "A", "tier": "srdi",
        "order_bases": ("confirmed_order",), "order_band": 4, "payment_band": 3,
    }  # fmt: skip
    return FinanceDemand(**plain | values)


def loan_product(**values: Any) -> FinanceSupply:
    plain = {
        "id": 1, "organization_id": 20, "text": "支持有色金属加工企业的流动资金贷款", "is_open": True,
        "min_amount_fen": 10 * WAN, "max_amount_fen": 1_000 * WAN, "min_term_months": 3, "max_term_months": 36,
        "rate_from_bps": 345, "rate_to_bps": 450, "purposes": ("working_capital",),
        "guarantee_methods": ("mortgage", "pledge"), "regions": ("4304",), "target_industries": ("32",),
        "excluded_industries": ("K",), "tax_grades": ("A", "B"), "tiers": ("srdi",), "size_bands": (2, 3),
        "min_months_in_operation": 24, "min_revenue_band": 2, "max_debt_ratio_band": 5,
    }  # fmt: skip
    return FinanceSupply(**plain | values)


def purchase_need(**values: Any) -> SupplyDemand:
    plain = {
        "id": 1, "organization_id": 30, "text": "采购电工圆铜线，规格 2.6mm，用于电缆导体",
        "industry_path": ("C", "32", "325", "3251"), "quantity_milli": 2_500_000, "unit": "tonne",
        "accept_partial": False, "must_certificates": ("iso9001",), "must_standards": ("GB/T 3953",),
        "wished_certificates": ("iso14001",), "window_end": date(2026, 9, 1),
        "region_path": ("43", "4304", "430406"), "chain": "power",
    }  # fmt: skip
    return SupplyDemand(**plain | values)


def product_line(**values: Any) -> SupplySupply:
    plain = {
        "id": 1, "organization_id": 10, "text": "裸铜线、镀锡铜线，电工圆铜线", "is_verified": True, "is_open": True,
        "industry_path": ("C", "32", "325", "3251"), "unit": "tonne", "yearly_capacity_milli": 18_000_000,
        "spare_capacity_milli": 3_000_000, "certificates": ("iso9001",), "standards": ("GB/T 3953-2009",),
        "lead_time_days": 30, "region_path": ("43", "4304", "430482"), "chain": "power",
    }  # fmt: skip
    return SupplySupply(**plain | values)
