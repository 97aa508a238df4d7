"""The site's pages under one roof: who may enter, what an error looks like, and the files that pages load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from veza.accounts.identity import SignInNeeded
from veza.http.cross_site import is_from_own_page
from veza.http.errors.accounts import CROSS_SITE
from veza.http.identity import Authenticate, permitted
from veza.http.json_bodies import Malformed
from veza.http.problem_answers import ProblemPage, exception_handlers
from veza.http.problems import Problem
from veza.http.requests import DoorRequest
from veza.http.routers import FreshRouter
from veza.http.whole_request import STREAMED
from veza.kit.messages import gettext
from veza.web.answers import Form, Shown
from veza.web.assets import asset_routes
from veza.web.interrupted import interrupted_by
from veza.web.logo import logo_routes
from veza.web.operator import findings as operator_findings
from veza.web.operator import inbox, judging, overview, payments, persons, processing, token_page, transfers
from veza.web.own_addresses import own_address
from veza.web.page_addresses import read_at
from veza.web.pages import (
    about,
    about_artist,
    accounts,
    artists,
    carts,
    checkouts,
    codes,
    comments,
    design,
    earnings,
    editor,
    embeds,
    finding,
    home,
    library,
    members,
    news,
    notices,
    onboarding,
    orders,
    own_data,
    own_listenbrainz,
    own_mails,
    own_second_factor,
    own_sessions,
    own_tokens,
    playlists,
    plays,
    releases,
    reports,
    sales,
    signing_in,
    site_texts,
    sounds,
    studio,
    studio_overview,
    tracks,
)
from veza.web.problem_pages import wants_page
from veza.web.site import Site
from veza.web.visits import reader_of
from veza.web.waves import Waves

PAGES: Sequence[HTTPRouteHandler] = (
    home.home,
    releases.release_page, releases.like_release,
    artists.artist_page, artists.follow_artist,
    tracks.track_page, tracks.say_at, tracks.like_track, tracks.put_on_playlist,
    carts.cart_page, carts.add_to_cart, carts.name_price, carts.take_out,
    checkouts.check_out, checkouts.checkout_page,
    library.library_page, library.release_files_page, library.ask_for_files, library.redeem_page, library.redeem,
    orders.orders_page, orders.order_page, orders.ask_for_refund,
    playlists.playlists_page, playlists.begin_playlist, playlists.playlist_page, playlists.keep_details,
    playlists.step_item, playlists.remove_item, playlists.renew_link, playlists.delete_playlist,
    comments.reply, comments.edit_comment, comments.take_back, comments.hide_comment,
    reports.report_page, reports.send_report, reports.reports_page,
    notices.news_page, notices.read_all, notices.read_one, notices.following_page, notices.unfollow,
    finding.search_page, about.about_page, design.design_page, design.music_page,
    design.money_page, news.live_stream,
    embeds.embedded_track, embeds.embedded_release,
    accounts.sign_up_page, accounts.join,
    accounts.account_page, accounts.rename, accounts.change_address, accounts.password_page, accounts.change_password,
    own_sessions.sessions_page, own_sessions.end_session, own_sessions.end_others,
    own_tokens.tokens_page, own_tokens.make_token, own_tokens.revoke_token,
    own_second_factor.second_factor_page, own_second_factor.set_up, own_second_factor.turn_on,
    own_second_factor.renew_codes, own_second_factor.turn_off,
    own_mails.mails_page, own_mails.choose_mails,
    own_listenbrainz.listenbrainz_page, own_listenbrainz.connect_listenbrainz, own_listenbrainz.disconnect_listenbrainz,
    own_data.data_page, own_data.take_along, own_data.leave_for_good,
    studio.studio_page, studio.open_artist, studio.records_page, studio.begin_release,
    editor.editor_page, editor.keep_release, editor.add_track, editor.move_track, editor.set_price, editor.send_cover,
    editor.publish_release, editor.schedule_release, editor.unschedule_release, editor.withdraw_release,
    editor.delete_release,
    about_artist.about_artist_page, about_artist.keep_artist,
    studio_overview.overview_page, sales.sales_page, sales.decide, earnings.money_page,
    plays.plays_page, codes.codes_page, codes.make_codes, codes.revoke_codes,
    members.people_page, members.invite, members.take_back, members.change,
    onboarding.onboarding_page, onboarding.begin_onboarding,
    sounds.sound_page, sounds.keep_track, sounds.price_track, sounds.send_sound, sounds.act_on_version,
    sounds.remove_track,
    overview.overview_page, overview.check_books, overview.way_to_mailbox,
    transfers.transfers_page, transfers.transfer_page, transfers.retry_transfer,
    payments.payments_page, payments.payment_page, payments.refund,
    operator_findings.findings_page, operator_findings.return_all, operator_findings.compare,
    inbox.inbox_page, inbox.event_page, inbox.handle_again,
    processing.processing_page, processing.retry_version,
    judging.queue_page, judging.judging_page, judging.claim_report, judging.decide_report,
    persons.people_page, persons.person_page, persons.change_roles, persons.suspend_account, persons.lift_suspension,
    persons.close_account, persons.audit_page,
    token_page.token_page, token_page.use_token,
    signing_in.sign_in_page, signing_in.enter, signing_in.code_page, signing_in.answer_challenge,
    signing_in.leave, signing_in.preferences_page, signing_in.choose, signing_in.choose_time_zone,
    site_texts.imprint_page, site_texts.terms_page, site_texts.privacy_page,
    site_texts.site_texts_page, site_texts.write_site_text,
)  # fmt: skip
"""Every page and form of the site."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def site_routes(
    site: Site, authenticate: Authenticate, problem_page: ProblemPage, modules: Mapping[str, Any]
) -> list[ControllerRouterHandler]:
    """All pages. `modules` are what handlers take by name, such as `catalog`."""

    async def own_pages_only(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        if connection.scope.get("method") not in _READS and not is_from_own_page(connection, site.base_url):
            raise Problem(CROSS_SITE, gettext("this form was not sent by a page of this site, and nothing was changed"))

    passes = permitted(authenticate, own_pages_only)

    async def guard(connection: DoorRequest, handler: BaseRouteHandler) -> None:
        try:
            await passes(connection, handler)
        except SignInNeeded:
            if connection.method == "POST" and is_from_own_page(connection, site.base_url):
                await _keep_typed(connection, handler)
            raise

    errors: dict[type[Exception] | int, Any] = {
        **exception_handlers(problem_page),
        SignInNeeded: _sign_in_needed(site, exception_handlers(problem_page)[SignInNeeded]),
    }
    provided = {"site": site, "waves": Waves(), **modules}
    router = FreshRouter(
        "/",
        route_handlers=PAGES,
        guards=[guard],  # type: ignore[list-item]  # what comes here is a DoorRequest
        exception_handlers=errors,
        dependencies={name: _always(value) for name, value in provided.items()},
        include_in_schema=False,
    )
    return [router, *asset_routes(), *logo_routes(site.logo)]


def _always(value: Any) -> Provide:
    def provide() -> Any:
        return value

    return Provide(provide, sync_to_thread=False)


_TYPED = "veza_typed"


async def _keep_typed(request: DoorRequest, handler: BaseRouteHandler) -> None:
    """Keep with the request what its form says, for the page that asks its sender to sign in again."""
    if handler.opt.get(STREAMED):
        return
    try:
        request.state[_TYPED] = interrupted_by(request.url.path, await request.form_fields())
    except (Problem, Malformed):
        return


def _sign_in_needed(site: Site, otherwise: Any) -> Any:
    """A reader who opens a page for signed-in people is led to sign in, and from there back; a form goes along."""

    def answer(request: DoorRequest, error: SignInNeeded) -> Response[Any]:
        if request.method != "GET":
            wanted = request.headers.get("referer", "").removeprefix(str(request.base_url).rstrip("/")) or "/"
        else:
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if not wants_page(request):
            return otherwise(request, error)  # type: ignore[no-any-return]  # the framework's handlers have no types
        if (form := request.state.get(_TYPED)) is not None:
            shown = Shown("sign_in.html", status=401, next=own_address(wanted), interrupted=form, form=Form())
            read_at(request, f"/sign-in?next={quote(own_address(wanted), safe='/')}")
            return site.answer(request, shown, reader_of(request))
        return Redirect(f"/sign-in?next={quote(wanted, safe='/')}", status_code=303)

    return answer
