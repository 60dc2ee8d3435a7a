"""Creates things."""

import sqlalchemy as sa
from alembic import op

revision: str = "1f0a6c2d7b31"
down_revision: str | None = None


def upgrade() -> None:
    op.create_table(
        "things",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("things")
