"""What the operator's pages share: the way to the mailbox, what charts and machines are drawn of, and the comparison
that runs in the background."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from veza.http.errors.table import kind_of
from veza.http.limits import retry_headers
from veza.http.problems import NOT_FOUND
from veza.http.requests import DoorRequest
from veza.kit.database import Database
from veza.kit.ids import id_of
from veza.kit.messages import Message, gettext, message_of
from veza.money.stripe.gateway import Gateway
from veza.web.operator.finding_mends import Comparison
from veza.web.operator.machines import StateCounts
from veza.web.operator.samples import Samples
from veza.web.rendering import Refused, WayOn


class Office:
    """One for the process."""

    def __init__(
        self, database: Database, gateway: Gateway, token: str, *, keeps_mails: bool, mailbox_way: str
    ) -> None:
        """`token` is the operator token; `mailbox_way` opens the mailbox, where Veza `keeps_mails`."""
        self.database, self.gateway, self.token = database, gateway, token
        self.keeps_mails, self.mailbox_way = keeps_mails, mailbox_way
        self.comparison, self.samples, self.counts = Comparison(database, gateway), Samples(), StateCounts()


def asked_for(request: DoorRequest, name: str) -> str:
    """A search word of the address, at most 200 characters; PostgreSQL knows no text with a zero byte in it."""
    return request.query_params.get(name, "").replace("\0", "").strip()[:200]


def known_id(text: str, what: Message, way_on: WayOn) -> UUID:
    """Our id inside an address; raises Refused (404) for anything else."""
    if (found := id_of(text)) is None:
        raise unknown(what, text, way_on)
    return found


@contextmanager
def looking_for(what: Message, identifier: object, way_on: WayOn) -> Iterator[None]:
    """In the block, an error of the kind not-found is told as `unknown`."""
    try:
        yield
    except Exception as error:
        if kind_of(error) is NOT_FOUND:
            raise unknown(what, identifier, way_on) from None
        raise


@contextmanager
def leading(way_on: WayOn, title: Message) -> Iterator[None]:
    """In the block, an error of the one table is told on a page that leads there; `title` says what was not done, so
    it stands only where that is certain."""
    try:
        yield
    except Exception as error:
        kind = kind_of(error)
        certain = title if kind.status < 500 else None
        raise Refused(kind, message_of(error), title=certain, way_on=way_on, headers=retry_headers(error)) from error


def unknown(what: Message, identifier: object, way_on: WayOn) -> Refused:
    """A 404 that says which thing is not there."""
    sentence = gettext(
        "there is no {what} “{identifier}”; perhaps a part of its id is missing",
        what=what,
        identifier=str(identifier)[:60],
    )
    return Refused(NOT_FOUND, sentence, title=gettext("No such {what}", what=what), way_on=way_on)
