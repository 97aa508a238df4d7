"""What is signed for one purpose is read back for that purpose alone, and so is what earlier versions signed."""

from __future__ import annotations

from uuid import UUID

import pytest

from veza.accounts.devices import Devices
from veza.community.notices import Notices, Stop
from veza.community.preferences import NoticeKind
from veza.kit.clock import ManualClock
from veza.kit.signing import BadSignature, Signer

ANNA = UUID("01930000-0000-7000-8000-000000000001")


def test_a_value_comes_back_as_it_was_signed() -> None:
    signer = Signer("secret", "links")
    for value in (["a", 1, None, {"b": ["é"]}], "text", 7, "x" * 10_000):
        signed = signer.sign(value)
        assert signer.read(signed) == value
        assert signer.made(signed)
        assert signed.isascii()
        assert not set(signed) & set(' "<>&?#%;,=')


OTHERS = [Signer("secret", "cookies").sign(1), Signer("other", "links").sign(1)]


@pytest.mark.parametrize("text", ["", ".", "x", "WyJhIl0.x", "é", "\ud800", "\0", *OTHERS])
def test_what_was_signed_for_another_purpose_or_not_at_all_is_refused(text: str) -> None:
    signer = Signer("secret", "links")
    assert not signer.made(text)
    with pytest.raises(BadSignature):
        signer.read(text)


def test_a_signed_value_that_was_changed_or_cut_is_refused() -> None:
    signer = Signer("secret", "links")
    signed = signer.sign(["anna", 1])
    assert not any(signer.made(changed) for changed in (signed[:-2], signed[1:], f"x{signed}", f"{signed}x"))


def test_a_signature_alone_does_not_hold_its_text_and_fits_no_other() -> None:
    signer = Signer("secret", "forms")
    signature = signer.signature("a session's secret")
    assert signer.fits("a session's secret", signature)
    assert "." not in signature
    assert len(signature) == 43  # 32 bytes in base64
    for text, given in (("another", signature), ("a session's secret", ""), ("a session's secret", "é")):
        assert not signer.fits(text, given)
    assert not Signer("secret", "other forms").fits("a session's secret", signature)


@pytest.mark.parametrize(
    ("token", "stop"),
    [
        (
            ".eJyLVipKTSvNS1HSUTIwtDQ2AAJdMGEOIixgXCgwVNLJK83JiQUAYaoMqQ.XggRrlzsEEyp0_nJxV20hoFV9FQX0HvY1OgwL80uCyw",
            Stop(NoticeKind.REFUND, ANNA, None),
        ),
        (
            ".eJwFwbkNwCAMAMBdqCnAxmBmiVL4o0IUkdg_d0_6Yt3jKZ-7d04zRgsxNGWqwKDejVSkSCNDdicC6MyBVtCrNVWiNQFxFBGD9P4Avxel"
            ".92vZDkEU7iO2d1M6V0o6B9erUzdRDHZO_Hibkd1TovM",
            Stop(NoticeKind.REFUND, None, "9e74eac3cb851282bd6c5baa0a45c38dd5522688e3c03d1c4bb55f923370aac2"),
        ),
    ],
)
def test_the_stop_links_in_mails_of_earlier_versions_still_stop(token: str, stop: Stop) -> None:
    """Written by the version before `kit/signing.py`; a mail is read for years."""
    assert Notices("https://veza.test", "a secret of this test").read(token) == stop


def test_a_device_of_an_earlier_version_is_still_known() -> None:
    cookie = (
        ".eJyLVjKJcLIMNnIMcnTyKnbLSg9W0jE0NzM3MzA2MzDQiVYyMLQ0NgACXTBhDiIsYFwoMFSK1YmOjQUAnKYQ0w"
        ".DOQo4D4rUDSIaC6m6Zo1t1E09wLxZVHzAS9c4pcbyJc"
    )
    assert Devices("secret", ManualClock()).read(cookie, ANNA) is not None
