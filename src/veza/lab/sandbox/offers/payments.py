"""What is offered of payment intents, charges, customers and payment methods."""

from __future__ import annotations

from veza.lab.sandbox.offers.fields import (
    ADDRESS,
    CREATED,
    EXPAND,
    METADATA_FIELD,
    PAGE,
    Fields,
    choice,
    email,
    flag,
    group,
    integer,
    required,
    text,
    texts,
)

CAPTURE = choice(
    "automatic",
    "automatic_async",
    "manual",
    effect="`automatic` books the charge at once, `automatic_async` (the default) a moment later with "
    "`charge.updated`, `manual` waits for `/capture` and lets go of the money after 7 days",
)
SHIPPING = group(
    "kept, and shown on intent and charge",
    address=group("kept and shown", **ADDRESS),
    carrier=text("kept and shown"),
    name=text("kept and shown"),
    phone=text("kept and shown"),
    tracking_number=text("kept and shown"),
)
THREE_D_SECURE = group(
    "how the card is charged",
    card=group(
        "how the card is charged",
        request_three_d_secure=choice(
            "any", "automatic", "challenge", effect="`any` and `challenge` ask every card for authentication"
        ),
    ),
)
PAYMENT_METHOD = text("a test payment method such as `pm_card_visa`, or a payment method made here")
CARDS_ONLY = "nothing: there are only cards"
DESCRIPTORS = {
    "statement_descriptor": text("kept and shown"),
    "statement_descriptor_suffix": text("ends the charge's `calculated_statement_descriptor`"),
}
ACTIONS: Fields = {
    "error_on_requires_action": flag("a card that asks for authentication is declined instead"),
    "off_session": flag("the buyer is away: a card that asks for authentication is declined"),
    "return_url": text("where the authentication page leads back to; without it `next_action` is `use_stripe_sdk`"),
    "use_stripe_sdk": flag("`next_action` is `use_stripe_sdk`"),
}
INTENT: Fields = {
    "customer": text("the customer that pays"),
    "description": text("kept, and shown on intent and charge"),
    "metadata": METADATA_FIELD,
    "payment_method": PAYMENT_METHOD,
    "payment_method_options": THREE_D_SECURE,
    "receipt_email": email("kept, and shown on intent and charge"),
    "setup_future_usage": choice(
        "off_session", "on_session", effect="the payment method is attached to the customer when it has paid"
    ),
    "shipping": SHIPPING,
    "transfer_group": text("kept, and shown on intent, charge and the transfers made from it"),
    "allowed_payment_method_types": texts(CARDS_ONLY, "card"),
    "expand": EXPAND,
    **DESCRIPTORS,
}

OLD_TYPES = texts(CARDS_ONLY, "card").named("taken by Stripe until 2026-08-26.dahlia")
CREATE_INTENT: Fields = {
    "amount": required(integer("charged, in minor units")),
    "currency": required(text("the currency charged")),
    "capture_method": CAPTURE,
    "confirm": flag("charge at once"),
    "confirmation_method": choice("automatic", effect="nothing: the only way here"),
    "automatic_payment_methods": group(
        "shown on the intent; there are only cards",
        enabled=required(flag("shown on the intent")),
        allow_redirects=choice("always", "never", effect="shown on the intent; `never` asks for no redirect"),
    ),
    "payment_method_types": OLD_TYPES,
    **INTENT,
    **ACTIONS,
}
UPDATE_INTENT: Fields = {
    "amount": integer("the new amount, while nothing was charged"),
    "currency": text("the new currency, while nothing was charged"),
    "capture_method": CAPTURE,
    "payment_method_types": OLD_TYPES,
    **INTENT,
}
CONFIRM_INTENT: Fields = {
    "capture_method": CAPTURE,
    "payment_method": PAYMENT_METHOD,
    "payment_method_options": THREE_D_SECURE,
    "payment_method_types": OLD_TYPES,
    "receipt_email": INTENT["receipt_email"],
    "setup_future_usage": INTENT["setup_future_usage"],
    "shipping": SHIPPING,
    "expand": EXPAND,
    **ACTIONS,
}
CAPTURE_INTENT: Fields = {
    "amount_to_capture": integer("capture only this much; the rest goes back to the card"),
    "metadata": METADATA_FIELD,
    "final_capture": flag("nothing when true, as every capture is final here; false is refused").valued("true"),
    "expand": EXPAND,
    **DESCRIPTORS,
}
CANCEL_INTENT: Fields = {
    "cancellation_reason": choice(
        "abandoned", "duplicate", "fraudulent", "requested_by_customer", effect="kept and shown"
    ),
    "expand": EXPAND,
}
LIST_INTENTS: Fields = {"created": CREATED, "customer": text("only this customer's"), **PAGE}

UPDATE_CHARGE: Fields = {
    "customer": text("the customer, where there is none yet"),
    "description": text("kept and shown"),
    "fraud_details": group(
        "kept and shown", user_report=choice("fraudulent", "safe", effect="kept and shown; empty takes it away")
    ),
    "metadata": METADATA_FIELD,
    "receipt_email": email("kept and shown"),
    "shipping": SHIPPING,
    "transfer_group": text("kept, where there is none yet"),
    "expand": EXPAND,
}
LIST_CHARGES: Fields = {
    "created": CREATED,
    "customer": text("only this customer's"),
    "payment_intent": text("only this intent's"),
    "transfer_group": text("only of this group"),
    **PAGE,
}

CUSTOMER: Fields = {
    "address": group("kept and shown", **ADDRESS),
    "description": text("kept and shown"),
    "email": email("kept and shown; fills in the pay page"),
    "invoice_settings": group(
        "kept and shown", default_payment_method=text("kept and shown; must be attached to the customer")
    ),
    "metadata": METADATA_FIELD,
    "name": text("kept and shown; fills in the pay page"),
    "phone": text("kept and shown"),
    "preferred_locales": texts("kept and shown"),
    "shipping": group(
        "kept and shown",
        address=group("kept and shown", **ADDRESS),
        name=text("kept and shown"),
        phone=text("kept and shown"),
    ),
    "expand": EXPAND,
}
CREATE_CUSTOMER: Fields = {**CUSTOMER, "payment_method": text("attached to the new customer")}
LIST_CUSTOMERS: Fields = {"created": CREATED, "email": text("only with this address, letter case counts"), **PAGE}

BILLING = group(
    "kept and shown",
    address=group("kept and shown", **ADDRESS),
    email=email("kept and shown"),
    name=text("kept and shown"),
    phone=text("kept and shown"),
)
CREATE_METHOD: Fields = {
    "type": required(choice("card", effect="nothing: there are only cards")),
    "card": group("the card", token=required(text("a test token such as `tok_visa`; raw card numbers are not taken"))),
    "billing_details": BILLING,
    "metadata": METADATA_FIELD,
    "expand": EXPAND,
}
UPDATE_METHOD: Fields = {"billing_details": BILLING, "metadata": METADATA_FIELD, "expand": EXPAND}
ATTACH_METHOD: Fields = {"customer": required(text("the customer it is attached to")), "expand": EXPAND}
LIST_METHODS: Fields = {
    "customer": text("only this customer's"),
    "type": choice("card", effect="nothing: there are only cards"),
    **PAGE,
}
LIST_CUSTOMER_METHODS: Fields = {"type": LIST_METHODS["type"], **PAGE}
