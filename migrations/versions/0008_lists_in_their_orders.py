"""What the lists are sorted by: products by price, sellers by age, a person's likes and library by when they came.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

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


def downgrade() -> None:
    op.drop_index("ix_likes_person_id_kind_id", "likes")
    op.drop_index("ix_grants_person_id_id", "grants")
    op.drop_index("ix_sellers_created_at_id", "sellers")
    op.drop_index("ix_products_currency_price_minor_id", "products")
