"""The command line `veza`: one command per thing an operator does; `--json` speaks to programs.

Exit codes: 0 only when all is well, 1 when something is wrong, 2 when the command or the settings make no sense.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from socket import socket
from typing import Annotated

import typer

from veza.kit.messages import gettext
from veza.ops.application import Application, Program, ServiceGroup
from veza.ops.command import (
    Json,
    Url,
    bring_up_to_date,
    ended_by_errors,
    fail,
    load_settings,
    load_settings_of_a_shop,
    own_folder,
    print_json,
    run_async,
)
from veza.ops.demo_command import demo
from veza.ops.import_command import import_files
from veza.ops.keys_commands import keys
from veza.ops.money_commands import money
from veza.ops.probe_command import probe
from veza.ops.sandbox_commands import sandbox
from veza.ops.search_command import search
from veza.ops.simulate_command import simulate
from veza.ops.storage_command import storage
from veza.ops.stream_command import stream
from veza.ops.terminal import echo
from veza.settings import Settings, SettingsError


def command_line(program: Program) -> typer.Typer:
    """Every command, wired to `program`."""
    cli = typer.Typer(
        name="veza",
        help="Veza, a self-hosted music platform. Settings come from the environment and .env.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "obj": program},
    )
    cli.command()(serve)
    cli.command()(worker)
    cli.command()(stream)
    cli.command()(migrate)
    cli.command()(doctor)
    cli.command()(pages)

    money.command()(simulate)
    cli.command()(demo)
    cli.command(name="import")(import_files)
    cli.command()(probe)
    cli.add_typer(keys)
    cli.add_typer(money)
    cli.add_typer(sandbox)
    cli.add_typer(search)
    cli.add_typer(storage)
    return cli


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Listen here instead of HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Listen on this port instead of PORT; 0 takes a free one.")] = None,
    migrate_first: Annotated[bool, typer.Option("--migrate", help="Bring the database up to date first.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Save what can be saved of a damaged sandbox file first; keeps a copy.")
    ] = False,
    database_url: Url = None,
) -> None:
    """Start the web server with the workers inside; SIGTERM or Ctrl-C stops it within SHUTDOWN_GRACE."""
    from veza.lab.sandbox.hosted import state_file
    from veza.ops.sandbox_commands import repair_state

    load = load_settings if migrate_first else load_settings_of_a_shop
    settings = load(host=host, port=port, database_url=database_url)
    with own_folder(settings):
        if repair:
            repair_state(state_file(settings))  # while VAR_DIR is held
        _start(context.obj, settings, migrate_first, http=True)


def worker(
    context: typer.Context,
    only: Annotated[
        list[ServiceGroup] | None, typer.Option(help="Run this group of workers, and not the others; may be repeated.")
    ] = None,
    database_url: Url = None,
) -> None:
    """Run the workers alone, beside a `veza serve` on the same database."""
    settings = load_settings_of_a_shop(database_url=database_url)
    _start(context.obj, settings, migrate_first=False, http=False, only=only or list(ServiceGroup))


def _start(
    program: Program,
    settings: Settings,
    migrate_first: bool,
    *,
    http: bool,
    only: Sequence[ServiceGroup] = tuple(ServiceGroup),
) -> None:
    from veza.http.serving import address, listen
    from veza.kit.sqlite_files import missing_file
    from veza.lab.demo.documented_password import demand_no_open_demo_account
    from veza.lab.demo.fill import demo_among, what_was_made
    from veza.ops import running, sandbox_beside
    from veza.ops import serve as server
    from veza.ops.migrations import demand_tables
    from veza.ops.observability import configure_logs
    from veza.ops.operator_token import operator_token
    from veza.ops.secret_files import close_to_others

    gc.disable()  # nothing imported and built from here on is garbage: a third of a second until `serve.run` enables it
    configure_logs(settings)
    close_to_others(settings)

    async def start(listener: socket | None) -> int:
        if migrate_first:  # not before the port is ours: nothing has happened yet when it is taken
            if listener is not None and missing_file(settings.database_url):
                await sandbox_beside.demand_together(settings)  # before a mistyped path becomes an empty database
            await asyncio.to_thread(bring_up_to_date, settings)
        await demand_tables(settings.database_url)
        if listener is None:
            application = program.build(await running.own_veza(settings, operator_token(settings)), False)
            left_out = [one for group, some in application.groups.items() if group not in only for one in some]
            application.services = [one for one in application.services if one not in left_out]
        else:
            await sandbox_beside.demand_together(settings)
            # Port 0 has become a real one by now; the sandbox and its webhooks need to know it.
            application = program.build(settings.model_copy(update={"port": listener.getsockname()[1]}), True)
            running.note(settings, application.settings.local_url)

        try:
            if listener is not None and settings.is_public:
                await demand_no_open_demo_account(application.database)
            admin = await first_admin_link(application) if listener else None
        except Exception:
            await application.close()
            raise

        def on_ready() -> None:
            echo(welcome(application, address(listener), admin) if listener else "Veza's workers are running.")
            sys.stdout.flush()

        async def once_there_is_a_demo() -> None:
            data = demo_among(application.services)
            if data is not None and listener is not None:
                await data.finished.wait()
                if data.made:  # what was said before has scrolled away
                    echo(f"{what_was_made(data.made)}\n{welcome(application, address(listener), admin)}")
                    sys.stdout.flush()

        telling = asyncio.create_task(once_there_is_a_demo())
        try:
            return await server.run(application, listener, on_ready)
        finally:
            telling.cancel()

    try:
        with ended_by_errors(), ExitStack() as closed_at_the_end:
            listener = closed_at_the_end.enter_context(listen(settings.host, settings.port)) if http else None
            code = run_async(start(listener))
    finally:
        gc.enable()
    raise typer.Exit(code)


async def first_admin_link(application: Application) -> str | None:
    """The link for the first admin, kept in VAR_DIR as the operator token is; None, and no file, when there is one."""
    from veza.accounts.first_admin import admin_link
    from veza.ops.operator_token import NoToken
    from veza.ops.secret_files import admin_link_file, keep_secret

    link, path = (
        await admin_link(application.database, application.settings.base_url),
        admin_link_file(application.settings),
    )
    try:
        if link is None:
            path.unlink(missing_ok=True)
        else:
            keep_secret(path, link)
    except OSError as error:
        raise NoToken(
            gettext(
                "cannot write {path} ({strerror}): make VAR_DIR a folder we may write to",
                path=path,
                strerror=error.strerror,
            )
        ) from None
    return link


def welcome(application: Application, where: str, admin: str | None) -> str:
    """What a person sees once the server answers: where to look, how to sign in, how to become the first admin.

    The links are for a terminal alone: what is redirected or collected is a log, which others read and keep.
    """
    from veza.ops.operator_token import token_file
    from veza.ops.secret_files import admin_link_file

    settings = application.settings

    has_own = bool(settings.operator_token.get_secret_value())
    which = "your OPERATOR_TOKEN" if has_own else f"the token in {token_file(settings)}"
    payments = f"{where}/sandbox/  a stand-in, no real money" if settings.uses_sandbox else "Stripe"
    if settings.keeps_mails:
        way = application.mailbox_way if sys.stdout.isatty() else "/operator/mailbox"
        mails = f"{where}{way}  no mail server is set"
    else:
        mails = "by SMTP" if settings.smtp_url.get_secret_value() else "kept unread: set SMTP_URL"
    lines = [
        f"Veza is ready on {where}",
        f"  operators    {where}/operator  people with the role; {which} makes one at /operator/token",
        f"  API          {where}/api/docs  the same token, as bearer",
        f"  health       {where}/health/ready",
        f"  mails        {mails}",
        f"  payments     {payments}",
    ]
    if admin is not None:
        link = admin if sys.stdout.isatty() else f"the link in {admin_link_file(settings)}"
        lines.append(f"  first admin  {link}  once, within a day")
    return "\n".join(lines)


def migrate(database_url: Url = None, as_json: Json = False) -> None:
    """Create the database's tables, or bring them up to date; safe to repeat."""
    from veza.ops.migrations import newest_revision

    settings = load_settings(database_url=database_url)
    bring_up_to_date(settings)
    if as_json:
        print_json({"ok": True, "revision": newest_revision()})
    else:
        echo("The database is up to date.")


def doctor(as_json: Json = False) -> None:
    """Check machine, settings, database, provider and clock; say what to do about each red line."""
    from veza.ops.doctor import examine
    from veza.ops.doctor_report import print_report

    try:
        settings: Settings | SettingsError = Settings.load()
    except SettingsError as error:
        settings = error
    findings = run_async(examine(settings))
    print_report(findings, as_json=as_json)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def pages(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 when a page is out of date.")] = False,
) -> None:
    """Write the pages that are generated from the code (docs/configuration.md, .env.example, ...)."""
    program: Program = context.obj
    stale = [path for path, text in program.pages().items() if not _holds(path, text)]
    if check and stale:
        raise fail(f"out of date: {', '.join(str(path) for path in stale)}; run `make format` and commit")
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(program.pages()[path], encoding="utf-8")
        echo(f"wrote {path}")


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
