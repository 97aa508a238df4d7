"""What is offered of refunds and disputes."""

from __future__ import annotations

from veza.lab.sandbox.offers.fields import (
    CREATED,
    EXPAND,
    METADATA_FIELD,
    PAGE,
    Fields,
    choice,
    flag,
    group,
    integer,
    only_false,
    text,
)

CREATE_REFUND: Fields = {
    "amount": integer("given back; what is left of the charge without it"),
    "charge": text("the charge; this or `payment_intent`"),
    "metadata": METADATA_FIELD,
    "payment_intent": text("the intent whose charge it is"),
    "reason": choice("duplicate", "fraudulent", "requested_by_customer", effect="kept and shown"),
    "refund_application_fee": only_false("there are no application fees"),
    "reverse_transfer": only_false("transfers are reversed by a request of their own"),
    "expand": EXPAND,
}
UPDATE_REFUND: Fields = {"metadata": METADATA_FIELD, "expand": EXPAND}
LIST_REFUNDS: Fields = {
    "charge": text("only of this charge"),
    "created": CREATED,
    "payment_intent": text("only of this intent"),
    **PAGE,
}
EVIDENCE = (
    "access_activity_log billing_address cancellation_policy_disclosure cancellation_rebuttal customer_email_address "
    "customer_name customer_purchase_ip duplicate_charge_explanation duplicate_charge_id product_description "
    "refund_policy_disclosure refund_refusal_explanation service_date shipping_address shipping_carrier shipping_date "
    "shipping_tracking_number"
).split()
UPDATE_DISPUTE: Fields = {
    "evidence": group(
        "kept and shown",
        **{name: text("kept and shown") for name in EVIDENCE},
        uncategorized_text=text(
            "kept and shown; once submitted `winning_evidence` wins the dispute and `losing_evidence` loses it"
        ),
    ),
    "metadata": METADATA_FIELD,
    "submit": flag("the evidence goes to the bank, which is the default; false only keeps it"),
    "expand": EXPAND,
}
LIST_DISPUTES: Fields = {
    "charge": text("only of this charge"),
    "created": CREATED,
    "payment_intent": text("only of this intent"),
    **PAGE,
}
