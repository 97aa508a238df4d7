"""A scrobble worker of its own, for a test that kills it while the server holds its answer back:

-m tests.streaming.stopping_scrobble_worker DATABASE_URL API_URL KEY NOW
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta

from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.secret_box import SecretBox
from veza.kit.worker import run_once
from veza.streaming.listenbrainz import ListenBrainz
from veza.streaming.scrobble_worker import ScrobbleWorker


async def main(database_url: str, api_url: str, key: str, now: str) -> None:
    clock = ManualClock(datetime.fromisoformat(now))
    database = Database.open(database_url, clock=clock, box=SecretBox([key]))
    worker = ScrobbleWorker(database, ListenBrainz(api_url, "https://veza.test", "https://veza.test"), timedelta())
    print("there", flush=True)
    await run_once(worker)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
