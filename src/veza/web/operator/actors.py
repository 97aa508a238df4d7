"""The people behind the actors of a history, by name: “person 0190…” says nothing to a reader."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from veza.accounts import roles
from veza.accounts.identity import actor_of
from veza.kit.database import Session


async def names_of(session: Session, actors: Collection[str]) -> Mapping[str, str]:
    """Actor → the name of the person of staff; any other stands for itself: a worker, the operator's token."""
    staff = {actor_of(person_id): name for person_id, name in (await roles.staff_ever(session)).items()}
    return {actor: staff.get(actor, actor) for actor in actors}
