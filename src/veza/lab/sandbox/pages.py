"""Hosted pages: paying, authenticating, onboarding, and reading up; plain HTML that needs no scripts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from veza.kit.codes import is_country
from veza.lab.sandbox import control_api, currencies, offer_page
from veza.lab.sandbox.cards import CARDS, by_number
from veza.lab.sandbox.control import Controls
from veza.lab.sandbox.delayed import CURRENCY, DEBITS, by_iban
from veza.lab.sandbox.errors import ApiError
from veza.lab.sandbox.wire import Obj, Reply, Request

TEMPLATES = Path(__file__).parent / "templates"
STYLESHEET = (TEMPLATES / "sandbox.css").read_bytes()
BUTTONS = {"auto": "Pay", "pay": "Pay", "book": "Book", "donate": "Donate"}
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


def answer_page(sandbox: Controls, request: Request) -> Reply:
    """Answer a browser: what this is and what it offers, `/pay/{session}`, `/authenticate/{payment intent}`,
    `/onboard/{account}`, `/requests/{request}` and the style sheet."""
    match request.path.strip("/").split("/"):
        case ["assets", "sandbox.css"]:
            headers = {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "max-age=300"}
            return Reply(200, headers, STYLESHEET)
        case [""] if request.method in ("GET", "HEAD"):
            return _home(sandbox, request)
        case ["pay", session] if request.method in ("GET", "HEAD", "POST"):
            return _pay(sandbox, request, session)
        case ["offered"] if request.method in ("GET", "HEAD"):
            return _page(sandbox, request, "offered.html", 200, **offer_page.contents())
        case ["requests", id] if request.method in ("GET", "HEAD"):
            return _request(sandbox, request, id)
        case ["authenticate", intent] if request.method in ("GET", "HEAD", "POST"):
            return _authenticate(sandbox, request, intent)
        case ["onboard", account] if request.method in ("GET", "HEAD", "POST"):
            return _onboard(sandbox, request, account)
    return _message(sandbox, request, 404, "Not found", "There is no such page in the sandbox.")


def _home(sandbox: Controls, request: Request) -> Reply:
    counted: dict[str, int] = sandbox.summary()["effects"]
    return _page(sandbox, request, "home.html", 200, cards=CARDS, counted=counted, controls=control_api.table())


def _pay(sandbox: Controls, request: Request, id: str) -> Reply:
    session = sandbox.find_session(id)
    if session is None:
        return _message(sandbox, request, 404, "Not found", f"There is no checkout session {id}.")
    if session["status"] == "complete":
        link = _success_url(session)
        return _message(sandbox, request, 200, "Already paid", "This order was paid before, nothing is due.", link)
    if session["status"] == "expired":
        text = "This checkout session has expired; please go back to the shop and start again."
        return _message(sandbox, request, 410, "Expired", text, session["cancel_url"])
    form = dict.fromkeys(("card", "name", "phone", "country", "postal_code"), "") | {"expiry": "12 / 34", "cvc": "123"}
    form["email"] = session["customer_email"] or sandbox.customer_email(session) or ""
    if request.method != "POST":
        return _pay_form(sandbox, request, session, form)
    form |= _fields(request)
    wrong = _wrong_field(sandbox, session, form)
    if wrong is not None:
        return _pay_form(sandbox, request, session, form, *wrong)
    try:
        charge = sandbox.begin_checkout(id, form["card"], form["email"] or None, buyer=form)
    except ApiError as refusal:
        return _pay_form(sandbox, request, session, form, "card", refusal.message)
    if charge is None:
        return _redirect(f"{sandbox.settings.public_url or request.base_url}/authenticate/{session['_attempt']}")
    return _redirect(_success_url(session))


def _authenticate(sandbox: Controls, request: Request, id: str) -> Reply:
    """The bank's page of 3-D Secure: one button passes, the other fails."""
    intent = sandbox.find_intent(id)
    if intent is None:
        return _message(sandbox, request, 404, "Not found", f"There is no payment intent {id}.")
    session = sandbox.find_session(intent.get("_session") or "")
    back = _success_url(session) if session is not None else intent.get("_return_url")
    if intent["status"] != "requires_action":
        text = "There is nothing to authenticate here any more."
        return _message(sandbox, request, 200, "Done", text, None if session is not None else back)
    if request.method != "POST":
        total = currencies.pretty(intent["amount"], intent["currency"])
        return _page(sandbox, request, "authenticate.html", 200, total=total)
    try:
        sandbox.authenticate(id, _fields(request).get("outcome") == "pass")
    except ApiError as refusal:
        if session is not None:
            back = session["url"]
        return _redirect(back) if back else _message(sandbox, request, 402, "Declined", refusal.message)
    return _redirect(back) if back else _message(sandbox, request, 200, "Done", "The payment went through.")


