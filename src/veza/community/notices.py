"""Notices: mails a recipient may stop, each with the link that stops its kind, in its text and for mail programs."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from veza.accounts.people import UnknownPerson
from veza.community import preferences
from veza.community.preferences import Channel, NoticeKind, Pace, Recipient
from veza.kit import mail
from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.kit.signing import BadSignature, Signer

STOP_PAGE = "/stop-notices"
"""The page a notice's last line leads to, with the link's text as `token`."""


class BadStopLink(LookupError):
    """The link was not made here, or its end is missing."""

    def __init__(self) -> None:
        super().__init__(gettext("this link was not made here: copy all of it, as it is in the mail"))


@dataclass(frozen=True, slots=True)
class Stop:
    """What a link stops: one kind of notice, for one person or one address (of which it holds the hash)."""

    kind: NoticeKind
    person_id: UUID | None
    address_hash: str | None


class Notices:
    """Writes notices into the mail queue; `secret` signs their links and is the same in every process."""

    def __init__(self, base_url: str, secret: str, platform_name: str = "Veza") -> None:
        self.base_url = base_url
        self._platform_name = platform_name
        self._signer = Signer(secret, "veza notices, version 1")

    async def mail(
        self,
        session: Session,
        recipients: Collection[Recipient],
        kind: NoticeKind,
        subject: Message,
        text: Message,
        *,
        about: UUID | None = None,
    ) -> int:
        """Mail those of the recipients who want this kind; returns how many mails were queued. `text` ends
        with the end of a line.

        `about` is the id a mail is forgotten with; without it, that of its own person.
        """
        wanting = await preferences.wanting(session, recipients, kind)
        for one in wanting:
            stop_link = self.stop_link(one, kind)
            whole = gettext(
                "{text}\n{platform_name}, {base_url}\nNo more mails of this kind ({kind}): {stop_link}\n",
                text=text,
                platform_name=self._platform_name,
                base_url=self.base_url,
                kind=preferences.MEANING[kind],
                stop_link=stop_link,
            )
            mail.send(
                session,
                one.address,
                subject,
                whole,
                about=about or one.person_id,
                language=one.language,
                time_zone=one.time_zone,
                stop_link=stop_link,
            )
        return len(wanting)

    def stop_link(self, recipient: Recipient, kind: NoticeKind) -> str:
        """The address that stops this kind of notice for this recipient."""
        person = str(recipient.person_id) if recipient.person_id is not None else None
        token = self._signer.sign([kind.value, person, recipient.address_hash])
        return f"{self.base_url}{STOP_PAGE}?token={token}"

    def read(self, token: str) -> Stop:
        """What the link stops; raises BadStopLink."""
        try:
            kind, person, address_hash = self._signer.read(token)
            return Stop(NoticeKind(kind), UUID(person) if person is not None else None, address_hash)
        except (BadSignature, ValueError, TypeError):
            raise BadStopLink from None

    async def stop(self, session: Session, token: str) -> Stop:
        """No more notices of the link's kind to its recipient; raises BadStopLink. A second time changes nothing."""
        wanted = self.read(token)
        if wanted.person_id is not None:
            # Where the account is gone, so are its notices.
            with suppress(UnknownPerson):
                await preferences.choose(session, wanted.person_id, wanted.kind, Channel.MAIL, Pace.NEVER)
        elif wanted.address_hash is not None:
            await preferences.refuse(session, wanted.address_hash, wanted.kind)
        return wanted
