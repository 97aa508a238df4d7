"""Download codes: an artist makes a batch for a release or track, and each code is redeemed once, by one person."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts import people
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import visible
from veza.kit.database import Base, Session
from veza.kit.field_faults import FieldChecks
from veza.kit.messages import gettext
from veza.kit.secret import digest
from veza.kit.text import one_line
from veza.library import access, grants
from veza.library.grants import CauseKind, Given, ItemKind
from veza.market import cart as carts
from veza.market import products
from veza.market.cart import CartOwner
from veza.market.owned import OwnedAlready

MOST_IN_BATCH = 500
NOTE_MOST = 200
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 signs that are not mistaken for each other: a code of 20 has 100 bits."""
_LENGTH, _GROUP = 20, 5


class CodeBatch(Base):
    """Codes made together for one release or track."""

    __tablename__ = "code_batches"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID]
    kind: Mapped[str]
    item_id: Mapped[UUID]
    release_id: Mapped[UUID]
    note: Mapped[str]
    size: Mapped[int]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("kind IN ('release', 'track')", name="kind_known"),
        CheckConstraint("size BETWEEN 1 AND 500", name="size_bounded"),
        Index(None, "artist_id", "id"),
    )


class DownloadCode(Base):
    """One code; only its hash is kept.

    Redeemed without an account it waits for the link that was mailed to `email`, of which `claim_hash` is kept; both go
    once it is claimed.
    """

    __tablename__ = "download_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("code_batches.id"))
    code_hash: Mapped[str] = mapped_column(unique=True)
    redeemed_by: Mapped[UUID | None]
    redeemed_at: Mapped[datetime | None]
    email: Mapped[str | None]
    claim_hash: Mapped[str | None] = mapped_column(unique=True)

    __table_args__ = (Index(None, "batch_id"), Index(None, "email"))


@dataclass(frozen=True, slots=True)
class BatchCount:
    """A batch and how many of its codes were redeemed."""

    batch: CodeBatch
    redeemed: int


class UnknownBatch(LookupError):
    """No such batch of this artist."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no batch of download codes {wanted}", wanted=wanted))


class BadCode(Exception):
    """The code gives nothing: wrong, used, revoked, or for a draft that was deleted.

    One sentence for all, so that a guess teaches nothing.
    """

    def __init__(self) -> None:
        super().__init__(gettext("this code is not known, was used, or is no longer valid"))


class NotOut(Exception):
    """The code's release or track is not available now: not published yet, withdrawn, or hidden."""

    def __init__(self) -> None:
        super().__init__(
            gettext("what this code is for is not out now: the code is still good, try it once it is published")
        )


async def make(
    session: Session, artist: Artist, kind: ItemKind, item_id: UUID, count: int, note: str
) -> tuple[CodeBatch, list[str]]:
    """A batch of `count` codes and the codes themselves, which are never seen again. Raises UnknownItem, BadText."""
    if not 1 <= count <= MOST_IN_BATCH:
        raise ValueError(f"a batch has 1 to {MOST_IN_BATCH} codes, not {count}")
    checks, release_id = FieldChecks(), item_id
    with checks.field("note"):
        note = one_line(note, gettext("the note"), most=NOTE_MOST)
    with checks.field("item_id", also=(products.UnknownItem,)):
        release_id = await products.release_of(session, artist, kind, item_id)
    checks.demand()
    batch = CodeBatch(
        id=session.new_id(), artist_id=artist.id, kind=kind.value, item_id=item_id, release_id=release_id,
        note=note, size=count, created_at=session.now,
    )  # fmt: skip
    session.add(batch)
    await session.flush()
    made = [_new_code() for _ in range(count)]
    rows = [{"id": session.new_id(), "batch_id": batch.id, "code_hash": digest(plain(code))} for code in made]
    await session.execute(insert(DownloadCode), rows)
    return batch, made


async def redeem(session: Session, person_id: UUID, said: str) -> CodeBatch:
    """Give the person the code's release or track; of two requests at once one succeeds.

    Raises BadCode; OwnedAlready, NotOut and UnknownPerson without using the code up.
    """
    await people.hold(session, person_id)
    # The person's cart first, as where things are paid: of two codes for one thing at once, one stays good.
    await carts.ensure(session, CartOwner(person_id, None))
    code, batch = await unused(session, said)
    if await access.owns(session, person_id, ItemKind(batch.kind), batch.item_id):
        raise OwnedAlready(gettext("you own this already: the code is still good, give it to another person"))
    mine = update(DownloadCode).where(DownloadCode.id == code.id)
    await session.execute(mine.values(redeemed_by=person_id, redeemed_at=session.now))
    await give(session, code, batch, person_id=person_id)
    return batch


async def unused(session: Session, said: str) -> tuple[DownloadCode, CodeBatch]:
    """The code, locked, when it can be redeemed now. Raises BadCode; NotOut without using the code up."""
    found = (
        select(DownloadCode, CodeBatch)
        .join(CodeBatch, CodeBatch.id == DownloadCode.batch_id)
        .where(DownloadCode.code_hash == digest(plain(said)))
        .with_for_update(of=DownloadCode)
    )
    row = (await session.execute(found)).one_or_none()
    if row is None or row[0].redeemed_at is not None or row[1].revoked_at is not None:
        raise BadCode
    code, batch = row
    if not await visible(session, batch.kind, [batch.item_id]):
        # A draft may be deleted, and nothing is published under its id ever again.
        is_there = await session.get(Release if batch.kind == ItemKind.RELEASE else Track, batch.item_id)
        raise NotOut if is_there else BadCode
    return code, batch


async def give(session: Session, code: DownloadCode, batch: CodeBatch, *, person_id: UUID | None) -> None:
    """Grant the code's release or track to a person, or, without one, to the person who will claim the code."""
    claim_id = code.id if person_id is None else None
    given = Given(
        ItemKind(batch.kind), batch.item_id, batch.release_id, CauseKind.DOWNLOAD_CODE, code.id,
        person_id=person_id, claim_id=claim_id,
    )  # fmt: skip
    await grants.give(session, given, because=gettext("download code of batch {batch_id}", batch_id=batch.id))


async def revoke(session: Session, batch: CodeBatch) -> int:
    """Revoke the unused codes of the batch; what was redeemed stays. Returns how many were revoked."""
    mine = update(CodeBatch).where(CodeBatch.id == batch.id, CodeBatch.revoked_at.is_(None))
    await session.execute(mine.values(revoked_at=session.now))
    unused = select(func.count()).where(DownloadCode.batch_id == batch.id, DownloadCode.redeemed_at.is_(None))
    await session.refresh(batch)
    return int(await session.scalar(unused) or 0)


async def find(session: Session, batch_id: UUID) -> CodeBatch:
    row = await session.get(CodeBatch, batch_id)
    if row is None:
        raise UnknownBatch(batch_id)
    return row


def _new_code() -> str:
    plain = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(plain[i : i + _GROUP] for i in range(0, _LENGTH, _GROUP))


def plain(said: str) -> str:
    """The letters and digits of a code as people type it, upper case.

    Full-width letters are folded (NFKC); spaces, dashes of any kind, and marks that show nothing make no difference.
    """
    folded = unicodedata.normalize("NFKC", said)
    return "".join(one for one in folded if unicodedata.category(one) in ("Lu", "Ll", "Nd")).upper()
