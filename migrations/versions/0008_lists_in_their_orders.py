"""What the lists are sorted by; and the licence an order line was bought under.

Products by price, sellers by age, a person's likes and library by when they came.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_products_currency_price_minor_id", "products", ["currency", "price_minor", "id"])
    op.create_index("ix_sellers_created_at_id", "sellers", ["created_at", "id"])
    op.create_index("ix_grants_person_id_id", "grants", ["person_id", "id"])
    op.create_index("ix_likes_person_id_kind_id", "likes", ["person_id", "kind", "id"])
    op.add_column("order_lines", sa.Column("licence", sa.String(), nullable=False, server_default=""))
    # What was bought before has the licence its release has today; nothing older is known.
    op.execute(
        "UPDATE order_lines SET licence = COALESCE("
        "(SELECT licence FROM releases WHERE releases.id = order_lines.release_id), '')"
    )


def downgrade() -> None:
    with op.batch_alter_table("order_lines") as batch_op:
        batch_op.drop_column("licence")
    op.drop_index("ix_likes_person_id_kind_id", "likes")
    op.drop_index("ix_grants_person_id_id", "grants")
    op.drop_index("ix_sellers_created_at_id", "sellers")
    op.drop_index("ix_products_currency_price_minor_id", "products")
