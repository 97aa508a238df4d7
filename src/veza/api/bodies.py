"""What is sent is read as it is described: `"5"` is no number, and neither is `1` a boolean."""

from __future__ import annotations

import re
from typing import Any

from litestar import Request
from litestar.exceptions import ValidationException
from litestar.typing import FieldDefinition
from msgspec import ValidationError, convert

_WHERE = re.compile(r" - at `\$\.?(?P<field>.*)`$")


class ApiRequest(Request[Any, Any, Any]):
    """A request whose JSON has the types its handler names. Litestar converts what comes as it does a query's texts."""

    async def json(self) -> Any:
        """The body; raises ValidationException for a value that would only do once it is converted."""
        sent = await super().json()
        wanted = self.route_handler.parsed_data_field
        if wanted is not None:
            _demand(sent, wanted)
        return sent


def _demand(sent: Any, wanted: FieldDefinition) -> None:
    try:
        convert(sent, wanted.annotation, strict=True)
    except ValidationError as error:
        if _is_refused_anyway(sent, wanted):
            return  # by Litestar, which names every field that is wrong
        where = _WHERE.search(str(error))
        field = where["field"] if where else "body"
        message = _WHERE.sub("", str(error))
        raise ValidationException(extra=[{"key": field, "message": message, "source": "body"}]) from None


def _is_refused_anyway(sent: Any, wanted: FieldDefinition) -> bool:
    try:
        convert(sent, wanted.annotation, strict=False)
    except ValidationError:
        return True
    return False
