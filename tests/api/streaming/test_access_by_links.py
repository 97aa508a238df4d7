"""Links to what is heard and kept: they work for whom they are lent to, and no longer than the right they carry."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from tests import factories
from tests.api.streaming.access_trials import FORMAT, Trial, make_downloads
from tests.api.streaming.buyers import WHO, Holder
from tests.api.streaming.conftest import Stage
from tests.grpc.conftest import Caller, caller
from tests.tampering import BASE64, changed
from veza.accounts import deletion, roles, suspension
from veza.accounts.permissions import Role
from veza.accounts.sessions import SignIn
from veza.audio.manifest import Rung
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.visibility import HiddenTrack
from veza.grpc import stream_pb2 as pb
from veza.streaming.downloads import LINK_LASTS
from veza.streaming.hearing import RECHECKED
from veza.streaming.stream_sessions import BEYOND_ITS_LENGTH, StreamSession

__all__ = ["caller"]

STREAM = "stream"
KEPT = ("download", "archive", "original")
LIFETIMES = {STREAM: timedelta(seconds=2) + BEYOND_ITS_LENGTH, **dict.fromkeys(KEPT, LINK_LASTS)}
OPEN, EXPIRED = (206, ""), (410, "link-expired")
ENDED, REFUSED, NOT_THERE = (403, "stream-ended"), (403, "forbidden"), (404, "not-found")
TAMPERED = {STREAM: REFUSED, **dict.fromkeys(KEPT, NOT_THERE)}
WHAT_ENDS: Mapping[str, tuple[tuple[int, str], ...]] = {
    # what happens:               stream, download, archive, original
    "nothing": (OPEN, OPEN, OPEN, OPEN),
    "a refund": (ENDED, REFUSED, REFUSED, OPEN),
    "signing out": (ENDED, OPEN, OPEN, OPEN),
    "the end of the session": (ENDED, OPEN, OPEN, OPEN),
    "the track is hidden": (ENDED, NOT_THERE, NOT_THERE, OPEN),
    "the release is hidden": (ENDED, NOT_THERE, NOT_THERE, OPEN),
    "the artist is hidden": (ENDED, NOT_THERE, NOT_THERE, OPEN),
    "the release is withdrawn": (OPEN, OPEN, OPEN, OPEN),
    "the artist's person leaves": (OPEN, OPEN, OPEN, NOT_THERE),
    "the artist's person is an artist no longer": (OPEN, OPEN, OPEN, NOT_THERE),
    "the owner deletes the account": (ENDED, NOT_THERE, NOT_THERE, OPEN),
    "the owner's account is suspended": (ENDED, NOT_THERE, NOT_THERE, OPEN),
}
"""What closes a link of who owns the release, and that of the artist's person to what was sent."""


class Links:
    """Whole addresses: those of a stream for each rung and file, of downloads, and of the original."""

    def __init__(self, stage: Stage, owner: Holder) -> None:
        self.stage, self.owner = stage, owner
        self.addresses: dict[str, list[str]] = {}

    @classmethod
    async def lent(cls, caller: Caller) -> Links:
        """By who owns the release, and by the artist's person."""
        stage = caller.stage
        await make_downloads(stage)
        found = cls(stage, await WHO["an owner of the release"](stage))
        asked = Trial(stage, caller, found.owner)
        manifest = (await asked.get("manifest.json")).json()
        files = [stage.path(one["url"]) for one in manifest["renditions"]]
        assert len(files) == len(Rung)
        found.addresses[STREAM] = files + [one.replace(".mp4", ".m4a") for one in files if "/flac/" not in one]
        path = f"/api/v1/tracks/{stage.track}"
        for name, address, by in (
            ("download", f"{path}/downloads/{FORMAT.value}", found.owner.headers),
            ("archive", f"/api/v1/releases/{stage.release}/downloads/{FORMAT.value}", found.owner.headers),
            ("original", f"{path}/original", await stage.signed_in(stage.owner)),
        ):
            found.addresses[name] = [(await stage.browser.get(address, headers=by)).json()["link"]]
        return found

    async def answers(self, by: dict[str, str] | None = None) -> dict[str, tuple[int, str]]:
        """What each kind of link answers to who follows it: the same for all of a kind."""
        return {kind: await self._of_all(addresses, by or {}) for kind, addresses in self.addresses.items()}

    async def answer(self, address: str, by: dict[str, str] | None = None) -> tuple[int, str]:
        found = await self.stage.browser.get(address, headers={**(by or {}), "Range": "bytes=700-799"})
        if found.is_success:
            return found.status_code, ""
        assert found.headers["content-type"] == "application/problem+json"
        return found.status_code, found.json()["type"].removeprefix("urn:veza:problem:")

    async def _of_all(self, addresses: list[str], by: dict[str, str]) -> tuple[int, str]:
        (only,) = {await self.answer(one, by) for one in addresses}
        return only


async def nothing(_links: Links, _caller: Caller) -> None:
    """Time goes by."""


async def refund(links: Links, _caller: Caller) -> None:
    await links.stage.take_back()


async def sign_out(links: Links, _caller: Caller) -> None:
    async with links.stage.veza.database.write("test") as session:
        await session.execute(delete(SignIn).where(SignIn.person_id == links.owner.person_id))


