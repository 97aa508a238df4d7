"""Stripe's error answers, word for word where they are known (docs/sandbox.md says how surely)."""

from __future__ import annotations

from veza.lab.sandbox.wire import Obj

DOC_URL = "https://docs.stripe.com/error-codes#"


class ApiError(Exception):
    """A refusal in Stripe's shape.

    `kept` says whether an idempotency key remembers it: Stripe keeps the outcome once the endpoint began to
    execute, so refused parameters, conflicts, rate limits and missing keys are not kept.
    `should_retry` becomes the Stripe-Should-Retry header; None leaves it out. `is_not_offered` marks what Stripe has
    and this sandbox refuses.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        kept: bool = True,
        should_retry: bool | None = False,
        is_not_offered: bool = False,
        **more: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type
        self.code = code
        self.param = param
        self.kept = kept
        self.should_retry = should_retry
        self.is_not_offered = is_not_offered
        self.more = more

    def body(self) -> Obj:
        error: Obj = {}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = DOC_URL + self.code.replace("_", "-")
        error["message"] = self.message
        if self.param is not None:
            error["param"] = self.param
        error["type"] = self.type
        error.update(self.more)
        return {"error": error}


def no_such(noun: str, id: str, *, param: str = "id") -> ApiError:
    return ApiError(404, f"No such {noun}: '{id}'", code="resource_missing", param=param)


def no_such_reference(noun: str, id: str, *, param: str) -> ApiError:
    return ApiError(400, f"No such {noun}: '{id}'", code="resource_missing", param=param)


def missing_param(name: str) -> ApiError:
    return ApiError(400, f"Missing required param: {name}.", code="parameter_missing", param=name, kept=False)


def bad_param(name: str, message: str, code: str | None = None) -> ApiError:
    return ApiError(400, message, code=code, param=name, kept=False)


def unknown_url(method: str, path: str) -> ApiError:
    return ApiError(
        404,
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/.",
        kept=False,
    )


def no_form() -> ApiError:
    return ApiError(
        400,
        "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have any "
        "questions, we can help at https://support.stripe.com/.",
        kept=False,
    )


def missing_key() -> ApiError:
    return ApiError(
        401,
        "You did not provide an API key. You need to provide your API key in the Authorization header, using "
        "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#"
        "authentication for details, or we can help at https://support.stripe.com/.",
        kept=False,
    )


def invalid_key(key: str) -> ApiError:
    shown = key if len(key) <= 12 else key[:8] + "*" * (len(key) - 12) + key[-4:]
    return ApiError(401, f"Invalid API Key provided: {shown}", kept=False)


def account_out_of_reach(key: str, account: str) -> ApiError:
    return ApiError(
        403,
        f"The provided key '{key[:8]}***' does not have access to account '{account}' (or that account does not "
        "exist). Application access may have been revoked.",
        code="account_invalid",
        kept=False,
    )


def forbidden() -> ApiError:
    return ApiError(
        403,
        "The provided key does not have the required permissions for this endpoint.",
        code="more_permissions_required",
        kept=False,
    )


def rate_limited() -> ApiError:
    return ApiError(
        429,
        "Request rate limit exceeded. Learn more about rate limits here https://docs.stripe.com/rate-limits.",
        code="rate_limit",
        kept=False,
        should_retry=None,
    )


def object_locked() -> ApiError:
    return ApiError(
        429,
        "This object cannot be accessed right now because another API request or Stripe process is currently "
        "accessing it. If you see this error intermittently, retry the request. If you see this error "
        "frequently and are making multiple concurrent requests to a single object, make your requests serially "
        "or at a lower rate. For more details, see https://stripe.com/docs/rate-limits#object-lock-timeouts.",
        code="lock_timeout",
        kept=False,
        should_retry=True,
    )


def key_in_use(key: str) -> ApiError:
    return ApiError(
        409,
        "There is currently another in-progress request using this Idempotent Key (that probably means you "
        f"submitted twice, and the other request is still going through): {key}. Please try again later.",
        code="idempotency_key_in_use",
        kept=False,
        should_retry=True,
    )


def key_reused(key: str, first_path: str, path: str) -> ApiError:
    if first_path != path:
        what = f"for the same endpoint they were first used for ('{path}' vs '{first_path}')"
    else:
        what = "with the same parameters they were first used with"
    return ApiError(
        400,
        f"Keys for idempotent requests can only be used {what}. Try using a key other than '{key}' if you meant "
        "to execute a different request.",
        type="idempotency_error",
        kept=False,
    )


def key_too_long(length: int) -> ApiError:
    return ApiError(
        400,
        f"Idempotency keys can be at most 255 characters long, this one has {length}.",
        type="idempotency_error",
        kept=False,
    )


def unexpected(status: int = 500) -> ApiError:
    return ApiError(
        status,
        "An unknown error occurred",
        type="api_error",
        should_retry=False if status == 500 else None,
    )
