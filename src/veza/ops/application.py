"""What the operator's door needs to know of the application it starts; `veza.app` builds one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from veza.settings import Settings

if TYPE_CHECKING:  # half a second that `veza --help` need not wait for
    from veza.catalog.facade import Catalog
    from veza.ingest.storage_check import StorageCheck
    from veza.kit.database import Database
    from veza.kit.resealing import SealedColumns
    from veza.money.facade import Money
    from veza.search.facade import Search


class Service(Protocol):
    """Something that runs beside the web server until `stop`; one that returns earlier, or raises, is started again."""

    @property
    def name(self) -> str: ...

    async def run(self, stop: asyncio.Event) -> None: ...


class Process(Protocol):
    """What is run: services, and what answers HTTP.

    `foundations` are entered before any service starts and left after all have stopped, in reverse: work in
    flight still needs them. `stop` is set by the first signal; open streams and readiness watch it.
    """

    settings: Settings
    services: Sequence[Service]
    foundations: Sequence[Callable[[], AbstractAsyncContextManager[Any]]]
    stop: asyncio.Event
    asgi: Any

    async def close(self) -> None: ...


class Application(Process, Protocol):
    """The modules, built and wired. `groups` are those of `services` that may run elsewhere; `mailbox_way` is the path
    that opens the mailbox in a browser until the next start."""

    groups: Mapping[ServiceGroup, Sequence[Service]]

    mailbox_way: str

    @property
    def database(self) -> Database: ...

    @property
    def money(self) -> Money: ...

    @property
    def catalog(self) -> Catalog: ...

    @property
    def search(self) -> Search: ...

    @property
    def storage(self) -> StorageCheck: ...


class ServiceGroup(StrEnum):
    """Services that run together, as `veza worker --only` names them."""

    MONEY = "money"
    PUBLISHING = "publishing"
    INGEST = "ingest"
    DOWNLOADS = "downloads"
    MAIL = "mail"
    LISTENS = "listens"
    UPKEEP = "upkeep"


@dataclass(frozen=True)
class Program:
    """What the composition root hands to the command line, which may not import it."""

    build: Callable[[Settings, bool], Application]
    """From the settings, and whether this process serves HTTP."""
    pages: Callable[[], dict[Path, str]]
    sealed: Callable[[], Sequence[SealedColumns]] = tuple
    """Every column that holds sealed values."""
    build_streaming: Callable[[Settings], Process] | None = None
    """The process that serves streaming alone, from the settings."""
