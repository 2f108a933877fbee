"""`client.beta.threads.runs.steps`: what a run did."""

from mock_endpoint.http.context import Json, RequestContext
from mock_endpoint.resources import runs


async def list_all(request: RequestContext) -> Json:
    """`GET /threads/{id}/runs/{id}/steps`."""
    runs.check_include(request)
    run = await runs.find(request)
    return request.page("step", "thread.run.step", run["id"])


async def retrieve(request: RequestContext) -> Json:
    """`GET /threads/{id}/runs/{id}/steps/{id}`."""
    runs.check_include(request)
    run = await runs.find(request)
    return request.find("step", "thread.run.step", request.ids["step_id"], run["id"])
