"""A caller for the whole description: a person of the demo who may do everything and has something of everything."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

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
    "batch_id": ("/artists/{artist_id}/download-codes", "id"),
}
"""Where real ids of each name are found; a name in braces is the first of those found before."""


PROVEN = {"password": PASSWORD}


@dataclass
class Person:
    """Somebody signed in, with a token for every scope."""

    browser: httpx.Client
    token: str = ""
    known: dict[str, list[str]] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON; fails for a refusal."""
        headers = {"Idempotency-Key": str(uuid4())}
        answer = self.browser.request(method, f"/api/v1{path}", json=body or {}, headers=headers)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    def some(self, path: str, name: str) -> list[str]:
        """Up to eight of a list."""
        answer = self.browser.get(f"/api/v1{path}", params={"limit": 8} if "?" not in path else None)
        assert answer.status_code == 200, (path, answer.text)
        return [str(item[name]) for item in answer.json()["items"] if item.get(name)][:8]


def somebody(url: str, operator_token: str) -> Person:
    """The demo's label, made admin and moderator, with a playlist, a comment, a report, codes, an order and a cart."""
    person = Person(httpx.Client(base_url=url))
    body = {"email": address_of(OWNER), "password": PASSWORD}
    me = person.send("POST", "/session", body)["person_id"]
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {operator_token}"}) as operator:
        for role in ("admin", "moderator"):
            headers = {"Idempotency-Key": str(uuid4())}
            given = operator.put(f"/api/v1/people/{me}/roles/{role}", headers=headers, json={})
            assert given.status_code == 200, given.text
    person.token = person.send("POST", "/me/tokens", {**PROVEN, "name": "description", "scopes": SCOPES})["token"]
    _furnish(person)
    for _ in range(4):
        with httpx.Client(base_url=url) as elsewhere:
            Person(elsewhere).send("POST", "/session", body)
    person.known = _ids(person)
    return person


def _furnish(person: Person) -> None:
    (track, *more), artist = person.some("/tracks", "id"), person.some("/artists?mine=true", "id")[0]
    for number in range(4):
        playlist = person.send("POST", "/playlists", {"title": f"Number {number}", "is_public": True})["id"]
        person.send("POST", f"/playlists/{playlist}/items", {"track_ids": [track, *more[:3]]})
        person.send("POST", "/comments", {"track_id": track, "text": f"Take {number}"})
        wanted = {"subject_kind": "track", "subject_id": [track, *more][number], "reason": "spam", "text": "Again"}
        person.send("POST", "/reports", wanted)
        release = person.some(f"/releases?artist={artist}", "id")[0]
        codes = {"kind": "release", "item_id": release, "count": 2, "note": f"For the press, {number}"}
        person.send("POST", f"/artists/{artist}/download-codes", codes)
    product, another, *_ = person.some("/products", "id")
    person.send("POST", "/cart/items", {"product_id": product})
    person.send("POST", "/cart/checkout", {})
    person.send("POST", "/cart/items", {"product_id": another})


def _ids(person: Person) -> dict[str, list[str]]:
    """Real ids by the name they have in paths; those of the caller itself are not among them."""
    found: dict[str, list[str]] = {}
    for name, (path, key) in LISTS.items():
        first = {name: some[0] for name, some in found.items() if some}
        found[name] = person.some(path.format_map({"playlist_id": "", **first}), key)
    for artist in found["artist_id"]:
        asked = f"/artists/{artist}/refund-requests"
        found.setdefault("request_id", []).extend(person.some(asked, "id"))
        found.setdefault("line_id", []).extend(person.some(asked, "line_id"))
    me = str(person.browser.get("/api/v1/me").json()["id"])
    found["person_id"] = [one for one in found["person_id"] if one != me]
    spare = [person.send("POST", "/me/tokens", {**PROVEN, "name": "spare", "scopes": ["read"]}) for _ in range(4)]
    found["password"] = [PASSWORD]
    sessions = person.browser.get("/api/v1/me/sessions").json()["items"]
    found["session_id"] = [one["id"] for one in sessions if not one["is_this"]]
    found["token_id"] = [one["id"] for one in spare]
    return found


def write_down(folder: Path, known: dict[str, list[str]], cookies: dict[str, str]) -> None:
    """What the hooks read (`schemathesis_hooks`)."""
    (folder / "known.json").write_text(json.dumps(known))
    (folder / "cookies.json").write_text(json.dumps(cookies))
    (folder / "answers").touch()
