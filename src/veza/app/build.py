"""One process of Veza: its modules behind their doors, and everything that runs beside the web server."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from litestar import Litestar, asgi
from litestar.openapi.spec import Tag
from litestar.types import ControllerRouterHandler

from veza.api.accounts.routes import ACCOUNT_TAGS, account_routes
from veza.api.application import api_v1, web_application
from veza.api.catalog.routes import CATALOG_TAGS, catalog_routes, cover_route
from veza.api.chat.routes import CHAT_TAGS, chat_routes
from veza.api.community.routes import COMMUNITY_TAGS, community_routes
from veza.api.health import Check, health_routes
from veza.api.ingest.routes import INGEST_TAGS, ingest_routes
from veza.api.market.routes import MARKET_TAGS, market_routes
from veza.api.moderation.routes import MODERATION_TAGS, moderation_routes
from veza.api.money.payments import SaleTerms
from veza.api.money.routes import MONEY_TAGS, money_routes
from veza.api.money.webhooks import webhook_route
from veza.api.search.routes import SEARCH_TAGS, search_routes
from veza.api.streaming.routes import (
    DOWNLOAD_TAGS,
    STREAM_TAGS,
    download_file_routes,
    download_routes,
    listenbrainz_routes,
    play_routes,
    stream_routes,
    waveform_routes,
)
from veza.api.streaming.rung_files import LinkedFiles, StreamFiles
from veza.app.modules import Modules, build_modules
from veza.app.services import in_every_process, service_groups
from veza.app.sites import site_of
from veza.catalog.covers import named_covers
from veza.catalog.facade import Catalog
from veza.catalog.lost_covers import missing_covers
from veza.http.authentication import authenticate
from veza.http.host_cookies import HostCookie
from veza.http.return_addresses import ReturnAddresses
from veza.http.session_cookies import SESSION_COOKIE, Cookies
from veza.ingest import storage_check
from veza.ingest.storage_check import StorageCheck
from veza.kit.broker import Broker
from veza.kit.clock import Clock, SystemClock
from veza.kit.database import Database
from veza.kit.services import WorkerService
from veza.lab.demo import stage as demo
from veza.lab.demo.fill import DemoData
from veza.lab.demo.sounds import DemoSounds, in_order
from veza.lab.sandbox.hosted import HostedSandbox
from veza.money.facade import Money
from veza.ops.application import Service, ServiceGroup
from veza.ops.audio_metrics import audio_gauges
from veza.ops.metrics import Metrics
from veza.ops.migrations import out_of_date
from veza.ops.money_metrics import money_gauges
from veza.ops.operator_token import operator_token
from veza.search.facade import Search
from veza.settings import SANDBOX_PATH, Settings
from veza.streaming.removing import named_downloads
from veza.web.account_pages import account_page_routes
from veza.web.door import site_routes
from veza.web.live import Live
from veza.web.mailbox import mailbox_link, mailbox_routes
from veza.web.notice_pages import notice_routes
from veza.web.oembed import oembed_route
from veza.web.operator.office import Office
from veza.web.palettes import palette_routes
from veza.web.permissions import permissions_route
from veza.web.problem_pages import problem_page
from veza.web.refund_pages import refund_routes
from veza.web.sharing import sharing_routes
from veza.web.site import Site
from veza.web.sitemap import sitemap_routes

if TYPE_CHECKING:
    from veza.grpc.server import GrpcServer

TAGS: Sequence[Tag] = (
    *ACCOUNT_TAGS,
    *CATALOG_TAGS,
    *INGEST_TAGS,
    *COMMUNITY_TAGS,
    *SEARCH_TAGS,
    *CHAT_TAGS,
    *STREAM_TAGS,
    *DOWNLOAD_TAGS,
    *MODERATION_TAGS,
    *MARKET_TAGS,
    *MONEY_TAGS,
)


@dataclass
class Veza:
    """One process of Veza, built and not yet started."""

    settings: Settings
    modules: Modules
    groups: Mapping[ServiceGroup, Sequence[Service]]
    services: Sequence[Service]
    foundations: Sequence[Callable[[], AbstractAsyncContextManager[Any]]]
    stop: asyncio.Event
    metrics: Metrics
    litestar: Litestar
    asgi: Any
    mailbox_way: str

    @property
    def database(self) -> Database:
        return self.modules.database

    @property
    def money(self) -> Money:
        """The money money."""
        return self.modules.money

    @property
    def catalog(self) -> Catalog:
        return self.modules.catalog

    @property
    def search(self) -> Search:
        return self.modules.search

    @property
    def storage(self) -> StorageCheck:
        """The object store beside what names its objects."""
        owners = {
            "audio": storage_check.audio,
            "originals": storage_check.originals,
            "uploads": storage_check.uploads,
            "covers": named_covers,
            "downloads": named_downloads,
        }
        objects = self.catalog.objects
        covers = partial(missing_covers, self.database, objects)
        return StorageCheck(self.database, objects, owners, self.modules.streaming.lost.check, [covers])

    @property
    def sandbox(self) -> HostedSandbox | None:
        return self.modules.sandbox

    async def close(self) -> None:
        """Give back every connection."""
        await self.money.gateway.close()
        await self.database.close()


def build(settings: Settings, *, http: bool = True, clock: Clock | None = None) -> Veza:
    """Build everything from `settings`; opens no connection yet.

    Without `http` (a process of workers) nothing is served, and so no sandbox is hosted: it is asked over HTTP.
    """
    stop = asyncio.Event()
    metrics = Metrics()
    token, mailbox_key = operator_token(settings), secrets.token_urlsafe(24)
    hosts = http and settings.hosts_sandbox
    modules = build_modules(settings, token, metrics, clock or SystemClock(), hosts_sandbox=hosts)
    metrics.before_scrape(money_gauges(modules.database))
    metrics.before_scrape(audio_gauges(modules.database))
    files, site = StreamFiles(modules.hearing, settings.stream_x_accel), site_of(settings, modules.database.clock)
    served, litestar = web_application(
        modules.database,
        _routes(settings, modules, files, site, token, mailbox_key, stop, metrics),
        TAGS,
        session_cookie=HostCookie(SESSION_COOKIE, settings.base_url).usual_name,
        problem_page=problem_page(site),
        names_callers=settings.log_callers,
        always_tls=settings.base_url.startswith("https://"),
        in_front=partial(LinkedFiles, files),
    )
    groups = service_groups(settings, modules)
    grpc = _grpc(settings, modules, token, http)
    services = [
        *(one for group in groups.values() for one in group),
        *in_every_process(settings, modules),
        *_beside(settings, modules),
        *grpc,
    ]
    veza = Veza(
        settings=settings,
        modules=modules,
        groups=groups,
        services=services,
        foundations=[one.bound for one in grpc],
        stop=stop,
        metrics=metrics,
        litestar=litestar,
        asgi=served,
        mailbox_way=mailbox_link("", mailbox_key),
    )
    if settings.rabbitmq_url:
        # Which workers run here is settled when it starts (`veza worker --only`).
        consumed = partial(_topics_of, veza)
        broker = Broker(settings.rabbitmq_url, modules.database.wakes, consumed(), consumed)
        veza.services = [*veza.services, broker]
    return veza


def _topics_of(veza: Veza) -> set[str]:
    """What the workers of a process are woken by."""
    return {one.wake_topic for one in veza.services if isinstance(one, WorkerService)}


def _routes(
    settings: Settings,
    modules: Modules,
    files: StreamFiles,
    site: Site,
    token: str,
    mailbox_key: str,
    stop: asyncio.Event,
    metrics: Metrics,
) -> list[ControllerRouterHandler]:
    checks: dict[str, Check] = {"database": lambda: out_of_date(modules.database)}
    terms = SaleTerms(settings.platform_currencies, settings.platform_fee_bps)
    under_api = [
        *account_routes(modules.accounts),
        *catalog_routes(modules.catalog),
        *ingest_routes(modules.ingest),
        *download_routes(modules.streaming),
        *listenbrainz_routes(modules.streaming),
        *community_routes(settings.base_url),
        *search_routes(modules.search),
        *chat_routes(),
        *play_routes(),
        *waveform_routes(modules.hearing),
        *moderation_routes(modules.moderation),
        *market_routes(modules.money, modules.market),
        *money_routes(modules.money, terms),
    ]
    office = Office(
        modules.database, modules.money.gateway.for_people(), token, keeps_mails=settings.keeps_mails,
        mailbox_way=mailbox_link("", mailbox_key),
    )  # fmt: skip
    who, provided = authenticate(modules.accounts, token), _modules_for_pages(settings, modules, office, stop)
    routes: list[ControllerRouterHandler] = [
        *health_routes(checks, stop, metrics.render),
        api_v1(who, under_api, ReturnAddresses(settings.base_url, settings.return_addresses)),
        cover_route(modules.catalog, who),
        stream_routes(files, who),
        *download_file_routes(modules.streaming),
        webhook_route(modules.money.inbox, settings.webhook_max_bytes),
    ]
    routes += [
        *mailbox_routes(modules.database, mailbox_key, token, site, is_open=settings.keeps_mails),
        *refund_routes(modules.database, modules.market, site),
        *account_page_routes(modules.accounts, modules.catalog, provided["cookie_jar"], site),
        *site_routes(site, who, problem_page(site), provided),
        *notice_routes(modules.database, modules.market.notices, site),
        *palette_routes(modules.database),
        *sharing_routes(modules.catalog, settings.platform_name),
        *sitemap_routes(modules.catalog),
        oembed_route(modules.database, site),
        permissions_route(site),
    ]
    if modules.sandbox:
        routes.append(asgi(SANDBOX_PATH, is_mount=True, copy_scope=True)(modules.sandbox.app))
    return routes


def _modules_for_pages(settings: Settings, modules: Modules, office: Office, stop: asyncio.Event) -> dict[str, Any]:
    """What the site's pages take by name."""
    return {
        "rules": modules.market,
        "accounts": modules.accounts,
        "catalog": modules.catalog,
        "ingest": modules.ingest,
        "search": modules.search,
        "streaming": modules.streaming,
        "moderation": modules.moderation,
        "money": modules.money,
        "hearing": modules.hearing,
        "cookie_jar": Cookies(settings.base_url, settings.session_max),
        "live": Live(modules.database, modules.accounts.rules, stop),
        "office": office,
    }