def _request(sandbox: Controls, request: Request, id: str) -> Reply:
    """A request that was refused, as its `request_log_url` promises."""
    kept = sandbox.log.refusal(id)
    if kept is None:
        text = f"There is no refused request {id}: only the last ones are kept, until the sandbox stops."
        return _message(sandbox, request, 404, "Not found", text)
    at = datetime.fromtimestamp(kept["at"], UTC).isoformat(sep=" ", timespec="seconds")
    error = json.dumps(kept["error"], indent=2, ensure_ascii=False)
    return _page(sandbox, request, "request.html", 200, id=id, at=at, kept=kept, error=error)


def _wrong_field(sandbox: Controls, session: Obj, form: dict[str, str]) -> tuple[str, str] | None:
    """The first field that cannot be right, and why."""
    if not form["card"].strip():
        return "card", "Please enter a card number, for example 4242 4242 4242 4242."
    if by_iban(form["card"]) is not None:
        return None
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
    if session["billing_address_collection"] == "required":
        if not is_country(form["country"].upper()):
            return "country", "Please enter the country as two letters, such as DE."
        if not form["postal_code"].strip():
            return "postal_code", "Please enter a postal code."
    if session["phone_number_collection"]["enabled"] and not form["phone"].strip():
        return "phone", "Please enter a telephone number."
    return None


def _pay_form(
    sandbox: Controls, request: Request, session: Obj, form: dict[str, str], wrong: str = "", error: str = ""
) -> Reply:
    lines = [
        {
            "name": item["description"],
            "details": sandbox.product_details(item),
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
        debits=DEBITS if session["currency"] == CURRENCY else (),
        cancel_url=session["cancel_url"],
        session=session,
        button=BUTTONS.get(session["submit_type"] or "auto", "Pay"),
        form=form,
        wrong=wrong,
        error=error,
    )


def _onboard(sandbox: Controls, request: Request, id: str) -> Reply:
    account = sandbox.find_account(id)
    if account is None:
        return _message(sandbox, request, 404, "Not found", f"There is no account {id}.")
    form = {"name": account["business_profile"]["name"] or "Test Artist", "iban": TEST_IBAN, "terms": ""}
    wrong, error = "", ""
    expires_at, again = account.get("_link_expires_at"), account.get("_refresh_url")
    if again and expires_at is not None and sandbox.now() > expires_at:
        return _redirect(again)
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
    sandbox: Controls, request: Request, status: int, heading: str, text: str, link: str | None = None
) -> Reply:
    return _page(sandbox, request, "message.html", status, heading=heading, text=text, link=link)


def _page(sandbox: Controls, request: Request, template: str, status: int, **values: object) -> Reply:
    base_url = sandbox.settings.public_url or request.base_url
    html = _pages.get_template(template).render(base_url=base_url, **values)
    return Reply(status, dict(HTML_HEADERS), html.encode())


def _redirect(url: str) -> Reply:
    return Reply(303, {"Location": url, "Cache-Control": "no-store"}, b"")
