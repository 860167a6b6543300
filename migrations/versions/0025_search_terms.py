"""Organizations and postings are found by their terms.

Terms are derived: whatever brings the schema to the newest version fills them where there are none
(`models.search_term.fill_if_empty`). A downgrade leaves `search_text` empty; saving an organization fills it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_term",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column(
            "term",
            sa.String(length=18).with_variant(sa.String(length=18, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "term", "row_id", name=op.f("pk_search_term")),
    )
    op.create_index("ix_search_term_row", "search_term", ["kind", "row_id"], unique=False)
    # Not in batch mode: SQLite would copy the table and, with foreign keys on, delete its children.
    op.drop_column("organization", "search_text")


def downgrade() -> None:
    op.add_column("organization", sa.Column("search_text", sa.String(length=400), nullable=False, server_default=""))
    op.drop_index("ix_search_term_row", table_name="search_term")
    op.drop_table("search_term")
