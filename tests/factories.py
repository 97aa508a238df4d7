"""People, artists, releases and sellers as rows; sales and refunds are made on a stage (`veza.lab.simulator.stage`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from obstore.store import MemoryStore
from sqlalchemy import insert, update

from veza.accounts import sessions, tokens
from veza.accounts.challenges import Challenges
from veza.accounts.devices import Devices
from veza.accounts.facade import AccountRules, Accounts
from veza.accounts.passwords import Passwords
from veza.accounts.people import Person
from veza.accounts.permissions import Role, Scope
from veza.accounts.roles import give
from veza.catalog.artists import Artist, ArtistMember
from veza.catalog.facade import Catalog
from veza.catalog.limits import Limits
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.http.session_cookies import SESSION_COOKIE
from veza.kit.clock import Clock
from veza.kit.database import Database, Session
from veza.kit.objects import Objects
from veza.moderation.reports import Report
from veza.money import payments
from veza.money.payments import LineDraft, Payment
from veza.money.sellers import Seller

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""The algorithm of passwords with parameters that cost a test nothing."""


async def person(
    database: Database,
    name: str = "Mara",
    *,
    email: str | None = None,
    confirmed: bool = True,
    language: str | None = None,
    time_zone: str | None = None,
    roles: Iterable[Role] = (),
) -> UUID:
    """A person with an address of their own, confirmed unless told otherwise, and with these roles."""
    async with database.write() as session:
        row = Person(
            id=session.new_id(),
            name=name,
            email_confirmed_at=session.now if confirmed else None,
            language=language,
            time_zone=time_zone,
            created_at=session.now,
        )
        row.email = email or f"{row.id}@example.org"
        session.add(row)
        await session.flush()
        for role in roles:
            await give(session, row.id, role, by="test")
        return row.id


async def session(
    database: Database, person_id: UUID, *, agent: str = "Firefox", with_second_factor: bool = False
) -> str:
    """The person has signed in with another browser; the secret of its cookie."""
    async with database.write() as writing:
        lasts = timedelta(days=90)
        return await sessions.begin(writing, person_id, lasts, agent=agent, with_second_factor=with_second_factor)


async def cookie(database: Database, person_id: UUID, *, with_second_factor: bool = False) -> dict[str, str]:
    """The same as a header."""
    secret = await session(database, person_id, with_second_factor=with_second_factor)
    return {"Cookie": f"{SESSION_COOKIE}={secret}"}


async def token(database: Database, person_id: UUID, *scopes: Scope) -> str:
    """A new API token of the person, which does not end."""
    async with database.write() as writing:
        return (await tokens.make(writing, person_id, "a test", scopes, None))[1]


async def bearer(database: Database, person_id: UUID, *scopes: Scope) -> dict[str, str]:
    """The same as a header."""
    return {"Authorization": f"Bearer {await token(database, person_id, *scopes)}"}


def accounts(
    database: Database, clock: Clock, *, base_url: str = "http://veza.test", secret: str = "x" * 32, **more: Any
) -> Accounts:
    """The accounts module whose sessions end after 14 idle days; passwords are hashed in no time."""
    rules = AccountRules(base_url, timedelta(days=14), timedelta(days=90), timedelta(days=365))
    return Accounts(database, rules, Passwords(QUICK), Devices(secret, clock), Challenges(secret, clock), **more)


async def artist(
    database: Database, name: str = "Anna", *, run_by: UUID | None = None, fee_bps: int | None = None
) -> UUID:
    """An artist from Germany who sells in euros; `run_by` owns it."""
    async with database.write() as session:
        artist_id = session.new_id()
        row = {"id": artist_id, "slug": str(artist_id), "name": name, "country": "DE", "currency": "EUR"}
        session.add(Artist(**row, fee_bps=fee_bps, created_at=session.now))
        await session.flush()
        if run_by is not None:
            _add_member(session, artist_id, run_by, "owner")
            await session.flush()
        return artist_id


