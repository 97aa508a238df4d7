"""E-mail addresses: the one form in which an address is stored and compared, and what a mail may be sent to."""

from __future__ import annotations

import re
import unicodedata

from veza.kit.field_faults import FieldFault
from veza.kit.messages import Message, gettext

LONGEST = 254
"""Characters (RFC 5321, 4.5.3.1.3, less the angle brackets)."""
INTRANET_NAMES = frozenset({"local", "localhost", "test"})
"""email-validator refuses them, because they mean nothing on the internet; a Veza on a private network may use them."""

_ENCODED_WORD = "=?"
"""Begins an encoded word (RFC 2047): mail programs decode it, so that such an address would be read as another one."""
_MAILABLE = re.compile(r"[!-~]{1,64}@[!-~]{1,189}")


class BadAddress(FieldFault):
    """Text that is no e-mail address we can write to; says why, where there is more to say than that."""

    def __init__(self, reason: Message | str = "") -> None:
        example = gettext("this is no e-mail address of at most {n} characters, such as anna@example.org", n=LONGEST)
        super().__init__(gettext("{example}: {reason}", example=example, reason=reason) if reason else example)


def normalize(written: str) -> str:
    """The address as it is stored: lower case, ASCII, an international domain as IDNA 2008 writes it (`straße.de` is
    `xn--strae-oqa.de`); raises BadAddress."""
    import email_validator  # 30 ms: only who takes addresses pays it

    text = unicodedata.normalize("NFC", written).strip()
    if _ENCODED_WORD in text:
        raise BadAddress(gettext("it may not hold “{encoded_word}”", encoded_word=_ENCODED_WORD))
    refused = [name for name in email_validator.SPECIAL_USE_DOMAIN_NAMES if name not in INTRANET_NAMES]
    email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = refused
    try:
        found = email_validator.validate_email(
            text[: 2 * LONGEST],
            allow_smtputf8=False,
            check_deliverability=False,
            globally_deliverable=False,
            strict=True,
        )
    except email_validator.EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise BadAddress(reason[:1].lower() + reason[1:]) from None
    address = (found.ascii_email or "").lower()
    if not is_mailable(address):
        raise BadAddress
    return address


def is_mailable(address: str) -> bool:
    """Whether a stored address reaches exactly one mailbox when it is put into the header of a mail.

    Addresses of earlier versions were checked less.
    """
    return len(address) <= LONGEST and _ENCODED_WORD not in address and _MAILABLE.fullmatch(address) is not None
