"""A client of the sandbox's control API, for the probe and the scenario player."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import aiohttp

from veza.settings import SANDBOX_KEY

TIMEOUT_SECONDS = 30.0


class SandboxRefused(Exception):
    """The control API refused; says what it answered."""


class SandboxRemote:
    """The control API at `url`/_sandbox; every method is one request. Use as an async context manager.

    A hosted sandbox takes the operator's `token` for the control API, and its own `key` for the provider's API.
    """

    def __init__(self, url: str, *, token: str = "", key: str = SANDBOX_KEY) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._key = key
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.close()

    async def ask(self, method: str, path: str, /, **arguments: Any) -> Any:
        """One request to the control API: `arguments` are its JSON body. Raises SandboxRefused."""
        if self._http is None:
            raise RuntimeError("enter the SandboxRemote before asking it")
        body = arguments or None
        try:
            async with self._http.request(
                method, f"{self.url}/_sandbox{path}", json=body, headers=self._headers
            ) as answer:
                said = await answer.json()
                if answer.status == 200:
                    return said
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise SandboxRefused(
                f"the sandbox at {self.url} does not answer: {error or type(error).__name__}"
            ) from error
        raise SandboxRefused(f"the sandbox answered {answer.status} to {method} {path}: {said['error']['message']}")

    async def effects(self) -> dict[str, int]:
        """How often each kind of thing really happened: charges, refunds, transfers, reversals."""
        summary: dict[str, Any] = await self.ask("GET", "")
        effects: dict[str, int] = summary["effects"]
        return effects

    async def requests(self) -> int:
        """How many API requests it was sent."""
        summary: dict[str, Any] = await self.ask("GET", "")
        return int(summary["requests"]["requests"])

    async def new_account(self) -> str:
        """A connected account, onboarded; returns its id."""
        return str((await self.ask("POST", "/accounts"))["id"])

    async def pay(
        self, amount: int, currency: str, *, card: str, transfer_group: str, metadata: dict[str, str]
    ) -> dict[str, Any]:
        """A buyer pays without any page; returns the charge."""
        charge: dict[str, Any] = await self.ask(
            "POST",
            "/payments",
            amount=amount,
            currency=currency.lower(),
            card=card,
            transfer_group=transfer_group,
            metadata=metadata,
        )
        return charge

    async def available(self, account: str, currency: str) -> int:
        """What an account could be paid out now, in minor units."""
        balance = await self.ask("GET", f"/balances/{account}")
        return sum(int(one["amount"]) for one in balance["available"] if one["currency"] == currency.lower())

    async def set_available(self, account: str, amount: int, currency: str) -> None:
        """Make an account's available funds exactly `amount`, as after a payout."""
        await self.ask("POST", f"/balances/{account}/set", amount=amount, currency=currency.lower())

    async def add_available(self, account: str, amount: int, currency: str) -> None:
        """More money becomes available to an account; it is announced."""
        await self.ask("POST", f"/balances/{account}/add", amount=amount, currency=currency.lower())

    async def reverse_in_dashboard(self, transfer: str, amount: int | None = None) -> None:
        """A transfer is reversed by hand."""
        await self.ask("POST", "/reversals", transfer=transfer, amount=amount)

    async def refund_in_dashboard(self, charge: str, amount: int | None = None) -> None:
        """A charge is refunded by hand."""
        await self.ask("POST", "/refunds", charge=charge, amount=amount)

    async def open_dispute(self, charge: str, amount: int | None = None) -> str:
        """The buyer's bank disputes a charge; returns the dispute's id."""
        return str((await self.ask("POST", "/disputes", charge=charge, amount=amount))["id"])

    async def close_dispute(self, dispute: str, outcome: str) -> None:
        """`outcome` is won or lost."""
        await self.ask("POST", f"/disputes/{dispute}/close", outcome=outcome)

    async def add_fault(self, kind: str, **rule: Any) -> None:
        """Misbehave from now on; the arguments are those of `veza.lab.sandbox.faults.add_rule`."""
        await self.ask("POST", "/faults", kind=kind, **rule)

    async def clear_faults(self) -> None:
        await self.ask("DELETE", "/faults")

    async def pause_webhooks(self) -> None:
        await self.ask("POST", "/webhooks/pause")

    async def resume_webhooks(self) -> None:
        await self.ask("POST", "/webhooks/resume")

    async def reverse_waiting_webhooks(self) -> int:
        """Turn the order of the deliveries that wait; returns how many."""
        return int(await self.ask("POST", "/webhooks/reverse-order"))

    async def redeliver(self, event: str, times: int) -> None:
        """Deliver an event again, so many times."""
        await self.ask("POST", "/webhooks/redeliver", event=event, times=times)

    async def events(self) -> list[dict[str, Any]]:
        """Every event it made, oldest first."""
        found: list[dict[str, Any]] = await self.ask("GET", "/events")
        return found

    async def reversals_of(self, transfer: str) -> list[str]:
        """The ids of a transfer's reversals, as the provider's own API lists them."""
        if self._http is None:
            raise RuntimeError("enter the SandboxRemote before asking it")
        address = f"{self.url}/v1/transfers/{transfer}/reversals"
        async with self._http.get(address, headers={"Authorization": f"Bearer {self._key}"}) as answer:
            return [str(one["id"]) for one in (await answer.json())["data"]]
