"""Every endpoint that is offered, with its parameters: the one table behind refusals and pages."""

from __future__ import annotations

from dataclasses import dataclass

from veza.lab.sandbox.offers import checkout, connect, payments, platform, returns
from veza.lab.sandbox.offers.fields import ONLY_EXPAND, PAGE, Fields
from veza.lab.sandbox.offers.typings import Parameters


@dataclass(frozen=True, slots=True)
class Offer:
    """One endpoint.

    does    what it does, in words
    shows   the kind of object it answers, or lists
    fields  the parameters it takes
    known   the parameters Stripe's typings know
    seller  whether it may be used on behalf of a connected account
    """

    does: str
    shows: str
    fields: Fields
    known: Parameters
    seller: bool = False

    @property
    def is_list(self) -> bool:
        return "starting_after" in self.fields


def _offer(does: str, shows: str, source: str, fields: Fields = ONLY_EXPAND, *, seller: bool = False) -> Offer:
    return Offer(does, shows, fields, Parameters(source), seller)


OFFERS: dict[tuple[str, str], Offer] = {
    ("POST", "/v1/checkout/sessions"): _offer(
        "open a page to pay on", "checkout.session", "checkout/session_create", checkout.CREATE_SESSION
    ),
    ("GET", "/v1/checkout/sessions"): _offer(
        "list sessions", "checkout.session", "checkout/session_list", checkout.LIST_SESSIONS
    ),
    ("GET", "/v1/checkout/sessions/*"): _offer("read one", "checkout.session", "checkout/session_retrieve"),
    ("POST", "/v1/checkout/sessions/*"): _offer(
        "change one", "checkout.session", "checkout/session_update", checkout.UPDATE_SESSION
    ),
    ("POST", "/v1/checkout/sessions/*/expire"): _offer(
        "close an open one", "checkout.session", "checkout/session_expire"
    ),
    ("GET", "/v1/checkout/sessions/*/line_items"): _offer(
        "list what it sells", "item", "checkout/session_line_item_list", checkout.LIST_LINES
    ),
    ("POST", "/v1/payment_intents"): _offer(
        "ask for money", "payment_intent", "payment_intent_create", payments.CREATE_INTENT
    ),
    ("GET", "/v1/payment_intents"): _offer(
        "list intents", "payment_intent", "payment_intent_list", payments.LIST_INTENTS
    ),
    ("GET", "/v1/payment_intents/*"): _offer("read one", "payment_intent", "payment_intent_retrieve"),
    ("POST", "/v1/payment_intents/*"): _offer(
        "change one", "payment_intent", "payment_intent_update", payments.UPDATE_INTENT
    ),
    ("POST", "/v1/payment_intents/*/confirm"): _offer(
        "charge the card", "payment_intent", "payment_intent_confirm", payments.CONFIRM_INTENT
    ),
    ("POST", "/v1/payment_intents/*/capture"): _offer(
        "take what was held", "payment_intent", "payment_intent_capture", payments.CAPTURE_INTENT
    ),
    ("POST", "/v1/payment_intents/*/cancel"): _offer(
        "let go of it", "payment_intent", "payment_intent_cancel", payments.CANCEL_INTENT
    ),
    ("GET", "/v1/charges"): _offer("list charges", "charge", "charge_list", payments.LIST_CHARGES),
    ("GET", "/v1/charges/*"): _offer("read one", "charge", "charge_retrieve", seller=True),
    ("POST", "/v1/charges/*"): _offer("change one", "charge", "charge_update", payments.UPDATE_CHARGE),
    ("GET", "/v1/charges/*/refunds"): _offer("list its refunds", "refund", "charge_list_refunds", PAGE),
    ("POST", "/v1/customers"): _offer("keep a buyer", "customer", "customer_create", payments.CREATE_CUSTOMER),
    ("GET", "/v1/customers"): _offer("list customers", "customer", "customer_list", payments.LIST_CUSTOMERS),
    ("GET", "/v1/customers/*"): _offer("read one", "customer", "customer_retrieve"),
    ("POST", "/v1/customers/*"): _offer("change one", "customer", "customer_update", payments.CUSTOMER),
    ("DELETE", "/v1/customers/*"): _offer("forget one", "customer", "customer_delete", {}),
    ("GET", "/v1/customers/*/payment_methods"): _offer(
        "list its payment methods", "payment_method", "customer_payment_method_list", payments.LIST_CUSTOMER_METHODS
    ),
    ("GET", "/v1/customers/*/payment_methods/*"): _offer(
        "read one of them", "payment_method", "customer_payment_method_retrieve"
    ),
    ("POST", "/v1/payment_methods"): _offer(
        "keep a card", "payment_method", "payment_method_create", payments.CREATE_METHOD
    ),
    ("GET", "/v1/payment_methods"): _offer(
        "list a customer's", "payment_method", "payment_method_list", payments.LIST_METHODS
    ),
    ("GET", "/v1/payment_methods/*"): _offer("read one", "payment_method", "payment_method_retrieve"),
    ("POST", "/v1/payment_methods/*"): _offer(
        "change one", "payment_method", "payment_method_update", payments.UPDATE_METHOD
    ),
    ("POST", "/v1/payment_methods/*/attach"): _offer(
        "give it to a customer", "payment_method", "payment_method_attach", payments.ATTACH_METHOD
    ),
    ("POST", "/v1/payment_methods/*/detach"): _offer(
        "take it from its customer", "payment_method", "payment_method_detach"
    ),
    ("POST", "/v1/refunds"): _offer("give money back", "refund", "refund_create", returns.CREATE_REFUND),
    ("GET", "/v1/refunds"): _offer("list refunds", "refund", "refund_list", returns.LIST_REFUNDS),
    ("GET", "/v1/refunds/*"): _offer("read one", "refund", "refund_retrieve", seller=True),
    ("POST", "/v1/refunds/*"): _offer("change one", "refund", "refund_update", returns.UPDATE_REFUND),
    ("POST", "/v1/refunds/*/cancel"): _offer(
        "always refused: cards make no refund that waits for the buyer", "refund", "refund_cancel"
    ),
    ("GET", "/v1/disputes"): _offer("list disputes", "dispute", "dispute_list", returns.LIST_DISPUTES),
    ("GET", "/v1/disputes/*"): _offer("read one", "dispute", "dispute_retrieve"),
    ("POST", "/v1/disputes/*"): _offer("bring evidence", "dispute", "dispute_update", returns.UPDATE_DISPUTE),
    ("POST", "/v1/disputes/*/close"): _offer("give in: it is lost", "dispute", "dispute_close"),
    ("POST", "/v1/transfers"): _offer("send money to a seller", "transfer", "transfer_create", connect.CREATE_TRANSFER),
    ("GET", "/v1/transfers"): _offer("list transfers", "transfer", "transfer_list", connect.LIST_TRANSFERS),
    ("GET", "/v1/transfers/*"): _offer("read one", "transfer", "transfer_retrieve"),
    ("POST", "/v1/transfers/*"): _offer("change one", "transfer", "transfer_update", connect.UPDATE_TRANSFER),
    ("POST", "/v1/transfers/*/reversals"): _offer(
        "take money back", "transfer_reversal", "transfer_create_reversal", connect.CREATE_REVERSAL
    ),
    ("GET", "/v1/transfers/*/reversals"): _offer(
        "list what was taken back", "transfer_reversal", "transfer_list_reversals", PAGE
    ),
    ("GET", "/v1/transfers/*/reversals/*"): _offer("read one", "transfer_reversal", "transfer_retrieve_reversal"),
    ("POST", "/v1/transfers/*/reversals/*"): _offer(
        "change one", "transfer_reversal", "transfer_modify_reversal", connect.UPDATE_REVERSAL
    ),
    ("GET", "/v1/account"): _offer("read one's own", "account", "account_retrieve_current", seller=True),
    ("POST", "/v1/accounts"): _offer("open a seller's account", "account", "account_create", connect.CREATE_ACCOUNT),
    ("GET", "/v1/accounts"): _offer("list accounts", "account", "account_list", connect.LIST_ACCOUNTS),
    ("GET", "/v1/accounts/*"): _offer("read one", "account", "account_retrieve"),
    ("POST", "/v1/accounts/*"): _offer("change one", "account", "account_update", connect.ACCOUNT),
    ("POST", "/v1/account_links"): _offer(
        "make a link to the onboarding page", "account_link", "account_link_create", connect.CREATE_LINK
    ),
    ("GET", "/v1/balance"): _offer("read what is held", "balance", "balance_retrieve", seller=True),
    ("GET", "/v1/balance_transactions"): _offer(
        "list what moved it",
        "balance_transaction",
        "balance_transaction_list",
        platform.LIST_BALANCE_TRANSACTIONS,
        seller=True,
    ),
    ("GET", "/v1/balance_transactions/*"): _offer(
        "read one", "balance_transaction", "balance_transaction_retrieve", seller=True
    ),
    ("GET", "/v1/balance/history"): _offer(
        "the same under its old address",
        "balance_transaction",
        "balance_transaction_list",
        platform.LIST_BALANCE_TRANSACTIONS,
        seller=True,
    ),
    ("GET", "/v1/events"): _offer(
        "list the last 30 days' events", "event", "event_list", platform.LIST_EVENTS, seller=True
    ),
    ("GET", "/v1/events/*"): _offer("read one", "event", "event_retrieve", seller=True),
    ("POST", "/v1/webhook_endpoints"): _offer(
        "have events delivered", "webhook_endpoint", "webhook_endpoint_create", platform.CREATE_ENDPOINT
    ),
    ("GET", "/v1/webhook_endpoints"): _offer("list endpoints", "webhook_endpoint", "webhook_endpoint_list", PAGE),
    ("GET", "/v1/webhook_endpoints/*"): _offer("read one", "webhook_endpoint", "webhook_endpoint_retrieve"),
    ("POST", "/v1/webhook_endpoints/*"): _offer(
        "change one", "webhook_endpoint", "webhook_endpoint_update", platform.UPDATE_ENDPOINT
    ),
    ("DELETE", "/v1/webhook_endpoints/*"): _offer("remove one", "webhook_endpoint", "webhook_endpoint_delete", {}),
}
