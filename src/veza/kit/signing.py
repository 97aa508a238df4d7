"""Signed values: a link or a cookie carries one. Anyone can read it; only who has the secret can make one.

It lies here and not in `http`, because accounts and community write links into mails (decision 0055).
"""

from __future__ import annotations

import hashlib
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from veza.kit.messages import gettext


class BadSignature(ValueError):
    """The text was not signed here for this purpose, or its end is missing."""

    def __init__(self) -> None:
        super().__init__(gettext("this was not signed here, or its end is missing"))


class Signer:
    """Signs small JSON values for one purpose; `secret` is the same in every process.

    What is signed for one purpose is refused for every other one. A signature lasts as long as the secret: a value
    that ends earlier holds its end. A changed form of the value takes another version in `purpose`.
    """

    def __init__(self, secret: str, purpose: str) -> None:
        options = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        self._serializer = URLSafeSerializer(secret, salt=purpose, signer_kwargs=options)
        self._bare = self._serializer.make_signer(purpose)

    def sign(self, value: Any) -> str:
        """`value` and its signature, in letters that a link and a cookie may hold."""
        return str(self._serializer.dumps(value))

    def read(self, text: str) -> Any:
        """The value that `sign` was given; raises BadSignature."""
        try:
            return self._serializer.loads(text)
        except (BadData, ValueError):
            raise BadSignature from None

    def made(self, text: str) -> bool:
        """Whether `sign` made this text, of any value."""
        try:
            self.read(text)
        except BadSignature:
            return False
        return True

    def signature(self, secret_text: str) -> str:
        """The signature alone, of a text that is not to be read in it."""
        return self._bare.get_signature(secret_text).decode()

    def fits(self, secret_text: str, signature: str) -> bool:
        """Whether `signature` made this of the text; takes as long for a good guess as for a bad one."""
        return self._bare.verify_signature(secret_text, signature)