async def end_session(links: Links, caller: Caller) -> None:
    async with links.stage.veza.database.read() as session:
        ids = (await session.scalars(select(StreamSession.id))).all()
    for one in ids:
        await caller.call("EndSession", pb.EndSessionRequest(session_id=str(one)))


async def hide_track(links: Links, _caller: Caller) -> None:
    async with links.stage.veza.database.write("test") as session:
        session.add(HiddenTrack(track_id=links.stage.track, hidden_at=session.now))


async def hide_release(links: Links, _caller: Caller) -> None:
    stage = links.stage
    await factories.change(stage.veza.database, Release, stage.release, hidden_at=stage.clock.now())


async def hide_artist(links: Links, _caller: Caller) -> None:
    stage = links.stage
    await factories.change(stage.veza.database, Artist, stage.artist, hidden_at=stage.clock.now())


async def withdraw(links: Links, _caller: Caller) -> None:
    await factories.change(links.stage.veza.database, Release, links.stage.release, status="withdrawn")


async def leave(links: Links, _caller: Caller) -> None:
    await factories.leave(links.stage.veza.database, links.stage.artist, links.stage.owner)


async def take_role(links: Links, _caller: Caller) -> None:
    async with links.stage.veza.database.write("test") as session:
        await roles.take(session, links.stage.owner, Role.ARTIST)


async def delete_account(links: Links, _caller: Caller) -> None:
    assert links.owner.person_id is not None
    async with links.stage.veza.database.write("test") as session:
        await deletion.delete(session, "https://veza.test", links.owner.person_id)


async def suspend_account(links: Links, _caller: Caller) -> None:
    assert links.owner.person_id is not None
    async with links.stage.veza.database.write("test") as session:
        await suspension.suspend(session, links.owner.person_id, "a test")


DOES: Mapping[str, Callable[[Links, Caller], Awaitable[None]]] = dict(
    zip(
        WHAT_ENDS,
        (
            nothing,
            refund,
            sign_out,
            end_session,
            hide_track,
            hide_release,
            hide_artist,
            withdraw,
            leave,
            take_role,
            delete_account,
            suspend_account,
        ),
        strict=True,
    )
)


@pytest.mark.parametrize("event", WHAT_ENDS)
async def test_a_borrowed_link_works_for_all_and_ends_with_its_own_right(caller: Caller, event: str) -> None:
    links = await Links.lent(caller)
    borrowers = {
        "who was given it": links.owner.headers,
        **{who: (await WHO[who](caller.stage)).headers for who in ("a visitor", "a listener", "a moderator")},
    }
    for who, by in borrowers.items():
        assert set((await links.answers(by)).values()) == {OPEN}, who
    await DOES[event](links, caller)
    caller.stage.clock.advance(RECHECKED + timedelta(seconds=1))
    expected = dict(zip(links.addresses, WHAT_ENDS[event], strict=True))
    for who, by in borrowers.items():
        assert await links.answers(by) == expected, who


async def test_a_link_ends_with_its_time(caller: Caller) -> None:
    links, began = await Links.lent(caller), caller.stage.clock.now()
    for lifetime in sorted(set(LIFETIMES.values())):
        for before, at_end in ((timedelta(seconds=1), OPEN), (timedelta(0), EXPIRED)):
            caller.stage.clock.advance(began + lifetime - before - caller.stage.clock.now())
            expected = {
                kind: EXPIRED if lasts < lifetime else OPEN if lasts > lifetime else at_end
                for kind, lasts in LIFETIMES.items()
            }
            assert await links.answers() == expected, (lifetime, before)


async def test_a_link_that_was_tampered_with_opens_nothing(caller: Caller) -> None:
    """Every character of each kind of link, its ends, and links of one kind in the place of another."""
    links = await Links.lent(caller)
    signed: dict[str, str] = {}
    for kind, (address, *_) in links.addresses.items():
        before, after = ("link=", "") if kind == STREAM else ("/downloads/", "/")
        text = address.partition(before)[2]
        signed[kind] = text.partition(after)[0] if after else text
        assert address.count(signed[kind]) == 1
    for kind, (address, *_) in links.addresses.items():
        link = signed[kind]
        others = {one for name, one in signed.items() if (name == STREAM) is not (kind == STREAM)}
        wrong = {changed(link, at) for at in range(len(link)) if link[at] in BASE64}
        value, _, signature = link.rpartition(".")
        wrong |= {link[:-1], link[1:], f"{link}A", value, f"{value}.", f".{signature}", *others}
        assert len(wrong) > 100
        found = {await links.answer(address.replace(link, one)) for one in wrong}
        assert found == {TAMPERED[kind]}, kind
        assert await links.answer(address) == OPEN


async def test_a_link_of_a_stream_opens_its_own_rung_and_track_alone(caller: Caller) -> None:
    links = await Links.lent(caller)
    _, (other,) = await factories.release(caller.stage.veza.database, caller.stage.artist, "Second light")
    for address in links.addresses[STREAM]:
        path, _, query = address.partition("?")
        rung = path.split("/")[3]
        wrong = {path.replace(f"/{rung}/", f"/{one}/") for one in Rung if one != rung}
        wrong = {one for one in wrong if not one.endswith("flac/audio.m4a")}
        wrong.add(path.replace(str(caller.stage.track), str(other)))
        assert {await links.answer(f"{one}?{query}") for one in wrong} == {(403, "forbidden")}, rung
