"""Chains with versions, offices and placements of firms."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chain_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("change", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=80), nullable=False),
        sa.Column("contents", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_chain_version_by_id_user")),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_chain_version_chain_id_chain")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_version")),
        sa.UniqueConstraint("chain_id", "number", name=op.f("uq_chain_version_chain_id_number")),
    )
    with op.batch_alter_table("chain_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chain_version_chain_id"), ["chain_id"], unique=False)

    op.create_table(
        "chain_backing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("bureau", sa.String(length=60), nullable=False),
        sa.Column("lead_bank_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_chain_backing_chain_id_chain")),
        sa.ForeignKeyConstraint(
            ["lead_bank_id"], ["organization.id"], name=op.f("fk_chain_backing_lead_bank_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_backing")),
        sa.UniqueConstraint("chain_id", name=op.f("uq_chain_backing_chain_id")),
    )
    with op.batch_alter_table("chain_backing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chain_backing_lead_bank_id"), ["lead_bank_id"], unique=False)

    op.create_table(
        "chain_flow",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("from_link_id", sa.Integer(), nullable=False),
        sa.Column("to_link_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("from_link_id <> to_link_id", name=op.f("ck_chain_flow_between_two")),
        sa.ForeignKeyConstraint(
            ["from_link_id"], ["chain_link.id"], name=op.f("fk_chain_flow_from_link_id_chain_link")
        ),
        sa.ForeignKeyConstraint(["to_link_id"], ["chain_link.id"], name=op.f("fk_chain_flow_to_link_id_chain_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_flow")),
        sa.UniqueConstraint("from_link_id", "to_link_id", name=op.f("uq_chain_flow_from_link_id_to_link_id")),
    )
    with op.batch_alter_table("chain_flow", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chain_flow_from_link_id"), ["from_link_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_chain_flow_to_link_id"), ["to_link_id"], unique=False)

    op.create_table(
        "declared_tie",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("declared_by_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_note", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by_id IS NULL)", name=op.f("ck_declared_tie_ended_by_somebody")
        ),
        sa.ForeignKeyConstraint(["declared_by_id"], ["user.id"], name=op.f("fk_declared_tie_declared_by_id_user")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["user.id"], name=op.f("fk_declared_tie_ended_by_id_user")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_declared_tie_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_declared_tie_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declared_tie")),
        sa.UniqueConstraint("public_id", name=op.f("uq_declared_tie_public_id")),
    )
    with op.batch_alter_table("declared_tie", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_declared_tie_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_declared_tie_user_id"), ["user_id"], unique=False)
        batch_op.create_index(
            "uq_declared_tie_open",
            ["user_id", "organization_id", "kind"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "firm_placement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("chain_link_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("standing", sa.String(length=32), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind <> 'guessed' OR score IS NOT NULL", name=op.f("ck_firm_placement_guess_has_score")),
        sa.CheckConstraint(
            "kind = 'confirmed' OR standing = 'ordinary'", name=op.f("ck_firm_placement_only_confirmed_lead")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_firm_placement_by_id_user")),
        sa.ForeignKeyConstraint(
            ["chain_link_id"], ["chain_link.id"], name=op.f("fk_firm_placement_chain_link_id_chain_link")
        ),
        sa.ForeignKeyConstraint(["ended_by_id"], ["user.id"], name=op.f("fk_firm_placement_ended_by_id_user")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_firm_placement_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firm_placement")),
    )
    with op.batch_alter_table("firm_placement", schema=None) as batch_op:
        batch_op.create_index("ix_firm_placement_link_present", ["chain_link_id", "ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_firm_placement_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(
            "uq_firm_placement_present",
            ["organization_id", "chain_link_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "office_term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("post", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("seconded_from_id", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_office_term_dates_in_order")),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name=op.f("fk_office_term_chain_id_chain")),
        sa.ForeignKeyConstraint(
            ["seconded_from_id"], ["organization.id"], name=op.f("fk_office_term_seconded_from_id_organization")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_office_term_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_term")),
        sa.UniqueConstraint("public_id", name=op.f("uq_office_term_public_id")),
    )
    with op.batch_alter_table("office_term", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_office_term_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_office_term_seconded_from_id"), ["seconded_from_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_office_term_user_id"), ["user_id"], unique=False)

    with op.batch_alter_table("chain", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(length=300), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("status", sa.String(length=32), nullable=False, server_default="active"))
        batch_op.add_column(
            sa.Column("status_changed_at", sa.DateTime(), nullable=False, server_default=sa.text("CURRENT_TIMESTAMP"))
        )
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_chain_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_chain_status"), ["status"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_chain_merged_into_id_chain"), "chain", ["merged_into_id"], ["id"])

    with op.batch_alter_table("chain_link", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parent_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("products", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("status", sa.String(length=32), nullable=False, server_default="active"))
        batch_op.add_column(
            sa.Column("status_changed_at", sa.DateTime(), nullable=False, server_default=sa.text("CURRENT_TIMESTAMP"))
        )
        batch_op.create_index(batch_op.f("ix_chain_link_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_chain_link_status"), ["status"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_chain_link_parent_id_chain_link"), "chain_link", ["parent_id"], ["id"]
        )

    for table, name, condition in _CHECKS:
        with op.batch_alter_table(table) as batch_op:
            batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), sa.text(condition))
    _place_firms()
    _keep_first_versions()
    with op.batch_alter_table("firm_profile", schema=None) as batch_op:
        batch_op.drop_column("chain_placement")


_CHECKS = (
    ("chain", "status_known", "status IN ('active', 'merged')"),
    ("chain", "merged_has_target", "(status = 'merged') = (merged_into_id IS NOT NULL)"),
    ("chain_link", "status_known", "status IN ('active', 'retired')"),
    ("chain_link", "not_its_own_parent", "parent_id IS NULL OR parent_id <> id"),
)


def _place_firms() -> None:
    """Firms sit where their profile put them; what was guessed is guessed anew, with a score."""
    op.execute(
        "INSERT INTO firm_placement (created_at, organization_id, chain_link_id, kind, standing, reasons)"
        " SELECT COALESCE(verified_at, created_at), organization_id, chain_link_id,"
        " COALESCE(chain_placement, 'confirmed'), 'ordinary', '[]' FROM firm_profile"
        " WHERE chain_link_id IS NOT NULL AND COALESCE(chain_placement, 'confirmed') <> 'guessed'"
    )


def _keep_first_versions() -> None:
    """Each chain as it stands becomes its version 1, so that the next change does not lose it."""
    connection = op.get_bind()
    moment = datetime.now(UTC).replace(tzinfo=None)
    versions = sa.table(
        "chain_version", sa.column("created_at", sa.DateTime), sa.column("chain_id", sa.Integer),
        sa.column("number", sa.Integer), sa.column("change", sa.String), sa.column("what", sa.String),
        sa.column("why", sa.String), sa.column("by_name", sa.String), sa.column("contents", sa.JSON),
    )  # fmt: skip
    chains = connection.execute(sa.text("SELECT id, name_zh, name_en, host_region_code FROM chain")).all()
    for chain_id, name_zh, name_en, host in chains:
        links = connection.execute(
            sa.text(
                "SELECT id, code, name_zh, name_en, position, industry_prefixes, sort_order FROM chain_link"
                " WHERE chain_id = :chain ORDER BY sort_order, id"
            ),
            {"chain": chain_id},
        ).all()
        contents = {
            "name_zh": name_zh, "name_en": name_en, "host_region_code": host, "source": "", "status": "active",
            "merged_into": None, "office": {"bureau": "", "lead_bank": "", "terms": []}, "flows": [],
            "links": [
                {
                    "id": row.id, "code": row.code, "name_zh": row.name_zh, "name_en": row.name_en,
                    "position": row.position, "parent_id": None, "products": [],
                    "industries": [code for code in row.industry_prefixes.split(",") if code],
                    "sort_order": row.sort_order,
                }
                for row in links
            ],
        }  # fmt: skip
        values = {
            "created_at": moment, "chain_id": chain_id, "number": 1, "change": "founded", "what": name_zh,
            "why": "", "by_name": "system", "contents": contents,
        }  # fmt: skip
        connection.execute(versions.insert().values(**values))
    op.execute("UPDATE chain SET version = 1")


def downgrade() -> None:
    for table, name, _condition in _CHECKS:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
    with op.batch_alter_table("firm_profile", schema=None) as batch_op:
        batch_op.add_column(sa.Column("chain_placement", sa.VARCHAR(length=32), nullable=True))

    with op.batch_alter_table("chain_link", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_chain_link_parent_id_chain_link"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_chain_link_status"))
        batch_op.drop_index(batch_op.f("ix_chain_link_parent_id"))
        batch_op.drop_column("status_changed_at")
        batch_op.drop_column("status")
        batch_op.drop_column("products")
        batch_op.drop_column("parent_id")

    with op.batch_alter_table("chain", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_chain_merged_into_id_chain"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_chain_status"))
        batch_op.drop_index(batch_op.f("ix_chain_merged_into_id"))
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("status_changed_at")
        batch_op.drop_column("status")
        batch_op.drop_column("version")
        batch_op.drop_column("source")

    with op.batch_alter_table("office_term", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_office_term_user_id"))
        batch_op.drop_index(batch_op.f("ix_office_term_seconded_from_id"))
        batch_op.drop_index(batch_op.f("ix_office_term_chain_id"))

    op.drop_table("office_term")
    with op.batch_alter_table("firm_placement", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_firm_placement_present",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_firm_placement_organization_id"))
        batch_op.drop_index("ix_firm_placement_link_present")

    op.drop_table("firm_placement")
    with op.batch_alter_table("declared_tie", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_declared_tie_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_declared_tie_user_id"))
        batch_op.drop_index(batch_op.f("ix_declared_tie_organization_id"))

    op.drop_table("declared_tie")
    with op.batch_alter_table("chain_flow", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chain_flow_to_link_id"))
        batch_op.drop_index(batch_op.f("ix_chain_flow_from_link_id"))

    op.drop_table("chain_flow")
    with op.batch_alter_table("chain_backing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chain_backing_lead_bank_id"))

    op.drop_table("chain_backing")
    with op.batch_alter_table("chain_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chain_version_chain_id"))

    op.drop_table("chain_version")
