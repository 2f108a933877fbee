"""`client.models`: the names that may stand as `model`."""

from mock_endpoint.http.context import Json, RequestContext

USUAL = ("gpt-35-turbo", "gpt-4", "gpt-4o", "gpt-4o-mini")
"""What is listed when any name is accepted: the ones that lessons and old programs use."""


async def list_all(request: RequestContext) -> Json:
    """`GET /models`."""
    names = request.service.deployments or USUAL
    return {
        "object": "list",
        "data": [{"id": name, "object": "model", "created": 0, "owned_by": "local"} for name in names],
    }
