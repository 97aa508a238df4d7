"""A mail server to deliver to, over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass
class MailServer:
    """Speaks as much SMTP as a delivery needs; `taken` are the messages, `raw` their bytes, and `said` is every other
    line it heard."""

    greeting: bytes = b"220 here"
    rcpt: bytes = b"250 yes"
    data: bytes = b"250 taken"
    taken: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting + b"\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper() if line.split() else b""
            self.said.append(line.strip())
            if word == b"RCPT":
                writer.write(self.rcpt + b"\r\n")
            elif word == b"DATA":
                writer.write(b"354 go on\r\n")
                text = await reader.readuntil(b"\r\n.\r\n")
                if self.data.startswith(b"2"):
                    self.raw.append(text[:-3])
                    self.taken.append(message_from_bytes(text[:-3], policy=default))  # type: ignore[arg-type]
                writer.write(self.data + b"\r\n")
            else:
                writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 yes\r\n")
            await writer.drain()
        writer.close()


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """Listening on `port` until the block ends."""
    one = MailServer()
    listening = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = listening.sockets[0].getsockname()[1]
    yield one
    listening.close()
    await listening.wait_closed()
