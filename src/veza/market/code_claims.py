"""Download codes redeemed without an account: the code is used up at once, and its grant waits for the mailed link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update

from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.kit import limits
from veza.kit.database import Session
from veza.kit.limits import Limit
from veza.kit.messages import Message, gettext, paragraphs
from veza.kit.secret import digest, new_secret
from veza.library import grants
from veza.library.grants import ItemKind
from veza.market import codes
from veza.market.codes import CodeBatch, DownloadCode
from veza.market.rules import MarketRules

REDEEMING = Limit("code to", 5, timedelta(minutes=15))
"""Mails to one address: an artist's people make codes at no cost, and the address may be a stranger's."""


async def redeem_for(
    session: Session, email: str, said: str, rules: MarketRules, language: str | None = None
) -> CodeBatch:
    """Use the code up for `email` (cleaned), and mail there, in `language`, the link that claims what it is for.

    Two at once with the same code: one gets it. Raises RateLimited, BadCode; NotOut without using the code up.
    """
    await limits.spend(session, REDEEMING.of(email))
    code, batch = await codes.unused(session, said)
    token = new_secret()
    held = {"redeemed_at": session.now, "email": email, "claim_hash": digest(token)}
    await session.execute(update(DownloadCode).where(DownloadCode.id == code.id).values(**held))
    await codes.give(session, code, batch, person_id=None)
    model = Release if batch.kind == ItemKind.RELEASE else Track
    title = await session.scalar(select(model.title).where(model.id == batch.item_id))
    await rules.send_mail(
        session,
        email,
        gettext("Your download code at {platform_name}", platform_name=rules.platform_name),
        paragraphs(
            gettext("Your code is for “{title}”.", title=title),
            gettext("Sign in or sign up, and open this link to have it in your library:"),
            f"{rules.base_url}/claim?token={token}",
            gettext("The link works once. It claims what the code gave for any account, so keep it to yourself."),
        ),
        code.id,
        language,
    )
    return batch


async def find(session: Session, token: str) -> DownloadCode | None:
    """The code that waits for this link, not locked."""
    waiting = select(DownloadCode).where(DownloadCode.claim_hash == digest(token), DownloadCode.redeemed_by.is_(None))
    return (await session.scalars(waiting)).one_or_none()


async def waiting_for(session: Session, email: str, most: int) -> Sequence[UUID]:
    """Codes that were redeemed for this address and not claimed yet, at most so many."""
    found = select(DownloadCode.id).where(DownloadCode.email == email, DownloadCode.redeemed_by.is_(None))
    return (await session.scalars(found.order_by(DownloadCode.id).limit(most))).all()


async def claim(session: Session, code_ids: Sequence[UUID], person_id: UUID, because: Message) -> Sequence[CodeBatch]:
    """Give the person what those codes gave that still wait (account held); returns their batches."""
    if not code_ids:
        return []
    waiting = (
        select(DownloadCode, CodeBatch)
        .join(CodeBatch, CodeBatch.id == DownloadCode.batch_id)
        .where(DownloadCode.id.in_(code_ids), DownloadCode.redeemed_by.is_(None), DownloadCode.claim_hash.is_not(None))
        .order_by(DownloadCode.id)
        .with_for_update(of=DownloadCode)
        .execution_options(populate_existing=True)
    )
    rows = (await session.execute(waiting)).all()
    mine = [code.id for code, _ in rows]
    claimed = update(DownloadCode).where(DownloadCode.id.in_(mine))
    await session.execute(
        claimed.values(redeemed_by=person_id, email=None, claim_hash=None).execution_options(synchronize_session=False)
    )
    await grants.claim(session, mine, person_id, because=because)
    return [batch for _, batch in rows]


async def forget_address(session: Session, email: str) -> None:
    """Delete the address of a deleted account from its waiting codes, which are then claimed by their links alone."""
    await session.execute(update(DownloadCode).where(DownloadCode.email == email).values(email=None))
