"""The gRPC service over a real channel: who may call it, what each method answers, and how calls end."""

from __future__ import annotations

import asyncio
import inspect
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

import grpc
from tests import factories
from tests.api.streaming.conftest import Stage
from tests.grpc.conftest import BEARER, PATIENCE, TOKEN, Caller, server_of
from tests.sounding import RATE
from veza.accounts.permissions import Permission
from veza.catalog.tracks import Track
from veza.grpc import stream_pb2 as pb
from veza.grpc import stream_service
from veza.grpc.methods import METHODS, NAME, PERMISSIONS, SERVICE
from veza.grpc.statuses import PROBLEM

CODE = grpc.StatusCode


async def refusal(call: Any) -> tuple[grpc.StatusCode, str]:
    """The status of a call that fails, and the kind of its problem."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), dict(caught.value.trailing_metadata() or ()).get(PROBLEM, "")


async def test_who_owns_the_track_is_given_a_stream_and_its_links(caller: Caller) -> None:
    buyer = await caller.stage.buyer()
    said = await caller.begin(await caller.stage.signed_in(buyer))
    assert (said.part, said.version_id) == (pb.AuthorizeResponse.WHOLE, str(caller.stage.version))
    assert (said.session.person_id, said.session.track_id) == (str(buyer), str(caller.stage.track))
    assert sorted(said.links) == ["aac128", "aac256", "aac64", "flac"]
    answer = await caller.stage.get(f"aac128/audio.mp4?link={said.links['aac128']}")
    assert answer.status_code == 200
    lasts = await caller.call("Authorize", pb.AuthorizeRequest(link=said.links["flac"]))
    assert (lasts.session.id, lasts.rung) == (said.session.id, "flac")


def test_each_method_has_its_permission_in_the_table_and_none_is_demanded_beside_it() -> None:
    assert PERMISSIONS.keys() == {one.name for one in SERVICE.methods}
    taken = {one.name: one.permission for one in METHODS if one.permission is not None}
    assert taken == {"Authorize": Permission.BROWSE}
    assert "Permission." not in inspect.getsource(stream_service)


async def test_a_visitor_is_given_the_preview_alone(caller: Caller) -> None:
    said = await caller.begin({})
    assert (said.part, said.HasField("session"), dict(said.links)) == (pb.AuthorizeResponse.PREVIEW, False, {})


async def test_a_refund_ends_what_authorize_says(caller: Caller) -> None:
    said = await caller.begin(await caller.stage.signed_in(await caller.stage.buyer()))
    await caller.stage.take_back()
    caller.stage.clock.advance(timedelta(seconds=30))
    for asked in ({"link": said.links["aac64"]}, {"session_id": said.session.id}):
        call = caller.call("Authorize", pb.AuthorizeRequest(**asked))
        assert await refusal(call) == (CODE.PERMISSION_DENIED, "stream-ended")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"link": "a link of another place"}, (CODE.PERMISSION_DENIED, "forbidden")),
        ({"session_id": str(uuid4())}, (CODE.PERMISSION_DENIED, "stream-ended")),
        ({"session_id": "7"}, (CODE.INVALID_ARGUMENT, "invalid-request")),
        ({"listener": {"track_id": str(uuid4())}}, (CODE.NOT_FOUND, "not-found")),
        ({"listener": {"track_id": str(uuid4()), "authorization": "Bearer x"}}, (CODE.UNAUTHENTICATED, "unauthorized")),
        ({}, (CODE.INVALID_ARGUMENT, "invalid-request")),
    ],
)
async def test_refusals_have_the_code_and_the_kind_of_their_problem(
    caller: Caller, asked: Any, expected: tuple[grpc.StatusCode, str]
) -> None:
    assert await refusal(caller.call("Authorize", pb.AuthorizeRequest(**asked))) == expected


async def test_without_the_token_a_call_is_refused_and_health_answers(caller: Caller) -> None:
    for metadata in ((), (("authorization", "Bearer another"),), (("authorization", TOKEN),)):
        for name, request in (
            ("ListSessions", pb.ListSessionsRequest()),
            ("WatchSessions", pb.WatchSessionsRequest()),
        ):
            call = caller.call(name, request, metadata=metadata)
            waited = call if name == "ListSessions" else call.read()
            assert await refusal(waited) == (CODE.UNAUTHENTICATED, "unauthorized")
    health = health_pb2_grpc.HealthStub(caller.channel)
    answer = await health.Check(health_pb2.HealthCheckRequest(service=NAME))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_tracks_files_are_described_by_track_and_by_version(caller: Caller) -> None:
    track = await caller.call("GetTrack", pb.GetTrackRequest(track_id=str(caller.stage.track)))
    assert (track.artist_id, track.audio.samples, track.audio.rate) == (str(caller.stage.artist), 2 * RATE, RATE)
    rungs = {one.rung: one for one in track.audio.renditions}
    assert sorted(rungs) == ["aac128", "aac256", "aac64", "flac"]
    last = rungs["aac128"].segments[-1]
    assert last.offset + last.size == rungs["aac128"].size_bytes
    assert track.audio.HasField("preview")
    again = await caller.call("GetTrack", pb.GetTrackRequest(version_id=track.audio.version_id))
    assert again.audio == track.audio


async def test_sessions_are_listed_in_pages_and_ended(caller: Caller) -> None:
    buyer = await caller.stage.buyer()
    begun = [await caller.begin(await caller.stage.signed_in(buyer)) for _ in range(3)]
    asked = pb.ListSessionsRequest(page_size=2)
    first = await caller.call("ListSessions", asked)
    rest = await caller.call("ListSessions", pb.ListSessionsRequest(page_size=2, page_token=first.next_page_token))
    assert [one.id for one in [*first.sessions, *rest.sessions]] == [one.session.id for one in begun]
    assert rest.next_page_token == ""
    gone = await caller.call("EndSession", pb.EndSessionRequest(session_id=begun[0].session.id))
    assert gone.ended_at_ms > 0
    mine = await caller.call("ListSessions", pb.ListSessionsRequest(person_id=str(buyer)))
    assert [one.id for one in mine.sessions] == [one.session.id for one in begun[1:]]
    other = await caller.call("ListSessions", pb.ListSessionsRequest(person_id=str(uuid4())))
    assert list(other.sessions) == []
    assert (await caller.stage.get(f"flac/audio.mp4?link={begun[0].links['flac']}")).status_code == 403
    call = caller.call("EndSession", pb.EndSessionRequest(session_id=str(uuid4())))
    assert await refusal(call) == (CODE.NOT_FOUND, "not-found")


async def test_a_watch_sees_streams_begin_and_end(caller: Caller) -> None:
    headers = await caller.stage.signed_in(await caller.stage.buyer())
    before = await caller.begin(headers)
    watch = caller.call("WatchSessions", pb.WatchSessionsRequest(track_id=str(caller.stage.track)))
    kinds = pb.SessionEvent
    first = await watch.read()
    assert (first.kind, first.session.id) == (kinds.LASTS, before.session.id)
    begun = await caller.begin(headers)
    second = await watch.read()
    assert (second.kind, second.session.id) == (kinds.BEGUN, begun.session.id)
    await caller.call("EndSession", pb.EndSessionRequest(session_id=before.session.id))
    third = await watch.read()
    assert (third.kind, third.session.id) == (kinds.ENDED, before.session.id)
    await caller.stage.take_back()  # without a word to the stream: the right is asked about again
    caller.stage.clock.advance(timedelta(seconds=30))
    fourth = await watch.read()
    assert (fourth.kind, fourth.session.id) == (kinds.ENDED, begun.session.id)
    watch.cancel()


async def test_a_watch_that_is_canceled_leaves_no_bell_and_others_go_on(caller: Caller) -> None:
    watches = [caller.call("WatchSessions", pb.WatchSessionsRequest()) for _ in range(2)]
    reads = [asyncio.create_task(one.read()) for one in watches]
    begun = await caller.begin(await caller.stage.signed_in(await caller.stage.buyer()))
    assert {(await one).session.id for one in reads} == {begun.session.id}
    watches[0].cancel()
    assert await watches[0].code() is CODE.CANCELLED
    await caller.call("EndSession", pb.EndSessionRequest(session_id=begun.session.id))
    assert (await watches[1].read()).kind == pb.SessionEvent.ENDED
    watches[1].cancel()


async def test_a_deadline_ends_a_watch(caller: Caller) -> None:
    watch = caller.call("WatchSessions", pb.WatchSessionsRequest(), timeout=0.3)
    assert (await refusal(watch.read()))[0] is CODE.DEADLINE_EXCEEDED


async def test_what_becomes_of_a_tracks_audio_is_told_until_it_is_ready(caller: Caller) -> None:
    ready = caller.call("WatchProcessing", pb.WatchProcessingRequest(track_id=str(caller.stage.track)))
    assert [(one.status, one.version_id) async for one in ready] == [("ready", str(caller.stage.version))]
    _, (silent,) = await factories.release(caller.stage.veza.database, caller.stage.artist, "Second light")
    watch = caller.call("WatchProcessing", pb.WatchProcessingRequest(track_id=str(silent)))
    assert (await watch.read()).status == "none"
    async with caller.stage.veza.database.write("test") as session:
        await session.delete(await session.get_one(Track, silent))
    assert await refusal(watch.read()) == (CODE.NOT_FOUND, "not-found")


async def test_plays_are_reported_for_streams_that_another_process_serves(caller: Caller) -> None:
    begun = await caller.begin(await caller.stage.signed_in(await caller.stage.buyer()))
    caller.stage.clock.advance(timedelta(seconds=1))
    report = {"session_id": begun.session.id, "heard_ms": 1000, "network": "198.51.100.1"}
    for _ in range(2):
        said = await caller.call("ReportPlays", pb.ReportPlaysRequest(reports=[report]))
        assert dict(said.verdicts) == {begun.session.id: "counted"}


async def test_a_client_that_knows_nothing_but_the_address_finds_and_calls_the_service(caller: Caller) -> None:
    track = str(caller.stage.track)

    def discover() -> tuple[list[str], int]:
        with grpc.insecure_channel(f"127.0.0.1:{caller.server.port}") as plain:
            channel = grpc.intercept_channel(plain, _WithToken())
            known = ProtoReflectionDescriptorDatabase(channel)
            pool = DescriptorPool(known)
            method = pool.FindServiceByName(NAME).FindMethodByName("GetTrack")
            takes, gives = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
            get = channel.unary_unary(f"/{NAME}/GetTrack", takes.SerializeToString, gives.FromString)
            return list(known.get_services()), get(takes(track_id=track), timeout=PATIENCE).audio.samples

    services, samples = await asyncio.to_thread(discover)
    assert set(services) == {NAME, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
    assert samples == 2 * RATE


class _WithToken(grpc.UnaryUnaryClientInterceptor, grpc.StreamStreamClientInterceptor):
    def _said(self, details: Any) -> Any:
        return details._replace(metadata=BEARER)

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self._said(details), request)

    def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        return continuation(self._said(details), requests)


async def test_with_a_certificate_only_encrypted_calls_are_answered(stage: Stage, tmp_path: Path) -> None:
    certificate, key = certify(tmp_path)
    server, stop = server_of(stage, str(certificate), str(key)), asyncio.Event()
    running = asyncio.create_task(server.run(stop))
    await asyncio.wait_for(server.started.wait(), PATIENCE)
    address, trusted = f"127.0.0.1:{server.port}", grpc.ssl_channel_credentials(certificate.read_bytes())
    async with grpc.aio.secure_channel(address, trusted) as channel:
        said = await Caller(channel, server, stage).begin({})
        assert said.part == pb.AuthorizeResponse.PREVIEW
    async with grpc.aio.insecure_channel(address) as channel:
        call = Caller(channel, server, stage).call("ListSessions", pb.ListSessionsRequest(), timeout=5)
        assert (await refusal(call))[0] in (CODE.UNAVAILABLE, CODE.DEADLINE_EXCEEDED)
    stop.set()
    await asyncio.wait_for(running, PATIENCE)


def certify(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "veza")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(made.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate_file, key_file
