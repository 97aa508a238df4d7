"""What is offered of connected accounts, transfers and their reversals."""

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
    only_false,
    required,
    text,
)

CAPABILITY = group("asked for", requested=flag("becomes active when onboarding is complete; false gives it back"))
ACCOUNT: Fields = {
    "business_profile": group(
        "kept and shown",
        mcc=text("kept and shown"),
        name=text("kept and shown; fills in the onboarding page"),
        product_description=text("kept and shown"),
        support_address=group("kept and shown", **ADDRESS),
        support_email=email("kept and shown"),
        support_phone=text("kept and shown"),
        support_url=text("kept and shown"),
        url=text("kept and shown"),
    ),
    "business_type": choice("company", "government_entity", "individual", "non_profit", effect="kept and shown"),
    "capabilities": group("what the account shall be able to do", transfers=CAPABILITY, card_payments=CAPABILITY),
    "default_currency": text("the currency its empty balance is shown in"),
    "email": email("kept and shown"),
    "metadata": METADATA_FIELD,
    "settings": group(
        "kept and shown",
        payouts=group(
            "kept and shown",
            debit_negative_balances=flag("kept and shown"),
            statement_descriptor=text("kept and shown"),
        ),
    ),
    "expand": EXPAND,
}
CREATE_ACCOUNT: Fields = {
    **ACCOUNT,
    "controller": group(
        "who answers for the account, instead of `type`",
        fees=group("fees", payer=choice("account", "application", effect="kept and shown")),
        losses=group("losses", payments=choice("application", "stripe", effect="kept and shown")),
        requirement_collection=choice("application", "stripe", effect="kept and shown"),
        stripe_dashboard=group(
            "dashboard", type=choice("express", "full", "none", effect="decides the account's `type`")
        ),
    ),
    "country": text("its country and, from it, its currency"),
    "type": choice("custom", "express", "standard", effect="kept and shown"),
}
LIST_ACCOUNTS: Fields = {"created": CREATED, **PAGE}
CREATE_LINK: Fields = {
    "account": required(text("whose page it is")),
    "collect": choice("currently_due", "eventually_due", effect="nothing: the page asks for the same"),
    "refresh_url": required(text("where the link leads once it has run out, 5 minutes after it was made")),
    "return_url": required(text("where the page leads when it is filled in")),
    "type": required(choice("account_onboarding", "account_update", effect="nothing: the page is the same")),
    "expand": EXPAND,
}

CREATE_TRANSFER: Fields = {
    "amount": required(integer("sent, in minor units")),
    "currency": required(text("the currency of the balance it leaves from")),
    "description": text("kept and shown"),
    "destination": required(text("the connected account")),
    "metadata": METADATA_FIELD,
    "source_transaction": text("the charge it is paid from, so that it need not wait for the platform's balance"),
    "source_type": choice("card", effect="nothing: balances come from cards only"),
    "transfer_group": text("kept and shown; without it the charge's"),
    "expand": EXPAND,
}
UPDATE_TRANSFER: Fields = {"description": text("kept and shown"), "metadata": METADATA_FIELD, "expand": EXPAND}
LIST_TRANSFERS: Fields = {
    "created": CREATED,
    "destination": text("only to this account"),
    "transfer_group": text("only of this group"),
    **PAGE,
}
CREATE_REVERSAL: Fields = {
    "amount": integer("taken back; what is left of the transfer without it"),
    "description": text("shown as the description of the balance transaction"),
    "metadata": METADATA_FIELD,
    "refund_application_fee": only_false("there are no application fees"),
    "expand": EXPAND,
}
UPDATE_REVERSAL: Fields = {"metadata": METADATA_FIELD, "expand": EXPAND}
