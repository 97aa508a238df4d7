"""One form of each address, the one that IDNA 2008 gives, and nothing that reads as another address."""

from __future__ import annotations

import pytest

from veza.kit.email_addresses import BadAddress, is_mailable, normalize


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (" Anna@Example.ORG ", "anna@example.org"),
        ("anna@straße.de", "anna@xn--strae-oqa.de"),
        ("anna@faß.de", "anna@xn--fa-hia.de"),
        ("anna@strasse.de", "anna@strasse.de"),
        ("anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
        ("anna@bu\u0308cher.example", "anna@xn--bcher-kva.example"),
        ("anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example"),
        ("anna@ＥＸＡＭＰＬＥ.org", "anna@example.org"),
        ("a=00@example.org", "a=00@example.org"),
        ("o'neil+music@example.org", "o'neil+music@example.org"),
        ("anna@nas.local", "anna@nas.local"),
        ("anna@localhost", "anna@localhost"),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
    ],
)
def test_what_is_stored(written: str, stored: str) -> None:
    assert normalize(written) == stored
    assert normalize(stored) == stored
    assert is_mailable(stored)


@pytest.mark.parametrize(
    "written",
    [
        "", "@", "anna", "anna@", "@example.org", "a@b@c", "anna@exa mple.org", "änna@example.org",
        "=?utf-8?q?anna?=@example.org", "anna@=?utf-8?q?example?=.org", "=?utf-8?b?YQ==?=@example.org",
        ".anna@example.org", "an..na@example.org", "anna.@example.org", "anna@.example.org", "anna@example.org.",
        "anna@example..org", "anna\r\n@example.org", "anna@example.org\r\nBcc: ben@example.org", "anna\x00@example.org",
        "anna@exa\x00mple.org", "anna@example.org\n.", '"an na"@example.org', "anna@[192.0.2.1]",
        "Anna <a@example.org>",
        "a@example.org, b@example.org", "anna@-example.org", "anna@exa_mple.org", "anna@☃.net", "anna@foo.invalid",
        "a" * 65 + "@example.org", "anna@" + "a" * 64 + ".org", "a@" + ".".join(["b" * 60] * 4) + ".example.org",
        "x" * 100_000 + "@example.org", "anna@" + "١" * 5_000, "anna@exa\u200bmple.org", "anna\u202e@example.org",
    ],
)  # fmt: skip
def test_what_is_no_address(written: str) -> None:
    with pytest.raises(BadAddress) as raised:
        normalize(written)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 400
