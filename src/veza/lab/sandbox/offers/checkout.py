"""What is offered of checkout sessions."""

from __future__ import annotations

from veza.lab.sandbox.offers.fields import (
    CREATED,
    EXPAND,
    METADATA_FIELD,
    PAGE,
    Fields,
    choice,
    each,
    email,
    flag,
    group,
    integer,
    only_false,
    required,
    text,
    texts,
)
from veza.lab.sandbox.offers.payments import CAPTURE, CARDS_ONLY, DESCRIPTORS, OLD_TYPES, SHIPPING, THREE_D_SECURE

MESSAGE = {"message": required(text("the words shown"))}
PRODUCT: Fields = {
    "name": required(text("the line's name on the page and its `description`")),
    "description": text("shown under the name"),
    "images": texts("kept on the product, seen with `expand=line_items.data.price.product`"),
    "metadata": METADATA_FIELD,
}
PRICE: Fields = {
    "currency": required(text("one currency for all lines")),
    "product_data": required(group("what is sold", **PRODUCT)),
    "unit_amount": required(integer("the price of one, in minor units")),
}
CREATE_SESSION: Fields = {
    "adaptive_pricing": group("what else buyers may pay in", enabled=only_false("buyers pay in the given currency")),
    "allow_promotion_codes": only_false(),
    "allowed_payment_method_types": texts(CARDS_ONLY, "card"),
    "automatic_tax": group("taxes", enabled=required(only_false("no tax is added"))),
    "billing_address_collection": choice(
        "auto", "required", effect="`required`: the page asks for country and postal code, shown in `customer_details`"
    ),
    "cancel_url": text("where the page's way back leads"),
    "client_reference_id": text("kept and shown"),
    "currency": text("must be the currency of the lines"),
    "custom_text": group(
        "words on the page",
        after_submit=group("shown under the button", **MESSAGE),
        submit=group("shown over the button", **MESSAGE),
    ),
    "customer": text("the customer that pays; its address fills in the page"),
    "customer_creation": choice(
        "always", "if_required", effect="`always`: paying makes a customer, `if_required`: none is ever required"
    ),
    "customer_email": email("fills in the page and cannot be changed there"),
    "expires_at": integer("when the page ends, 30 minutes to 24 hours from now, 24 hours without it"),
    "invoice_creation": group("invoices", enabled=required(only_false("no invoice is made"))),
    "line_items": each(
        "what is sold, up to 100 lines",
        price_data=required(group("the price, made for this line", **PRICE)),
        quantity=required(integer("how many")),
        metadata=METADATA_FIELD,
    ),
    "locale": choice("auto", "en", effect="nothing: the page speaks English"),
    "metadata": METADATA_FIELD,
    "mode": choice("payment", effect="nothing: one-off payments only"),
    "payment_intent_data": group(
        "goes to the payment intent",
        capture_method=CAPTURE,
        description=text("kept, and shown on intent and charge"),
        metadata=METADATA_FIELD,
        receipt_email=email("kept, and shown on intent and charge"),
        setup_future_usage=choice(
            "off_session", "on_session", effect="the card is kept for the customer, which is made if there is none"
        ),
        shipping=SHIPPING,
        transfer_group=text("kept, and shown on intent, charge and the transfers made from it"),
        **DESCRIPTORS,
    ),
    "payment_method_collection": choice("always", "if_required", effect="nothing: every payment is by card"),
    "payment_method_options": THREE_D_SECURE,
    "payment_method_types": OLD_TYPES,
    "phone_number_collection": group(
        "telephone", enabled=required(flag("the page asks for a number, shown in `customer_details`"))
    ),
    "submit_type": choice("auto", "book", "donate", "pay", effect="the word on the button"),
    "success_url": required(text("where paying leads; `{CHECKOUT_SESSION_ID}` is filled in")),
    "tax_id_collection": group("tax ids", enabled=required(only_false("the page asks for none"))),
    "ui_mode": choice("hosted_page", effect="nothing: a page at `url` is the only form here"),
    "expand": EXPAND,
}
UPDATE_SESSION: Fields = {"metadata": METADATA_FIELD, "expand": EXPAND}
LIST_SESSIONS: Fields = {
    "created": CREATED,
    "customer": text("only this customer's"),
    "customer_details": group("the buyer", email=required(text("only of the buyer with this address"))),
    "payment_intent": text("only the one of this intent"),
    "status": choice("complete", "expired", "open", effect="only in this state"),
    **PAGE,
}
LIST_LINES: Fields = PAGE
