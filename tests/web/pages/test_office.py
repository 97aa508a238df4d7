"""The operator's area beside money: people and their roles, the audit log, reports, sound that failed."""

from __future__ import annotations

from uuid import UUID

from tests.web.pages.whole import PASSWORD, Reader, Whole
from veza.accounts import roles
from veza.accounts.permissions import Role
from veza.ingest.audio_versions import AudioVersion
from veza.moderation import reporting

PAGES = ("/operator/people", "/operator/audit", "/operator/reports", "/operator/processing")


async def reported(whole: Whole, reporter: Reader) -> tuple[UUID, UUID]:
    """A release that was reported; its id and the report's."""
    release, _ = await whole.track()
    assert reporter.person is not None
    async with whole.database.write(f"person {reporter.person}") as session:
        subjects = whole.veza.modules.moderation.subjects
        row = await reporting.report(session, subjects, reporter.person, "release", release, "spam", "pills & <b>")
        return release, row.id


async def failed(whole: Whole, track: UUID) -> UUID:
    """A file of the track that no sound came of."""
    async with whole.database.write("test") as session:
        version = AudioVersion(
            id=session.new_id(), track_id=track, artist_id=track, status="failed", sent_by="x", file_name="dawn.flac",
            file_hash="x", original_key="x", original_bytes=1000, encoder_version=1, created_at=session.now,
        )  # fmt: skip
        session.add(version)
        await session.flush()
        return version.id


async def test_each_role_is_offered_and_let_into_its_own_pages_alone(whole: Whole) -> None:
    may = {"listener": set[str](), "moderator": {"/operator/reports"}, "admin": set(PAGES)}
    for role, open_to in may.items():
        reader = await whole.reader(role, *([] if role == "listener" else [Role(role)]))
        for address in PAGES:
            page = await reader.open(address)
            assert (page.status == 200) is (address in open_to), (role, address)
            assert page.status != 200 or set(PAGES) & set(page.links) == open_to


async def test_an_admin_finds_a_person_and_gives_a_role_with_the_password_once_more(whole: Whole) -> None:
    admin = await whole.reader("Ada", Role.ADMIN)
    await whole.reader("Mara & <b>", email="mara@example.org")
    page = await admin.open("/operator/people?q=mara@")
    assert ("Mara &amp; &lt;b&gt;" in page.html, "Ada" in page.text) == (True, False)
    address = next(one for one in page.links if one.startswith("/operator/people/"))
    page = await admin.open(address)
    page = await admin.send(page, f"{address}/roles", role_moderator="yes", password="not my password at all")
    assert "This is not your password." in page.text
    page = await admin.send(page, f"{address}/roles", role_moderator="yes", password=PASSWORD)
    assert "role given · moderator" in page.text
    assert "moderator" in (await admin.open("/operator/audit?act=role+given")).text
    assert "Mara" in (await admin.open("/operator/people?role=moderator")).text
    page = await admin.open(address)
    sent = {**page.form(f"{address}/roles").fields, "password": PASSWORD}
    answer = await admin.client.post(
        f"{address}/close", data=sent, headers={**admin.who, "Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 303
    assert (await admin.open(address)).status == 404


async def test_a_moderator_takes_a_report_decides_it_with_a_reason_and_shows_the_thing_again(whole: Whole) -> None:
    moderator, mara = await whole.reader("Mo", Role.MODERATOR), await whole.reader()
    release, report = await reported(whole, mara)
    page = await moderator.open("/operator/reports")
    assert f"/operator/reports/{report}" in page.links
    page = await moderator.open(f"/operator/reports/{report}")
    assert "pills &amp; &lt;b&gt;" in page.html
    page = await moderator.send(page, f"/operator/reports/{report}/claim", claim="yes")
    assert ("Leave it to others" in page.text, "at work on it: Mo" in page.text) == (True, True)
    decision = f"/operator/reports/{report}/decision"
    page = await moderator.send(page, decision, reason="it is spam")
    assert (page.status, page.form(decision).fields["reason"]) == (422, "it is spam")
    page = await moderator.send(page, decision, decision="hide", reason="it is spam")
    assert "it is hidden" in page.text
    assert (await whole.visitor().open(f"/releases/{release}")).status == 404
    page = await moderator.send(page, decision, decision="restore", reason="it was none")
    assert (await whole.visitor().open(f"/releases/{release}")).status == 200
    assert f"/operator/reports/{report}" in (await moderator.open("/operator/reports?status=dismissed")).links


async def test_a_report_still_names_who_decided_it_after_they_left_the_staff(whole: Whole) -> None:
    moderator, mara = await whole.reader("Mo", Role.MODERATOR), await whole.reader()
    _, report = await reported(whole, mara)
    address = f"/operator/reports/{report}"
    await moderator.send(await moderator.open(address), f"{address}/decision", decision="warn", reason="no pills")
    assert moderator.person is not None
    async with whole.database.write("test") as session:
        await roles.take(session, moderator.person, Role.MODERATOR)
    page = await (await whole.reader("Ada", Role.ADMIN)).open(address)
    assert ("Mo ·" in page.text, f"person {moderator.person}" in page.text) == (True, False)


async def test_a_file_that_failed_is_processed_once_more(whole: Whole) -> None:
    admin = await whole.reader("Ada", Role.ADMIN)
    _, track = await whole.track()
    version = await failed(whole, track)
    page = await admin.open("/operator/processing?show=failed")
    assert "dawn.flac" in page.text
    page = await admin.send(page, f"/operator/processing/{version}/retry")
    assert "Night Bus" in page.text
    assert "Nothing failed" in (await admin.open("/operator/processing?show=failed")).text
