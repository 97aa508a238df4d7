"""What a Veza without a mail server mailed: its links, out of its mailbox."""

from __future__ import annotations

import re

import httpx


async def link_mailed(client: httpx.AsyncClient, token: str, email: str, path: str) -> str:
    """The newest link to `path` that was mailed to an address; `token` is the operator's, which opens the mailbox."""
    operator = {"Authorization": f"Bearer {token}"}
    listed = (await client.get("/mailbox", headers=operator)).text
    for mail in re.findall(r'href="(/mailbox/[0-9a-f-]+)"', listed):
        text = (await client.get(mail, headers=operator)).text
        if email in text and (found := re.search(rf'href="([^"]*{path}[^"]*)"', text)):
            return found[1]
    raise AssertionError(f"no mail to {email} with a link to {path}: {listed}")
