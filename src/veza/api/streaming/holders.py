"""Who asks for a download: a person, or the buyer without an account by the link that was mailed."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from veza.accounts.identity import Identity
from veza.api.market.receipts import LinkToken
from veza.http.endpoints import Around
from veza.http.problems import NOT_FOUND
from veza.kit.database import Database
from veza.market import claims
from veza.streaming.asking import Holder


@asynccontextmanager
async def _holder(identity: Identity, database: Database, token: LinkToken = None) -> AsyncIterator[Holder]:
    if token is None:
        yield Holder(identity.person_id)
        return
    async with database.read() as session:
        waiting = await claims.look(session, token)
    yield Holder(identity.person_id, waiting.id)


DownloadHolder = Annotated[Holder, Around(_holder, problems=(NOT_FOUND,))]
"""Take `holder: DownloadHolder`: the signed-in person, and what the `token` of a mailed link gives besides. Raises
UnknownClaim for a link that waits for no buyer any more."""


def by_link(holder: Holder) -> str | None:
    """For `keyed`: visitors of one address share no keys."""
    if holder.person_id is not None or holder.claim_id is None:
        return None
    return f"order {hashlib.sha256(holder.claim_id.bytes).hexdigest()[:16]}"
