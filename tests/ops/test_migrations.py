"""The schema: the migrations make exactly the tables the code maps, from nothing, once, on both databases."""

from __future__ import annotations

import asyncio
import json
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Executable, Uuid, bindparam, select, text

import veza.tables
from tests.commands import BOUND_SECONDS, start
from tests.ops.older_rows import column_of, row_of
from veza.http.idempotency import Idempotent
from veza.ingest.memory import hash_of_text
from veza.kit import mail
from veza.kit.amount import Amount
from veza.kit.database import Database, UtcDateTime
from veza.kit.messages import ngettext, to_json
from veza.ops.encryption_keys import secret_box
from veza.ops.migrations import alembic_config, migrate, newest_revision, out_of_date
from veza.settings import Settings
from veza.tables import METADATA


async def test_from_nothing_the_schema_becomes_current(empty: Settings) -> None:
    await asyncio.to_thread(migrate, empty)
    database = Database.open(empty.database_url)
    assert await out_of_date(database) is None
    await asyncio.to_thread(migrate, empty)
    assert await out_of_date(database) is None
    await database.close()


async def test_the_migrations_make_what_the_code_maps(empty: Settings) -> None:
    await asyncio.to_thread(migrate, empty)
    database = Database.open(empty.database_url)

    def differences(connection: Connection) -> list[Any]:
        compared = {"compare_type": False, "include_name": veza.tables.is_mapped}
        context = MigrationContext.configure(connection, opts=compared)
        return list(compare_metadata(context, veza.tables.METADATA))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_a_database_without_tables_is_told_to_migrate(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    said = await out_of_date(database)
    await database.close()
    assert said is not None
    assert "veza migrate" in said


async def test_another_revision_is_named(empty: Settings) -> None:
    await asyncio.to_thread(migrate, empty)
    database = Database.open(empty.database_url)
    async with database.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    said = await out_of_date(database)
    await database.close()
    assert said == f"the database is at revision 9999, this Veza needs {newest_revision()}: run `veza migrate`"


async def test_processes_starting_at_once_all_find_it_migrated(empty: Settings) -> None:
    settings = {"DATABASE_URL": empty.database_url, "VAR_DIR": str(empty.var_dir)}
    with tempfile.TemporaryFile("w+") as said:
        started = [start("migrate", cwd=empty.var_dir, stdout=said, stderr=said, **settings) for _ in range(3)]
        ends = [process.wait(BOUND_SECONDS) for process in started]
        said.seek(0)
        assert ends == [0, 0, 0], said.read()
    database = Database.open(empty.database_url)
    assert await out_of_date(database) is None
    await database.close()


async def test_what_was_imported_before_is_known_by_its_hashes_afterwards(empty: Settings) -> None:
    empty.var_dir.mkdir(parents=True, exist_ok=True)
    config = alembic_config(empty.database_url, secret_box(empty))
    script = ScriptDirectory.from_config(config)
    hashed = script.get_revision("0009")
    await asyncio.to_thread(command.upgrade, config, str(hashed.down_revision))
    database = Database.open(empty.database_url)
    ids = [database.ids.new() for _ in range(3)]
    there = (
        "INSERT INTO imports (id, artist_id, release_key, file_hash, path, release_id, track_id, at)"
        " VALUES (:id, :id, :key, :path, :path, :id, :id, :at)"
    )
    typed = text(there).bindparams(bindparam("id", type_=Uuid()), bindparam("at", type_=UtcDateTime()))
    async with database.write() as session:
        for number, row_id in enumerate(ids):
            row = {"id": row_id, "key": f"album:ø{number}|", "path": f"ø/{number}.mp3", "at": session.now}
            await session.execute(typed, row)
    await asyncio.to_thread(command.upgrade, config, "0009")
    async with database.read() as session:
        rows = (await session.execute(text("SELECT release_key, path, path_hash FROM imports ORDER BY path"))).all()
    assert [tuple(row) for row in rows] == [
        (hash_of_text(f"album:ø{number}|"), f"ø/{number}.mp3", hash_of_text(f"ø/{number}.mp3")) for number in range(3)
    ]
    await asyncio.to_thread(migrate, empty)
    async with database.read() as session:
        kept = text("SELECT path, is_main, said FROM imports ORDER BY path")
        assert [(path, bool(main), str(said)) for path, main, said in await session.execute(kept)] == [
            (f"ø/{number}.mp3", True, "{}") for number in range(3)
        ]
        assert await session.scalar(text("SELECT count(*) FROM imported_releases WHERE cover_hash IS NULL")) == 3
    await asyncio.to_thread(command.downgrade, config, str(hashed.down_revision))
    await asyncio.to_thread(migrate, empty)
    assert await out_of_date(database) is None
    await database.close()


async def test_what_had_a_tag_before_tags_were_sorted_is_put_in_its_place(empty: Settings) -> None:
    empty.var_dir.mkdir(parents=True, exist_ok=True)
    config = alembic_config(empty.database_url, secret_box(empty))
    sorts = ScriptDirectory.from_config(config).get_revision("0011")
    await asyncio.to_thread(command.upgrade, config, str(sorts.down_revision))
    database = Database.open(empty.database_url)
    artist, out, draft = (database.ids.new() for _ in range(3))
    now, published = database.clock.now(), database.clock.now() - timedelta(days=1)
    rows = [
        row_of(database, "artists", id=artist, name="Harps", name_key="harps", slug="harps", created_at=now),
        row_of(
            database, "releases", id=out, artist_id=artist, slug="a", title_key="out", kind="ep", status="published",
            published_at=published,
        ),
        row_of(
            database, "releases", id=draft, artist_id=artist, slug="b", title_key="draft", kind="ep", status="draft",
        ),
        *(
            row_of(database, "taggings", kind=kind, tag="folk", about_id=about)
            for kind, about in (("artist", artist), ("release", out), ("release", draft))
        ),
    ]  # fmt: skip
    async with database.write() as session:
        for row in rows:
            await session.execute(row)
    await asyncio.to_thread(migrate, empty)
    tags = METADATA.tables["taggings"].columns
    async with database.read() as session:
        found = select(tags["about_id"], tags["listed_at"], tags["title_key"]).order_by(tags["about_id"])
        assert [tuple(row) for row in await session.execute(found)] == [
            (artist, now, "harps"), (out, published, "out"), (draft, None, "draft"),
        ]  # fmt: skip
    await database.close()


async def test_what_was_stored_before_it_was_decided_not_to_keep_it_goes(empty: Settings) -> None:
    empty.var_dir.mkdir(parents=True, exist_ok=True)
    config = alembic_config(empty.database_url, secret_box(empty))
    forgets = ScriptDirectory.from_config(config).get_revision("0010")
    await asyncio.to_thread(command.upgrade, config, str(forgets.down_revision))
    database = Database.open(empty.database_url)
    anna, gone, artist, order, orphan = (database.ids.new() for _ in range(5))
    now = database.clock.now()
    long_ago = now - timedelta(days=3)
    caller, request = "visitor 2001:db8::7 cart 0123456789abcdef", "f" * 32

    def mails(to: str, subject: str, at: datetime = now) -> Executable:
        return row_of(database, "mails", to=to, subject=subject, created_at=at)

    charge = {"id": "ch_1", "amount": 5, "billing_details": {"email": "b@example.org"}, "refunds": [{"email": "x"}]}
    rows = (
        row_of(database, "people", id=anna, email="anna@example.org"),
        row_of(database, "people", id=gone, name="deleted account", deleted_at=now),
        row_of(database, "artists", id=artist, name="Harps", slug="harps"),
        row_of(database, "links", person_id=anna, purpose="change", email="new@example.org", secret_hash="1"),
        row_of(
            database, "artist_invitations", artist_id=artist, email="cy@example.org", part="member", invited_by=anna,
        ),
        row_of(
            database, "orders", id=order, person_id=gone, email="dora@example.org", status="paid", paid_at=long_ago,
            request_key=f"{caller}:a:key:{request}", fingerprint="1",
        ),
        row_of(
            database, "orders", id=orphan, email="gast@example.org", status="expired", fingerprint="2",
            request_key=f"visitor {'a' * 32}:key:{request}",
        ),
        mails("anna@example.org", "Your password was changed"),
        mails("new@example.org", "Confirm your new address"),
        mails("cy@example.org", "You are invited to Harps"),
        mails("dora@example.org", "What you bought at Veza", long_ago),
        mails("gast@example.org", "What you bought at Veza", long_ago),
        mails("former@example.org", "Your account was deleted"),
        mails("former@example.org", "Your password was changed", long_ago),
        row_of(database, "audit_log", act="signed in", person_id=gone, actor="sign-in", address="192.0.2.1"),
        row_of(database, "audit_log", act="role given", person_id=anna, actor=f"person {gone}", address="192.0.2.1"),
        row_of(database, "audit_log", act="account deleted", person_id=gone, actor="person x", address="192.0.2.2"),
        row_of(database, "audit_log", act="signed in", person_id=anna, actor="visitor 192.0.2.3", address="192.0.2.3"),
        row_of(database, "status_changes", by="visitor 192.0.2.3"),
        row_of(database, "webhook_events", id="evt_1", payload=json.dumps({"data": {"object": charge}})),
        row_of(database, "webhook_events", id="evt_2", payload='{"id": "evt_2"}'),
    )  # fmt: skip
    async with database.write() as session:
        for row in rows:
            await session.execute(row)
    await asyncio.to_thread(migrate, empty)

    assert await column_of(database, "mails", "about_id") == [anna, anna, anna, order, None, None]
    assert await column_of(database, "mails", "to") == [
        "anna@example.org", "new@example.org", "cy@example.org", "dora@example.org", "gast@example.org",
        "former@example.org",
    ]  # fmt: skip
    assert await column_of(database, "orders", "email") == [None, "gast@example.org"]
    repeated = Idempotent(database, "visitor", "a:key", request, owner=caller)
    assert await column_of(database, "orders", "request_key") == [
        repeated.intent_key,
        f"visitor {'a' * 32}:key:{request}",
    ]
    assert await column_of(database, "audit_log", "address") == [None, None, "192.0.2.2", "192.0.2.3"]
    assert (await column_of(database, "audit_log", "actor"))[-1] == "visitor"
    assert await column_of(database, "status_changes", "by") == ["visitor"]
    blank, other = await column_of(database, "webhook_events", "payload")
    assert json.loads(blank) == {
        "data": {"object": {"id": "ch_1", "amount": 5, "billing_details": None, "refunds": [{"email": None}]}}
    }
    assert other == '{"id": "evt_2"}'

    await asyncio.to_thread(command.downgrade, config, str(forgets.down_revision))
    await asyncio.to_thread(migrate, empty)
    assert await out_of_date(database) is None
    await database.close()


async def test_secrets_that_were_in_plain_text_are_sealed_and_opened_again(empty: Settings) -> None:
    empty.var_dir.mkdir(parents=True, exist_ok=True)
    box = secret_box(empty)
    config = alembic_config(empty.database_url, box)
    seals = next(one for one in ScriptDirectory.from_config(config).walk_revisions() if "sealed_secrets" in one.path)
    await asyncio.to_thread(command.upgrade, config, str(seals.down_revision))
    database = Database.open(empty.database_url, box=box)
    people_ids = [database.ids.new() for _ in range(2)]
    count = 1_100  # more than two batches
    rows = [
        *(row_of(database, "people", id=one, email=f"{one}@example.org", name="Anna") for one in people_ids),
        *(row_of(database, "second_factors", person_id=one, secret=f"SECRET{one}") for one in people_ids),
        *(row_of(database, "mails", subject=f"Mail {number}", text="x ☀") for number in range(count)),
        *(
            row_of(database, "api_idempotency", caller="c", key=str(number), body=body, status=200)
            for number, body in enumerate([b'{"link": "x"}', b"", None])
        ),
        *(row_of(database, "recovery_codes", person_id=one, code_hash="h") for one in people_ids),
    ]
    async with database.write() as session:
        for row in rows:
            await session.execute(row)
    before = {name: await _plain(database, name) for name in ("second_factors", "mails", "api_idempotency")}
    await asyncio.to_thread(migrate, empty)
    assert await out_of_date(database) is None or seals.revision != newest_revision()
    for name, values in before.items():
        after = await _plain(database, name)
        assert not {str(one) for one in values if one} & {str(one) for one in after}, name
        opened = [box.open_bytes(one) if isinstance(one, bytes) and one else one for one in after]
        assert [box.open(one) if isinstance(one, str) else one for one in opened] == values
    async with database.read() as session:
        assert len(await mail.newest(session, count + 1)) == count
    await asyncio.to_thread(command.downgrade, config, str(seals.down_revision))
    assert {name: await _plain(database, name) for name in before} == before
    await database.close()


async def test_languages_are_null_where_nothing_is_known_and_mails_open_as_they_were(empty: Settings) -> None:
    empty.var_dir.mkdir(parents=True, exist_ok=True)
    box = secret_box(empty)
    config = alembic_config(empty.database_url, box)
    languages = ScriptDirectory.from_config(config).get_revision("0020")
    await asyncio.to_thread(command.upgrade, config, str(languages.down_revision))
    database = Database.open(empty.database_url, box=box)
    before = (
        row_of(database, "mails", subject=box.seal("Hello {name}"), text=box.seal("Older {words} ☀\n")),
        row_of(database, "people", email="anna@example.org", name="Anna"),
        row_of(database, "orders", email="gast@example.org", status="paid", fingerprint="1"),
    )
    async with database.write() as session:
        for row in before:
            await session.execute(row)
    await asyncio.to_thread(migrate, empty)
    assert [await column_of(database, name, "language") for name in ("mails", "people", "orders")] == [[None]] * 3
    count = 600  # more than a batch
    said = ngettext("{n} track for {price}", "{n} tracks for {price}", 2, price=Amount(500, "EUR"))
    sealed = box.seal(to_json(said))
    async with database.write() as session:
        for _ in range(count):
            await session.execute(row_of(database, "mails", subject=sealed, text=sealed, language="de"))

    async def opened() -> list[tuple[str, str]]:
        async with database.read() as session:
            return [(one.subject, one.text) for one in reversed(await mail.newest(session, count + 1))]

    texts = [("Hello {name}", "Older {words} ☀\n"), *[("2 tracks for 5.00 EUR",) * 2] * count]
    assert await opened() == texts
    await asyncio.to_thread(command.downgrade, config, str(languages.down_revision))
    await asyncio.to_thread(migrate, empty)
    assert await column_of(database, "mails", "language") == [None] * (count + 1)
    assert await opened() == texts
    assert await out_of_date(database) is None
    await database.close()


async def _plain(database: Database, table: str) -> list[Any]:
    """Every value of the columns that are sealed, in the order of the keys."""
    columns = {"second_factors": ("secret",), "mails": ("subject", "text"), "api_idempotency": ("body",)}[table]
    found = METADATA.tables[table]
    async with database.read() as session:
        query = select(*(found.columns[name] for name in columns)).order_by(*found.primary_key.columns)
        return [value for row in await session.execute(query) for value in row]
