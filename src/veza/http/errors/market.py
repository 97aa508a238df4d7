"""Errors of the market: which kind of problem each is, with a lasting `type`."""

from __future__ import annotations

from veza.http.problems import NOT_FOUND, Kind
from veza.kit.messages import gettext
from veza.market.cart import CartFull, NotInCart
from veza.market.checkout import AddressNeeded, CartEmpty, PaymentUnderWay, PriceChanged
from veza.market.claims import AddressUnconfirmed, UnknownClaim
from veza.market.codes import BadCode, NotOut, UnknownBatch
from veza.market.orders import UnknownLine, UnknownOrder
from veza.market.owned import OwnedAlready
from veza.market.products import NotForSale, ProductExists, UnknownItem, UnknownProduct
from veza.market.receipts import NoReceipt
from veza.market.refund_requests import CannotAsk, CannotDecide, UnknownRequest

CART_TOKEN_MISSING = Kind(
    "cart-token-missing",
    400,
    gettext("Whose cart?"),
    "Sign in, or send `X-Veza-Cart` (or the cookie): `GET /api/v1/cart` gives one.",
    "the request has no session and no cart token: GET /api/v1/cart gives one",
)
NOT_FOR_SALE = Kind(
    "not-for-sale",
    409,
    gettext("It cannot be bought now"),
    "`detail` says why; take it out of the cart.",
    "“Blue Hours” by Anna Berg is not on sale",
)
OWNED_ALREADY = Kind(
    "owned-already",
    409,
    gettext("The buyer owns it already"),
    "`detail` says which product the library, or the cart, holds already.",
    "you own “Blue Hours” by Anna Berg already: it is in your library",
)
PAYMENT_UNDER_WAY = Kind(
    "payment-under-way",
    409,
    gettext("A payment for the same is under way"),
    "`detail` says for what: the buyer's bank takes days for it, and paying again would pay twice.",
    "your bank is still carrying out the payment for “Blue Hours” by Anna Berg, which may take days",
)
CART_FULL = Kind(
    "cart-full",
    409,
    gettext("The cart is full"),
    "Check out, or take something out.",
    "a cart holds at most 100 things: check out, or take something out first",
)
CART_EMPTY = Kind("cart-empty", 409, gettext("The cart is empty"), "Put something in first.", "the cart is empty")
PRICE_CHANGED = Kind(
    "price-changed",
    409,
    gettext("A price changed since it was shown"),
    "`changes` has old and new; the cart shows the new prices now. Ask the buyer, then check out again.",
    "“Blue Hours” was 9.00 EUR and is 11.00 EUR now: look at the cart and check out again",
)
ADDRESS_NEEDED = Kind(
    "address-needed",
    422,
    gettext("An e-mail address is needed"),
    "Sign in, or send `email`: the link to what was bought goes there.",
    "sign in, or say with `email` where the link to what you bought shall go",
)
PRODUCT_EXISTS = Kind(
    "product-exists",
    409,
    gettext("It has a product already"),
    "A release or track is sold as one product: change that one.",
    "release 01890000-0000-7000-8000-000000000021 has a product already: change that one",
)
BAD_CODE = Kind(
    "bad-code",
    422,
    gettext("The code gives nothing"),
    "Check how it is written; a used or revoked code is not told from a wrong one.",
    "this code is not known, was used, or is no longer valid",
)
NOT_OUT = Kind(
    "not-out",
    409,
    gettext("It is not out now"),
    "Try the code once it is published: it was not used up.",
    "what this code is for is not out now: the code is still good, try it once it is published",
)
ADDRESS_UNCONFIRMED = Kind(
    "address-unconfirmed",
    403,
    gettext("The e-mail address is not confirmed"),
    "Confirm it, or use the link that was sent.",
    "confirm your e-mail address first, or use the link that was sent to you",
)
NO_REFUND = Kind(
    "no-refund",
    409,
    gettext("This cannot be refunded"),
    "`detail` says why: the window is over, it went back already, or it was asked for already.",
    "a refund of “Blue Hours” could be asked for until 2026-01-16, 14d after it was paid",
)
DECIDED_ALREADY = Kind(
    "awaits-no-decision",
    409,
    gettext("The request waits for no decision"),
    "`detail` says what it is now; another request may have decided it first.",
    "refund request 01890000-0000-7000-8000-000000000031 is refunded: it cannot be declined",
)

KINDS: tuple[Kind, ...] = (
    CART_TOKEN_MISSING, NOT_FOR_SALE, OWNED_ALREADY, PAYMENT_UNDER_WAY, CART_FULL, CART_EMPTY, PRICE_CHANGED,
    ADDRESS_NEEDED, PRODUCT_EXISTS, BAD_CODE, NOT_OUT, ADDRESS_UNCONFIRMED, NO_REFUND, DECIDED_ALREADY,
)  # fmt: skip
"""The kinds of problem only this file has."""

ERRORS: dict[type[Exception], Kind] = {
    AddressNeeded: ADDRESS_NEEDED,
    AddressUnconfirmed: ADDRESS_UNCONFIRMED,
    BadCode: BAD_CODE,
    CannotAsk: NO_REFUND,
    CannotDecide: DECIDED_ALREADY,
    CartEmpty: CART_EMPTY,
    CartFull: CART_FULL,
    NoReceipt: NOT_FOUND,
    NotForSale: NOT_FOR_SALE,
    NotOut: NOT_OUT,
    NotInCart: NOT_FOUND,
    OwnedAlready: OWNED_ALREADY,
    PaymentUnderWay: PAYMENT_UNDER_WAY,
    PriceChanged: PRICE_CHANGED,
    ProductExists: PRODUCT_EXISTS,
    UnknownBatch: NOT_FOUND,
    UnknownClaim: NOT_FOUND,
    UnknownItem: NOT_FOUND,
    UnknownLine: NOT_FOUND,
    UnknownOrder: NOT_FOUND,
    UnknownProduct: NOT_FOUND,
    UnknownRequest: NOT_FOUND,
}
"""Error → kind."""
