"""consents in versions that name their fields and documents; readings are in the ledger only"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_FIELDS = {
    "basic": (
        "region_code", "address", "founded_on", "ownership", "industry_code", "chain_id", "chain_link_id", "tier",
        "is_high_tech", "website",
    ),
    "business": (
        "introduction", "main_products", "business_scope", "main_equipment", "main_customers", "main_suppliers",
        "patents",
    ),
    "scale": (
        "registered_capital_fen", "paid_in_capital_fen", "figures_year", "revenue_fen", "employees", "size_class",
        "tax_paid_fen", "profit_fen", "total_assets_fen", "debt_ratio_percent", "rd_spend_fen", "export_fen",
    ),
    "credit": (
        "tax_grade", "guarantee_methods", "collateral_value_fen", "collateral_note", "existing_loans_fen",
        "existing_lenders", "is_first_time_borrower",
    ),
    "contacts": ("legal_rep", "contact_name", "contact_title", "contact_phone", "contact_email"),
}  # fmt: skip
"""What each section held when consents began to name their fields."""
_NOT_FOR_BUYERS = {"tax_paid_fen", *_FIELDS["credit"]}


# Columns are added one by one: rebuilding a table would lose what SQLite does not tell of its constraints.
def upgrade() -> None:
    op.drop_table("access_receipt")
    op.add_column("consent", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("consent", sa.Column("field_names", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("consent", sa.Column("documents", sa.JSON(), nullable=False, server_default="[]"))
    op.execute(
        "ALTER TABLE consent ADD COLUMN replaced_by_version INTEGER CONSTRAINT ck_consent_replaced_is_over "
        "CHECK (replaced_by_version IS NULL OR withdrawn_at IS NOT NULL)"
    )
    _number_and_name()
    op.create_index(
        "uq_consent_version", "consent", ["organization_id", "counterpart_id", "purpose", "version"], unique=True
    )
    op.execute(
        "ALTER TABLE pairing ADD COLUMN consent_id INTEGER CONSTRAINT fk_pairing_consent_id_consent "
        "REFERENCES consent (id)"
    )
    op.execute("UPDATE pairing SET consent_id = (SELECT consent_id FROM release WHERE release.pairing_id = pairing.id)")
    op.add_column(
        "release", sa.Column("frozen_at", sa.DateTime(), nullable=False, server_default="2026-01-01 00:00:00.000000")
    )
    op.execute("UPDATE release SET frozen_at = created_at")
    op.add_column("release", sa.Column("documents", sa.JSON(), nullable=False, server_default="[]"))


def _number_and_name() -> None:
    """Versions in the order of giving; the fields of the sections that were chosen, and the contacts."""
    consent = sa.table(
        "consent", sa.column("id"), sa.column("organization_id"), sa.column("counterpart_id"), sa.column("purpose"),
        sa.column("sections", sa.JSON), sa.column("version"), sa.column("field_names", sa.JSON),
    )  # fmt: skip
    connection, counts = op.get_bind(), {}
    for row in connection.execute(sa.select(consent).order_by(consent.c.id)).all():
        key = (row.organization_id, row.counterpart_id, row.purpose)
        counts[key] = counts.get(key, 0) + 1
        chosen = {*row.sections, "contacts"}
        names = [
            name
            for section, fields in _FIELDS.items()
            for name in fields
            if section in chosen and not (row.purpose == "supplier_review" and name in _NOT_FOR_BUYERS)
        ]
        connection.execute(
            sa.update(consent).where(consent.c.id == row.id).values(version=counts[key], field_names=names)
        )


def downgrade() -> None:
    op.execute("ALTER TABLE release DROP COLUMN documents")
    op.execute("ALTER TABLE release DROP COLUMN frozen_at")
    op.execute("ALTER TABLE pairing DROP COLUMN consent_id")
    op.drop_index("uq_consent_version", table_name="consent")
    for column in ("replaced_by_version", "documents", "field_names", "version"):
        op.execute(f"ALTER TABLE consent DROP COLUMN {column}")
    op.create_table(
        "access_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("reader_name", sa.String(length=80), nullable=False),
        sa.Column("reader_organization_id", sa.Integer(), nullable=False),
        sa.Column("was_refused", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_access_receipt_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["reader_organization_id"],
            ["organization.id"],
            name=op.f("fk_access_receipt_reader_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_access_receipt_release_id_release")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_access_receipt_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_receipt")),
    )
    with op.batch_alter_table("access_receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_receipt_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_access_receipt_reader_organization_id"), ["reader_organization_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_access_receipt_release_id"), ["release_id"], unique=False)
    op.execute(
        "INSERT INTO access_receipt (created_at, release_id, organization_id, user_id, reader_name, "
        "reader_organization_id, was_refused) SELECT occurred_at, subject_id, visible_to_organization_id, "
        "actor_user_id, actor_name, actor_organization_id, action = 'dossier_read_refused' "
        "FROM audit_event WHERE subject_kind = 'release' AND action IN ('dossier_read', 'dossier_read_refused') "
        "ORDER BY id"
    )
