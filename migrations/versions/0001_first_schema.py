"""first schema"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("host_region_code", sa.String(length=12), nullable=True),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain")),
        sa.UniqueConstraint("code", name=op.f("uq_chain_code")),
    )
    op.create_table(
        "facts_snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facts_snapshot")),
        sa.UniqueConstraint("digest", name=op.f("uq_facts_snapshot_digest")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("email_digest", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_attempt_account", ["email_digest", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_attempt_address"), ["address"], unique=False)

    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("full_name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'disabled')", name=op.f("ck_user_status_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
        sa.UniqueConstraint("public_id", name=op.f("uq_user_public_id")),
    )
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_status"), ["status"], unique=False)

    op.create_table(
        "chain_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=48), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("position", sa.String(length=32), nullable=False),
        sa.Column("industry_prefixes", sa.String(length=200), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_chain_link_chain_id_chain")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_link")),
        sa.UniqueConstraint("chain_id", "code", name=op.f("uq_chain_link_chain_id_code")),
    )
    with op.batch_alter_table("chain_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chain_link_chain_id"), ["chain_id"], unique=False)

    op.create_table(
        "organization",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("legal_name", sa.String(length=120), nullable=False),
        sa.Column("name_core", sa.String(length=120), nullable=False),
        sa.Column("short_name", sa.String(length=60), nullable=False),
        sa.Column("search_text", sa.String(length=400), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("chain_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("verified_at", sa.DateTime(), nullable=True),
        sa.Column("verified_by_id", sa.Integer(), nullable=True),
        sa.Column("review_note", sa.String(length=500), nullable=True),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(status = 'merged') = (merged_into_id IS NOT NULL)", name=op.f("ck_organization_merged_has_target")
        ),
        sa.CheckConstraint(
            "status IN ('registered', 'verified', 'returned', 'suspended', 'merged')",
            name=op.f("ck_organization_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('returned') OR (review_note IS NOT NULL)", name=op.f("ck_organization_returned_has_note")
        ),
        sa.CheckConstraint(
            "status NOT IN ('verified') OR (verified_at IS NOT NULL)",
            name=op.f("ck_organization_verified_has_verifier"),
        ),
        sa.CheckConstraint("uscc IS NULL OR length(uscc) = 18", name=op.f("ck_organization_uscc_length")),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_organization_chain_id_chain")),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["organization.id"], name=op.f("fk_organization_merged_into_id_organization")
        ),
        sa.ForeignKeyConstraint(["verified_by_id"], ["user.id"], name=op.f("fk_organization_verified_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("public_id", name=op.f("uq_organization_public_id")),
        sa.UniqueConstraint("uscc", name=op.f("uq_organization_uscc")),
    )
    with op.batch_alter_table("organization", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organization_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index("ix_organization_kind_status", ["kind", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_organization_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_organization_name_core"), ["name_core"], unique=False)
        batch_op.create_index(batch_op.f("ix_organization_phone"), ["phone"], unique=False)
        batch_op.create_index(batch_op.f("ix_organization_status"), ["status"], unique=False)

    op.create_table(
        "password_reset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_password_reset_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_password_reset_token_digest")),
    )
    with op.batch_alter_table("password_reset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_password_reset_user_id"), ["user_id"], unique=False)

    op.create_table(
        "roadshow",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("venue", sa.String(length=120), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "status IN ('planned', 'announced', 'held', 'cancelled')", name=op.f("ck_roadshow_status_known")
        ),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_roadshow_chain_id_chain")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadshow")),
        sa.UniqueConstraint("public_id", name=op.f("uq_roadshow_public_id")),
    )
    with op.batch_alter_table("roadshow", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roadshow_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roadshow_status"), ["status"], unique=False)

    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_session_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_user_session_token_digest")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("actor_user_id", sa.Integer(), nullable=True),
        sa.Column("actor_organization_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=True),
        sa.Column("visible_to_organization_id", sa.Integer(), nullable=True),
        sa.Column("old", sa.JSON(), nullable=True),
        sa.Column("new", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("occurred_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_organization_id"],
            ["organization.id"],
            name=op.f("fk_audit_event_actor_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(["actor_user_id"], ["user.id"], name=op.f("fk_audit_event_actor_user_id_user")),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_audit_event_chain_id_chain")),
        sa.ForeignKeyConstraint(
            ["visible_to_organization_id"],
            ["organization.id"],
            name=op.f("fk_audit_event_visible_to_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_action"), ["action"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_event_actor_organization_id"), ["actor_organization_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_audit_event_actor_user_id"), ["actor_user_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index("ix_audit_event_subject", ["subject_kind", "subject_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_event_visible_to_organization_id"), ["visible_to_organization_id"], unique=False
        )

    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_certificate_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("public_id", name=op.f("uq_certificate_public_id")),
    )
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certificate_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("counterpart_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["counterpart_id"], ["organization.id"], name=op.f("fk_consent_counterpart_id_organization")
        ),
        sa.ForeignKeyConstraint(["given_by_id"], ["user.id"], name=op.f("fk_consent_given_by_id_user")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_consent_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["withdrawn_by_id"], ["user.id"], name=op.f("fk_consent_withdrawn_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("public_id", name=op.f("uq_consent_public_id")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_counterpart_id"), ["counterpart_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(
            "uq_consent_live",
            ["organization_id", "counterpart_id", "purpose"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.create_table(
        "demand",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("market", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=True),
        sa.Column("chain_link_id", sa.Integer(), nullable=True),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("closed_reason", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'open', 'paused', 'closed', 'expired')", name=op.f("ck_demand_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('open', 'paused') OR (opened_at IS NOT NULL)", name=op.f("ck_demand_open_was_opened")
        ),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_demand_chain_id_chain")),
        sa.ForeignKeyConstraint(["chain_link_id"], ["chain_link.id"], name=op.f("fk_demand_chain_link_id_chain_link")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_demand_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demand")),
        sa.UniqueConstraint("public_id", name=op.f("uq_demand_public_id")),
    )
    with op.batch_alter_table("demand", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_demand_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_demand_chain_link_id"), ["chain_link_id"], unique=False)
        batch_op.create_index("ix_demand_market_status", ["market", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_demand_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_demand_status"), ["status"], unique=False)

    op.create_table(
        "firm_profile",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("founded_on", sa.Date(), nullable=True),
        sa.Column("ownership", sa.String(length=32), nullable=True),
        sa.Column("industry_code", sa.String(length=8), nullable=True),
        sa.Column("chain_id", sa.Integer(), nullable=True),
        sa.Column("chain_link_id", sa.Integer(), nullable=True),
        sa.Column("chain_placement", sa.String(length=32), nullable=True),
        sa.Column("tier", sa.String(length=32), nullable=True),
        sa.Column("is_high_tech", sa.Boolean(), nullable=True),
        sa.Column("website", sa.String(length=200), nullable=True),
        sa.Column("introduction", sa.String(length=4000), nullable=True),
        sa.Column("main_products", sa.String(length=500), nullable=True),
        sa.Column("business_scope", sa.String(length=4000), nullable=True),
        sa.Column("main_equipment", sa.String(length=2000), nullable=True),
        sa.Column("main_customers", sa.String(length=2000), nullable=True),
        sa.Column("main_suppliers", sa.String(length=2000), nullable=True),
        sa.Column("patents", sa.Integer(), nullable=True),
        sa.Column("registered_capital_fen", sa.BigInteger(), nullable=True),
        sa.Column("paid_in_capital_fen", sa.BigInteger(), nullable=True),
        sa.Column("figures_year", sa.Integer(), nullable=True),
        sa.Column("revenue_fen", sa.BigInteger(), nullable=True),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("tax_paid_fen", sa.BigInteger(), nullable=True),
        sa.Column("profit_fen", sa.BigInteger(), nullable=True),
        sa.Column("total_assets_fen", sa.BigInteger(), nullable=True),
        sa.Column("debt_ratio_percent", sa.Integer(), nullable=True),
        sa.Column("rd_spend_fen", sa.BigInteger(), nullable=True),
        sa.Column("export_fen", sa.BigInteger(), nullable=True),
        sa.Column("tax_grade", sa.String(length=32), nullable=True),
        sa.Column("guarantee_methods", sa.JSON(), nullable=False),
        sa.Column("collateral_value_fen", sa.BigInteger(), nullable=True),
        sa.Column("collateral_note", sa.String(length=2000), nullable=True),
        sa.Column("existing_loans_fen", sa.BigInteger(), nullable=True),
        sa.Column("existing_lenders", sa.String(length=500), nullable=True),
        sa.Column("is_first_time_borrower", sa.Boolean(), nullable=True),
        sa.Column("legal_rep", sa.String(length=80), nullable=True),
        sa.Column("contact_name", sa.String(length=80), nullable=True),
        sa.Column("contact_title", sa.String(length=80), nullable=True),
        sa.Column("contact_phone", sa.String(length=30), nullable=True),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("provenance", sa.JSON(), nullable=False),
        sa.Column("verified_at", sa.DateTime(), nullable=True),
        sa.Column("verified_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_current_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("employees IS NULL OR employees >= 0", name=op.f("ck_firm_profile_employees_not_negative")),
        sa.CheckConstraint(
            "revenue_fen IS NULL OR revenue_fen >= 0", name=op.f("ck_firm_profile_revenue_not_negative")
        ),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_firm_profile_chain_id_chain")),
        sa.ForeignKeyConstraint(
            ["chain_link_id"], ["chain_link.id"], name=op.f("fk_firm_profile_chain_link_id_chain_link")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_firm_profile_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["verified_by_id"], ["user.id"], name=op.f("fk_firm_profile_verified_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firm_profile")),
        sa.UniqueConstraint("organization_id", name=op.f("uq_firm_profile_organization_id")),
    )
    with op.batch_alter_table("firm_profile", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_firm_profile_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_firm_profile_chain_link_id"), ["chain_link_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_firm_profile_industry_code"), ["industry_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_firm_profile_region_code"), ["region_code"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=80), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("accepted_by_id", sa.Integer(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "status IN ('sent', 'accepted', 'cancelled', 'expired')", name=op.f("ck_invitation_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('accepted') OR (accepted_by_id IS NOT NULL AND accepted_at IS NOT NULL)",
            name=op.f("ck_invitation_accepted_has_user"),
        ),
        sa.ForeignKeyConstraint(["accepted_by_id"], ["user.id"], name=op.f("fk_invitation_accepted_by_id_user")),
        sa.ForeignKeyConstraint(["invited_by_id"], ["user.id"], name=op.f("fk_invitation_invited_by_id_user")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_invitation_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitation_public_id")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_invitation_token_digest")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_accepted_by_id"), ["accepted_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitation_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitation_invited_by_id"), ["invited_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitation_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitation_status"), ["status"], unique=False)

    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=80), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_membership_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_membership_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("user_id", "organization_id", name=op.f("uq_membership_user_id_organization_id")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_membership_user_id"), ["user_id"], unique=False)

    op.create_table(
        "profile_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("provenance", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_profile_draft_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["updated_by_id"], ["user.id"], name=op.f("fk_profile_draft_updated_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_draft")),
        sa.UniqueConstraint("organization_id", name=op.f("uq_profile_draft_organization_id")),
    )
    op.create_table(
        "profile_submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("overrides", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("submitted_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "status IN ('submitted', 'verified', 'returned', 'withdrawn')",
            name=op.f("ck_profile_submission_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('returned') OR (decided_at IS NOT NULL AND decided_by_id IS NOT NULL AND notes IS NOT NULL)",
            name=op.f("ck_profile_submission_returned_has_decider"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('verified') OR (decided_at IS NOT NULL AND decided_by_id IS NOT NULL)",
            name=op.f("ck_profile_submission_verified_has_decider"),
        ),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_profile_submission_chain_id_chain")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user.id"], name=op.f("fk_profile_submission_decided_by_id_user")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_profile_submission_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["user.id"], name=op.f("fk_profile_submission_submitted_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_submission")),
        sa.UniqueConstraint("public_id", name=op.f("uq_profile_submission_public_id")),
    )
    with op.batch_alter_table("profile_submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_profile_submission_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_profile_submission_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_profile_submission_status"), ["status"], unique=False)
        batch_op.create_index(
            "uq_profile_submission_pending",
            ["organization_id"],
            unique=True,
            sqlite_where=sa.text("status = 'submitted'"),
            postgresql_where=sa.text("status = 'submitted'"),
        )

    op.create_table(
        "supply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("market", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=True),
        sa.Column("chain_link_id", sa.Integer(), nullable=True),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("closed_reason", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'open', 'paused', 'closed', 'expired')", name=op.f("ck_supply_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('open', 'paused') OR (opened_at IS NOT NULL)", name=op.f("ck_supply_open_was_opened")
        ),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_supply_chain_id_chain")),
        sa.ForeignKeyConstraint(["chain_link_id"], ["chain_link.id"], name=op.f("fk_supply_chain_link_id_chain_link")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_supply_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply")),
        sa.UniqueConstraint("public_id", name=op.f("uq_supply_public_id")),
    )
    with op.batch_alter_table("supply", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_supply_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_supply_chain_link_id"), ["chain_link_id"], unique=False)
        batch_op.create_index("ix_supply_market_status", ["market", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_supply_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_supply_status"), ["status"], unique=False)

    op.create_table(
        "financing_need",
        sa.Column("demand_id", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("term_months", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(length=32), nullable=True),
        sa.Column("guarantee_methods", sa.JSON(), nullable=False),
        sa.Column("max_annual_rate_bps", sa.Integer(), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_financing_need_amount_positive")),
        sa.CheckConstraint("term_months BETWEEN 1 AND 360", name=op.f("ck_financing_need_term_range")),
        sa.ForeignKeyConstraint(
            ["demand_id"], ["demand.id"], name=op.f("fk_financing_need_demand_id_demand"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("demand_id", name=op.f("pk_financing_need")),
    )
    op.create_table(
        "loan_product",
        sa.Column("supply_id", sa.Integer(), nullable=False),
        sa.Column("branch", sa.String(length=80), nullable=False),
        sa.Column("current_version", sa.Integer(), nullable=False),
        sa.Column("visits_per_month", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["supply_id"], ["supply.id"], name=op.f("fk_loan_product_supply_id_supply"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("supply_id", name=op.f("pk_loan_product")),
    )
    op.create_table(
        "loan_product_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("supply_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("min_amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("max_amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("min_term_months", sa.Integer(), nullable=True),
        sa.Column("max_term_months", sa.Integer(), nullable=True),
        sa.Column("rate_from_bps", sa.Integer(), nullable=True),
        sa.Column("rate_to_bps", sa.Integer(), nullable=True),
        sa.Column("repayment", sa.String(length=32), nullable=True),
        sa.Column("guarantee_fee_bps", sa.Integer(), nullable=True),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("guarantee_methods", sa.JSON(), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("target_industries", sa.JSON(), nullable=False),
        sa.Column("excluded_industries", sa.JSON(), nullable=False),
        sa.Column("tax_grades", sa.JSON(), nullable=False),
        sa.Column("tiers", sa.JSON(), nullable=False),
        sa.Column("size_bands", sa.JSON(), nullable=False),
        sa.Column("min_months_in_operation", sa.Integer(), nullable=True),
        sa.Column("min_revenue_band", sa.Integer(), nullable=True),
        sa.Column("max_debt_ratio_band", sa.Integer(), nullable=True),
        sa.Column("documents", sa.String(length=1000), nullable=False),
        sa.CheckConstraint(
            "max_debt_ratio_band IS NULL OR max_debt_ratio_band BETWEEN 0 AND 7",
            name=op.f("ck_loan_product_version_debt_band"),
        ),
        sa.CheckConstraint(
            "min_amount_fen > 0 AND max_amount_fen >= min_amount_fen", name=op.f("ck_loan_product_version_amount_range")
        ),
        sa.CheckConstraint(
            "min_revenue_band IS NULL OR min_revenue_band BETWEEN 0 AND 7",
            name=op.f("ck_loan_product_version_revenue_band"),
        ),
        sa.CheckConstraint(
            "min_term_months >= 1 AND max_term_months >= min_term_months",
            name=op.f("ck_loan_product_version_term_range"),
        ),
        sa.CheckConstraint("rate_to_bps >= rate_from_bps", name=op.f("ck_loan_product_version_rate_range")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_loan_product_version_created_by_id_user")
        ),
        sa.ForeignKeyConstraint(["supply_id"], ["supply.id"], name=op.f("fk_loan_product_version_supply_id_supply")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_product_version")),
        sa.UniqueConstraint("supply_id", "version", name=op.f("uq_loan_product_version_supply_id_version")),
    )
    with op.batch_alter_table("loan_product_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_loan_product_version_supply_id"), ["supply_id"], unique=False)

    op.create_table(
        "pair_signal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("demand_id", sa.Integer(), nullable=False),
        sa.Column("supply_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=False),
        sa.Column("by_organization_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_organization_id"], ["organization.id"], name=op.f("fk_pair_signal_by_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["by_user_id"], ["user.id"], name=op.f("fk_pair_signal_by_user_id_user")),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name=op.f("fk_pair_signal_demand_id_demand")),
        sa.ForeignKeyConstraint(["supply_id"], ["supply.id"], name=op.f("fk_pair_signal_supply_id_supply")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pair_signal")),
        sa.UniqueConstraint(
            "demand_id", "supply_id", "side", "kind", name=op.f("uq_pair_signal_demand_id_supply_id_side_kind")
        ),
    )
    with op.batch_alter_table("pair_signal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pair_signal_by_organization_id"), ["by_organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pair_signal_demand_id"), ["demand_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pair_signal_supply_id"), ["supply_id"], unique=False)

    op.create_table(
        "product_line",
        sa.Column("supply_id", sa.Integer(), nullable=False),
        sa.Column("category_code", sa.String(length=8), nullable=True),
        sa.Column("specification", sa.String(length=500), nullable=False),
        sa.Column("standards", sa.JSON(), nullable=False),
        sa.Column("unit", sa.String(length=24), nullable=True),
        sa.Column("yearly_capacity_milli", sa.BigInteger(), nullable=True),
        sa.Column("spare_capacity_milli", sa.BigInteger(), nullable=True),
        sa.Column("lead_time_days", sa.Integer(), nullable=True),
        sa.Column("delivers_to", sa.JSON(), nullable=False),
        sa.Column("unit_price_fen", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "spare_capacity_milli IS NULL OR yearly_capacity_milli IS NULL OR spare_capacity_milli BETWEEN 0 AND yearly_capacity_milli",
            name=op.f("ck_product_line_spare_within_capacity"),
        ),
        sa.CheckConstraint(
            "yearly_capacity_milli IS NULL OR yearly_capacity_milli >= 0", name=op.f("ck_product_line_capacity")
        ),
        sa.ForeignKeyConstraint(
            ["supply_id"], ["supply.id"], name=op.f("fk_product_line_supply_id_supply"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("supply_id", name=op.f("pk_product_line")),
    )
    op.create_table(
        "purchase_need",
        sa.Column("demand_id", sa.Integer(), nullable=False),
        sa.Column("category_code", sa.String(length=8), nullable=True),
        sa.Column("specification", sa.String(length=500), nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.String(length=24), nullable=True),
        sa.Column("accept_partial", sa.Boolean(), nullable=False),
        sa.Column("must_standards", sa.JSON(), nullable=False),
        sa.Column("wished_standards", sa.JSON(), nullable=False),
        sa.Column("must_certificates", sa.JSON(), nullable=False),
        sa.Column("wished_certificates", sa.JSON(), nullable=False),
        sa.Column("window_start", sa.Date(), nullable=True),
        sa.Column("window_end", sa.Date(), nullable=True),
        sa.Column("delivery_region_code", sa.String(length=12), nullable=True),
        sa.Column("payment_days", sa.Integer(), nullable=True),
        sa.Column("budget_fen", sa.BigInteger(), nullable=True),
        sa.Column("hide_name", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(quantity_milli IS NULL) = (unit IS NULL)", name=op.f("ck_purchase_need_quantity_has_unit")
        ),
        sa.CheckConstraint(
            "quantity_milli IS NULL OR quantity_milli > 0", name=op.f("ck_purchase_need_quantity_positive")
        ),
        sa.CheckConstraint(
            "window_end IS NULL OR window_start IS NULL OR window_end >= window_start",
            name=op.f("ck_purchase_need_window"),
        ),
        sa.ForeignKeyConstraint(
            ["demand_id"], ["demand.id"], name=op.f("fk_purchase_need_demand_id_demand"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("demand_id", name=op.f("pk_purchase_need")),
    )
    op.create_table(
        "recommendation_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("market", sa.String(length=32), nullable=False),
        sa.Column("demand_id", sa.Integer(), nullable=True),
        sa.Column("supply_id", sa.Integer(), nullable=True),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("settings_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("error", sa.String(length=1000), nullable=True),
        sa.Column("n_pairs", sa.Integer(), nullable=False),
        sa.Column("n_recommended", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('running', 'finished', 'failed')", name=op.f("ck_recommendation_run_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('failed') OR (error IS NOT NULL)", name=op.f("ck_recommendation_run_failed_has_error")
        ),
        sa.CheckConstraint(
            "status NOT IN ('finished') OR (finished_at IS NOT NULL)",
            name=op.f("ck_recommendation_run_finished_has_time"),
        ),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name=op.f("fk_recommendation_run_demand_id_demand")),
        sa.ForeignKeyConstraint(["supply_id"], ["supply.id"], name=op.f("fk_recommendation_run_supply_id_supply")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendation_run")),
        sa.UniqueConstraint("public_id", name=op.f("uq_recommendation_run_public_id")),
    )
    with op.batch_alter_table("recommendation_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recommendation_run_demand_id"), ["demand_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_recommendation_run_market"), ["market"], unique=False)
        batch_op.create_index(batch_op.f("ix_recommendation_run_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_recommendation_run_supply_id"), ["supply_id"], unique=False)

    op.create_table(
        "recommendation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("market", sa.String(length=32), nullable=False),
        sa.Column("demand_id", sa.Integer(), nullable=False),
        sa.Column("supply_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("n_components", sa.Integer(), nullable=False),
        sa.Column("n_with_data", sa.Integer(), nullable=False),
        sa.Column("contributions", sa.JSON(), nullable=False),
        sa.Column("gates", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("first_closed_gate", sa.String(length=40), nullable=True),
        sa.Column("demand_digest", sa.String(length=64), nullable=False),
        sa.Column("supply_digest", sa.String(length=64), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name=op.f("fk_recommendation_demand_id_demand")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["recommendation_run.id"], name=op.f("fk_recommendation_run_id_recommendation_run")
        ),
        sa.ForeignKeyConstraint(["supply_id"], ["supply.id"], name=op.f("fk_recommendation_supply_id_supply")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_recommendation_public_id")),
    )
    with op.batch_alter_table("recommendation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_recommendation_demand_current", ["demand_id", "superseded_at", "state", "score"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_recommendation_run_id"), ["run_id"], unique=False)
        batch_op.create_index(
            "ix_recommendation_supply_current", ["supply_id", "superseded_at", "state", "score"], unique=False
        )
        batch_op.create_index(
            "uq_recommendation_current",
            ["demand_id", "supply_id"],
            unique=True,
            sqlite_where=sa.text("superseded_at IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL"),
        )

    op.create_table(
        "pairing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("market", sa.String(length=32), nullable=False),
        sa.Column("demand_id", sa.Integer(), nullable=False),
        sa.Column("supply_id", sa.Integer(), nullable=False),
        sa.Column("demand_organization_id", sa.Integer(), nullable=False),
        sa.Column("supply_organization_id", sa.Integer(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("recommendation_id", sa.Integer(), nullable=True),
        sa.Column("roadshow_id", sa.Integer(), nullable=True),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("is_mutual", sa.Boolean(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("verdict_reason", sa.String(length=32), nullable=True),
        sa.Column("verdict_note", sa.String(length=1000), nullable=True),
        sa.Column("hold_until", sa.DateTime(), nullable=True),
        sa.Column("introduced_at", sa.DateTime(), nullable=True),
        sa.Column("handled_by_id", sa.Integer(), nullable=True),
        sa.Column("decline_reason", sa.String(length=32), nullable=True),
        sa.Column("ended_note", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "status IN ('proposed', 'returned', 'on_hold', 'confirmed', 'introduced', 'in_progress', 'agreed', 'fulfilled', 'declined', 'withdrawn', 'expired', 'refused', 'revoked')",
            name=op.f("ck_pairing_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('confirmed') OR (decided_by_id IS NOT NULL AND decided_at IS NOT NULL AND hold_until IS NOT NULL)",
            name=op.f("ck_pairing_confirmed_has_confirmer"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('declined') OR (decline_reason IS NOT NULL)", name=op.f("ck_pairing_declined_has_reason")
        ),
        sa.CheckConstraint(
            "status NOT IN ('introduced', 'in_progress', 'agreed', 'fulfilled') OR (decided_by_id IS NOT NULL AND introduced_at IS NOT NULL)",
            name=op.f("ck_pairing_introduced_has_confirmer"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('refused') OR (decided_by_id IS NOT NULL AND decided_at IS NOT NULL AND verdict_reason IS NOT NULL)",
            name=op.f("ck_pairing_refused_has_reason"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('revoked') OR (verdict_note IS NOT NULL)", name=op.f("ck_pairing_revoked_has_note")
        ),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_pairing_chain_id_chain")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user.id"], name=op.f("fk_pairing_decided_by_id_user")),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name=op.f("fk_pairing_demand_id_demand")),
        sa.ForeignKeyConstraint(
            ["demand_organization_id"], ["organization.id"], name=op.f("fk_pairing_demand_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["handled_by_id"], ["user.id"], name=op.f("fk_pairing_handled_by_id_user")),
        sa.ForeignKeyConstraint(
            ["recommendation_id"], ["recommendation.id"], name=op.f("fk_pairing_recommendation_id_recommendation")
        ),
        sa.ForeignKeyConstraint(["roadshow_id"], ["roadshow.id"], name=op.f("fk_pairing_roadshow_id_roadshow")),
        sa.ForeignKeyConstraint(["supply_id"], ["supply.id"], name=op.f("fk_pairing_supply_id_supply")),
        sa.ForeignKeyConstraint(
            ["supply_organization_id"], ["organization.id"], name=op.f("fk_pairing_supply_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing")),
        sa.UniqueConstraint("public_id", name=op.f("uq_pairing_public_id")),
    )
    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pairing_demand_id"), ["demand_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pairing_demand_organization_id"), ["demand_organization_id"], unique=False)
        batch_op.create_index("ix_pairing_queue", ["chain_id", "status", "is_mutual", "proposed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_pairing_recommendation_id"), ["recommendation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pairing_roadshow_id"), ["roadshow_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pairing_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_pairing_supply_id"), ["supply_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pairing_supply_organization_id"), ["supply_organization_id"], unique=False)
        batch_op.create_index(
            "uq_pairing_live",
            ["demand_id", "supply_id"],
            unique=True,
            sqlite_where=sa.text(
                "status IN ('agreed', 'confirmed', 'in_progress', 'introduced', 'on_hold', 'proposed', 'returned')"
            ),
            postgresql_where=sa.text(
                "status IN ('agreed', 'confirmed', 'in_progress', 'introduced', 'on_hold', 'proposed', 'returned')"
            ),
        )

    op.create_table(
        "case_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("pairing_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.String(length=24), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("skipped_reason", sa.String(length=300), nullable=False),
        sa.Column("next_step_due_on", sa.Date(), nullable=True),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("is_void", sa.Boolean(), nullable=False),
        sa.CheckConstraint("amount_fen IS NULL OR amount_fen > 0", name=op.f("ck_case_step_amount_positive")),
        sa.ForeignKeyConstraint(["corrects_id"], ["case_step.id"], name=op.f("fk_case_step_corrects_id_case_step")),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name=op.f("fk_case_step_pairing_id_pairing")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_case_step_recorded_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_step")),
        sa.UniqueConstraint("public_id", name=op.f("uq_case_step_public_id")),
    )
    with op.batch_alter_table("case_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_step_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_step_pairing_id"), ["pairing_id"], unique=False)
        batch_op.create_index(
            "uq_case_step_corrects",
            ["corrects_id"],
            unique=True,
            sqlite_where=sa.text("corrects_id IS NOT NULL"),
            postgresql_where=sa.text("corrects_id IS NOT NULL"),
        )

    op.create_table(
        "outbox_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("pairing_id", sa.Integer(), nullable=True),
        sa.Column("send_after", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('waiting', 'sending', 'sent', 'cancelled', 'failed')",
            name=op.f("ck_outbox_message_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('sent') OR (sent_at IS NOT NULL)", name=op.f("ck_outbox_message_sent_has_time")
        ),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name=op.f("fk_outbox_message_pairing_id_pairing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_message_due", ["status", "send_after"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_message_pairing_id"), ["pairing_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_message_status"), ["status"], unique=False)

    op.create_table(
        "release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("pairing_id", sa.Integer(), nullable=False),
        sa.Column("consent_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"], name=op.f("fk_release_consent_id_consent")),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name=op.f("fk_release_pairing_id_pairing")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["organization.id"], name=op.f("fk_release_recipient_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("pairing_id", name=op.f("uq_release_pairing_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_release_public_id")),
    )
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_consent_id"), ["consent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_release_pairing_id"), ["pairing_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_release_recipient_id"), ["recipient_id"], unique=False)

    op.create_table(
        "roadshow_meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("roadshow_id", sa.Integer(), nullable=False),
        sa.Column("demand_id", sa.Integer(), nullable=False),
        sa.Column("supply_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("pairing_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name=op.f("fk_roadshow_meeting_demand_id_demand")),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name=op.f("fk_roadshow_meeting_pairing_id_pairing")),
        sa.ForeignKeyConstraint(
            ["roadshow_id"], ["roadshow.id"], name=op.f("fk_roadshow_meeting_roadshow_id_roadshow")
        ),
        sa.ForeignKeyConstraint(["supply_id"], ["supply.id"], name=op.f("fk_roadshow_meeting_supply_id_supply")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadshow_meeting")),
        sa.UniqueConstraint(
            "roadshow_id", "demand_id", "supply_id", name=op.f("uq_roadshow_meeting_roadshow_id_demand_id_supply_id")
        ),
    )
    with op.batch_alter_table("roadshow_meeting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roadshow_meeting_demand_id"), ["demand_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roadshow_meeting_pairing_id"), ["pairing_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roadshow_meeting_roadshow_id"), ["roadshow_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roadshow_meeting_supply_id"), ["supply_id"], unique=False)

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


def downgrade() -> None:
    with op.batch_alter_table("access_receipt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_receipt_release_id"))
        batch_op.drop_index(batch_op.f("ix_access_receipt_reader_organization_id"))
        batch_op.drop_index(batch_op.f("ix_access_receipt_organization_id"))

    op.drop_table("access_receipt")
    with op.batch_alter_table("roadshow_meeting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roadshow_meeting_supply_id"))
        batch_op.drop_index(batch_op.f("ix_roadshow_meeting_roadshow_id"))
        batch_op.drop_index(batch_op.f("ix_roadshow_meeting_pairing_id"))
        batch_op.drop_index(batch_op.f("ix_roadshow_meeting_demand_id"))

    op.drop_table("roadshow_meeting")
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_release_recipient_id"))
        batch_op.drop_index(batch_op.f("ix_release_pairing_id"))
        batch_op.drop_index(batch_op.f("ix_release_consent_id"))

    op.drop_table("release")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_message_status"))
        batch_op.drop_index(batch_op.f("ix_outbox_message_pairing_id"))
        batch_op.drop_index("ix_outbox_message_due")

    op.drop_table("outbox_message")
    with op.batch_alter_table("case_step", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_case_step_corrects",
            sqlite_where=sa.text("corrects_id IS NOT NULL"),
            postgresql_where=sa.text("corrects_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_case_step_pairing_id"))
        batch_op.drop_index(batch_op.f("ix_case_step_kind"))

    op.drop_table("case_step")
    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_pairing_live",
            sqlite_where=sa.text(
                "status IN ('agreed', 'confirmed', 'in_progress', 'introduced', 'on_hold', 'proposed', 'returned')"
            ),
            postgresql_where=sa.text(
                "status IN ('agreed', 'confirmed', 'in_progress', 'introduced', 'on_hold', 'proposed', 'returned')"
            ),
        )
        batch_op.drop_index(batch_op.f("ix_pairing_supply_organization_id"))
        batch_op.drop_index(batch_op.f("ix_pairing_supply_id"))
        batch_op.drop_index(batch_op.f("ix_pairing_status"))
        batch_op.drop_index(batch_op.f("ix_pairing_roadshow_id"))
        batch_op.drop_index(batch_op.f("ix_pairing_recommendation_id"))
        batch_op.drop_index("ix_pairing_queue")
        batch_op.drop_index(batch_op.f("ix_pairing_demand_organization_id"))
        batch_op.drop_index(batch_op.f("ix_pairing_demand_id"))

    op.drop_table("pairing")
    with op.batch_alter_table("recommendation", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_recommendation_current",
            sqlite_where=sa.text("superseded_at IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL"),
        )
        batch_op.drop_index("ix_recommendation_supply_current")
        batch_op.drop_index(batch_op.f("ix_recommendation_run_id"))
        batch_op.drop_index("ix_recommendation_demand_current")

    op.drop_table("recommendation")
    with op.batch_alter_table("recommendation_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recommendation_run_supply_id"))
        batch_op.drop_index(batch_op.f("ix_recommendation_run_status"))
        batch_op.drop_index(batch_op.f("ix_recommendation_run_market"))
        batch_op.drop_index(batch_op.f("ix_recommendation_run_demand_id"))

    op.drop_table("recommendation_run")
    op.drop_table("purchase_need")
    op.drop_table("product_line")
    with op.batch_alter_table("pair_signal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pair_signal_supply_id"))
        batch_op.drop_index(batch_op.f("ix_pair_signal_demand_id"))
        batch_op.drop_index(batch_op.f("ix_pair_signal_by_organization_id"))

    op.drop_table("pair_signal")
    with op.batch_alter_table("loan_product_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_loan_product_version_supply_id"))

    op.drop_table("loan_product_version")
    op.drop_table("loan_product")
    op.drop_table("financing_need")
    with op.batch_alter_table("supply", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_supply_status"))
        batch_op.drop_index(batch_op.f("ix_supply_organization_id"))
        batch_op.drop_index("ix_supply_market_status")
        batch_op.drop_index(batch_op.f("ix_supply_chain_link_id"))
        batch_op.drop_index(batch_op.f("ix_supply_chain_id"))

    op.drop_table("supply")
    with op.batch_alter_table("profile_submission", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_profile_submission_pending",
            sqlite_where=sa.text("status = 'submitted'"),
            postgresql_where=sa.text("status = 'submitted'"),
        )
        batch_op.drop_index(batch_op.f("ix_profile_submission_status"))
        batch_op.drop_index(batch_op.f("ix_profile_submission_organization_id"))
        batch_op.drop_index(batch_op.f("ix_profile_submission_chain_id"))

    op.drop_table("profile_submission")
    op.drop_table("profile_draft")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_user_id"))
        batch_op.drop_index(batch_op.f("ix_membership_organization_id"))

    op.drop_table("membership")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitation_status"))
        batch_op.drop_index(batch_op.f("ix_invitation_organization_id"))
        batch_op.drop_index(batch_op.f("ix_invitation_invited_by_id"))
        batch_op.drop_index(batch_op.f("ix_invitation_email"))
        batch_op.drop_index(batch_op.f("ix_invitation_accepted_by_id"))

    op.drop_table("invitation")
    with op.batch_alter_table("firm_profile", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_firm_profile_region_code"))
        batch_op.drop_index(batch_op.f("ix_firm_profile_industry_code"))
        batch_op.drop_index(batch_op.f("ix_firm_profile_chain_link_id"))
        batch_op.drop_index(batch_op.f("ix_firm_profile_chain_id"))

    op.drop_table("firm_profile")
    with op.batch_alter_table("demand", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_demand_status"))
        batch_op.drop_index(batch_op.f("ix_demand_organization_id"))
        batch_op.drop_index("ix_demand_market_status")
        batch_op.drop_index(batch_op.f("ix_demand_chain_link_id"))
        batch_op.drop_index(batch_op.f("ix_demand_chain_id"))

    op.drop_table("demand")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_consent_live",
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_consent_organization_id"))
        batch_op.drop_index(batch_op.f("ix_consent_counterpart_id"))

    op.drop_table("consent")
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certificate_organization_id"))

    op.drop_table("certificate")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_visible_to_organization_id"))
        batch_op.drop_index("ix_audit_event_subject")
        batch_op.drop_index(batch_op.f("ix_audit_event_chain_id"))
        batch_op.drop_index(batch_op.f("ix_audit_event_actor_user_id"))
        batch_op.drop_index(batch_op.f("ix_audit_event_actor_organization_id"))
        batch_op.drop_index(batch_op.f("ix_audit_event_action"))

    op.drop_table("audit_event")
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_session_user_id"))

    op.drop_table("user_session")
    with op.batch_alter_table("roadshow", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roadshow_status"))
        batch_op.drop_index(batch_op.f("ix_roadshow_chain_id"))

    op.drop_table("roadshow")
    with op.batch_alter_table("password_reset", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_password_reset_user_id"))

    op.drop_table("password_reset")
    with op.batch_alter_table("organization", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organization_status"))
        batch_op.drop_index(batch_op.f("ix_organization_phone"))
        batch_op.drop_index(batch_op.f("ix_organization_name_core"))
        batch_op.drop_index(batch_op.f("ix_organization_merged_into_id"))
        batch_op.drop_index("ix_organization_kind_status")
        batch_op.drop_index(batch_op.f("ix_organization_chain_id"))

    op.drop_table("organization")
    with op.batch_alter_table("chain_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chain_link_chain_id"))

    op.drop_table("chain_link")
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_status"))

    op.drop_table("user")
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_attempt_address"))
        batch_op.drop_index("ix_sign_in_attempt_account")

    op.drop_table("sign_in_attempt")
    op.drop_table("facts_snapshot")
    op.drop_table("chain")
