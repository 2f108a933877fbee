"""Answers that are no stream, as they go over the wire."""

from pydantic_core import to_json
from starlette.responses import Response

from mock_endpoint.errors import Json, Refusal

_JSON = "application/json; charset=UTF-8"


def answer(body: Json, headers: dict[str, str]) -> Response:
    """200 with this body."""
    return Response(to_json(body), headers=headers, media_type=_JSON)


def refusal(refused: Refusal) -> Response:
    """The refusal with its status."""
    if refused.error is None:
        return Response(status_code=refused.status, headers=refused.headers)
    return Response(to_json({"error": refused.error}), refused.status, refused.headers, media_type=_JSON)
