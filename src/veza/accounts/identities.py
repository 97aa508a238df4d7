"""The identity that a session or an API token gives: for the request that sends it, and again while what was begun with
it lasts, by its id."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from veza.accounts import sessions, tokens
from veza.accounts.facade import AccountRules
from veza.accounts.identity import Identity, actor_of
from veza.accounts.permissions import STAFF, Scope
from veza.accounts.sessions import Authenticated
from veza.kit.database import Session


def of_session(rules: AccountRules, whose: Authenticated) -> Identity:
    """The person of a session."""
    return _person(rules, whose, session_id=whose.id)


def of_token(rules: AccountRules, whose: Authenticated, scopes: frozenset[Scope]) -> Identity:
    """The person of a token, with its scopes."""
    return _person(rules, whose, scopes=scopes, token_id=whose.id)


async def alive_among(session: Session, rules: AccountRules, session_ids: Collection[UUID]) -> dict[UUID, Identity]:
    """Whose these sessions are, with the rights of now; one that has ended is left out."""
    found = await sessions.alive_among(session, session_ids, rules.session_idle)
    return {session_id: of_session(rules, whose) for session_id, whose in found.items()}


async def find_by_token(session: Session, rules: AccountRules, token_id: UUID) -> Identity | None:
    """Whose the token is, with the rights of now; None for one that was revoked or has expired."""
    found = await tokens.find_valid(session, token_id)
    return None if found is None else of_token(rules, *found)


def _person(
    rules: AccountRules,
    whose: Authenticated,
    *,
    scopes: frozenset[Scope] | None = None,
    session_id: UUID | None = None,
    token_id: UUID | None = None,
) -> Identity:
    """The roles of staff are withheld from who has not shown a second factor, where they need one."""
    is_weak = rules.staff_needs_second_factor and not whose.has_second_factor
    withheld = whose.roles & STAFF if is_weak else frozenset()
    return Identity(
        whose.person_id,
        whose.roles - withheld,
        actor_of(whose.person_id),
        scopes,
        session_id=session_id,
        token_id=token_id,
        is_confirmed=whose.is_confirmed,
        withheld=withheld,
    )
