"""Queries by which scenarios check their facts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from veza.kit.moves import StatusChange
from veza.lab.scenarios.scene import Scene
from veza.money import invariants
from veza.money.attempts import ProviderAttempt
from veza.money.reconciliation import reconcile
from veza.money.transfers import SellerTransfer

EVERYTHING = timedelta(days=60)


async def history_of(scene: Scene, row_id: UUID) -> list[str]:
    """The statuses a row went through, oldest first."""
    return [change.target for change in await scene.all(StatusChange, row_id=row_id)]


async def attempts_of(scene: Scene, kind: str) -> list[ProviderAttempt]:
    """The requests to the provider for rows of one kind, oldest first."""
    return await scene.all(ProviderAttempt, kind=kind)


async def reversed_minor(scene: Scene) -> int:
    """The sum that came back from all sellers."""
    return sum(row.reversed_minor for row in await scene.all(SellerTransfer))


async def count(scene: Scene, model: type[object], status: str) -> int:
    """How many rows of a table have this status."""
    return len(await scene.all(model, status=status))


async def check_books(scene: Scene) -> None:
    """Check what must hold at the end of every scenario: invariants, balanced books, the same rows at the provider."""
    checked, broken = await invariants.check_all(scene.database)
    scene.fact(
        f"the law holds for {checked} payment{'s' if checked != 1 else ''}", not broken, "; ".join(map(str, broken))
    )
    async with scene.database.read() as session:
        scene.fact("debits equal credits over the whole ledger", await invariants.books_sum_to_zero(session))
    compared = await reconcile(scene.database, scene.money.gateway, since=EVERYTHING)
    objects = sum(compared.compared.values())
    said = "; ".join(str(difference.message) for difference in compared.differences)
    scene.fact(f"the provider says the same about all {objects} objects", not compared.differences, said)
