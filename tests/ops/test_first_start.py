"""Real processes of `veza serve`: the link to the first admin, and who is believed about where a request came from."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests import commands

WHO = {"email": "anna@example.org", "name": "Anna", "password": "a tram full of cellos"}
PROXY, STRANGER = "127.0.0.2", "127.0.0.3"
FORWARDED = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9", "X-Forwarded-Proto": "https"}


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[tuple[str, str]]:
    """A process on a free port that ends with 0: its address, and what it said when it was ready."""
    with commands.serving(folder, from_nothing=True, **{"LOG_LEVEL": "error"} | settings) as (process, url, said):
        yield url, said
        process.terminate()
        assert process.wait(commands.BOUND_SECONDS) == 0


def _admin_token(folder: Path, said: str) -> str | None:
    """From the file that what was said leads to: no log holds the link itself."""
    assert "admin-claim?token=" not in said
    found = re.search(r"first admin  the link in (\S+)", said)
    if found is None:
        assert not (folder / "var/admin-link").exists()
        return None
    file = folder / found[1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return file.read_text().strip().partition("/admin-claim?token=")[2]


def test_every_start_keeps_a_link_until_there_is_an_admin_and_none_from_then_on(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, said):
        first = _admin_token(tmp_path, said)
    with serving(tmp_path) as (url, said):
        second = _admin_token(tmp_path, said)
        # Only digests are kept, so the first cannot be printed again; it is good for its day all the same.
        assert first
        assert second
        assert first != second
        with httpx.Client(base_url=url) as client:
            answer = client.post("/admin-claim", data={**WHO, "token": first})
            assert "You are the first admin" in answer.text
            again = client.post("/admin-claim", data={**WHO, "token": second})
            assert again.status_code == 410
    with serving(tmp_path) as (_, said):
        assert _admin_token(tmp_path, said) is None


def test_what_a_start_makes_is_for_its_owner_alone_and_what_it_finds_becomes_so(tmp_path: Path) -> None:
    with serving(tmp_path):
        made = [path for path in (tmp_path / "var").rglob("*") if path.exists()]
        assert {path.name for path in made} >= {"veza.db", "operator-token", "admin-link"}
        loose = {str(path): oct(path.stat().st_mode) for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077}
        assert loose == {}
    (tmp_path / "var/veza.db").chmod(0o644)
    with serving(tmp_path):
        assert stat.S_IMODE((tmp_path / "var/veza.db").stat().st_mode) == 0o600


def _signed_in(url: str, peer: str, headers: dict[str, str]) -> tuple[str, list[str]]:
    """Sign in from `peer` with `headers`: the address Veza keeps of the session, and the cookies it set."""
    transport = httpx.HTTPTransport(local_address=peer)
    with httpx.Client(base_url=url, transport=transport, headers=headers) as client:
        wanted = {"email": WHO["email"], "password": WHO["password"]}
        answer = client.post("/api/v1/session", json=wanted, headers={"Idempotency-Key": str(uuid4())})
        assert answer.status_code == 201, answer.text
        cookies = answer.headers.get_list("set-cookie")
        sent = {"Cookie": cookies[0].partition(";")[0]}
        sessions: dict[str, Any] = client.get("/api/v1/me/sessions", headers=sent).json()
        return sessions["items"][0]["address"], cookies


def test_a_trusted_proxy_says_where_a_request_came_from_and_no_other_peer_does(tmp_path: Path) -> None:
    with serving(tmp_path, TRUSTED_PROXIES=f"{PROXY}, 10.0.0.0/8") as (url, _):
        key = {"Idempotency-Key": "up"}
        assert httpx.post(f"{url}/api/v1/people", json=WHO, headers=key).status_code == 202
        # What stands before the last address was said by the visitor: no proxy of ours wrote it.
        address, cookies = _signed_in(url, PROXY, FORWARDED)
        assert address == "203.0.113.9"
        assert [cookie.partition("=")[0] for cookie in cookies] == ["__Host-veza", "__Host-veza-device"]
        assert all("Secure" in cookie.split("; ") for cookie in cookies)
        address, _ = _signed_in(url, PROXY, {"X-Forwarded-For": "203.0.113.9, 10.0.0.4"})
        assert address == "203.0.113.9"
        address, cookies = _signed_in(url, STRANGER, FORWARDED)
        assert address == STRANGER
        assert [cookie.partition("=")[0] for cookie in cookies] == ["veza", "veza-device"]
        assert not any("Secure" in cookie.split("; ") for cookie in cookies)
