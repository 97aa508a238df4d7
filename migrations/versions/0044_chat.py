"""Channels, their messages and reactions, who is muted or banned, and whom people let write to them.

Revision ID: 0044
Revises: 0043
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

REPORTED = ("artist", "release", "track", "comment", "playlist", "person")
TABLES = (
    "message_reactions", "message_mentions", "person_blocks", "chat_settings", "chat_messages", "channel_sanctions",
    "channel_members", "channel_events", "channels",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "channels",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("artist_id", sa.Uuid(), nullable=True),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("message_number", sa.BigInteger(), nullable=False),
        sa.Column("slow_seconds", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(artist_id IS NULL) = (kind IN ('site', 'direct'))", name=op.f("ck_channels_hosts_possible")
        ),
        sa.CheckConstraint("kind IN ('site', 'artist', 'release', 'direct')", name=op.f("ck_channels_kind_known")),
        sa.CheckConstraint("message_number BETWEEN 0 AND event_sequence", name=op.f("ck_channels_numbers_possible")),
        sa.CheckConstraint("slow_seconds >= 0", name=op.f("ck_channels_pace_possible")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
        sa.UniqueConstraint("key", name=op.f("uq_channels_key")),
    )
    op.create_table(
        "channel_events",
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(message_id IS NULL) = (kind IN ('slow', 'erase'))", name=op.f("ck_channel_events_message_named")
        ),
        sa.CheckConstraint(
            "kind IN ('message', 'edit', 'delete', 'react', 'hide', 'show', 'slow', 'erase')",
            name=op.f("ck_channel_events_kind_known"),
        ),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_channel_events_channel_id_channels")),
        sa.PrimaryKeyConstraint("channel_id", "sequence", name=op.f("pk_channel_events")),
    )
    op.create_table(
        "channel_members",
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("last_read_number", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IS NULL OR role = 'moderator'", name=op.f("ck_channel_members_role_known")),
        sa.CheckConstraint("last_read_number >= 0", name=op.f("ck_channel_members_mark_possible")),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_channel_members_channel_id_channels")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_channel_members_person_id_people")),
        sa.PrimaryKeyConstraint("channel_id", "person_id", name=op.f("pk_channel_members")),
    )
    with op.batch_alter_table("channel_members", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_channel_members_person_id_channel_id"), ["person_id", "channel_id"], unique=False
        )

    op.create_table(
        "channel_sanctions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("address_hash", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('mute', 'ban')", name=op.f("ck_channel_sanctions_kind_known")),
        sa.CheckConstraint(
            "person_id IS NOT NULL OR address_hash IS NOT NULL", name=op.f("ck_channel_sanctions_bound_to_somebody")
        ),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_channel_sanctions_channel_id_channels")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_channel_sanctions_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_sanctions")),
    )
    with op.batch_alter_table("channel_sanctions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_channel_sanctions_channel_id_address_hash"), ["channel_id", "address_hash"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_channel_sanctions_channel_id_id"), ["channel_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_channel_sanctions_person_id"), ["person_id"], unique=False)
        batch_op.create_index("uq_channel_sanctions_person", ["channel_id", "person_id", "kind"], unique=True)

    op.create_table(
        "chat_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("event_sequence", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("reply_to", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "hidden_by IS NULL OR hidden_by IN ('channel', 'moderator', 'held')",
            name=op.f("ck_chat_messages_hidden_by_known"),
        ),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_chat_messages_author_id_people")),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_chat_messages_channel_id_channels")),
        sa.ForeignKeyConstraint(
            ["reply_to"], ["chat_messages.id"], name=op.f("fk_chat_messages_reply_to_chat_messages")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_messages")),
    )
    with op.batch_alter_table("chat_messages", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_chat_messages_author_id_channel_id"), ["author_id", "channel_id"], unique=False
        )
        batch_op.create_index("uq_chat_messages_client_id", ["author_id", "client_id"], unique=True)
        batch_op.create_index("uq_chat_messages_event_sequence", ["channel_id", "event_sequence"], unique=True)
        batch_op.create_index("uq_chat_messages_number", ["channel_id", "number"], unique=True)

    op.create_table(
        "chat_settings",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("who_may_write", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "who_may_write IN ('everybody', 'followed', 'nobody')", name=op.f("ck_chat_settings_who_known")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_chat_settings_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_chat_settings")),
    )
    op.create_table(
        "person_blocks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("blocked_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["blocked_id"], ["people.id"], name=op.f("fk_person_blocks_blocked_id_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_blocks_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_blocks")),
    )
    with op.batch_alter_table("person_blocks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_blocks_blocked_id"), ["blocked_id"], unique=False)
        batch_op.create_index("uq_person_blocks_person_id_blocked_id", ["person_id", "blocked_id"], unique=True)

    op.create_table(
        "message_mentions",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["chat_messages.id"], name=op.f("fk_message_mentions_message_id_chat_messages")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_message_mentions_person_id_people")),
        sa.PrimaryKeyConstraint("message_id", "person_id", name=op.f("pk_message_mentions")),
    )
    with op.batch_alter_table("message_mentions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_mentions_person_id"), ["person_id"], unique=False)

    op.create_table(
        "message_reactions",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("emoji", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["chat_messages.id"], name=op.f("fk_message_reactions_message_id_chat_messages")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_message_reactions_person_id_people")),
        sa.PrimaryKeyConstraint("message_id", "person_id", "emoji", name=op.f("pk_message_reactions")),
    )
    with op.batch_alter_table("message_reactions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_reactions_person_id"), ["person_id"], unique=False)
    _reported((*REPORTED[:4], "message", *REPORTED[4:]))


def downgrade() -> None:
    # An earlier version knows no reports of messages, and would find nothing they are about.
    op.execute("DELETE FROM reports WHERE subject_kind = 'message'")
    _reported(REPORTED)
    for table in TABLES:
        op.drop_table(table)


def _reported(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{one}'" for one in kinds)
    name = op.f("ck_reports_subject_kind_known")
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, f"subject_kind IN ({listed})")
