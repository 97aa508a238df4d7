"""Mails leave after the transaction that wrote them, over real SMTP, are tried again, and end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from tests.mail_server import MailServer, mail_server
from veza.kit import mail, worker
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.mail import MOST_ATTEMPTS, Mail, MailWorker, NotDelivered, smtp


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as one:
        yield one


def worker_for(database: Database, port: int) -> MailWorker:
    return MailWorker(database, smtp(f"smtp://127.0.0.1:{port}"), "Veza <music@veza.test>")


async def queued(database: Database) -> list[Mail]:
    async with database.read() as session:
        return list((await session.scalars(select(Mail).order_by(Mail.id))).all())


async def write(database: Database, to: str = "anna@example.org", text: str = "Grüße\n\nhttps://veza.test/x\n") -> None:
    async with database.write() as session:
        mail.send(session, to, "Hello ☀", text, about=None)


async def test_a_mail_is_delivered_once_and_its_row_goes(database: Database, server: MailServer) -> None:
    await write(database)
    one = worker_for(database, server.port)
    assert await worker.run_once(one) == 1
    (message,) = server.taken
    assert (message["To"], message["From"], message["Subject"]) == (
        "anna@example.org",
        "Veza <music@veza.test>",
        "Hello ☀",
    )
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@veza.test>")
    assert message.get_content().replace("\r\n", "\n") == "Grüße\n\nhttps://veza.test/x\n"
    assert await queued(database) == []
    assert await worker.run_once(one) == 0


async def test_a_mail_of_a_transaction_that_failed_never_leaves(database: Database, server: MailServer) -> None:
    async def fail() -> None:
        async with database.write() as session:
            mail.send(session, "anna@example.org", "Hello", "text", about=None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await worker.run_once(worker_for(database, server.port)) == 0


async def test_a_busy_server_is_asked_again_later(database: Database, server: MailServer, clock: ManualClock) -> None:
    server.data = b"451 later"
    await write(database)
    one = worker_for(database, server.port)
    await worker.run_once(one)
    (row,) = await queued(database)
    assert (row.attempts, row.error) == (1, "451 later")
    assert await worker.run_once(one) == 0
    server.data = b"250 taken"
    clock.advance(timedelta(seconds=30))
    assert await worker.run_once(one) == 1
    assert len(server.taken) == 1


async def test_an_address_that_does_not_exist_is_given_up_at_once(database: Database, server: MailServer) -> None:
    server.rcpt = b"550 nobody here"
    await write(database)
    await worker.run_once(worker_for(database, server.port))
    (row,) = await queued(database)
    assert row.due_at is None
    assert row.error == "refused: [550]"


async def test_a_server_that_is_gone_is_given_up_in_the_end(database: Database, clock: ManualClock) -> None:
    tries = 0

    async def gone(_message: EmailMessage) -> None:
        nonlocal tries
        tries += 1
        raise NotDelivered("nobody answers", for_good=False)

    await write(database)
    one = MailWorker(database, gone, "veza@localhost")
    for _ in range(20):
        await worker.run_once(one)
        clock.advance(timedelta(hours=1))
    assert tries == MOST_ATTEMPTS
    (row,) = await queued(database)
    assert row.due_at is None


async def test_no_connection_is_a_reason_to_try_again(database: Database, server: MailServer) -> None:
    with pytest.raises(NotDelivered) as raised:
        await smtp("smtp://127.0.0.1:1")(EmailMessage())
    assert not raised.value.for_good


async def test_a_crashed_workers_mail_comes_back_with_its_lease(
    database: Database, server: MailServer, clock: ManualClock
) -> None:
    await write(database)
    one = worker_for(database, server.port)
    await one.claim(10)
    assert await worker.run_once(one) == 0
    clock.advance(mail.LEASE)
    assert await worker.run_once(one) == 1


async def test_old_mails_are_not_sent_when_a_server_is_set_later(
    database: Database, server: MailServer, clock: ManualClock
) -> None:
    await write(database)
    clock.advance(timedelta(days=3))
    assert await worker.run_once(worker_for(database, server.port)) == 0
