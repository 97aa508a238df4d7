"""One walk over the whole description: every operation says what it is, and every example fits its shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.conftest import Whole
from tests.api.walk import SIGNED, operations

READ, WRITTEN = {"400", "401", "403", "503"}, {"409", "413", "415", "422"}
"""What an operation may answer besides what it is for."""
FILES = (
    "image/", "text/html", "application/pdf", "application/zip", "audio/", "application/offset+octet-stream",
    "application/octet-stream", "multipart/form-data",
)  # fmt: skip
"""Their bodies are described by their kind alone."""
TUS = {"/api/v1/uploads", "/api/v1/uploads/{upload_id}"}
"""Told apart by their offset: they take no key, and no JSON."""
PLAIN = {"/health/live", "/health/ready"}
"""For load balancers, who read the status."""


def _examples(operation: dict[str, Any]) -> Iterator[tuple[str, Any, list[Any]]]:
    """Where something is said, its shape, and the examples of it."""
    spoken = [("body", operation["requestBody"])] if "requestBody" in operation else []
    for where, part in [*spoken, *operation["responses"].items()]:
        for kind, content in part.get("content", {}).items():
            if not kind.startswith(FILES):
                examples = [one["value"] for one in content.get("examples", {}).values()]
                yield where, content["schema"], examples + content["schema"].get("examples", [])


def test_the_description_is_valid(whole: Whole) -> None:
    assert list(OpenAPIV31SpecValidator(whole.described).iter_errors()) == []


def test_every_example_fits_its_shape_and_everything_that_is_said_has_one(whole: Whole) -> None:
    checked = set()
    for method, path, operation in operations(whole.described):
        for where, shape, examples in _examples(operation):
            assert examples or path in PLAIN, (method, path, where)
            fits = OAS31Validator({**shape, "components": whole.described["components"]})
            for example in examples:
                assert [error.message for error in fits.iter_errors(example)] == [], (method, path, where)
            checked.add((method, path))
    assert {(method, path) for method, path, _ in operations(whole.described)} - checked <= {
        ("get", path) for path in whole.described["paths"]
    }


def test_every_operation_says_what_it_is_and_what_it_may_answer(whole: Whole) -> None:
    tags, ids = {tag["name"] for tag in whole.described["tags"]}, []
    for method, path, operation in operations(whole.described):
        at = (method, path)
        ids.append(operation["operationId"])
        assert set(operation["tags"]) <= tags, at
        assert operation["summary"], at
        assert len(operation["description"]) > 20, at
        assert "\n " not in operation["description"], at
        answered = set(operation["responses"])
        if path.startswith("/api/v1") and path not in SIGNED:
            assert (READ if method == "get" or path in TUS else READ | WRITTEN) <= answered, at
            assert "404" in answered or "{" not in path, at
    assert len(ids) == len(set(ids))


def test_every_write_takes_an_idempotency_key(whole: Whole) -> None:
    without = {
        path
        for method, path, operation in operations(whole.described)
        if method != "get" and path.startswith("/api/v1")
        if "Idempotency-Key" not in {parameter["name"] for parameter in operation.get("parameters", ())}
    }
    # The provider's own events have ids, by which they are told apart.
    assert without == {"/api/v1/webhooks/stripe", *TUS}


def test_every_body_has_an_example_and_every_fault_is_a_problem(whole: Whole) -> None:
    for method, path, operation in operations(whole.schema):
        body = operation.get("requestBody", {"content": {}})["content"].get("application/json")
        assert body is None or body["schema"]["examples"], (method, path)
        for status, response in operation["responses"].items():
            if status >= "400" and path.startswith("/api/v1"):
                assert set(response["content"]) == {"application/problem+json"}, (method, path, status)


def test_every_parameter_is_described(whole: Whole) -> None:
    told = {
        (operation["operationId"], parameter["name"]): parameter.get("description")
        for _, _, operation in operations(whole.described)
        for parameter in operation.get("parameters", [])
    }
    assert {where for where, text in told.items() if not text} == set()
    assert told["showPayment", "payment_id"] == "The id of the payment."


def test_every_shape_says_what_it_is(whole: Whole) -> None:
    for name, shape in whole.described["components"]["schemas"].items():
        assert name.startswith("Page_") or "enum" in shape or len(shape["description"]) > 10, name
