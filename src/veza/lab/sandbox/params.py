"""Reading request parameters the way Stripe does: typed, named in every refusal, unknown ones refused."""

from __future__ import annotations

from collections.abc import Collection

from veza.lab.sandbox import currencies
from veza.lab.sandbox.errors import ApiError, bad_param, missing_param
from veza.lab.sandbox.wire import Form

METADATA_KEYS, METADATA_KEY_LENGTH, METADATA_VALUE_LENGTH = 50, 40, 500


class Params:
    """The decoded form of one request, or one nested part of it (`prefix` names it in refusals)."""

    __slots__ = ("prefix", "values")

    def __init__(self, values: Form, prefix: str = "") -> None:
        self.values = values
        self.prefix = prefix

    def path(self, name: str) -> str:
        return f"{self.prefix}[{name}]" if self.prefix else name

    def text(self, name: str) -> str | None:
        """A string, or None when absent or emptied."""
        value = self.values.get(name)
        if isinstance(value, dict):
            raise bad_param(self.path(name), f"Invalid string: {value}")
        return value or None

    def required_text(self, name: str) -> str:
        value = self.text(name)
        if value is not None:
            return value
        if name in self.values:
            path = self.path(name)
            raise bad_param(
                path,
                f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a "
                f"parameter; however '{path}' cannot be unset. You should remove '{path}' from your request or "
                "supply a non-empty value.",
                "parameter_invalid_empty",
            )
        raise missing_param(self.path(name))

    def url(self, name: str) -> str | None:
        """A web address, or None when absent."""
        value = self.text(name)
        if value is not None and not value.startswith(("http://", "https://")):
            message = "Invalid URL: An explicit scheme (such as https) must be provided."
            raise bad_param(self.path(name), message, "url_invalid")
        return value

    def required_url(self, name: str) -> str:
        self.required_text(name)
        return self.url(name) or ""

    def integer(self, name: str, *, at_least: int | None = None) -> int | None:
        value = self.values.get(name)
        if value is None:
            return None
        path = self.path(name)
        if not isinstance(value, str) or not value.removeprefix("-").isdecimal() or not value.isascii():
            raise bad_param(path, f"Invalid integer: {value}", "parameter_invalid_integer")
        if len(value) > 18:
            raise bad_param(path, f"Invalid integer: {value}", "parameter_invalid_integer")
        number = int(value)
        if at_least is not None and number < at_least:
            raise bad_param(
                path, f"This value must be greater than or equal to {at_least}.", "parameter_invalid_integer"
            )
        return number

    def required_integer(self, name: str, *, at_least: int | None = None) -> int:
        value = self.integer(name, at_least=at_least)
        if value is None:
            raise missing_param(self.path(name))
        return value

    def flag(self, name: str) -> bool | None:
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if value not in ("true", "false", "True", "False"):
            raise bad_param(self.path(name), f"Invalid boolean: {value}")
        return value in ("true", "True")

    def choice(self, name: str, options: Collection[str]) -> str | None:
        value = self.text(name)
        if value is not None and value not in options:
            allowed = ", ".join(sorted(options))
            raise bad_param(self.path(name), f"Invalid {self.path(name)}: must be one of {allowed}")
        return value

    def part(self, name: str) -> Params | None:
        """A nested object."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, dict):
            raise bad_param(self.path(name), "Invalid object")
        return Params(value, self.path(name))

    def parts(self, name: str) -> list[Params]:
        """A nested array of objects."""
        value = self.values.get(name)
        if value is None or value == "":
            return []
        if not isinstance(value, dict):
            raise bad_param(self.path(name), "Invalid array")
        found = []
        for index, item in _in_order(value):
            path = f"{self.path(name)}[{index}]"
            if not isinstance(item, dict):
                raise bad_param(path, "Invalid object")
            found.append(Params(item, path))
        return found

    def texts(self, name: str) -> list[str]:
        """A nested array of strings."""
        value = self.values.get(name)
        if value is None or value == "":
            return []
        if not isinstance(value, dict):
            raise bad_param(self.path(name), "Invalid array")
        items = [item for _, item in _in_order(value)]
        texts = [item for item in items if isinstance(item, str)]
        if len(texts) < len(items):
            raise bad_param(self.path(name), "Invalid array")
        return texts

    def currency(self, name: str = "currency") -> str:
        value = self.required_text(name).lower()
        if value not in currencies.SUPPORTED:
            supported = ", ".join(sorted(currencies.SUPPORTED))
            raise bad_param(
                self.path(name), f"Invalid currency: {value}. Stripe currently supports these currencies: {supported}"
            )
        return value

    def amount(self, name: str, currency: str, *, at_least: int = 1) -> int:
        return check_amount(self.required_integer(name, at_least=at_least), currency, self.path(name))

    def optional_amount(self, name: str, currency: str) -> int | None:
        value = self.integer(name, at_least=1)
        return None if value is None else check_amount(value, currency, self.path(name))

    def metadata(self, current: dict[str, str] | None = None) -> dict[str, str]:
        """The merged metadata: an empty value unsets a key, an empty `metadata` unsets all."""
        value = self.values.get("metadata")
        if value is None:
            return dict(current) if current else {}
        if value == "":
            return {}
        path = self.path("metadata")
        if not isinstance(value, dict):
            raise bad_param(path, "Invalid object")
        merged = dict(current) if current else {}
        for key, item in value.items():
            if not isinstance(item, str):
                raise bad_param(f"{path}[{key}]", "Metadata values must be strings")
            if len(key) > METADATA_KEY_LENGTH:
                raise bad_param(path, f"Metadata keys can have up to {METADATA_KEY_LENGTH} characters: {key}")
            if len(item) > METADATA_VALUE_LENGTH:
                raise bad_param(
                    f"{path}[{key}]",
                    f"Metadata values can have up to {METADATA_VALUE_LENGTH} characters, but you passed in a value "
                    f"that is {len(item)} characters. Invalid value: {item[:40]}…",
                )
            if item == "":
                merged.pop(key, None)
            else:
                merged[key] = item
        if len(merged) > METADATA_KEYS:
            raise bad_param(path, f"Metadata can have up to {METADATA_KEYS} keys, got {len(merged)}")
        return merged


def check_amount(amount: int, currency: str, param: str) -> int:
    """Refuse an amount the currency cannot express."""
    step = currencies.amount_step(currency)
    if amount % step:
        raise ApiError(
            400,
            f"Invalid amount: {amount}. Amounts in {currency.upper()} must be a multiple of {step} of its smallest "
            "unit. See https://docs.stripe.com/currencies#special-cases.",
            code="parameter_invalid_integer",
            param=param,
            kept=False,
        )
    return amount


def _in_order(value: Form) -> list[tuple[str, object]]:
    # By number, of any length: a number of thousands of digits is one that `int` refuses.
    return sorted(value.items(), key=lambda item: _by_number(item[0]))


def _by_number(index: str) -> tuple[int, str]:
    digits = index.lstrip("0") if index.isdecimal() else ""
    return len(digits), digits