def _beside(settings: Settings, modules: Modules) -> list[Service]:
    """What only the process that plays the provider runs."""
    if modules.sandbox is None:
        return []
    hosted = modules.sandbox
    stage = demo.Modules(
        modules.accounts, modules.catalog, modules.market, modules.moderation, modules.money, hosted.sandbox
    )
    if not settings.demo_data:
        return [hosted]
    demo_data = DemoData(stage, settings.demo_seed, has_music=settings.demo_music)
    if not settings.demo_music:
        return [hosted, demo_data]
    folder = settings.var_dir / "processing"
    sounds = DemoSounds(demo_data, modules.database, modules.catalog.objects, folder, in_order(settings.demo_seed))
    return [hosted, demo_data, sounds]


def _grpc(settings: Settings, modules: Modules, token: str, http: bool) -> list[GrpcServer]:
    """The gRPC server, beside the web server; its library is imported only where it is wanted."""
    if not (http and settings.grpc_listen):
        return []
    from veza.grpc.server import GrpcServer
    from veza.grpc.stream_service import StreamService

    service = StreamService(modules.database, modules.hearing, authenticate(modules.accounts, token))
    return [
        GrpcServer(
            service,
            settings.grpc_listen,
            settings.grpc_token.get_secret_value() or token,
            settings.grpc_tls_cert,
            settings.grpc_tls_key,
            settings.shutdown_grace,
        )
    ]
