"""`client.beta.threads.runs.steps`: what a run did."""

from mock_endpoint.http.context import Json, RequestContext
from mock_endpoint.resources import runs
from mock_endpoint.runs.tool_calls import as_shown


async def list_all(request: RequestContext) -> Json:
    """`GET /threads/{id}/runs/{id}/steps`."""
    run = await runs.find(request)
    page = request.page("step", "thread.run.step", run["id"])
    return page | {"data": [_shown(request, step) for step in page["data"]]}


async def retrieve(request: RequestContext) -> Json:
    """`GET /threads/{id}/runs/{id}/steps/{id}`."""
    run = await runs.find(request)
    return _shown(request, request.find("step", "thread.run.step", request.ids["step_id"], run["id"]))


def _shown(request: RequestContext, step: Json) -> Json:
    """The step as this request may see it."""
    return as_shown(step, contents=runs.includes_contents(request))
