"""Media types of Word and Excel documents are 65 and 71 characters long."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.alter_column(
            "media_type", existing_type=sa.String(length=60), type_=sa.String(length=100), existing_nullable=False
        )


def downgrade() -> None:
    """The column stays wide: what it holds need not fit into the old one."""
