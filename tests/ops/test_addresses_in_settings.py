"""A setting that says where something is: what leads nowhere is told at the start, by name, and never repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import veza
from veza.settings import Settings, SettingsError

WITH_PORT = {
    "PUBLIC_URL": "https://{}",
    "RETURN_ADDRESSES": "https://{}",
    "STRIPE_API_BASE": "http://{}/v1",
    "OBJECTS_ENDPOINT": "https://{}",
    "LISTENBRAINZ_URL": "https://{}",
    "REDIS_URL": "redis://:hidden@{}/0",
    "RABBITMQ_URL": "amqp://anna:hidden@{}/shop",
    "SMTP_URL": "smtp://anna:hidden@{}",
    "DATABASE_URL": "postgresql://anna:hidden@{}/shop",
}
"""How each is written, {} being host and port."""
FORMS = {**WITH_PORT, "OBJECTS_URL": "s3://{}"}

HOSTS = ["", "[::1", "[::zz]", "a..b", ".a", "127.0.0.300", "127.0.0.1.5", "a$b", "a b", "a\\b", "ä" * 254]
PORTS = ["99999", "0", "65536", "abc", "-1", "80a"]


def refusal(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for one in Settings.model_fields.values():
        monkeypatch.delenv(str(one.validation_alias), raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        Settings.load(env_file=None)
    (problem,) = refused.value.problems
    return problem


def test_every_setting_that_shows_a_url_is_judged_here() -> None:
    urls = {
        str(field.validation_alias)
        for field in Settings.model_fields.values()
        if any(ending in str(field.validation_alias) for ending in ("_URL", "_BASE", "_ENDPOINT", "ADDRESSES"))
        and "BACKOFF" not in str(field.validation_alias)
    }
    assert urls == FORMS.keys()


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_none_is_told_by_the_setting_s_name(
    name: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "DATABASE_URL" and not host:
        return  # PostgreSQL's own socket on this machine
    said = refusal(name, FORMS[name].format(host), monkeypatch)
    assert said.startswith(f"{name}: "), said
    assert "://" in said.partition(": ")[2], "no example of what would be right"
    assert "hidden" not in said
    assert "\n" not in said


@pytest.mark.parametrize("name", WITH_PORT)
@pytest.mark.parametrize("port", PORTS)
def test_a_port_that_is_none_is_told_by_the_setting_s_name(
    name: str, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refusal(name, WITH_PORT[name].format(f"host.example:{port}"), monkeypatch)
    assert said.startswith(f"{name}: ")
    assert "port" in said
    assert "hidden" not in said


@pytest.mark.parametrize("name", WITH_PORT)
@pytest.mark.parametrize("host", ["host.example:1", "shop", "[::1]:65535", "127.0.0.1", "müsik.example", "a-b_c."])
def test_what_leads_somewhere_is_taken(name: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, WITH_PORT[name].format(host))
    settings = Settings.load(env_file=None)
    field = next(field for field, told in Settings.model_fields.items() if told.validation_alias == name)
    value = getattr(settings, field)
    assert host in str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PUBLIC_URL", "https://anna:secret@shop.example", "it may not name a user or a password"),
        ("PUBLIC_URL", "https://shop.example/?from=mail", "it may not have ? or #"),
        ("RETURN_ADDRESSES", "https://a.example, https://b.example/x", "address 2 of the list: it may not have a path"),
        ("OBJECTS_URL", "s3://bucket:9000/x", "it may not have a port"),
        ("OBJECTS_URL", "s3://Bucket", "a bucket's name has small letters, digits, dots and dashes"),
        ("SMTP_URL", "smtp://anna:hid#den@mail.example", "a password's # is written %23"),
        ("SMTP_URL", "smtp://mail.example/inbox", "it may not have a path"),
        ("SMTP_URL", "mail.example:587", "it must begin with smtp:// or smtps://"),
        ("REDIS_URL", "redis://cache/first", "after the host stands the number of the database"),
        ("REDIS_URL", "redis://cache/0?socket_timeout=soon", "its options after ? are not those of a Redis client"),
        ("REDIS_URL", "redis://cache/0?colour=red", "its options after ? are not those of a Redis client"),
        ("DATABASE_URL", "sqlite://veza.db", "it names no file; write it like sqlite:///folder/veza.db"),
        ("DATABASE_URL", "sqlite://", "it names no file"),
        ("DATABASE_URL", "sqlite:///:memory:", "it names no file"),
        ("DATABASE_URL", "postgresql://h/n?application_name=veza", "“application_name” is no option here"),
        ("DATABASE_URL", "postgresql://h/n?sslmode=on", "ssl must be one of disable, allow, prefer, require"),
        ("HOST", "http://127.0.0.1", "must be an address such as 127.0.0.1, 0.0.0.0 or ::1, or a name"),
        ("HOST", "[::1]", "without http://, brackets and port"),
        ("HOST", "127.0.0.1:8000", "without http://, brackets and port"),
    ],
)
def test_what_would_be_passed_over_or_fail_later_is_refused_at_the_start(
    name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refusal(name, value, monkeypatch)
    assert said.startswith(name)
    assert sentence in said
    assert "secret" not in said
    assert "den@" not in said


def test_what_other_postgresql_clients_call_sslmode_is_taken() -> None:
    url = Settings(database_url="postgresql://anna:p%40ss@h:5432/shop?sslmode=require").database_url
    assert url == "postgresql+asyncpg://anna:p%40ss@h:5432/shop?ssl=require"


def test_the_options_of_a_redis_client_are_taken() -> None:
    assert Settings(redis_url="rediss://cache/0?socket_timeout=5").redis_url.endswith("socket_timeout=5")


@pytest.mark.parametrize("command", [["serve"], ["doctor"]])
def test_each_command_ends_with_that_sentence(command: list[str], tmp_path: Path) -> None:
    done = veza(*command, cwd=tmp_path, PUBLIC_URL="http://127.0.0.1:99999")
    assert done.returncode != 0
    said = " ".join((done.stdout + done.stderr).split())
    assert "PUBLIC_URL: its port must be a whole number from 1 to 65535" in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
