"""The site owner's logo: which files it may be, and where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.client import http_client
from veza.app import build
from veza.app.sites import site_of
from veza.kit.clock import SystemClock
from veza.settings import Settings, SettingsError
from veza.web.logo import MOST_BYTES, logo_of

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 1"><script>alert(1)</script></svg>'


async def test_a_logo_stands_in_place_of_the_name_and_runs_no_script(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "logo.svg"
    path.write_bytes(SVG)
    settings = Settings(database_url=database_url, var_dir=tmp_path, platform_name="Northgate", platform_logo=str(path))
    veza = build(settings)
    async with http_client(veza.asgi, base_url=settings.base_url) as client:
        page = (await client.get("/about")).text
        shown = await client.get(logo_of(path).address)
        other = await client.get("/logo/0123456789abcdef")
    await veza.close()
    assert f'aria-label="Northgate, to the start"><img src="{logo_of(path).address}" alt="">' in page
    assert (shown.content, shown.headers["content-type"]) == (SVG, "image/svg+xml")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert other.status_code == 404


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("logo.gif", b"GIF89a", "it takes a file that ends with .png, .svg, .webp"),
        ("logo.png", b"<svg>", "it does not begin like a PNG"),
        ("logo.svg", b"\x89PNG", "it does not begin like a SVG"),
        ("logo.webp", b"RIFF" + b"0" * MOST_BYTES, "has 200,004 bytes"),
        ("logo.svg", None, "cannot be read: no such file or directory"),
    ],
)
def test_what_is_no_logo_is_said_by_the_settings(tmp_path: Path, name: str, body: bytes | None, says: str) -> None:
    if body is not None:
        (tmp_path / name).write_bytes(body)
    with pytest.raises(SettingsError, match=r"PLATFORM_LOGO: ") as refused:
        site_of(Settings(platform_logo=str(tmp_path / name)), SystemClock())
    assert says in str(refused.value)
