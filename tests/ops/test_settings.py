"""Settings are read once, make sense together, and every problem is one sentence."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

import veza
from veza.ops.settings_pages import configuration_page, env_example
from veza.settings import Settings, SettingsError, bounds_of, ignored, parse_duration, show_duration, strangers

SOURCE = Path(veza.__file__).parent
NAMES = [str(field.validation_alias) for field in Settings.model_fields.values()]


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_with_nothing_set_it_runs_on_sqlite_with_the_sandbox() -> None:
    settings = Settings.load()
    assert settings.database_url == "sqlite+aiosqlite:///var/veza.db"
    assert settings.uses_sandbox
    assert settings.claim_lease == timedelta(minutes=2)
    assert settings == Settings()


def test_the_environment_wins_over_the_file_and_options_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PORT=1001\nHOST=0.0.0.0\nREVERSAL_MAX_RETRIES=7\nSOMETHING_ELSE=x\n")
    monkeypatch.setenv("PORT", "1002")
    settings = Settings.load(host="::1")
    assert (settings.host, settings.port, settings.reversal_max_retries) == ("::1", 1002, 7)
    assert settings.base_url == "http://[::1]:1002"


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVERSAL_MAX_RETRIES", "")
    assert Settings.load().reversal_max_retries == 5


@pytest.mark.parametrize(
    ("given_url", "used"),
    [
        ("postgresql://u:p@h:5432/n", "postgresql+asyncpg://u:p@h:5432/n"),
        ("postgres://u@h/n", "postgresql+asyncpg://u@h/n"),
        ("sqlite:////tmp/x.db", "sqlite+aiosqlite:////tmp/x.db"),
    ],
)
def test_the_usual_database_urls_get_their_async_driver(given_url: str, used: str) -> None:
    assert Settings(database_url=given_url).database_url == used


def test_the_database_follows_the_folder() -> None:
    assert Settings(var_dir=Path("/data")).database_url == "sqlite+aiosqlite:////data/veza.db"


LIVE = {"STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_WEBHOOK_SECRETS": "whsec_a, whsec_b"}


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"REVERSAL_MAX_RETRIES": "-1"}, "REVERSAL_MAX_RETRIES “-1”: must be at least 1"),
        ({"REFUND_MAX_RETRIES": "many"}, "REFUND_MAX_RETRIES “many”: must be a whole number"),
        ({"REVERSAL_CONCURRENCY": "0"}, "REVERSAL_CONCURRENCY “0”: must be at least 1"),
        ({"REVERSAL_BACKOFF_MAX": "1s"}, "REVERSAL_BACKOFF_MAX (1s) is below REVERSAL_BACKOFF_BASE (1m)"),
        ({"INBOX_BACKOFF_MAX": "1s"}, "INBOX_BACKOFF_MAX (1s) is below INBOX_BACKOFF_BASE (5s)"),
        ({"REVERSAL_BALANCE_MAX": "1h"}, "REVERSAL_BALANCE_MAX (1h) is below REVERSAL_BALANCE_RETRY (6h)"),
        ({"REVERSAL_BACKOFF_BASE": "1 minute"}, "such as 30s, 1m, 1h or 30d"),
        ({"REVERSAL_BACKOFF_BASE": "0s"}, "REVERSAL_BACKOFF_BASE “0s”: must be at least 100ms"),
        ({"REVERSAL_BACKOFF_MAX": "999999999999d"}, "a duration may be at most 3650d"),
        ({"CLAIM_LEASE": "9999999d"}, "a duration may be at most 3650d"),
        ({"REVERSAL_MAX_RETRIES": "99999999999999999999"}, "must be at most 1000"),
        ({"DATABASE_URL": "postgresql://h:notaport/x"}, "this is no URL"),
        ({"PUBLIC_URL": "nonsense"}, "PUBLIC_URL: it must begin with https:// or http://"),
        ({"CLAIM_LEASE": "75s"}, "CLAIM_LEASE (75s) must be longer than STRIPE_REQUEST_TIMEOUT plus 45s (75s)"),
        ({"STRIPE_WORKERS_SHARE": "0"}, "STRIPE_WORKERS_SHARE “0”: must be at least 0.1"),
        ({"STRIPE_MAX_REQUESTS_PER_SECOND": "1e-320"}, "STRIPE_MAX_REQUESTS_PER_SECOND “1e-320”: must be at least 1"),
        ({"STRIPE_WORKERS_SHARE": "1.01"}, "STRIPE_WORKERS_SHARE “1.01”: must be at most 1"),
        ({"STRIPE_SECRET_KEY": "pk_live_x"}, "a pk_ key is the public one"),
        ({"STRIPE_SECRET_KEY": "sk_live_x"}, "STRIPE_WEBHOOK_SECRETS is empty"),
        ({**LIVE, "STRIPE_API_BASE": "http://127.0.0.1:1"}, "a live key goes to Stripe only"),
        ({**LIVE, "DEMO_DATA": "true"}, "DEMO_DATA works with the built-in sandbox only"),
        ({"PLATFORM_CURRENCIES": "EUR,EURO"}, "“EURO” is not a currency code"),
        ({"PLATFORM_CURRENCIES": ","}, "PLATFORM_CURRENCIES"),
        ({"DATABASE_URL": "mysql://h/n"}, "use sqlite:///folder/veza.db or postgresql://"),
        ({"REDIS_URL": "localhost"}, "REDIS_URL: it must begin with redis:// or rediss://"),
        ({"MAIL_FROM": "nobody"}, "MAIL_FROM “nobody”: must look like Veza <veza@example.org>"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL “loud”: must be 'debug'"),
        ({"PORT": "70000"}, "PORT “70000”: must be at most 65535"),
        ({"OPERATOR_TOKEN": "short"}, "OPERATOR_TOKEN must be at least 16 characters long"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(
    environment: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    assert len(refused.value.problems) == 1
    assert sentence in refused.value.problems[0]
    assert "\n" not in refused.value.problems[0]


NUMBERS = [field for field in Settings.model_fields.values() if field.annotation in (int, float, timedelta)]


@pytest.mark.parametrize("field", NUMBERS, ids=lambda field: str(field.validation_alias))
def test_every_number_has_a_least_and_a_most_and_says_which(field: FieldInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    bounds = bounds_of(field)
    name, is_duration = str(field.validation_alias), field.annotation is timedelta
    assert bounds.keys() == {"ge", "le"}, f"{name} lacks a bound"
    too_little = ["0s", "0.001ms"] if is_duration else [str(float(bounds["ge"]) - 1), "-1e300", "-inf", "nan"]
    too_much = ["3651d"] if is_duration else [str(float(bounds["le"]) + 1), "1e300", "inf"]
    if field.annotation is float:
        too_little += ["1e-320", "-0.0"]
    for written in (*too_little, *too_much):
        monkeypatch.setenv(name, written)
        with pytest.raises(SettingsError) as refused:
            Settings.load()
        assert all("must be" in sentence or "at most" in sentence for sentence in refused.value.problems), written
    for bound, word in (("ge", "least"), ("le", "most")):
        assert f"{word} {bounds[bound]}" in row_of(name), f"docs/configuration.md does not say the {word} of {name}"


def row_of(name: str) -> str:
    return next(line for line in configuration_page().splitlines() if line.startswith(f"| `{name}`"))


LEAST = {str(field.validation_alias): bounds_of(field)["ge"] for field in NUMBERS}


def test_everything_at_its_least_still_makes_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, least in LEAST.items():
        monkeypatch.setenv(name, "47s" if name == "CLAIM_LEASE" else least)
    settings = Settings.load()
    assert settings.stripe_max_requests_per_second * settings.stripe_workers_share == pytest.approx(0.1)


def test_a_file_that_is_not_text_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PORT=8000\n\xff\xfe")
    with pytest.raises(SettingsError, match="is not UTF-8 text: write it anew"):
        Settings.load(tmp_path / ".env")


def test_all_problems_are_told_at_once_and_no_secret_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "pk_live_verysecret")
    monkeypatch.setenv("OPERATOR_TOKEN", "tiny-secret")
    monkeypatch.setenv("CLAIM_LEASE", "1s")
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    assert len(refused.value.problems) == 3
    assert "secret" not in str(refused.value)
    assert "verysecret" not in repr(Settings(stripe_secret_key="sk_test_verysecret"))


def test_a_misspelt_setting_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVERSAL_MAX_RETRYS", "3")
    Path(".env").write_text("REFUND_BACKOF_MAX=1h\n")
    assert strangers() == [
        ("REFUND_BACKOF_MAX", "REFUND_BACKOFF_MAX"),
        ("REVERSAL_MAX_RETRYS", "REVERSAL_MAX_RETRIES"),
    ]


def test_what_has_no_effect_is_told_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROT", "8001")
    monkeypatch.setenv("HOME_OF_SOMETHING", "1")
    Path(".env").write_text("PORT 8001\n# a remark\nexport HOST=127.0.0.1\nDATABSE=x\nVAR_DIR\nPORT=8002\n")
    assert ignored() == [
        ".env line 1, “PORT 8001”, is not NAME=value: it has no effect",
        ".env line 5, “VAR_DIR”, is not NAME=value: it has no effect",
        "PROT is no setting: did you mean PORT?",
        ".env line 4: DATABSE is no setting: it has no effect",
    ]


@given(st.integers(min_value=1, max_value=10**10))
def test_a_duration_reads_back_as_it_is_shown(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(show_duration(duration)) == duration


def test_every_setting_is_in_both_generated_pages_and_has_a_meaning() -> None:
    page, example = configuration_page(), env_example()
    for field in Settings.model_fields.values():
        assert f"| `{field.validation_alias}` |" in page
        assert f"\n# {field.validation_alias}=" in example
        assert field.description


def test_the_example_file_itself_is_accepted() -> None:
    lines = re.findall(r"^# ([A-Z_]+=.*)$", env_example(), flags=re.MULTILINE)
    assert len(lines) == len(NAMES)
    Path(".env").write_text("\n".join(lines).replace("<VAR_DIR>", "var"))
    assert Settings.load() == Settings()


READERS = {"environ", "environb", "getenv", "getenvb"}


def _reads_environment(tree: ast.AST) -> bool:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) if name in READERS:
                return True
            case ast.ImportFrom(module="os", names=names) if READERS & {alias.name for alias in names}:
                return True
            case ast.Name(id="BaseSettings"):
                return True
    return False


@pytest.mark.parametrize(
    "planted",
    [
        "import os\nos.environ['X']",
        "import os as o\no.getenv('X')",
        "from os import environ",
        "from os import getenv as g",
    ],
)
def test_the_check_below_finds_planted_readers(planted: str) -> None:
    assert _reads_environment(ast.parse(planted))


def test_nothing_but_settings_reads_the_environment() -> None:
    readers = [
        path.relative_to(SOURCE)
        for path in SOURCE.rglob("*.py")
        if path.parent != SOURCE / "settings" and _reads_environment(ast.parse(path.read_text()))
    ]
    assert readers == []


def test_a_trusted_proxy_is_an_address_or_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.7, fd00::/8")
    assert Settings.load(env_file=None).trusted_proxies == ("10.0.0.7", "fd00::/8")
    for wrong in ("*", "proxy.internal", "10.0.0.7/8", "10.0.0.300"):
        monkeypatch.setenv("TRUSTED_PROXIES", wrong)
        with pytest.raises(SettingsError, match="is no address or network"):
            Settings.load(env_file=None)


@pytest.mark.parametrize(
    ("url", "tls", "demanded"),
    [
        ("smtp://mail.example.org", "auto", False),
        ("smtp://anna:secret@mail.example.org:587", "auto", True),
        ("smtp://anna:secret@127.0.0.1:587", "auto", False),
        ("smtp://anna:secret@mail.example.org", "offered", False),
        ("smtp://127.0.0.1", "required", True),
    ],
)
def test_a_password_never_leaves_the_machine_unencrypted_unless_told_to(url: str, tls: str, demanded: bool) -> None:
    assert Settings(smtp_url=url, smtp_tls=tls).smtp_demands_tls is demanded


def test_staff_needs_a_second_factor_once_mails_are_sent() -> None:
    assert not Settings().staff_needs_second_factor
    assert Settings(smtp_url="smtp://mail.example.org").staff_needs_second_factor
    assert not Settings(smtp_url="smtp://mail.example.org", staff_second_factor="off").staff_needs_second_factor
    assert Settings(staff_second_factor="required").staff_needs_second_factor
