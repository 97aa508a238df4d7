"""How many tries there are of everything about accounts that can be guessed, hashes a password or writes a mail.

Each is spent before the work it limits. What the numbers mean is in `veza.kit.limits`.
"""

from __future__ import annotations

from datetime import timedelta

from veza.kit.limits import Limit

HASHING_FROM_NETWORK = Limit("hashing from", 120, timedelta(milliseconds=500))
"""Hashes of passwords, right ones too: two a second are 6 % of one core, and an office behind one address signs in at
once. Never restored."""
SIGN_IN_FROM_NETWORK = Limit("sign-in from", 30, timedelta(seconds=10))
SIGN_IN_AS_STRANGER = Limit("sign-in to", 10, timedelta(minutes=1))
"""On one account, by all devices that never signed in to it, together. The account's own devices have tries of their
own; its person on a new device resets the password by mail, which makes the device known."""
SIGN_IN_ON_DEVICE = Limit("sign-in on", 10, timedelta(minutes=1))
CODE_OF_ACCOUNT = Limit("code", 10, timedelta(minutes=5))
"""Codes have six digits: at this pace a guess succeeds once in three years. Of one account, by all devices that never
gave a right one, together."""
CODE_ON_DEVICE = Limit("code on", 10, timedelta(minutes=5))
"""A device that gave a right code has tries of its own."""
PASSWORD_AGAIN = Limit("password again", 10, timedelta(minutes=1))
CODE_AGAIN = Limit("code again", 10, timedelta(minutes=5))
"""Where a signed-in person is asked for a code: apart from sign-in, so that a thief who has only the password cannot
keep the person from changing it."""
SIGN_UP_FROM_NETWORK = Limit("sign-up", 20, timedelta(minutes=1))
MAIL_FROM_NETWORK = Limit("mail from", 20, timedelta(seconds=30))
"""Mails to set a new password that one network asks for."""
EMAIL_CHANGE = Limit("change of address", 5, timedelta(minutes=15))
"""Asked for by one person: each mails to two addresses."""
RESET_FROM_NETWORK = Limit("reset from", 20, timedelta(seconds=30))
"""New passwords set with a mailed link."""
MAIL_TO_ADDRESS = Limit("mail", 5, timedelta(minutes=15))
"""Strangers fill no mailbox. Beyond it the answer stays the same, only no mail is sent."""
WARNING_TO_PERSON = Limit("warning", 20, timedelta(minutes=5))
"""Mails about a new device, a new token or a reused code."""
