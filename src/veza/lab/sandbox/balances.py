"""Money held: available and pending funds of every account, and the balance transactions that move them."""

from __future__ import annotations

from veza.lab.sandbox.events import emit
from veza.lab.sandbox.views import show
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

REPORTING = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
    "adjustment": "dispute",
    "topup": "topup",
}


def held(world: World, account: str, currency: str) -> Obj:
    """The row with this account's `available` and `pending` minor units of one currency."""
    id = f"{account}/{currency}"
    row = world.balances.get(id)
    if row is None:
        row = world.balances.add({"id": id, "account": account, "currency": currency, "available": 0, "pending": 0})
    return row


def post(
    world: World,
    account: str,
    type: str,
    amount: int,
    currency: str,
    source: str | None,
    *,
    fee: int = 0,
    fee_description: str = "Stripe processing fees",
    available_on: float | None = None,
    exchange_rate: float | None = None,
    description: str | None = None,
) -> Obj:
    """Book `amount` minus `fee` to an account; it is pending until `available_on` (None: available now)."""
    net = amount - fee
    row = held(world, account, currency)
    delayed = available_on is not None and available_on > world.now
    row["pending" if delayed else "available"] += net
    world.balances.touch(row["id"])
    txn: Obj = {
        "id": world.new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": int(available_on) if available_on is not None and delayed else world.seconds,
        "balance_type": "payments",
        "created": world.seconds,
        "currency": currency,
        "description": description,
        "exchange_rate": exchange_rate,
        "fee": fee,
        "fee_details": [],
        "net": net,
        "reporting_category": REPORTING[type],
        "source": source,
        "status": "pending",
        "type": type,
        "_account": account,
    }
    if fee:
        txn["fee_details"] = [
            {
                "amount": fee,
                "application": None,
                "currency": currency,
                "description": fee_description,
                "type": "stripe_fee",
            }
        ]
    world.balance_transactions.add(txn)
    if delayed and available_on is not None:
        world.later(int(available_on) - world.now, "mature", account=account, currency=currency, amount=net)
    return txn


def mature(world: World, account: str, currency: str, amount: int) -> None:
    """Pending funds became available."""
    row = held(world, account, currency)
    row["pending"] -= amount
    row["available"] += amount
    world.balances.touch(row["id"])
    announce(world, account)


def announce(world: World, account: str) -> None:
    """Send `balance.available` for this account."""
    connected = None if account == world.settings.platform_account else account
    emit(world, "balance.available", balance_of(world, account), account=connected)


def balance_of(world: World, account: str) -> Obj:
    """The account's Balance object; an account that never held money shows zero in its own currency."""
    rows = list(world.balances.find("account", account))
    if not rows:
        owner = world.accounts.get(account)
        rows = [{"currency": owner["default_currency"] if owner else "eur", "available": 0, "pending": 0}]

    def side(name: str) -> list[Obj]:
        return [{"amount": row[name], "currency": row["currency"], "source_types": {"card": row[name]}} for row in rows]

    balance: Obj = {
        "object": "balance",
        "available": side("available"),
        "livemode": False,
        "pending": side("pending"),
        "refund_and_dispute_prefunding": {"available": [], "pending": []},
    }
    if account == world.settings.platform_account:
        balance["connect_reserved"] = [{"amount": 0, "currency": row["currency"]} for row in rows]
    return show(world, balance)
