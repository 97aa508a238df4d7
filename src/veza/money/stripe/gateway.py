"""What we ask of the provider, in Stripe's words. Every request takes its slot of the pace first.

Nothing here decides what an answer means (outcomes.py) or touches the database; never call it while a
transaction is open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from veza.kit.messages import gettext
from veza.money.pace import Lane
from veza.money.stripe.answers import Answer, Listing, Page, page_of
from veza.money.stripe.live import Line

MOST_PAGES = 100
"""Pages of 100 one look-up reads at most: ten thousand objects of one transfer or charge."""
PAGE_SIZE = 100

Observer = Callable[[str, Answer], None]


class Paced(Protocol):
    async def take(self, lane: Lane) -> None: ...

    async def ease_off(self, seconds: float) -> None: ...


class OutOfTime(Exception):
    """The claim's lease was too short by the time a slot came; nothing was sent."""


class Gateway:
    """The provider as the money module sees it: each call sends once and returns an `Answer` or a `Listing`."""

    def __init__(self, line: Line, pace: Paced, *, lane: Lane = Lane.WORKER, observe: Observer | None = None) -> None:
        self._line = line
        self.pace = pace
        self._lane = lane
        self._observe = observe

    def for_people(self) -> Gateway:
        """The same provider in the lane of people who wait for an answer."""
        return Gateway(self._line, self.pace, lane=Lane.PERSON, observe=self._observe)

    async def create_transfer(
        self, body: Mapping[str, Any], *, key: str, ready: Callable[[], bool] | None = None
    ) -> Answer:
        """POST /v1/transfers. `ready` is asked after the slot has come; False raises OutOfTime, nothing is sent."""
        return await self._post("/v1/transfers", body, key=key, ready=ready)

    async def create_reversal(
        self, transfer_id: str, body: Mapping[str, Any], *, key: str, ready: Callable[[], bool] | None = None
    ) -> Answer:
        """POST /v1/transfers/{id}/reversals, always with an explicit amount."""
        return await self._post(f"/v1/transfers/{transfer_id}/reversals", body, key=key, ready=ready)

    async def create_refund(
        self, body: Mapping[str, Any], *, key: str, ready: Callable[[], bool] | None = None
    ) -> Answer:
        """POST /v1/refunds."""
        return await self._post("/v1/refunds", body, key=key, ready=ready)

    async def create_checkout_session(self, body: Mapping[str, Any], *, key: str) -> Answer:
        return await self._post("/v1/checkout/sessions", body, key=key)

    async def expire_checkout_session(self, session_id: str, *, key: str) -> Answer:
        """POST /v1/checkout/sessions/{id}/expire: answers 400 when it is not open any more."""
        return await self._post(f"/v1/checkout/sessions/{session_id}/expire", {}, key=key)

    async def create_account(self, body: Mapping[str, Any], *, key: str) -> Answer:
        return await self._post("/v1/accounts", body, key=key)

    async def create_account_link(self, body: Mapping[str, Any], *, key: str) -> Answer:
        return await self._post("/v1/account_links", body, key=key)

    async def transfer(self, transfer_id: str) -> Answer:
        return await self._get(f"/v1/transfers/{transfer_id}")

    async def refund(self, refund_id: str) -> Answer:
        return await self._get(f"/v1/refunds/{refund_id}")

    async def charge(self, charge_id: str) -> Answer:
        """The charge with its balance transaction expanded (settlement currency and fee)."""
        return await self._get(f"/v1/charges/{charge_id}", {"expand": ["balance_transaction"]})

    async def checkout_session(self, session_id: str) -> Answer:
        """The session with its payment intent and latest charge expanded."""
        return await self._get(f"/v1/checkout/sessions/{session_id}", {"expand": ["payment_intent.latest_charge"]})

    async def payment_intent(self, intent_id: str) -> Answer:
        """The intent with its latest charge expanded."""
        return await self._get(f"/v1/payment_intents/{intent_id}", {"expand": ["latest_charge"]})

    async def account(self, account_id: str) -> Answer:
        return await self._get(f"/v1/accounts/{account_id}")

    async def balance(self, account_id: str | None = None) -> Answer:
        """The platform's balance, or a connected account's."""
        return await self._get("/v1/balance", account=account_id)

    async def reversals_of(self, transfer_id: str) -> Listing:
        return await self._all(f"/v1/transfers/{transfer_id}/reversals", {})

    async def transfers_of(self, transfer_group: str) -> Listing:
        return await self._all("/v1/transfers", {"transfer_group": transfer_group})

    async def refunds_of(self, charge_id: str) -> Listing:
        return await self._all("/v1/refunds", {"charge": charge_id})

    async def disputes_of(self, charge_id: str) -> Listing:
        return await self._all("/v1/disputes", {"charge": charge_id})

    async def own_account(self) -> Answer:
        """GET /v1/account: the account our key belongs to."""
        return await self._get("/v1/account")

    async def page(
        self, path: str, since: datetime, until: datetime, after: str | None, params: Mapping[str, Any]
    ) -> Page:
        """One page of a list, newest first: what was created from `since` to `until`, older than the object `after`."""
        created = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
        asked = {**params, "created": created, "limit": PAGE_SIZE, **({"starting_after": after} if after else {})}
        return page_of(await self._get(path, asked), after)

    async def close(self) -> None:
        await self._line.close()

    async def _post(
        self, path: str, body: Mapping[str, Any], *, key: str, ready: Callable[[], bool] | None = None
    ) -> Answer:
        await self.pace.take(self._lane)
        if ready is not None and not ready():
            raise OutOfTime
        return await self._seen(_family(path), self._line.send("post", path, body, key=key))

    async def _get(self, path: str, params: Mapping[str, Any] | None = None, *, account: str | None = None) -> Answer:
        await self.pace.take(self._lane)
        return await self._seen(_family(path), self._line.send("get", path, params, account=account))

    async def _all(self, path: str, params: Mapping[str, Any]) -> Listing:
        items: list[Mapping[str, Any]] = []
        page: dict[str, Any] = {**params, "limit": PAGE_SIZE}
        for _ in range(MOST_PAGES):
            found = page_of(await self._get(path, page), page.get("starting_after"))
            items.extend(found.items)
            if found.failed is not None or found.next_after is None:
                return Listing(tuple(items), failed=found.failed)
            page["starting_after"] = found.next_after
        silence = gettext("more than {most_pages} pages", most_pages=MOST_PAGES)
        return Listing(tuple(items), failed=Answer(None, silence=silence))

    async def _seen(self, family: str, sending: Awaitable[Answer]) -> Answer:
        answer = await sending
        if self._observe is not None:
            self._observe(family, answer)
        return answer


def _family(path: str) -> str:
    """The path without ids, for metrics: /v1/transfers/tr_1/reversals → transfers.reversals."""
    return ".".join(part for part in path.split("/")[2:] if "_" not in part or part.startswith("account_"))
