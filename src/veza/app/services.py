"""Everything that runs beside the web server, in groups that `veza worker --only` names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from veza.accounts.sweep import EVERY, sweep
from veza.app.modules import Modules
from veza.catalog import invitations, palette_backfill
from veza.catalog.reported import reported_tracks
from veza.http.idempotency import IdempotencySweep
from veza.ingest import audio_sweep, encoder_change
from veza.kit.database import Database, Session
from veza.kit.mail import MailWorker
from veza.kit.mail_relay import Relay
from veza.kit.services import OutboxRelay, Periodic, SharedWakeListener, WakeListener, WorkerService
from veza.kit.worker import Worker
from veza.market import erasure, refund_notices
from veza.money import backlog, invariants
from veza.money.catch_up import catch_up
from veza.money.facade import Money
from veza.money.reconciliation import compare_and_report
from veza.money.scheduled import reported
from veza.ops.application import Service, ServiceGroup
from veza.search import popularity, rebuild
from veza.settings import Settings
from veza.streaming import eviction, stream_sessions
from veza.streaming import personal_data as streaming_data

BACKLOG_SAMPLED = timedelta(minutes=1)
MISSED_WITHIN = timedelta(days=3)
"""The provider retries a webhook for three days: what it gave up on lies within them."""


def service_groups(settings: Settings, modules: Modules) -> dict[ServiceGroup, list[Service]]:
    """Everything that runs beside the web server; `veza worker` runs the same without it, or some groups of it."""
    database, money = modules.database, modules.money
    of_money = _workers(
        settings,
        database,
        (money.refund_worker, settings.refund_worker_enabled),
        (money.transfer_worker, settings.transfer_retry_worker_enabled),
        (money.reversal_worker, settings.reversal_worker_enabled),
        (money.netting_worker, True),
        (money.check_worker, True),
        (money.guard, True),
        (money.inbox_worker, True),
    )
    renders = settings.audio_worker_enabled
    of_ingest = ((modules.ingest.upload_worker, renders), (modules.ingest.audio_worker, renders))
    sweep_audio = partial(audio_sweep.sweep, database, modules.catalog.objects, needed_versions)
    encode_outdated = partial(encoder_change.encode_outdated, database)
    return {
        ServiceGroup.MONEY: [
            *of_money,
            Periodic("backlog sampler", BACKLOG_SAMPLED, lambda: backlog.sample(database), at_start=True),
            *(
                Periodic(name, interval, partial(reported, database, name, chore))
                for name, interval, chore in _chores_of_money(settings, database, money)
            ),
        ],
        ServiceGroup.PUBLISHING: _workers(settings, database, (modules.catalog.publisher, True)),
        ServiceGroup.INGEST: [
            *_workers(settings, database, *of_ingest),
            *([Periodic("encoder change", encoder_change.EVERY, encode_outdated)] if renders else []),
        ],
        ServiceGroup.DOWNLOADS: [
            *_workers(settings, database, (modules.streaming.download_worker, renders)),
            Periodic("download eviction", eviction.EVERY, modules.streaming.make_space),
        ],
        ServiceGroup.MAIL: _workers(settings, database, *_mail(settings, database)),
        ServiceGroup.LISTENS: _workers(settings, database, *_listens(modules)),
        ServiceGroup.UPKEEP: [
            OutboxRelay(database),
            IdempotencySweep(database),
            Periodic("play sweep", streaming_data.EVERY, lambda: streaming_data.sweep(database), at_start=True),
            Periodic("accounts sweep", EVERY, lambda: sweep(modules.accounts), at_start=True),
            Periodic("audio sweep", audio_sweep.EVERY, sweep_audio, at_start=True),
            Periodic("palette backfill", palette_backfill.EVERY, modules.catalog.compute_palettes, at_start=True),
            Periodic("invitation sweep", invitations.EVERY, lambda: invitations.sweep(database), at_start=True),
            Periodic("refund deadlines", refund_notices.EVERY, lambda: refund_notices.sweep(database, modules.market)),
            Periodic("popularity", popularity.EVERY, modules.search.popularity.follow_plays, at_start=True),
            Periodic("search upkeep", rebuild.EVERY_DAY, modules.search.keep_up, at_start=True),
            Periodic("cart sweep", erasure.EVERY, lambda: erasure.sweep(database), at_start=True),
        ],
    }


def in_every_process(settings: Settings, modules: Modules) -> list[Service]:
    """What wakes the workers of this process, and what counts the plays that it saw."""
    database = modules.database
    listener = SharedWakeListener(database.wakes) if database.is_sqlite else WakeListener(database)
    return [modules.hearing.reports, listener]


def _workers(settings: Settings, database: Database, *workers: tuple[Worker[Any], bool]) -> list[Service]:
    """Those that are switched on."""
    return [WorkerService(database, worker, settings.shutdown_grace) for worker, is_on in workers if is_on]


def _mail(settings: Settings, database: Database) -> list[tuple[Worker[Any], bool]]:
    url = settings.smtp_url.get_secret_value()
    if not url:
        return []
    relay = Relay(url, settings.smtp_demands_tls)
    return [(MailWorker(database, relay.deliver, settings.mail_from), True)]


def _listens(modules: Modules) -> list[tuple[Worker[Any], bool]]:
    worker = modules.streaming.scrobble_worker
    return [(worker, True)] if worker is not None else []


def _chores_of_money(
    settings: Settings, database: Database, money: Money
) -> list[tuple[str, timedelta, Callable[[], Awaitable[object]]]]:
    """What keeps the books true on a schedule; one that fails is a finding."""
    return [
        (
            "catch-up",
            settings.catch_up_interval,
            lambda: catch_up(database, money.gateway, money.inbox, MISSED_WITHIN),
        ),
        ("reconciliation", settings.reconcile_interval, lambda: compare_and_report(database, money.gateway)),
        # The name stands in stored findings: it stays.
        ("law check", settings.law_check_interval, lambda: invariants.check_all(database, report=True)),
    ]


async def needed_versions(session: Session, version_ids: Collection[UUID], track_ids: Collection[UUID]) -> set[UUID]:
    """Of versions that are over, and of their tracks, those that are needed still: a session plays one, or a report is
    open."""
    heard = await stream_sessions.heard_of(session, version_ids)
    return heard | await reported_tracks(session, track_ids)
