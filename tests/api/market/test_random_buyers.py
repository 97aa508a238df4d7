"""Random buyers in random order: a buyer who paid for a thing has it, once, and no order contradicts its lines."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from tests.api.market.conftest import OPERATOR, Shop, anonymous, open_shop
from tests.api.market.contradictions import contradictions, returned_without_another
from tests.api.market.leaving import delete_account
from tests.api.visitors import visiting
from tests.money.acts import tried
from veza.kit import outbox, worker
from veza.market.orders import Order, OrderLine
from veza.market.refund_requests import RefundRequest
from veza.money.payments import Payment
from veza.money.refunds import Refund

ADDRESS = "bo@example.org"
BUYERS = ("bo", "cy", "a browser", "another browser")
PENDING = "4000000000007726"
"""A card whose refunds are under way until the bank has said how they end."""
FAULTS = ("timeout_after_effect", "timeout_before_effect", "error_500", "refused")
PATHS = ("/checkout/sessions$", "/expire$", "^/v1/refunds$")

buyers = st.sampled_from(BUYERS)
which = st.integers(0, 20)


class RandomBuyers(RuleBasedStateMachine):
    """Two people and two browsers, and four things to buy: a release, a track of it, two others of other currencies."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.opened = open_shop("sqlite+aiosqlite:///:memory:", create_tables=True)
        self.shop: Shop = self.run(anext(self.opened))
        self.sandbox = self.shop.stage.sandbox
        self.gone: set[str] = set()

    def run(self, what: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(what)

    @initialize()
    def open_the_shop(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        shop = self.shop
        self.people = {"bo": await shop.person(ADDRESS), "cy": await shop.person()}
        self.who = {
            **{name: visiting(person) for name, person in self.people.items()},
            "a browser": anonymous(),
            "another browser": anonymous("another-cart-token-that-only-that-browser-knows-2"),
        }
        self.act = await shop.artist()
        release = await self.act.release("Long", tracks=1)
        (track,) = await self.act.tracks(release)
        other = await self.act.release("Other")
        self.products = [
            await self.act.product(release, 1000),
            await self.act.product(track.id, 300, kind="track"),
            await self.act.product(other, 700, currency="JPY"),
            await self.act.product(await self.act.release("Third"), 500, currency="USD"),
        ]
        batch = {"kind": "release", "item_id": str(other), "count": 3, "note": "fair"}
        made = await shop.post(f"/artists/{self.act.id}/download-codes", batch, by=self.act.who, expect=201)
        self.codes: list[str] = made["codes"]

    @rule(buyer=buyers, product=st.integers(0, 3), more=st.sets(st.integers(0, 3)))
    def put_in_the_cart_and_check_out(self, buyer: str, product: int, more: set[int]) -> None:
        for one in {product, *more}:
            self.ask(buyer, "/cart/items", {"product_id": self.products[one]})
        self.check_out(buyer)

    @rule(buyer=buyers, key=st.sampled_from(["one", "two"]))
    def check_out_under_an_old_key(self, buyer: str, key: str) -> None:
        self.check_out(buyer, key)

    def check_out(self, buyer: str, key: str | None = None) -> None:
        self.ask(buyer, "/cart/checkout", {} if buyer in self.people else {"email": ADDRESS}, key=key)

    @rule(page=which, card=st.sampled_from([PENDING, "4242424242424242"]))
    def pay_a_page(self, page: int, card: str) -> None:
        pages = self.sandbox.world.sessions.ids()
        if pages:
            tried(lambda: self.sandbox.pay_checkout(pages[page % len(pages)], card))

    @rule(page=which)
    def pay_by_hand_after_it_ended(self, page: int) -> None:
        ended = [one for one in self.sandbox.world.sessions.rows.values() if one["status"] == "expired"]
        if ended:
            meta = ended[page % len(ended)]["metadata"]
            payment: Payment = self.run(self.shop.stage.payment(UUID(meta["veza_payment"])))
            if not self.sandbox.world.charges.find("transfer_group", str(payment.id)):
                self.sandbox.take_payment(
                    payment.amount_minor, payment.currency.lower(), transfer_group=str(payment.id), metadata=meta
                )

    @rule(person=st.sampled_from(["bo", "cy"]), mail=which)
    def claim_with_a_link(self, person: str, mail: int) -> None:
        links = [text for _, _, text in self.shop.mails if "token=" in text]
        if links:
            token = links[mail % len(links)].partition("token=")[2].split()[0]
            self.claim(person, {"token": token})

    @rule()
    def claim_by_address(self) -> None:
        self.claim("bo", {})

    def claim(self, person: str, body: dict[str, str]) -> None:
        before = {row.id for row in self.run(self.shop.stage.all(Refund))}
        self.ask(person, "/orders/claim", body)
        assert self.run(returned_without_another(self.shop, self.people[person], before)) == []

    @rule(person=st.sampled_from(["bo", "cy"]), browser=st.sampled_from(["a browser", "another browser"]))
    def sign_in(self, person: str, browser: str) -> None:
        self.ask(person, "/cart/merge", more=self.who[browser])

    @rule(person=st.sampled_from(["bo", "cy"]), code=st.integers(0, 2))
    def redeem_a_code(self, person: str, code: int) -> None:
        self.ask(person, "/download-codes/redeem", {"code": self.codes[code]})

    @rule(line=which)
    def ask_for_a_refund(self, line: int) -> None:
        paid = self.run(self._paid_lines())
        if paid:
            order, one = paid[line % len(paid)]
            name = next((name for name, person in self.people.items() if person == order.person_id), None)
            if name is not None:
                self.ask(name, f"/orders/{order.id}/refund-requests", {"line_id": str(one.id), "reason": "by mistake"})

    async def _paid_lines(self) -> list[tuple[Order, OrderLine]]:
        async with self.shop.stage.database.read() as session:
            paid = select(Order, OrderLine).join(OrderLine, OrderLine.order_id == Order.id)
            rows = await session.execute(paid.where(Order.paid_at.is_not(None)).order_by(OrderLine.id))
            return [(row[0], row[1]) for row in rows]

    @rule(request=which, verdict=st.sampled_from(["grant", "grant", "decline"]))
    def decide(self, request: int, verdict: str) -> None:
        asked = self.run(self.shop.stage.all(RefundRequest))
        if asked:
            path = f"/refund-requests/{asked[request % len(asked)].id}/{verdict}"
            self.answered(self.act.who, path, {"answer": "as you wish"})

    @rule(line=which)
    def an_operator_gives_a_line_back(self, line: int) -> None:
        paid = self.run(self._paid_lines())
        if paid:
            self.answered(OPERATOR, f"/order-lines/{paid[line % len(paid)][1].id}/refund", {"answer": "sorry"})

    @precondition(lambda self: self.sandbox.world.refunds.rows)
    @rule(refund=which, succeeds=st.booleans())
    def a_refund_ends(self, refund: int, succeeds: bool) -> None:
        ids = self.sandbox.world.refunds.ids()
        end = self.sandbox.succeed_refund if succeeds else self.sandbox.fail_refund
        end(ids[refund % len(ids)])

    @precondition(lambda self: self.sandbox.world.charges.rows)
    @rule(charge=which)
    def a_bank_disputes(self, charge: int) -> None:
        ids = self.sandbox.world.charges.ids()
        tried(lambda: self.sandbox.open_dispute(ids[charge % len(ids)]))

    @precondition(lambda self: self.sandbox.world.disputes.rows)
    @rule(dispute=which, outcome=st.sampled_from(["won", "lost"]))
    def a_dispute_ends(self, dispute: int, outcome: str) -> None:
        ids = self.sandbox.world.disputes.ids()
        tried(lambda: self.sandbox.close_dispute(ids[dispute % len(ids)], outcome))

    @rule()
    def cy_deletes_the_account(self) -> None:
        if "cy" not in self.gone:
            self.gone.add("cy")
            self.run(delete_account(self.shop, self.people["cy"]))

    @rule(kind=st.sampled_from(FAULTS), path=st.sampled_from(PATHS))
    def a_request_goes_wrong(self, kind: str, path: str) -> None:
        self.sandbox.add_fault(kind, method="POST", path=path)

    @rule(backwards=st.booleans())
    def webhooks_arrive(self, backwards: bool) -> None:
        if backwards:
            self.sandbox.reverse_waiting_deliveries()
        self.run(self.shop.stage.deliver())

    @rule()
    def the_outbox_is_delivered(self) -> None:
        self.run(outbox.deliver_once(self.shop.stage.database))

    @rule()
    def the_check_worker_looks(self) -> None:
        self.run(worker.run_once(self.shop.stage.money.check_worker))

    @rule(minutes=st.sampled_from([0, 0, 1, 11, 25 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.run(self.shop.stage.pass_time(timedelta(minutes=minutes)))

    def ask(
        self, buyer: str, path: str, body: Any = None, *, key: str | None = None, more: dict[str, str] | None = None
    ) -> None:
        """As this buyer, unless the account is gone."""
        if buyer not in self.gone:
            self.answered({**self.who[buyer], **(more or {})}, path, body, key)

    def answered(self, who: dict[str, str], path: str, body: Any, key: str | None = None) -> None:
        """Every request is answered; the provider alone may be why it cannot be served."""
        answer: httpx.Response = self.run(self.shop.send("POST", path, body, by=who, key=key))
        expected = answer.status_code < 500 or answer.json()["type"] == "urn:veza:problem:provider-unavailable"
        assert expected, f"{path}: {answer.status_code} {answer.text}"

    @invariant()
    def a_buyer_who_paid_has_it_once(self) -> None:
        assert self.run(contradictions(self.shop)) == []

    def teardown(self) -> None:
        try:
            self.run(self.settle_everything())
        finally:
            with suppress(StopAsyncIteration):
                self.run(anext(self.opened))
            self.runner.close()

    async def settle_everything(self) -> None:
        """Once the faults end nothing stays under way, and no pay page is open of an order that is given up."""
        self.sandbox.clear_faults()
        for _ in range(4):
            await self.shop.stage.pass_time(timedelta(hours=8))
        assert await contradictions(self.shop) == []
        assert [row.id for row in await self.shop.stage.all(Refund) if row.status == "requested"] == []
        pages = {one["id"]: one["status"] for one in self.sandbox.world.sessions.rows.values()}
        for payment in await self.shop.stage.all(Payment):
            page = pages.get(str(payment.stripe_checkout_session_id))
            assert page is None or (page != "open" and (page == "expired" or payment.status == "succeeded"))
        paid = {charge["transfer_group"] for charge in self.sandbox.world.charges.rows.values() if charge["paid"]}
        assert paid == {str(row.id) for row in await self.shop.stage.all(Payment) if row.status == "succeeded"}


TestRandomBuyers = RandomBuyers.TestCase
TestRandomBuyers.settings = settings(
    max_examples=10,
    stateful_step_count=16,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
