"""What codes are called: kinds, causes, roles and acts as a reader reads them. How statuses are said is in `words`."""

from __future__ import annotations

from collections.abc import Mapping

from veza.kit.messages import Message, gettext, verbatim

FINDINGS: Mapping[str, Message] = {
    "missing_here": gettext("missing here"),
    "missing_there": gettext("missing at the provider"),
    "amount_differs": gettext("amount differs"),
    "state_differs": gettext("state differs"),
    "made_in_dashboard": gettext("made in the provider's dashboard"),
    "surplus_nobody_planned": gettext("surplus that no plan has"),
    "payment_odd": gettext("odd payment"),
    "held_for_currency": gettext("held for its currency"),
    "seller_debt": gettext("seller debt"),
    "given_up": gettext("given up"),
    "look_up_impossible": gettext("look-up impossible"),
    "idempotency_key_reused": gettext("idempotency key reused"),
    "breaker_open": gettext("breaker open"),
    "account_gone": gettext("account gone"),
    "refused_alone": gettext("refused alone"),
    "law_broken": gettext("law broken"),
    "platform_loss": gettext("loss of the platform"),
    "webhook_failed": gettext("webhook failed"),
    "second_charge": gettext("second charge"),
    "odd_object": gettext("odd object"),
    "run_failed": gettext("run failed"),
    "other_account": gettext("other account"),
    "older_than_provider": gettext("older than the provider"),
}
CAUSES: Mapping[str, Message] = {
    "sale": gettext("sale"),
    "refund": gettext("refund"),
    "dispute": gettext("dispute"),
    "provider": gettext("made at the provider"),
    "rebalance": gettext("rebalance"),
    "netting": gettext("kept for a debt"),
}
MACHINES: Mapping[str, Message] = {
    "payment": gettext("payment"),
    "refund": gettext("refund"),
    "transfer": gettext("transfer"),
    "reversal": gettext("reversal"),
    "dispute": gettext("dispute"),
    "netting": gettext("netting"),
}
"""A kind of row of money; the step at which a transfer failed is one of them."""
ENTRIES: Mapping[str, Message] = {
    "move": gettext("move"),
    "attempt": gettext("attempt"),
    "webhook": gettext("webhook"),
    "posting": gettext("posting"),
    "operator": gettext("operator"),
    "finding": gettext("finding"),
}
"""What an entry of a payment's timeline is about."""
ACTIONS: Mapping[str, Message] = {"retry": gettext("retry")}
"""What an operator did to a transfer by hand."""
SOURCES: Mapping[str, Message] = {"webhook": gettext("webhook"), "catch-up": gettext("catching up")}
"""How an event of the provider's came in."""
ROLES: Mapping[str, Message] = {
    "visitor": gettext("visitor"),
    "listener": gettext("listener"),
    "artist": gettext("artist"),
    "moderator": gettext("moderator"),
    "admin": gettext("admin"),
}
ACTS: Mapping[str, Message] = {
    "signed up": gettext("signed up"),
    "sign-up with an address that has an account": gettext("sign-up with an address that has an account"),
    "signed in": gettext("signed in"),
    "sign-in failed": gettext("sign-in failed"),
    "signed out": gettext("signed out"),
    "sessions ended": gettext("sessions ended"),
    "address confirmed": gettext("address confirmed"),
    "change of address asked": gettext("change of address asked"),
    "address changed": gettext("address changed"),
    "password changed": gettext("password changed"),
    "password reset asked": gettext("password reset asked"),
    "password reset": gettext("password reset"),
    "wrong password given again": gettext("wrong password given again"),
    "wrong code given again": gettext("wrong code given again"),
    "used code given again": gettext("used code given again"),
    "proof given afresh": gettext("proof given afresh"),
    "second factor on": gettext("second factor on"),
    "second factor off": gettext("second factor off"),
    "recovery codes made": gettext("recovery codes made"),
    "recovery code used": gettext("recovery code used"),
    "token made": gettext("token made"),
    "token revoked": gettext("token revoked"),
    "role given": gettext("role given"),
    "role taken": gettext("role taken"),
    "added to an artist": gettext("added to an artist"),
    "part in an artist changed": gettext("part in an artist changed"),
    "removed from an artist": gettext("removed from an artist"),
    "fee of an artist set": gettext("fee of an artist set"),
    "heard a track that is not theirs, as staff": gettext("heard a track that is not theirs, as staff"),
    "data exported": gettext("data exported"),
    "muted in a channel": gettext("muted in a channel"),
    "mute in a channel lifted": gettext("mute in a channel lifted"),
    "banned from a channel": gettext("banned from a channel"),
    "ban from a channel lifted": gettext("ban from a channel lifted"),
    "made moderator of a channel": gettext("made moderator of a channel"),
    "moderator of a channel no longer": gettext("moderator of a channel no longer"),
    "channel slowed down": gettext("channel slowed down"),
    "message of a channel hidden": gettext("message of a channel hidden"),
    "message of a channel shown again": gettext("message of a channel shown again"),
    "account suspended": gettext("account suspended"),
    "suspension lifted": gettext("suspension lifted"),
    "account deleted": gettext("account deleted"),
}
"""The acts of the audit log, whose English words are stored."""
_TABLES: Mapping[str, Mapping[str, Message]] = {
    "finding": FINDINGS, "cause": CAUSES, "machine": MACHINES, "entry": ENTRIES, "action": ACTIONS,
    "source": SOURCES, "role": ROLES, "act": ACTS,
}  # fmt: skip


def called(table: str, code: str) -> Message:
    """The words for a code; one of an earlier version is shown as it is."""
    return _TABLES[table].get(code) or verbatim(code.replace("_", " "))
