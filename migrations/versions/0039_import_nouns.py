"""What the rows of an imported table are; until now they were firms."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch, which would copy the table and lose its triggers.
    op.add_column("import_batch", sa.Column("noun", sa.String(length=32), nullable=False, server_default="firms"))


def downgrade() -> None:
    op.drop_column("import_batch", "noun")
