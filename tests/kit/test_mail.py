"""Mails leave after the transaction that wrote them, over real SMTP, are tried again, and end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from gettext import NullTranslations
from typing import ClassVar

import pytest
from sqlalchemy import select, update

from tests.mail_server import MailServer, mail_server
from veza.kit import mail, messages, worker
from veza.kit.amount import Amount
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.mail import MOST_ATTEMPTS, Mail, MailWorker
from veza.kit.mail_relay import NotDelivered, Relay
from veza.kit.messages import gettext, joined, ngettext, paragraphs, verbatim


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as one:
        yield one


def worker_for(database: Database, port: int) -> MailWorker:
    return MailWorker(database, Relay(f"smtp://127.0.0.1:{port}", demands_tls=False).deliver, "Veza <music@veza.test>")


async def queued(database: Database) -> list[Mail]:
    async with database.read() as session:
        return list((await session.scalars(select(Mail).order_by(Mail.id))).all())


async def write(
    database: Database,
    to: str = "anna@example.org",
    text: str = "Grüße\n\nhttps://veza.test/x\n",
    stop_link: str | None = None,
) -> None:
    async with database.write() as session:
        mail.send(session, to, verbatim("Hello ☀"), verbatim(text), about=None, stop_link=stop_link)


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
            mail.send(session, "anna@example.org", verbatim("Hello"), verbatim("text"), about=None)
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
    server.rcpt = b"550 no such mailbox"
    await write(database)
    await worker.run_once(worker_for(database, server.port))
    (row,) = await queued(database)
    assert row.due_at is None
    assert row.error == "refused: [550]"


async def test_a_server_that_is_gone_is_given_up_in_the_end(database: Database, clock: ManualClock) -> None:
    tries = 0

    async def gone(*_: object) -> None:
        nonlocal tries
        tries += 1
        raise NotDelivered(gettext("no answer"), for_good=False)

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
        await Relay("smtp://127.0.0.1:1", demands_tls=False).deliver(EmailMessage(), "a@x.de", "b@x.de")
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


async def test_the_envelope_is_who_the_mail_is_for_and_no_other_address(database: Database, server: MailServer) -> None:
    await write(database, "anna+music=x@example.org")
    assert await worker.run_once(worker_for(database, server.port)) == 1
    envelope = [line.split(b" SIZE")[0] for line in server.said if line.startswith((b"MAIL", b"RCPT"))]
    assert envelope == [b"MAIL FROM:<music@veza.test>", b"RCPT TO:<anna+music=x@example.org>"]
    assert server.taken[0]["To"] == "anna+music=x@example.org"


@pytest.mark.parametrize(
    "to",
    [
        "=?utf-8?q?ben=40example.org=2C_carl=40example.org?=@example.org",
        "=?utf-8?q?=00?=@example.org",
        "anna@example.org\r\nBcc: ben@example.org",
        "anna\x00@example.org",
        "anna@example.org, ben@example.org",
        "änna@example.org",
        "",
    ],
)
async def test_an_address_of_an_earlier_version_that_reads_as_another_is_never_sent_to(
    database: Database, server: MailServer, to: str
) -> None:
    await write(database, to) if "\x00" not in to or database.is_sqlite else await write(database, "a b")
    await worker.run_once(worker_for(database, server.port))
    assert server.taken == []
    (row,) = await queued(database)
    assert (row.due_at, row.error) == (None, "this is no address a mail can be sent to")


@pytest.mark.parametrize("trouble", [ValueError("no header"), RuntimeError("of the library"), KeyError("x")])
async def test_any_exception_of_a_delivery_is_a_try_and_tries_have_an_end(
    database: Database, clock: ManualClock, trouble: Exception
) -> None:
    tries = 0

    async def fails(*_: object) -> None:
        nonlocal tries
        tries += 1
        raise trouble

    await write(database)
    await write(database, "ben@example.org")
    one = MailWorker(database, fails, "veza@localhost")
    await worker.run_once(one)
    assert [row.attempts for row in await queued(database)] == [1, 1]
    for _ in range(20):
        clock.advance(timedelta(hours=1))
        await worker.run_once(one)
    assert tries == 2 * MOST_ATTEMPTS
    assert {row.due_at for row in await queued(database)} == {None}


async def test_a_server_that_does_not_encrypt_gets_nothing_where_tls_is_demanded(
    database: Database, server: MailServer
) -> None:
    await write(database)
    relay = Relay(f"smtp://anna:secret@127.0.0.1:{server.port}", demands_tls=True)
    await worker.run_once(MailWorker(database, relay.deliver, "veza@localhost"))
    (row,) = await queued(database)
    assert row.attempts == 1
    assert "STARTTLS" in (row.error or "")
    assert server.taken == []
    assert not [line for line in server.said if line.startswith((b"AUTH", b"MAIL"))]


async def test_a_mail_no_key_opens_says_so_among_the_others(database: Database) -> None:
    for subject in ("First", "Second"):
        async with database.write() as session:
            mail.send(session, "anna@example.org", verbatim(subject), verbatim("text"), about=None)
    async with database.write() as session:
        oldest = (await session.scalars(select(Mail).order_by(Mail.id).limit(1))).one()
        oldest.subject = "sealed with a key that is lost"
    async with database.read() as session:
        found = await mail.newest(session, 10)
    assert [one.subject for one in found] == ["Second", "(cannot be opened)"]


class French(NullTranslations):
    """A catalogue of a few messages."""

    words: ClassVar = {
        "{total} went back to you": "{total} vous ont été remboursés",
        "Sent on {at:%Y-%m-%d}:": "Envoyé le {at:%d/%m/%Y} :",
    }

    def gettext(self, message: str) -> str:
        return self.words.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return "{n} piste" if n < 2 else "{n} pistes"


async def _send_refund(database: Database, language: str | None) -> None:
    subject = gettext("{total} went back to you", total=Amount(500, "EUR"))
    lines = joined([ngettext("{n} track", "{n} tracks", 1), ngettext("{n} track", "{n} tracks", 2)], by="\n")
    sent = gettext("Sent on {at:%Y-%m-%d}:", at=datetime(2026, 1, 2, tzinfo=UTC))
    async with database.write() as session:
        mail.send(session, "anna@example.org", subject, paragraphs(sent, lines), about=None, language=language)


async def test_a_mail_is_put_into_the_words_of_its_recipient_when_it_leaves(
    database: Database, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _send_refund(database, "fr")
    monkeypatch.setitem(messages.CATALOGUES, "fr", French())
    async with database.read() as session:
        assert [one.subject for one in await mail.newest(session, 1)] == ["5,00 € vous ont été remboursés"]
    await worker.run_once(worker_for(database, server.port))
    (message,) = server.taken
    assert message["Subject"] == "5,00 € vous ont été remboursés"
    assert message.get_content().replace("\r\n", "\n") == "Envoyé le 02/01/2026 :\n\n1 piste\n2 pistes\n"


@pytest.mark.parametrize("language", [None, "en", "nl"])
async def test_a_mail_in_a_language_without_a_catalogue_is_english(database: Database, language: str | None) -> None:
    await _send_refund(database, language)
    async with database.read() as session:
        (one,) = await mail.newest(session, 1)
    assert (one.subject, one.text) == ("5.00 EUR went back to you", "Sent on 2026-01-02:\n\n1 track\n2 tracks\n")


async def test_a_row_without_a_language_opens_as_it_is(database: Database) -> None:
    await _send_refund(database, "fr")
    plain = {"subject": database.box.seal('{"id": "no message"}'), "text": database.box.seal("Hello {name}\n")}
    async with database.write() as session:
        await session.execute(update(Mail).values(language=None, **plain))
    async with database.read() as session:
        (one,) = await mail.newest(session, 1)
    assert (one.subject, one.text) == ('{"id": "no message"}', "Hello {name}\n")


async def test_a_subject_is_one_line_with_every_content_of_its_fields(database: Database) -> None:
    async with database.write() as session:
        subject = gettext("Sold: {title}", title="One\r\nBcc: eve@example.org")
        mail.send(session, "anna@example.org", subject, verbatim("text"), about=None)
    async with database.read() as session:
        assert [one.subject for one in await mail.newest(session, 1)] == ["Sold: One Bcc: eve@example.org"]


LONG = "/stop-notices?token=" + "aZ09_-." * 40


@pytest.mark.parametrize("site", ["https://veza.test", "http://127.0.0.1:8000"])
async def test_the_link_that_stops_a_kind_of_mail_travels_whole_in_a_header(
    database: Database, server: MailServer, site: str
) -> None:
    await write(database, stop_link=f"{site}{LONG}")
    assert (await queued(database))[0].stop_link != f"{site}{LONG}"  # it is sealed
    await worker.run_once(worker_for(database, server.port))
    headers = server.raw[0].partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert [line for line in headers if line.startswith("List-Unsubscribe:")] == [f"List-Unsubscribe: <{site}{LONG}>"]
    one_click = [line for line in headers if line.startswith("List-Unsubscribe-Post:")]
    # RFC 8058 knows no one-click address without TLS.
    assert one_click == (["List-Unsubscribe-Post: List-Unsubscribe=One-Click"] if site.startswith("https") else [])


async def test_a_mail_that_is_no_notice_has_no_such_header(database: Database, server: MailServer) -> None:
    await write(database)
    await worker.run_once(worker_for(database, server.port))
    assert [name for name in server.taken[0] if name.startswith("List-")] == []
