"""Every column that holds sealed values, in one place: what `veza keys` seals again."""

from __future__ import annotations

from veza.accounts.second_factor import SecondFactor
from veza.http.idempotency import IdempotentAnswer
from veza.kit.mail import Mail
from veza.kit.resealing import SealedColumns
from veza.streaming.scrobbles import ListenBrainzAccount

SEALED: tuple[SealedColumns, ...] = (
    SealedColumns(SecondFactor, ("secret",)),
    SealedColumns(Mail, ("subject", "text", "stop_link")),
    SealedColumns(IdempotentAnswer, ("body",)),
    SealedColumns(ListenBrainzAccount, ("token",)),
)
