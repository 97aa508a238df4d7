"""A caller for the whole description: a person of the demo who may do everything and has something of everything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx

from tests.api import described_sound
from tests.api.described_sound import Together
from tests.client import Client
from veza.lab.demo.opening import OWNER, PASSWORD, address_of

SCOPES = ["read", "write", "shop", "admin"]
LISTS = {
    "artist_id": ("/artists?mine=true", "id"),
    "artist": ("/artists?mine=true", "slug"),
    "release_id": ("/releases", "id"),
    "slug": ("/releases", "slug"),
    "track_id": ("/tracks", "id"),
    "subject_id": ("/tracks", "id"),
    "product_id": ("/products", "id"),
    "order_id": ("/orders", "id"),
    "playlist_id": ("/me/playlists", "id"),
    "report_id": ("/moderation/reports", "id"),
    "transfer_id": ("/transfers", "id"),
    "payment_id": ("/payments", "id"),
    "wanted": ("/payments", "id"),
    "refund_id": ("/refunds", "id"),
    "seller_id": ("/sellers", "id"),
    "finding_id": ("/findings", "id"),
    "event_id": ("/webhook-events", "id"),
    "person_id": ("/people", "id"),
    "notice_id": ("/me/notices", "id"),
    "comment_id": ("/comments?track={track_id}", "id"),
    "item_id": ("/playlists/{playlist_id}/items", "id"),
    "channel_id": ("/channels", "id"),
    "message_id": ("/channels/{channel_id}/messages", "id"),
    "batch_id": ("/artists/{artist_id}/download-codes", "id"),
}
"""Where real ids of each name are found; a name in braces is the first of those found before."""
PROVEN = {"password": PASSWORD}


@dataclass(frozen=True)
class Caller:
    """A signed-in person: a token for every scope, the session's cookies, real ids by their name in paths, and what of
    sound belongs `together` in a request."""

    token: str
    cookies: dict[str, str]
    known: dict[str, list[str]]
    together: Together


async def demo_owner(url: str, operator_token: str, folder: Path) -> Caller:
    """The demo's label, made admin and moderator, with a playlist, a comment, a report, codes, an order, a cart and
    tracks in every state of their audio; `folder` is that of the server."""
    body = {"email": address_of(OWNER), "password": PASSWORD}
    async with httpx.AsyncClient(base_url=url) as browser:
        person = Client(browser)
        me = (await person.post("/session", body))["person_id"]
        for role in ("admin", "moderator"):
            operator = {"Authorization": f"Bearer {operator_token}"}
            async with httpx.AsyncClient(base_url=url) as other:
                await Client(other).call("PUT", f"/people/{me}/roles/{role}", by=operator)
        token = (await person.post("/me/tokens", {**PROVEN, "name": "description", "scopes": SCOPES}))["token"]
        await _furnish(person)
        for _ in range(4):
            async with httpx.AsyncClient(base_url=url) as elsewhere:
                await Client(elsewhere).post("/session", body)
        known = await _ids(person)
        together = await described_sound.furnish(folder, url, token, UUID(known["artist_id"][0]), UUID(me))
        return Caller(token, dict(browser.cookies), known, together)


async def _some(person: Client, path: str, name: str) -> list[str]:
    """Up to eight of a list."""
    page = await person.get(path, **({} if "?" in path else {"limit": 8}))
    return [str(item[name]) for item in page["items"] if item.get(name)][:8]


async def _furnish(person: Client) -> None:
    track, *more = await _some(person, "/tracks", "id")
    artist = (await _some(person, "/artists?mine=true", "id"))[0]
    release = (await _some(person, f"/releases?artist={artist}", "id"))[0]
    for number in range(4):
        playlist = (await person.post("/playlists", {"title": f"Number {number}", "is_public": True}))["id"]
        await person.post(f"/playlists/{playlist}/items", {"track_ids": [track, *more[:3]]})
        await person.post("/comments", {"track_id": track, "text": f"Take {number}"})
        wanted = {"subject_kind": "track", "subject_id": [track, *more][number], "reason": "spam", "text": "Again"}
        await person.post("/reports", wanted)
        codes = {"kind": "release", "item_id": release, "count": 2, "note": f"For the press, {number}"}
        await person.post(f"/artists/{artist}/download-codes", codes)
    channel = (await person.post("/channels", {"kind": "artist", "subject_id": artist}, expect=200))["id"]
    for number in range(6):
        await person.post(f"/channels/{channel}/messages", {"text": f"Verse {number}"})
    product, another, *_ = await _some(person, "/products", "id")
    await person.post("/cart/items", {"product_id": product}, expect=200)
    await person.post("/cart/checkout")
    await person.post("/cart/items", {"product_id": another}, expect=200)


async def _ids(person: Client) -> dict[str, list[str]]:
    """Real ids by the name they have in paths; those of the caller itself are not among them."""
    found: dict[str, list[str]] = {}
    for name, (path, key) in LISTS.items():
        first = {name: some[0] for name, some in found.items() if some}
        found[name] = await _some(person, path.format_map({"playlist_id": "", **first}), key)
    for artist in found["artist_id"]:
        asked = f"/artists/{artist}/refund-requests"
        found.setdefault("request_id", []).extend(await _some(person, asked, "id"))
        found.setdefault("line_id", []).extend(await _some(person, asked, "line_id"))
    me = str((await person.get("/me"))["id"])
    found["person_id"] = [one for one in found["person_id"] if one != me]
    wanted = {**PROVEN, "name": "spare", "scopes": ["read"]}
    found["token_id"] = [(await person.post("/me/tokens", wanted))["id"] for _ in range(4)]
    found["password"] = [PASSWORD]
    found["session_id"] = [one["id"] for one in (await person.get("/me/sessions"))["items"] if not one["is_this"]]
    return found


def write_down(folder: Path, caller: Caller, cookies: dict[str, str]) -> None:
    """What the hooks read (`schemathesis_hooks`)."""
    (folder / "known.json").write_text(json.dumps(caller.known))
    (folder / "together.json").write_text(json.dumps(caller.together))
    (folder / "cookies.json").write_text(json.dumps(cookies))
    (folder / "answers").touch()
