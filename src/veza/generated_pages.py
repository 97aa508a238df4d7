"""Every page that is generated from the code: where it lives, and what writes it. `make lint` keeps them current."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from veza.accounts.permissions import permissions_page
from veza.api.lists import lists_page
from veza.chat.rules import rules_page
from veza.grpc.generated import generated_messages
from veza.http.errors.table import KINDS
from veza.http.problems import problems_page
from veza.lab.sandbox.faults_page import faults_page
from veza.lab.sandbox.offer_page import offer_markdown
from veza.money.reference import answers_page, payments_page, states_page
from veza.money.webhook_events_page import webhook_events_page
from veza.ops.settings_pages import configuration_page, env_example
from veza.settings import Settings
from veza.web import tokens


def generated_pages() -> dict[Path, str]:
    """Path in the checkout → text, for the whole list."""
    return {
        Path(".env.example"): env_example(),
        Path("docs/api-lists.md"): lists_page(_description()),
        Path("docs/api-problems.md"): problems_page(KINDS),
        Path("docs/chat-rules.md"): rules_page(),
        Path("docs/configuration.md"): configuration_page(),
        Path("docs/money-answers.md"): answers_page(),
        Path("docs/money-payments.md"): payments_page(),
        Path("docs/money-states.md"): states_page(),
        Path("docs/permissions.md"): permissions_page(),
        Path("docs/sandbox-faults.md"): faults_page(),
        Path("docs/sandbox-offer.md"): offer_markdown(),
        Path("docs/webhook-events.md"): webhook_events_page(),
        Path("src/veza/web/styles/tokens.css"): tokens.style_sheet(),
        **generated_messages(),
    }


def _description() -> dict[str, Any]:
    """The API's own description, of an application that serves no request and keeps no file."""
    from veza.app import build  # takes a second, which other commands need not wait for

    with TemporaryDirectory() as folder:
        return build(Settings(var_dir=Path(folder))).litestar.openapi_schema.to_schema()
