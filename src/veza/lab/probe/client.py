"""A client from outside: the REST API with the operator's token, the provider's hosted pages, and patient looking."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp

LOOK_SECONDS = 0.05
CARD = "4242 4242 4242 4242"
T = TypeVar("T")


class ProbeFailed(Exception):
    """Veza broke a promise; says what was expected and what was seen."""


class Client:
    """Talks to one server. Every wait polls and has a bound."""

    def __init__(self, url: str, token: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **query: str) -> Any:
        """GET /api/v1`path`, which must be there."""
        async with self._http.get(f"{self.url}/api/v1{path}", headers=self._headers, params=query) as answer:
            return await _good(answer, f"GET {path}")

    async def post(self, path: str, body: dict[str, Any], *, key: str | None = None) -> Any:
        """POST /api/v1`path` under an idempotency key, which must succeed."""
        headers = {**self._headers, "Idempotency-Key": key or str(uuid.uuid4())}
        async with self._http.post(f"{self.url}/api/v1{path}", json=body, headers=headers) as answer:
            return await _good(answer, f"POST {path}")

    async def refused(self, path: str, body: dict[str, Any]) -> tuple[int, str]:
        """POST /api/v1`path`, which must be refused: the status and the problem's sentence."""
        headers = {**self._headers, "Idempotency-Key": str(uuid.uuid4())}
        async with self._http.post(f"{self.url}/api/v1{path}", json=body, headers=headers) as answer:
            if answer.status < 400:
                raise ProbeFailed(f"POST {path} was accepted with {answer.status}")
            return answer.status, str((await answer.json(content_type=None)).get("detail"))

    async def status_of(self, method: str, path: str, data: bytes = b"") -> int:
        """The status of a request made without any token."""
        async with self._http.request(method, f"{self.url}{path}", data=data) as answer:
            return answer.status

    async def fill_in(self, page: str, form: dict[str, str]) -> None:
        """Open a hosted page as a browser does and send its form; it must lead on."""
        async with self._http.get(page) as shown:
            if shown.status != 200:
                raise ProbeFailed(f"the page {page} answered {shown.status}")
        async with self._http.post(page, data=form, allow_redirects=False) as answer:
            if answer.status not in (302, 303):
                raise ProbeFailed(f"the form on {page} was answered with {answer.status} instead of leading on")

    async def until(
        self, what: str, look: Callable[[], Awaitable[T]], fits: Callable[[T], bool], *, seconds: float = 20.0
    ) -> T:
        """Poll until the answer fits; raises ProbeFailed with the last one."""
        deadline = time.monotonic() + seconds
        while True:
            seen = await look()
            if fits(seen):
                return seen
            if time.monotonic() > deadline:
                raise ProbeFailed(f"after {seconds:g} s still not {what}; seen: {str(seen)[:300]}")
            await asyncio.sleep(LOOK_SECONDS)

    async def onboard(self, seller: str, name: str) -> str:
        """A seller signs up and fills in the provider's form; returns the account's id once it may be paid."""
        wanted = {"seller_id": seller, "name": name, "country": "DE", "return_url": f"{self.url}/studio"}
        made = await self.post("/sellers", wanted)
        await self.fill_in(made["onboarding_url"], {"name": name, "iban": "DE89370400440532013000", "terms": "yes"})
        shown = await self.until(
            f"{seller} may be paid", lambda: self.get(f"/sellers/{seller}"), lambda row: bool(row["transfers_active"])
        )
        return str(shown["stripe_account_id"])

    async def buy(self, lines: list[tuple[str, int]], currency: str = "EUR", card: str = CARD) -> dict[str, Any]:
        """A buyer orders and pays on the provider's page; returns the payment once every seller has been paid."""
        order = {
            "order_ref": f"order-{uuid.uuid4().hex[:12]}",
            "currency": currency,
            "lines": [
                {"seller_id": seller, "product_ref": f"Album of {seller}", "gross_minor": gross}
                for seller, gross in lines
            ],
            "success_url": f"{self.url}/thanks",
            "cancel_url": f"{self.url}/cart",
        }
        made = await self.post("/payments", order)
        form = {"email": "buyer@example.org", "card": card, "expiry": "12 / 34", "cvc": "123"}
        await self.fill_in(made["checkout_url"], form)
        return await self.payment_when(
            made["id"], "paid and passed on", lambda seen: bool(statuses(seen)) and statuses(seen) == {"completed"}
        )

    async def refund(self, payment: dict[str, Any], minor: int, line: int | None = None) -> str:
        """An operator refunds; returns the refund's id."""
        body: dict[str, Any] = {
            "payment_id": payment["id"],
            "amount_minor": minor,
            "currency": payment["currency"],
            "reason": "the probe asked",
        }
        if line is not None:
            body["lines"] = [{"line_id": payment["lines"][line]["id"], "amount_minor": minor}]
        return str((await self.post("/refunds", body))["id"])

    async def payment_when(
        self, payment_id: str, what: str, fits: Callable[[dict[str, Any]], bool], *, seconds: float = 20.0
    ) -> dict[str, Any]:
        """The payment once it fits."""
        return await self.until(
            f"payment {payment_id} {what}", lambda: self.get(f"/payments/{payment_id}"), fits, seconds=seconds
        )


def statuses(payment: dict[str, Any]) -> set[str]:
    """The statuses of a payment's transfers."""
    return {row["status"] for row in payment["transfers"]}


async def _good(answer: aiohttp.ClientResponse, request: str) -> Any:
    body = await answer.json(content_type=None)
    if answer.status >= 400:
        raise ProbeFailed(f"{request} was answered with {answer.status}: {body}")
    return body