async def member(database: Database, artist_id: UUID, person_id: UUID, role: str = "member") -> None:
    """The person may act for the artist from now on."""
    async with database.write() as session:
        _add_member(session, artist_id, person_id, role)


async def leave(database: Database, artist_id: UUID, person_id: UUID) -> None:
    """The person may act for the artist no more."""
    async with database.write() as session:
        await session.delete(await session.get_one(ArtistMember, (artist_id, person_id)))


def _add_member(session: Session, artist_id: UUID, person_id: UUID, role: str) -> None:
    session.add(ArtistMember(artist_id=artist_id, person_id=person_id, role=role, since=session.now))


async def seller(database: Database, seller_id: str, name: str, account: str | None) -> None:
    """A seller whose account at the provider can be paid, or one without an account."""
    async with database.write() as session:
        row = {"id": seller_id, "name": name, "country": "DE", "created_at": session.now}
        paid = {"stripe_account_id": account, "transfers_active": account is not None}
        await session.execute(insert(Seller), {**row, **paid})


async def payment(database: Database, lines: Sequence[tuple[str, int]]) -> Payment:
    """An order of euros for (seller, gross) lines, of which the platform's share is 10 %; it waits for its buyer."""
    async with database.write() as session:
        wanted = [LineDraft(seller_id, "song", gross, 1000) for seller_id, gross in lines]
        return await payments.create(session, f"order-{session.new_id()}", "EUR", wanted)


async def release(
    database: Database,
    artist_id: UUID,
    *titles: str,
    title: str = "Dawn",
    status: str = "published",
    at: datetime | None = None,
    **columns: Any,
) -> tuple[UUID, list[UUID]]:
    """A release with tracks of these titles, three minutes each; its id and theirs."""
    async with database.write() as session:
        release_id = session.new_id()
        row: dict[str, Any] = {
            "id": release_id, "artist_id": artist_id, "slug": str(release_id), "title": title, "kind": "album",
            "status": status, "tags": [], "published_at": (at or session.now) if status == "published" else None,
            "created_at": session.now, "updated_at": session.now,
        }  # fmt: skip
        session.add(Release(**row | columns))
        await session.flush()
        tracks = [
            Track(
                id=session.new_id(),
                release_id=release_id,
                artist_id=artist_id,
                position=number,
                title=named,
                credits=[],
                tags=[],
                duration_ms=180_000,
                created_at=session.now,
            )
            for number, named in enumerate(titles, 1)
        ]
        session.add_all(tracks)
        await session.flush()
        return release_id, [track.id for track in tracks]


async def make_ready(database: Database, release_id: UUID) -> None:
    """Its tracks can be heard, as far as the catalogue knows: there are no files (`tests.sounding` makes some)."""
    async with database.write() as session:
        silent = update(Track).where(Track.release_id == release_id)
        await session.execute(silent.values(audio_state="ready"))


def report(session: Session, kind: str, subject_id: UUID) -> Report:
    """An open report, to be added, of a person whose account is gone."""
    return Report(
        id=session.new_id(), status="open", version=0, subject_kind=kind, subject_id=subject_id, label="",
        reason="copyright", text="", created_at=session.now,
    )  # fmt: skip


def objects() -> Objects:
    """An object store that ends with the process."""
    return Objects(MemoryStore)


def catalog(database: Database, store: Objects | None = None, limits: Limits | None = None) -> Catalog:
    """The catalogue on this database, with objects of its own unless a store is given; being an artist gives no
    role."""

    async def on_first_artist(_session: Session, _person: UUID) -> None:
        """Roles are given by the test."""

    return Catalog(database, store or objects(), ("EUR",), on_first_artist, "https://veza.test", limits or Limits())


async def tracks(database: Database, *titles: str) -> list[UUID]:
    """Tracks of these titles on one published release of a new artist."""
    return (await release(database, await artist(database), *titles))[1]


async def change(database: Database, model: Any, row_id: UUID, **columns: Any) -> None:
    """Set columns of a row, as the module that owns the row would."""
    async with database.write() as session:
        await session.execute(update(model).where(model.id == row_id).values(**columns))
