"""The rows: SQLModel tables, constraints and relationships; no decisions."""

from models import (
    assignment,
    audit_event,
    capacity,
    chain,
    chain_office,
    confirmed_order,
    financing_need,
    firm_placement,
    firm_profile,
    loan_product,
    notice,
    office_report,
    organization,
    outbox,
    pairing,
    posting,
    problem,
    product_line,
    project,
    purchase_need,
    recognition,
    recommendation,
    refusal,
    research_result,
    roadshow,
    standard_check,
    stored_file,
    supplier_group,
)

__all__ = [
    "assignment", "audit_event", "capacity", "chain", "chain_office", "confirmed_order", "financing_need",
    "firm_placement", "firm_profile", "loan_product", "notice", "office_report", "organization", "outbox", "pairing",
    "posting", "problem", "product_line", "project", "purchase_need", "recognition", "recommendation", "refusal",
    "research_result", "roadshow", "standard_check", "stored_file", "supplier_group",
]  # fmt: skip
