"""Every error is a problem with a stable type, one sentence, and a request id."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.conftest import Door
from veza.api.application import BODY_MAX_BYTES
from veza.kit.database import Database

KEY = {"Idempotency-Key": "k"}
WISHES = "/api/v1/wishes"
JSON = {"Content-Type": "application/json", **KEY}


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "kind", "sentence"),
    [
        ("GET", "/nowhere", {}, 404, "not-found", "there is nothing at /nowhere"),
        ("PUT", WISHES, {"headers": KEY}, 405, "method-not-allowed", "PUT does not work at /api/v1/wishes"),
        ("POST", WISHES, {"headers": JSON, "content": b"{"}, 400, "malformed-body", "not readable JSON"),
        ("POST", WISHES, {"headers": JSON, "content": b"\xff\xfe"}, 400, "malformed-body", "not readable JSON"),
        ("POST", WISHES, {"headers": JSON, "content": b""}, 400, "invalid-request", ""),
        ("POST", WISHES, {"headers": JSON, "content": b"[1]"}, 400, "invalid-request", ""),
        ("POST", WISHES, {"headers": KEY, "json": {}}, 400, "invalid-request", "amount_minor"),
        ("POST", WISHES, {"headers": KEY, "json": {"amount_minor": "x"}}, 400, "invalid-request", "amount_minor"),
        ("POST", WISHES, {"headers": KEY, "json": {"amount_minor": "1"}}, 400, "invalid-request", "number, not a text"),
        ("POST", WISHES, {"headers": KEY, "json": {"amount_minor": 1.0}}, 400, "invalid-request", "not a number with"),
        ("POST", WISHES, {"headers": KEY, "json": {"amount_minor": True}}, 400, "invalid-request", "not true or"),
        ("POST", WISHES, {"headers": KEY, "json": {"amount_minor": 1, "note": 2}}, 400, "invalid-request", "note"),
        ("POST", WISHES, {"headers": [*KEY.items()] * 2, "json": {}}, 400, "idempotency-key-missing", "2 came"),
        ("POST", WISHES, {"headers": KEY, "json": {"amount_minor": 1, "no": 1}}, 400, "invalid-request", "no"),
        ("POST", WISHES, {"headers": KEY, "data": {"amount_minor": "1"}}, 415, "unsupported-media-type", "json"),
        ("POST", WISHES, {"headers": KEY}, 415, "unsupported-media-type", "json"),
        ("POST", WISHES, {"headers": KEY, "json": {"amount_minor": 5000}}, 422, "refused", "at most 1000"),
        ("GET", "/api/v1/wishes?limit=0", {}, 400, "invalid-request", "limit"),
        ("GET", "/api/v1/wishes?limit=201", {}, 400, "invalid-request", "limit"),
        ("GET", "/api/v1/wishes?limit=many", {}, 400, "invalid-request", "limit"),
        ("GET", "/api/v1/wishes?cursor=%F0%9F%8E%B5", {}, 400, "bad-cursor", "damaged"),
        ("GET", "/api/v1/crash", {}, 500, "internal-error", "unexpected"),
    ],
)  # fmt: skip
async def test_bad_input_is_told_what_is_wrong(
    sqlite_door: Door, method: str, path: str, sent: dict, status: int, kind: str, sentence: str
) -> None:
    async with sqlite_door.client() as client:
        answer = await client.request(method, path, **sent)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"urn:veza:problem:{kind}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert sentence in problem["detail"]
    assert "\n" not in problem["detail"]
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_an_unexpected_error_keeps_its_reason_for_the_log(sqlite_door: Door) -> None:
    async with sqlite_door.client() as client:
        answer = await client.get("/api/v1/crash")
    assert "secret inner reason" not in answer.text
    assert "Traceback" not in answer.text


async def test_a_body_above_the_limit_is_refused(sqlite_door: Door) -> None:
    async with sqlite_door.client() as client:
        answer = await client.post(WISHES, headers=JSON, content=b" " * (BODY_MAX_BYTES + 1))
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:veza:problem:body-too-large")


async def test_a_database_that_is_gone_is_a_503_in_one_sentence(tmp_path: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/veza.db")
    async with Door(database).client() as client:
        answer = await client.get(WISHES)
    await database.close()
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:veza:problem:unavailable")
    assert answer.headers["retry-after"] == "30"
    assert "database file" in answer.json()["detail"]


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Basic abc", "Bearer", "Bearer caf\u00e9"])
async def test_without_the_operator_token_nothing_is_shown(sqlite_door: Door, authorization: str | None) -> None:
    headers = {"Authorization": authorization.encode("latin-1")} if authorization else {}
    async with sqlite_door.client(token=None) as client:
        answer = await client.get(WISHES, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:veza:problem:unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_usable_request_id_is_taken_over_and_another_replaced(sqlite_door: Door) -> None:
    async with sqlite_door.client() as client:
        ours = await client.get("/nowhere", headers={"X-Request-Id": "trace-42"})
        forged = await client.get("/nowhere", headers={"X-Request-Id": 'x" level=error'})
    assert ours.headers["x-request-id"] == "trace-42"
    assert len(forged.headers["x-request-id"]) == 16
