"""What each mail is about; and what was stored before it was decided that it is not kept.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BATCH = 500
TOO_OLD_TO_SEND = timedelta(days=2)

_MAILS = sa.table(
    "mails",
    sa.column("id", sa.Uuid()),
    sa.column("to", sa.String()),
    sa.column("about_id", sa.Uuid()),
    sa.column("subject", sa.String()),
    sa.column("created_at", sa.DateTime(timezone=True)),
)
_PEOPLE = sa.table(
    "people", sa.column("id", sa.Uuid()), sa.column("email", sa.String()), sa.column("deleted_at", sa.DateTime())
)
_LINKS = sa.table(
    "links", sa.column("person_id", sa.Uuid()), sa.column("email", sa.String()), sa.column("purpose", sa.String())
)
_INVITATIONS = sa.table(
    "artist_invitations",
    sa.column("artist_id", sa.Uuid()),
    sa.column("email", sa.String()),
    sa.column("invited_by", sa.Uuid()),
)
_ARTISTS = sa.table("artists", sa.column("id", sa.Uuid()), sa.column("name", sa.String()))
_ORDERS = sa.table(
    "orders",
    sa.column("id", sa.Uuid()),
    sa.column("person_id", sa.Uuid()),
    sa.column("email", sa.String()),
    sa.column("request_key", sa.String()),
    sa.column("paid_at", sa.DateTime(timezone=True)),
)
_AUDIT = sa.table(
    "audit_log",
    sa.column("act", sa.String()),
    sa.column("person_id", sa.Uuid()),
    sa.column("actor", sa.String()),
    sa.column("address", sa.String()),
)
_EVENTS = sa.table("webhook_events", sa.column("id", sa.String()), sa.column("payload", sa.Text()))

_CHANGE = "Confirm your new address"
_ABOUT_ACCOUNTS = (
    "Confirm your address",
    "You have an account already",
    "Set a new password",
    "Your password was changed",
    _CHANGE,
    "Your address is to be changed",
    "The second factor was turned on",
    "The second factor was turned off",
    "Your account was deleted",
)
_ACTED = (("audit_log", "actor"), ("status_changes", "by"), ("grant_changes", "by"))
"""Histories of what visitors do, too."""
_CART_KEY = re.compile(r"(?P<caller>visitor .* cart [0-9a-f]{16}):(?P<key>.*):(?P<request>[0-9a-f]{32})", re.DOTALL)
_PERSONAL = frozenset(
    {
        "address", "billing_details", "business_profile", "collected_information", "company", "customer_address",
        "customer_details", "customer_email", "customer_name", "customer_phone", "customer_shipping", "dob", "email",
        "evidence", "external_accounts", "first_name", "individual", "last_name", "payer_details", "payer_email",
        "payer_name", "phone", "receipt_email", "shipping", "shipping_details", "support_email", "tos_acceptance",
    }
)  # fmt: skip
_SIGNS = tuple(f'"{name}"' for name in _PERSONAL)


def upgrade() -> None:
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about_id", sa.Uuid(), nullable=True))
        batch_op.create_index("ix_mails_about_id", ["about_id"], unique=False)
    _say_what_mails_are_about()
    _forget_where_visitors_came_from()
    _forget_who_is_gone()
    _forget_what_the_provider_told()


def downgrade() -> None:
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.drop_index("ix_mails_about_id")
        batch_op.drop_column("about_id")


def _say_what_mails_are_about() -> None:
    """By the address they went to; those about an account that never was, or is no more, go once they are not sent."""
    connection = op.get_bind()
    unknown = _MAILS.c.about_id.is_(None)
    about_accounts = _MAILS.c.subject.in_(_ABOUT_ACCOUNTS)
    found = (
        (
            _MAILS.c.subject == _CHANGE,
            sa.select(_LINKS.c.person_id).where(_LINKS.c.purpose == "change", _LINKS.c.email == _MAILS.c.to),
        ),
        (about_accounts, sa.select(_PEOPLE.c.id).where(_PEOPLE.c.email == _MAILS.c.to)),
        (
            sa.true(),
            sa.select(_INVITATIONS.c.invited_by).where(
                _INVITATIONS.c.email == _MAILS.c.to,
                _ARTISTS.c.id == _INVITATIONS.c.artist_id,
                _MAILS.c.subject == sa.literal("You are invited to ").concat(_ARTISTS.c.name),
            ),
        ),
        # Written in the transaction in which the order was paid: at the same instant.
        (
            sa.true(),
            sa.select(_ORDERS.c.id).where(_ORDERS.c.email == _MAILS.c.to, _ORDERS.c.paid_at == _MAILS.c.created_at),
        ),
    )
    for which, about in found:
        # Two people may want the same new address; the mail that is left then goes with the first of them.
        one = about.order_by(about.selected_columns[0]).limit(1).scalar_subquery()
        connection.execute(sa.update(_MAILS).where(unknown, which).values(about_id=one))
    old = _MAILS.c.created_at <= datetime.now(UTC) - TOO_OLD_TO_SEND
    connection.execute(sa.delete(_MAILS).where(unknown, about_accounts, old))


def _forget_where_visitors_came_from() -> None:
    """A visitor's network address was part of their name in histories, and of the key of an order's request."""
    connection = op.get_bind()
    for table, column in _ACTED:
        actor = sa.column(column, sa.String())
        named = sa.table(table, actor)
        connection.execute(sa.update(named).where(actor.like("visitor %")).values({column: "visitor"}))
    change = sa.update(_ORDERS).where(_ORDERS.c.id == sa.bindparam("row")).values(request_key=sa.bindparam("new"))
    keyed = sa.select(_ORDERS.c.id, _ORDERS.c.request_key).where(_ORDERS.c.request_key.like("visitor %"))
    for rows in _batches(keyed, _ORDERS.c.id):
        connection.execute(change, [{"row": row.id, "new": _without_address(row.request_key)} for row in rows])


def _without_address(request_key: str) -> str:
    """The key as it is made now, so that a request that is repeated still finds its order."""
    if re.match(r"visitor [0-9a-f]{32}:", request_key):
        return request_key
    parts = _CART_KEY.fullmatch(request_key)
    if parts is None:
        return f"visitor {_hashed(request_key)[:32]}:"
    known_as = _hashed(f"{parts['caller']}\n{parts['key']}")[:32]
    return f"visitor {known_as}:{parts['key']}:{parts['request']}"


def _forget_who_is_gone() -> None:
    """Where they acted from, and the addresses on what they bought."""
    connection = op.get_bind()
    deleted = sa.select(_PEOPLE.c.id).where(_PEOPLE.c.deleted_at.is_not(None))
    for rows in _batches(deleted, _PEOPLE.c.id):
        ids = [row.id for row in rows]
        actors = [f"person {one}" for one in ids]
        # An administrator's address where they closed the account is theirs, and they are there.
        theirs = sa.and_(_AUDIT.c.person_id.in_(ids), _AUDIT.c.act != "account deleted")
        connection.execute(
            sa.update(_AUDIT)
            .where(_AUDIT.c.address.is_not(None), sa.or_(_AUDIT.c.actor.in_(actors), theirs))
            .values(address=None)
        )
        connection.execute(
            sa.update(_ORDERS).where(_ORDERS.c.person_id.in_(ids), _ORDERS.c.email.is_not(None)).values(email=None)
        )


def _forget_what_the_provider_told() -> None:
    connection = op.get_bind()
    change = sa.update(_EVENTS).where(_EVENTS.c.id == sa.bindparam("row")).values(payload=sa.bindparam("kept"))
    for rows in _batches(sa.select(_EVENTS.c.id, _EVENTS.c.payload), _EVENTS.c.id):
        told = [row for row in rows if any(sign in row.payload for sign in _SIGNS)]
        kept = [{"row": row.id, "kept": _without_details(row.payload)} for row in told]
        if kept:
            connection.execute(change, kept)


def _without_details(payload: str) -> str:
    return json.dumps(_blank(json.loads(payload)), ensure_ascii=False, separators=(",", ":"))


def _blank(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: None if name in _PERSONAL else _blank(one) for name, one in value.items()}
    return [_blank(one) for one in value] if isinstance(value, list) else value


def _batches(query: sa.Select[Any], key: sa.ColumnClause[Any]) -> Iterator[Sequence[sa.Row[Any]]]:
    """At most BATCH rows at a time in the order of `key`, so that it ends, changed rows or not."""
    connection = op.get_bind()
    rows = connection.execute(query.order_by(key).limit(BATCH)).all()
    while rows:
        yield rows
        rows = connection.execute(query.where(key > rows[-1].id).order_by(key).limit(BATCH)).all()


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
