"""Hosted pages: paying a checkout session and onboarding a seller; plain HTML that needs no scripts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from veza.money.sandbox import control_api, currencies
from veza.money.sandbox.cards import CARDS, by_number
from veza.money.sandbox.core import Reply, Request, Sandbox
from veza.money.sandbox.errors import ApiError
from veza.money.sandbox.wire import Obj

TEMPLATES = Path(__file__).parent / "templates"
STYLESHEET = (TEMPLATES / "sandbox.css").read_bytes()
TEST_IBAN = "DE89 3704 0044 0532 0130 00"
MAX_NAME_LENGTH = 100
HTML_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def answer_page(sandbox: Sandbox, request: Request) -> Reply:
    """Answer a browser: what this is, `/pay/{session}`, `/onboard/{account}` and the style sheet."""
    match request.path.strip("/").split("/"):
        case ["assets", "sandbox.css"]:
            headers = {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "max-age=300"}
            return Reply(200, headers, STYLESHEET)
        case [""] if request.method in ("GET", "HEAD"):
            return _home(sandbox, request)
        case ["pay", session] if request.method in ("GET", "HEAD", "POST"):
            return _pay(sandbox, request, session)
        case ["onboard", account] if request.method in ("GET", "HEAD", "POST"):
            return _onboard(sandbox, request, account)
    return _message(sandbox, request, 404, "Not found", "There is no such page in the sandbox.")


def _home(sandbox: Sandbox, request: Request) -> Reply:
    counted: dict[str, int] = sandbox.summary()["effects"]
    return _page(sandbox, request, "home.html", 200, cards=CARDS, counted=counted, controls=control_api.table())


def _pay(sandbox: Sandbox, request: Request, id: str) -> Reply:
    session = sandbox.find_session(id)
    if session is None:
        return _message(sandbox, request, 404, "Not found", f"There is no checkout session {id}.")
    if session["status"] == "complete":
        link = _success_url(session)
        return _message(sandbox, request, 200, "Already paid", "This order was paid before, nothing is due.", link)
    if session["status"] == "expired":
        text = "This checkout session has expired; please go back to the shop and start again."
        return _message(sandbox, request, 410, "Expired", text, session["cancel_url"])
    form = {"email": session["customer_email"] or "", "card": "", "expiry": "12 / 34", "cvc": "123"}
    if request.method != "POST":
        return _pay_form(sandbox, request, session, form)
    form |= _fields(request)
    wrong = _wrong_field(sandbox, form)
    if wrong is not None:
        return _pay_form(sandbox, request, session, form, *wrong)
    try:
        sandbox.pay_checkout(id, form["card"], form["email"] or None)
    except ApiError as refusal:
        return _pay_form(sandbox, request, session, form, "card", refusal.message)
    return _redirect(_success_url(session))


def _wrong_field(sandbox: Sandbox, form: dict[str, str]) -> tuple[str, str] | None:
    """The first field that cannot be right, and why."""
    if not form["card"].strip():
        return "card", "Please enter a card number, for example 4242 4242 4242 4242."
    if by_number(form["card"]) is None:
        return "card", "Your card number is incorrect: the sandbox knows only the test cards listed below."
    month, _, year = form["expiry"].replace(" ", "").partition("/")
    if not (month.isdecimal() and year.isdecimal() and 1 <= int(month) <= 12 and len(year) in (2, 4)):
        return "expiry", "Please enter month and year as MM / YY."
    today = datetime.fromtimestamp(sandbox.now(), UTC)
    if (2000 + int(year) % 100, int(month)) < (today.year, today.month):
        return "expiry", "Your card's expiration date is in the past."
    if not (form["cvc"].isdecimal() and len(form["cvc"]) in (3, 4)):
        return "cvc", "Your card's security code has three or four digits."
    if form["email"] and "@" not in form["email"]:
        return "email", "That email address has no @."
    return None


def _pay_form(
    sandbox: Sandbox, request: Request, session: Obj, form: dict[str, str], wrong: str = "", error: str = ""
) -> Reply:
    lines = [
        {
            "name": item["description"],
            "quantity": item["quantity"],
            "total": currencies.pretty(item["amount_total"], item["currency"]),
        }
        for item in sandbox.items_of(session["id"])
    ]
    return _page(
        sandbox,
        request,
        "pay.html",
        422 if error else 200,
        total=currencies.pretty(session["amount_total"], session["currency"]),
        lines=lines,
        cards=CARDS,
        cancel_url=session["cancel_url"],
        form=form,
        wrong=wrong,
        error=error,
    )


def _onboard(sandbox: Sandbox, request: Request, id: str) -> Reply:
    account = sandbox.find_account(id)
    if account is None:
        return _message(sandbox, request, 404, "Not found", f"There is no account {id}.")
    form = {"name": account["business_profile"]["name"] or "Test Artist", "iban": TEST_IBAN, "terms": ""}
    wrong, error = "", ""
    if request.method == "POST":
        form |= _fields(request)
        if not form["name"].strip() or len(form["name"]) > MAX_NAME_LENGTH:
            wrong, error = "name", f"Please enter a name of at most {MAX_NAME_LENGTH} characters."
        elif not form["iban"].strip():
            wrong, error = "iban", "Please enter a bank account."
        elif form["terms"] != "yes":
            wrong, error = "terms", "Please accept the terms to be paid."
        else:
            sandbox.complete_onboarding(id, form["name"].strip())
            link = account.get("_return_url")
            done = "Your account is complete, sales can be sent to you."
            return _redirect(link) if link else _message(sandbox, request, 200, "All set", done)
    return _page(
        sandbox,
        request,
        "onboard.html",
        422 if error else 200,
        account=account,
        form=form,
        wrong=wrong,
        error=error,
    )


def _success_url(session: Obj) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _fields(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))


def _message(
    sandbox: Sandbox, request: Request, status: int, heading: str, text: str, link: str | None = None
) -> Reply:
    return _page(sandbox, request, "message.html", status, heading=heading, text=text, link=link)


def _page(sandbox: Sandbox, request: Request, template: str, status: int, **values: object) -> Reply:
    base_url = sandbox.settings.public_url or request.base_url
    html = _pages.get_template(template).render(base_url=base_url, **values)
    return Reply(status, dict(HTML_HEADERS), html.encode())


def _redirect(url: str) -> Reply:
    return Reply(303, {"Location": url, "Cache-Control": "no-store"}, b"")
