"""`veza doctor`: looks at everything Veza stands on, changes nothing, and says what to do about each red line."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from tempfile import TemporaryFile

from sqlalchemy.engine import make_url

from veza.kit.clock import Clock, SystemClock
from veza.kit.money import BadAmount, known_currency
from veza.ops.doctor_finding import Finding
from veza.ops.doctor_place import place
from veza.ops.doctor_services import services
from veza.ops.encryption_keys import keys_file
from veza.ops.operator_token import token_file
from veza.ops.secret_files import admin_link_file, database_files
from veza.settings import Settings, SettingsError, ignored

LEAST_FREE_BYTES = 500_000_000
"""Below this a busy day's database growth and its log can fill the disk before the operator looks."""

_GB = 1_000_000_000


async def examine(settings: Settings | SettingsError, clock: Clock | None = None) -> list[Finding]:
    """Every finding, in the order a person would mend them; without usable settings only the machine's."""
    findings = [_python()]
    if isinstance(settings, SettingsError):
        advice = "correct it in .env or the environment"
        return findings + [Finding("settings", False, problem, advice) for problem in settings.problems]
    findings += [*_folder(settings), *place(settings), *_disk(settings), *_settings(settings), _proxies(settings)]
    return findings + await services(settings, clock or SystemClock())


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", sys.version_info >= (3, 11), version, "" if sys.version_info >= (3, 11) else "use 3.11")


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.var_dir
    nearest = _existing(folder)
    # To root everything looks writable, also what no folder can be made in.
    if not os.access(nearest, os.W_OK | os.X_OK) or not _takes_files(nearest):
        yield Finding("folder", False, f"{nearest} is not writable for us", f"chown it, or set VAR_DIR (now {folder})")
    elif folder.exists() and folder.stat().st_mode & stat.S_IWOTH:
        yield Finding("folder", False, f"every user of this machine may write to {folder}", f"chmod o-w {folder}")
    else:
        yield Finding("folder", True, f"{folder} is writable" if folder.exists() else f"{folder} will be made")
    if not settings.operator_token.get_secret_value():
        yield from _is_ours_alone("operator token", token_file(settings))
    if not settings.encryption_keys:
        yield from _is_ours_alone("encryption keys", keys_file(settings))
    yield from _is_ours_alone("admin link", admin_link_file(settings))
    for file in database_files(settings):
        yield from _is_ours_alone("database file", file)


def _is_ours_alone(name: str, file: Path) -> Iterator[Finding]:
    if file.exists():
        mode = stat.S_IMODE(file.stat().st_mode)
        loose = bool(mode & 0o077)
        yield Finding(name, not loose, f"{file} has mode {mode:03o}", f"chmod 600 {file}" if loose else "")


def _disk(settings: Settings) -> Iterator[Finding]:
    folders = [settings.var_dir]
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        folders.append(Path(str(url.database)).parent)
    # Those on one disk are told once.
    by_disk = {_existing(folder).stat().st_dev: folder for folder in reversed(folders)}
    for folder in reversed(by_disk.values()):
        free = shutil.disk_usage(_existing(folder)).free
        enough = free >= LEAST_FREE_BYTES
        detail = f"{free / _GB:.1f} GB free under {folder}"
        yield Finding("disk", enough, detail, "" if enough else f"free at least {LEAST_FREE_BYTES / _GB:.1f} GB")


def _settings(settings: Settings) -> Iterator[Finding]:
    wrong = [Finding("settings", False, sentence, "correct it in .env or the environment") for sentence in ignored()]
    for code in settings.platform_currencies:
        try:
            known_currency(code)
        except BadAmount as error:
            wrong.append(Finding("settings", False, str(error), "correct PLATFORM_CURRENCIES"))
    if not settings.uses_sandbox and not settings.stripe_webhook_secrets:
        detail = "STRIPE_WEBHOOK_SECRETS is empty: every webhook will be refused"
        wrong.append(Finding("settings", False, detail, "copy the endpoint's whsec_… from the provider's dashboard"))
    yield from wrong or [Finding("settings", True, "they make sense together")]


def _proxies(settings: Settings) -> Finding:
    """Veza speaks no TLS itself: an HTTPS address means a proxy, and its word is needed for who is behind it."""
    networks = [ip_network(one) for one in settings.trusted_proxies]
    elsewhere = [one for one in networks if not one.is_loopback]
    trusted = f"{', '.join(settings.trusted_proxies) or 'no proxy'} may say where a request came from"
    if any(one.prefixlen == 0 for one in networks):
        advice = "name the proxy's own address in TRUSTED_PROXIES"
        return Finding("proxies", False, f"{trusted}: every client that reaches the port may claim any address", advice)
    if settings.public_url.startswith("https://") and not is_local(settings.host) and not elsewhere:
        detail = f"{trusted}, and we listen on {settings.host}: behind a proxy elsewhere every visitor has its address"
        return Finding("proxies", False, detail, "TRUSTED_PROXIES=its address, or HOST=127.0.0.1 if it runs here")
    return Finding("proxies", True, trusted)


def is_local(host: str) -> bool:
    """Whether only this machine reaches what listens on `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _takes_files(folder: Path) -> bool:
    try:
        with TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _existing(path: Path) -> Path:
    """The nearest folder above `path` that exists."""
    path = path.resolve()
    while not path.exists():
        path = path.parent
    return path
