"""`client.models`: the names that may stand as `model`."""

from mock_endpoint import errors
from mock_endpoint.http.context import Json, RequestContext

USUAL = ("gpt-35-turbo", "gpt-4", "gpt-4o", "gpt-4o-mini")
"""What is listed when any name is accepted: the ones that lessons and old programs use."""


async def list_all(request: RequestContext) -> Json:
    """`GET /models`."""
    names = request.service.deployments or USUAL
    return {"object": "list", "data": [_model(name) for name in names]}


async def retrieve(request: RequestContext) -> Json:
    """`GET /models/{id}`: any name where any is accepted."""
    name, deployments = request.ids["model"], request.service.deployments
    if deployments and name not in deployments:
        raise errors.invalid(f"The model '{name}' does not exist", "model", "model_not_found", status=404)
    return _model(name)


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": 0, "owned_by": "local"}
