"""Every column that names a person is exported, forgotten, or kept for a reason that is written here."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Uuid, cast, select
from sqlalchemy.types import String

from tests import factories
from tests.client import DEFAULT_URL, Client, http_client
from tests.pseudo_language import plain
from veza.accounts import links, people
from veza.accounts.links import Purpose
from veza.accounts.people import DELETED_NAME
from veza.app import Veza, build
from veza.kit import outbox
from veza.kit.messages import from_json
from veza.settings import Settings
from veza.tables import METADATA

NAMES_A_PERSON = re.compile(
    r"(person|people|owner|reporter|user|buyer|member|author|redeem|actor|caller|address|e?mail|agent)"
    r"|^(by|to|about_id|name|language|payload|body|request_key)$|_by$"
)
OF_NO_PERSON = {
    "artists.name", "audio_versions.sent_by", "download_codes.redeemed_at", "provider_list_places.name",
    "provider_paces.person_at", "refund_requests.answer_by", "releases.heard_by", "releases.language",
    "sellers.name", "site_texts.name",
    "status_changes.about_id", "taggings.about_id", "tracks.language",
}  # fmt: skip
"""Moments, payments, releases and the languages they are sung in, names of lists of the provider's and of the site's
texts, what brought a file, and names of artists: public figures that outlive their people; an administrator gives them
on."""

GOES = "goes with the account"
STAYS_AS_ID = "kept: only the id, which leads to a row without name and address"
AS_ACTOR = "kept: an actor is an id, or the word visitor, and never an address"

PERSONAL = {
    "api_idempotency.caller": GOES,
    "api_idempotency.body": GOES,
    "api_tokens.name": GOES,
    "api_tokens.person_id": GOES,
    "artist_invitations.email": GOES,
    "artist_invitations.invited_by": GOES,
    "artist_members.person_id": GOES,
    "audit_log.person_id": STAYS_AS_ID,
    "audit_log.actor": AS_ACTOR,
    "audit_log.address": GOES,
    "carts.person_id": GOES,
    "channel_members.person_id": GOES,
    "channel_sanctions.address_hash": "kept: a hash, so that who is banned does not come back with a new account",
    "channel_sanctions.by": AS_ACTOR,
    "channel_sanctions.person_id": GOES,
    "chat_messages.author_id": GOES,
    "chat_messages.hidden_by": AS_ACTOR,
    "chat_settings.person_id": GOES,
    "comments.person_id": GOES,
    "comments.hidden_by": AS_ACTOR,
    "download_codes.email": GOES,
    "download_codes.redeemed_by": STAYS_AS_ID,
    "follows.person_id": GOES,
    "grant_changes.by": AS_ACTOR,
    "grants.person_id": STAYS_AS_ID,
    "likes.person_id": GOES,
    "links.person_id": GOES,
    "links.email": GOES,
    "mails.about_id": GOES,
    "mails.language": GOES,
    "mails.to": GOES,
    "message_mentions.person_id": GOES,
    "message_reactions.person_id": GOES,
    "moderation_log.by": AS_ACTOR,
    "moderation_notices.person_id": GOES,
    "notice_preferences.person_id": GOES,
    "notice_preferences.address_hash": "kept: a hash, so that who refused mails gets none again",
    "operator_actions.by": AS_ACTOR,
    "orders.person_id": STAYS_AS_ID,
    "orders.email": GOES,
    "orders.language": GOES,
    "orders.request_key": AS_ACTOR,
    "outbox_events.payload": STAYS_AS_ID,
    "passwords.person_id": GOES,
    "payments.request_key": AS_ACTOR,
    "people.email": GOES,
    "people.language": GOES,
    "people.name": GOES,
    "people.email_confirmed_at": GOES,
    "person_blocks.blocked_id": GOES,
    "person_blocks.person_id": GOES,
    "person_roles.person_id": GOES,
    "person_roles.given_by": AS_ACTOR,
    "playlist_items.added_by": GOES,
    "playlist_people.person_id": GOES,
    "playlists.owner_id": GOES,
    "plays.person_id": GOES,
    "search_docs.about_id": GOES,
    "listenbrainz_accounts.person_id": GOES,
    "listenbrainz_accounts.user_name": GOES,
    "scrobbles.person_id": GOES,
    "recovery_codes.person_id": GOES,
    "refund_requests.person_id": STAYS_AS_ID,
    "refund_requests.decided_by": AS_ACTOR,
    "refunds.requested_by": AS_ACTOR,
    "reports.reporter_id": GOES,
    "reports.claimed_by": AS_ACTOR,
    "second_factors.person_id": GOES,
    "sessions.person_id": GOES,
    "sessions.address": GOES,
    "sessions.second_factor_at": GOES,
    "sessions.agent": GOES,
    "status_changes.by": AS_ACTOR,
    "stream_sessions.person_id": GOES,
    "uploads.person_id": STAYS_AS_ID,
    "webhook_events.payload": "kept without what it says about buyer and seller",
}
"""Every column that may name a person, and what becomes of it when their account goes."""

WHO = {"email": "anna.unmistakable@example.org", "name": "Anna Unmistakable", "password": "a tram full of cellos"}
ADDRESS = "198.51.100.77"


def test_every_column_that_may_name_a_person_is_decided_on() -> None:
    found = {
        f"{table.name}.{column.name}"
        for table in METADATA.sorted_tables
        for column in table.columns
        if NAMES_A_PERSON.search(column.name) or any(key.column.table.name == "people" for key in column.foreign_keys)
    }
    assert found - OF_NO_PERSON == set(PERSONAL)


@pytest.fixture
async def veza(database_url: str, tmp_path: Path) -> AsyncIterator[Veza]:
    veza = build(Settings(database_url=database_url, var_dir=tmp_path))
    yield veza
    await veza.close()


def _caller(veza: Veza, address: str = ADDRESS) -> Client:
    """A client at a network address of its own."""
    return Client(http_client(veza.asgi, address=address, base_url=DEFAULT_URL))


async def _signed_up(veza: Veza, who: dict[str, str], address: str) -> tuple[Client, UUID]:
    caller = _caller(veza, address)
    await caller.call("POST", "/people", who, expect=202)
    async with veza.database.write("test") as session:
        person = await people.by_email(session, who["email"])
        assert person is not None
        await people.confirm(session, person.id)
    await caller.call("POST", "/session", {"email": who["email"], "password": who["password"]}, expect=201)
    return caller, person.id


async def _free_release(veza: Veza, owner: Client) -> tuple[str, str, str, str]:
    """An artist with a published release that costs nothing: their ids, a track's and the product's."""
    wanted = {"name": "The Harps", "country": "DE", "currency": "EUR"}
    artist = (await owner.call("POST", "/artists", wanted, expect=201))["id"]
    wanted = {"title": "Gift", "kind": "single"}
    release = (await owner.call("POST", f"/artists/{artist}/releases", wanted, expect=201))["id"]
    track = (await owner.call("POST", f"/releases/{release}/tracks", {"title": "One"}, expect=201))["id"]
    await factories.make_ready(veza.database, UUID(release))
    await owner.call("POST", f"/releases/{release}/publish", expect=200)
    free = {"kind": "release", "item_id": release, "pricing": "free", "price_minor": 0, "currency": "EUR"}
    product = (await owner.call("POST", f"/artists/{artist}/products", free, expect=201))["id"]
    return artist, release, track, product


async def _rows(veza: Veza) -> dict[str, list[dict[str, str]]]:
    """Every value of every table, as text; what is sealed is opened."""
    box = veza.database.box

    def said(value: Any) -> str:
        if isinstance(value, bytes) and value.startswith(b"gAAAA"):
            value = box.open_bytes(value)
        return box.open(value) if isinstance(value, str) and value.startswith("gAAAA") else str(value)

    found: dict[str, list[dict[str, str]]] = {}
    async with veza.database.read() as session:
        for table in METADATA.sorted_tables:
            shown = [column if not isinstance(column.type, Uuid) else cast(column, String) for column in table.columns]
            names = [column.name for column in table.columns]
            for row in await session.execute(select(*shown).select_from(table)):
                found.setdefault(table.name, []).append(dict(zip(names, map(said, row), strict=True)))
    return found


def _holding(rows: dict[str, list[dict[str, str]]], *said: str) -> set[str]:
    """The columns in which one of these is to be found, however an id is written."""
    wanted = [one.lower() for one in said] + [one.replace("-", "").lower() for one in said if one.count("-") == 4]
    return {
        f"{table}.{name}"
        for table, found in rows.items()
        for row in found
        for name, value in row.items()
        if any(one in value.lower() for one in wanted)
    }


async def _changed_address(veza: Veza, caller: Client, first: str, then: str) -> None:
    """Their address becomes `first`, and after that `then`, by the links that are mailed."""
    for email in (first, then):
        await caller.call("PUT", "/me/email", {"email": email, "password": WHO["password"]}, expect=202)
        sent = [row for row in (await _rows(veza))["mails"] if row["to"] == email]
        token = re.search(r"token=([\w-]+)", max(sent, key=lambda row: row["id"])["text"])
        assert token is not None
        await caller.call("POST", "/email-confirmations", {"token": token[1]}, expect=204)


async def _invited(veza: Veza, caller: Client, artist: str, invited: dict[str, str]) -> None:
    """Inviting takes a fresh proof: as with a code where a second factor is on, it is made without one here."""
    me = (await caller.call("GET", "/me", expect=200))["id"]
    async with veza.database.write() as session:
        proof = links.make(session, Purpose.PROOF, UUID(me))
    await caller.call("POST", f"/artists/{artist}/invitations", invited, expect=201, headers={"X-Veza-Proof": proof})


async def test_nothing_personal_is_left_of_a_person_who_did_everything(veza: Veza) -> None:
    other, _ = await _signed_up(veza, {**WHO, "email": "ben@example.org", "name": "Ben"}, "203.0.113.5")
    artist, _, track, product = await _free_release(veza, other)

    cart = {"X-Veza-Cart": "a-cart-token-that-only-this-browser-knows-0001"}
    guest = _caller(veza)
    await guest.call("POST", "/cart/items", {"product_id": product}, expect=200, headers=cart)
    await guest.call("POST", "/cart/checkout", {"email": WHO["email"]}, expect=201, headers=cart)

    anna, person_id = await _signed_up(veza, WHO, ADDRESS)
    token = {"password": WHO["password"], "name": "backup", "scopes": ["read"]}
    await anna.call("POST", "/me/tokens", token, expect=201)
    await anna.call("POST", "/me/second-factor", {"password": WHO["password"]}, expect=201)
    await anna.call("PATCH", "/me", {"name": WHO["name"]}, expect=200)
    await _changed_address(veza, anna, "anna.before@example.org", WHO["email"])
    await anna.call("PUT", "/me/email", {"email": "anna.other@example.org", "password": WHO["password"]}, expect=202)
    await anna.call("POST", "/password-resets", {"email": WHO["email"]}, expect=202)
    await outbox.deliver_once(veza.database)
    own_artist, *_ = await _free_release(veza, anna)
    listed = (await anna.call("POST", "/playlists", {"title": "Mine"}, expect=201))["id"]
    await anna.call("POST", f"/playlists/{listed}/items", {"track_ids": [track]}, expect=201)
    await anna.call("PUT", f"/me/follows/{artist}", expect=200)
    await anna.call("PUT", f"/me/likes/tracks/{track}", expect=200)
    await anna.call("POST", "/comments", {"track_id": track, "text": "Lovely"}, expect=201)
    report = {"subject_kind": "track", "subject_id": track, "reason": "spam", "text": "Really"}
    await anna.call("POST", "/reports", report, expect=201)
    await anna.call("POST", "/cart/items", {"product_id": product}, expect=200)
    await anna.call("POST", "/cart/checkout", {}, expect=201)
    invited = {"email": WHO["email"], "part": "member"}
    await _invited(veza, other, artist, invited)
    await _invited(veza, anna, own_artist, {**invited, "email": "cy@example.org"})
    second = await _free_release(veza, other)
    await anna.call("POST", "/cart/items", {"product_id": second[3]}, expect=200)

    export = await anna.call("GET", "/me/export", expect=200)
    account, listening, market = export["account"], export["listening"], export["market"]
    assert (account["email"], account["name"]) == (WHO["email"], WHO["name"])
    assert len(account["sessions"]) == len(account["tokens"]) == 1
    assert "signed in" in {act["act"] for act in account["audit_log"]}
    assert [one["id"] for one in listening["artists"]] == [own_artist]
    assert [one["track_ids"] for one in listening["playlists"]] == [[track]]
    for part in ("follows", "likes", "comments", "reports", "invitations", "invitations_made"):
        assert len(listening[part]) == 1, part
    assert len(market["orders"]) == len(market["library"]) == 1
    assert [one["product_id"] for one in market["cart"]] == [second[3]]

    before = _holding(await _rows(veza), WHO["email"], WHO["name"], ADDRESS, str(person_id))
    assert before <= set(PERSONAL) | {"people.id", "search_docs.text"}, before - set(PERSONAL)
    assert len(before) > 25

    # While the account is there, no network address is in a column that would keep it.
    kept = {column for column, fate in PERSONAL.items() if fate != GOES}
    assert _holding(await _rows(veza), ADDRESS, "203.0.113.5") & kept == set()

    # An artist of hers alone would be left without an owner.
    await anna.call("DELETE", "/me", {"password": WHO["password"]}, expect=409)
    colleague = (await other.call("GET", "/me", expect=200))["id"]
    await factories.member(veza.database, UUID(own_artist), UUID(colleague), "owner")
    await anna.call("DELETE", "/me", {"password": WHO["password"]}, expect=204)
    rows = await _rows(veza)
    # What was answered to others, and to a visitor whom no row connects with her, is theirs for a day.
    hers = [row for row in rows["api_idempotency"] if row["caller"] == f"person {person_id}"]
    assert len(hers) < len(rows["api_idempotency"])
    rows["api_idempotency"] = hers
    others = ("anna.before@example.org", "anna.other@example.org", "cy@example.org")
    said = _holding(rows, WHO["email"], WHO["name"], *others, ADDRESS)
    assert said == {"mails.to"}, said  # the last mail, which tells them that the account is gone
    (last,) = [row for row in rows["mails"] if person_id.hex in row["about_id"].replace("-", "")]
    assert (last["to"], plain(from_json(last["subject"]))) == (WHO["email"], "Your account was deleted")
    assert _holding({"mails": [row for row in rows["mails"] if row != last]}, WHO["email"], *others) == set()
    left = _holding(rows, str(person_id))
    assert left <= {column for column, fate in PERSONAL.items() if fate in (STAYS_AS_ID, AS_ACTOR)} | {"people.id"} | {
        "api_idempotency.caller",  # the answer to the deletion itself, for a day
        "mails.about_id",  # the last mail, for two
    }
    (row,) = [row for row in rows["people"] if person_id.hex in row["id"].replace("-", "")]
    assert row["name"] == DELETED_NAME
    assert len(rows["orders"]) == 2
    assert len([row for row in rows["grants"] if row["revoked_at"] == "None"]) == 2
