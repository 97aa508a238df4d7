"""Channels through the door: opened, talked in, caught up with, moderated; each refusal has its kind of problem."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.listeners.conftest import Hall
from tests.client import UNKNOWN_ID
from tests.factories import artist, person
from tests.statements import counted


async def _site(hall: Hall, who: UUID) -> str:
    return str((await hall.post("/channels", {"kind": "site"}, by=who, expect=200))["id"])


async def _said(hall: Hall, channel: str, who: UUID, text: str = "hello", **more: Any) -> Any:
    return await hall.post(f"/channels/{channel}/messages", {"text": text, **more}, by=who)


async def _texts(hall: Hall, channel: str, **how: Any) -> list[str]:
    return [one["text"] for one in await hall.walk(f"/channels/{channel}/messages", **how)]


async def test_a_conversation_is_read_in_one_order_by_pages_and_by_sequence(any_hall: Hall) -> None:
    mara, ben = await person(any_hall.database), await person(any_hall.database, "Ben")
    channel = await _site(any_hall, mara)
    first = await _said(any_hall, channel, mara, "one")
    reply = await _said(any_hall, channel, ben, "two", reply_to=first["id"], mentions=[str(mara)])
    assert (reply["number"], reply["author"], reply["mentions"]) == (2, "Ben", [str(mara)])
    await _said(any_hall, channel, mara, "three")
    assert await _texts(any_hall, channel) == ["three", "two", "one"]
    assert await _texts(any_hall, channel, sort="oldest") == ["one", "two", "three"]
    assert await _texts(any_hall, channel, after=first["event_sequence"], sort="oldest") == ["two", "three"]
    assert await _texts(any_hall, channel, before=reply["event_sequence"]) == ["one"]
    assert await _texts(any_hall, channel, text="TWO") == ["two"]
    message = f"/channels/{channel}/messages/{first['id']}"
    await any_hall.call("PATCH", message, {"text": "won"}, by=mara)
    await any_hall.call("PUT", f"{message}/reactions", {"emoji": "🎵"}, by=ben)
    assert (await any_hall.get(message))["reactions"] == [{"emoji": "🎵", "count": 1, "is_mine": False}]
    assert (await any_hall.call("DELETE", message, by=mara))["is_deleted"]
    events = await any_hall.walk(f"/channels/{channel}/events", after=2)
    assert [(one["sequence"], one["kind"]) for one in events] == [
        (3, "message"), (4, "edit"), (5, "react"), (6, "delete"),
    ]  # fmt: skip
    assert events[1]["message"]["text"] == ""


async def test_a_repeat_by_key_or_by_client_id_is_the_same_message(any_hall: Hall) -> None:
    mara = await person(any_hall.database)
    channel, sent = await _site(any_hall, mara), {"text": "once", "client_id": str(uuid4())}
    path = f"/channels/{channel}/messages"
    by_key = [await any_hall.send("POST", path, sent, by=mara, key="k") for _ in range(2)]
    by_client = await asyncio.gather(*(any_hall.send("POST", path, sent, by=mara) for _ in range(3)))
    assert {answer.status_code for answer in (*by_key, *by_client)} == {201}
    assert len({answer.json()["id"] for answer in (*by_key, *by_client)}) == 1
    assert await _texts(any_hall, channel) == ["once"]


async def test_a_list_of_channels_says_what_is_unread_on_every_device(hall: Hall) -> None:
    mara, ben = await person(hall.database), await person(hall.database, "Ben")
    anna = await artist(hall.database, "Anna")
    of_anna = await hall.post("/channels", {"kind": "artist", "subject_id": str(anna)}, by=mara, expect=200)
    assert (of_anna["title"], of_anna["unread"]) == ("Anna", 0)
    of_two = await hall.post("/channels/direct", {"person_ids": [str(ben)]}, by=mara, expect=200)
    assert [party["name"] for party in of_two["parties"]] == ["Ben", "Mara"]
    await _said(hall, of_two["id"], ben)
    await _said(hall, of_two["id"], ben)
    shown = await hall.walk("/channels", by=mara)
    assert [(one["kind"], one["unread"]) for one in shown] == [("direct", 2), ("artist", 0)]
    read = await hall.call("PUT", f"/channels/{of_two['id']}/read-mark", {"number": 1}, by=mara)
    assert (read["unread"], read["last_read_number"]) == (1, 1)
    await hall.call("DELETE", f"/channels/{of_anna['id']}/membership", by=mara)
    assert [one["kind"] for one in await hall.walk("/channels", by=mara)] == ["direct"]


async def test_a_direct_channel_is_there_for_its_people_alone(hall: Hall) -> None:
    mara, ben, zoe = [await person(hall.database, name) for name in ("Mara", "Ben", "Zoe")]
    channel = (await hall.post("/channels/direct", {"person_ids": [str(ben)]}, by=mara, expect=200))["id"]
    for path in (f"/channels/{channel}", f"/channels/{channel}/messages", f"/channels/{channel}/events"):
        how: dict[str, Any] = {"status": 404, "kind": "not-found"}
        await hall.refused("GET", path, by=zoe, roles=("admin", "moderator"), **how)
        await hall.refused("GET", path, **how)
        await hall.get(path, by=ben)


async def test_each_refusal_has_its_kind(hall: Hall) -> None:
    mara, ben, staff = [await person(hall.database, name) for name in ("Mara", "Ben", "Zoe")]
    unconfirmed = await person(hall.database, confirmed=False)
    channel = await _site(hall, mara)
    path = f"/channels/{channel}/messages"
    moderating: dict[str, Any] = {"by": staff, "roles": ("moderator",)}

    async def refused(status: int, kind: str, body: Any, by: UUID | None = mara) -> str:
        return await hall.refused("POST", path, body, status=status, kind=kind, by=by)

    await refused(401, "unauthorized", {"text": "x"}, None)
    await refused(403, "address-not-confirmed", {"text": "x"}, unconfirmed)
    await refused(422, "bad-text", {"text": "z" + "\u0335" * 9})
    await refused(400, "invalid-request", {"text": "x" * 1_000_000})
    await refused(404, "not-found", {"text": "x", "reply_to": UNKNOWN_ID})
    await refused(404, "not-found", {"text": "x", "mentions": [UNKNOWN_ID]})
    await hall.refused(
        "PUT", f"/channels/{channel}/mutes/{ben}", {"reason": "x"}, status=403, kind="forbidden", by=mara
    )
    await hall.call("PUT", f"/channels/{channel}/mutes/{ben}", {"reason": "spam", "seconds": 60}, **moderating)
    assert "spam" in await refused(403, "muted-in-channel", {"text": "x"}, ben)
    (held,) = await hall.walk(f"/channels/{channel}/sanctions", **moderating)
    assert (held["name"], held["kind"], held["by"]) == ("Ben", "mute", f"person {staff}")
    await hall.call("DELETE", f"/channels/{channel}/mutes/{ben}", **moderating)
    await hall.call("PUT", f"/channels/{channel}/bans/{ben}", {"reason": "threats"}, **moderating)
    assert await refused(403, "banned-from-channel", {"text": "x"}, ben) == "you are banned from this channel: threats"
    await hall.refused("GET", path, status=403, kind="banned-from-channel", by=ben)
    await hall.call("PUT", f"/me/blocks/{staff}", by=mara)
    sent = {"person_ids": [str(mara)]}
    await hall.refused("POST", "/channels/direct", sent, status=403, kind="not-reachable", by=staff)
    await hall.refused(
        "POST", "/channels/direct", {"person_ids": [str(mara)]}, status=400, kind="invalid-request", by=mara
    )


async def test_a_flood_is_told_how_long_to_wait_and_costs_no_writing(any_hall: Hall) -> None:
    mara, ben = await person(any_hall.database), await person(any_hall.database, "Ben")
    channel = await _site(any_hall, mara)
    path = f"/channels/{channel}/messages"
    answers = await asyncio.gather(*(any_hall.send("POST", path, {"text": "x"}, by=mara) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 8 + [429] * 4
    with counted(any_hall.database) as statements:
        answer = await any_hall.send("POST", path, {"text": "x"}, by=mara)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert [one for one in statements if not one.startswith("SELECT")] == []
    await _said(any_hall, channel, ben)
    any_hall.clock.advance(timedelta(seconds=2))
    await _said(any_hall, channel, mara)


async def test_moderators_hide_slow_down_and_are_appointed(hall: Hall) -> None:
    mara, ben, zoe = [await person(hall.database, name) for name in ("Mara", "Ben", "Zoe")]
    anna = await artist(hall.database, run_by=mara)
    channel = (await hall.post("/channels", {"kind": "artist", "subject_id": str(anna)}, by=zoe, expect=200))["id"]
    message = await _said(hall, channel, zoe, "rude")
    path = f"/channels/{channel}/messages/{message['id']}"
    await hall.refused("PUT", f"{path}/hidden", status=403, kind="forbidden", by=ben)
    assert (await hall.call("PUT", f"/channels/{channel}/moderators/{ben}", by=mara))["is_moderator"]
    assert (await hall.call("PUT", f"{path}/hidden", by=ben))["text"] == "rude"
    shown = await hall.get(path)
    assert (shown["text"], shown["is_hidden"]) == ("", True)
    await hall.call("DELETE", f"{path}/hidden", by=ben)
    assert (await hall.call("PUT", f"/channels/{channel}/slow-mode", {"seconds": 60}, by=ben))["slow_seconds"] == 60
    await _said(hall, channel, mara)
    await hall.call("DELETE", f"/channels/{channel}/moderators/{ben}", by=mara)
    await hall.refused("PUT", f"{path}/hidden", status=403, kind="forbidden", by=ben)


@pytest.mark.parametrize("text", ["שלום", "👩‍👩‍👧 🎵", "one\ntwo", "<script>alert(1)</script>", "é" * 4000])
async def test_a_text_is_kept_as_it_was_written(any_hall: Hall, text: str) -> None:
    mara = await person(any_hall.database)
    assert (await _said(any_hall, await _site(any_hall, mara), mara, text))["text"] == text


async def test_who_may_write_to_one_is_ones_own_choice(hall: Hall) -> None:
    mara, ben = await person(hall.database), await person(hall.database, "Ben")
    assert await hall.get("/me/chat-settings", by=mara) == {"who_may_write": "everybody"}
    await hall.call("PUT", "/me/chat-settings", {"who_may_write": "nobody"}, by=mara)
    assert await hall.get("/me/chat-settings", by=mara) == {"who_may_write": "nobody"}
    sent = {"person_ids": [str(mara)]}
    await hall.refused("POST", "/channels/direct", sent, status=403, kind="not-reachable", by=ben)
    await hall.call("PUT", f"/me/blocks/{ben}", by=mara)
    assert [one["name"] for one in await hall.walk("/me/blocks", by=mara)] == ["Ben"]
    await hall.call("DELETE", f"/me/blocks/{ben}", by=mara)
    assert await hall.walk("/me/blocks", by=mara) == []
