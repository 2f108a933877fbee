"""`client.responses`: one answer, which may go on from another one or from a conversation."""

import asyncio
from typing import Any, get_args

from mock_endpoint import containers, errors, vector_stores
from mock_endpoint.http import faults
from mock_endpoint.http.context import RequestContext, check_id
from mock_endpoint.http.stream import EventStream
from mock_endpoint.models import tokens
from mock_endpoint.models.failing import FailingModel
from mock_endpoint.responses import compaction, history, reading, worker
from mock_endpoint.responses.events import ResponseEvents, replay
from mock_endpoint.responses.prompt import fitted, prompt_of
from mock_endpoint.responses.worker import Worker
from mock_endpoint.responses.writer import ItemWriter
from mock_endpoint.schemas import built_in_calls, model_facts, responses
from mock_endpoint.schemas import response_objects as objects
from mock_endpoint.schemas.base import parse
from mock_endpoint.schemas.response_tools import ELSEWHERE
from mock_endpoint.sse import Feed
from mock_endpoint.state.ids import key_of
from mock_endpoint.state.opening import ACTIVE

Json = dict[str, Any]

_LOOK_EVERY = 0.1
"""Seconds between two looks at a response that another process makes."""


async def create(request: RequestContext) -> Json | EventStream:
    """`POST /responses`: the answer; with `stream`, what it is made of as it comes; with `background`, its id."""
    fields = responses.read_create(await request.json_object())
    _check_model(request, fields)
    _check_options(fields)
    store, background = request.store, fields.get("background", False)
    async with store.transaction():
        context = history.of(store, fields)
        _check_tools(request, fields)
        fitted(prompt_of(fields, context.items), fields)
        if context.conversation:
            await check_free(request, context.key)
        response = objects.response(context.stem, fields, context.conversation)
        kept = bool(background and fields.get("stream"))
        if worker.is_kept(response):
            store.insert(response, context.key, owner=request.service.lease.id)
        if response["store"]:
            for item in context.own:
                store.insert(item, response["id"], kind=history.INPUT)
        if kept:
            store.insert({"object": history.EVENTS, "id": response["id"], "events": []}, response["id"])
    events = ResponseEvents(kept=kept)
    feed = events.listen() if fields.get("stream") else None
    if feed and request.fault.strikes("drop_stream"):
        feed.break_off()
    making = _worker(request, fields, response, context, events)
    task = worker.start(making)
    if feed:
        return EventStream(feed, request.headers)
    if not background:
        await asyncio.wait({task})
    return objects.view(making.response, request.surface.family, making.writer.include)


async def retrieve(request: RequestContext) -> Json | EventStream:
    """`GET /responses/{id}`; with `stream=true`, its events behind the number `starting_after`."""
    response = await _find(request)
    if request.query.get("stream") == "true":
        return EventStream(await _events(request, response), request.headers)
    return objects.view(response, request.surface.family, included(request))


async def delete(request: RequestContext) -> Json:
    """`DELETE /responses/{id}`: also what it was asked. What it added to a conversation stays there."""
    async with request.store.transaction():
        response = await _find(request)
        if response["status"] in ACTIVE:
            raise errors.invalid("Cannot delete an in-flight response.")
        request.store.remove("response", response["id"], key_of(response["id"]))
        request.store.delete_under(response["id"])
    return objects.deleted_response(response["id"])


async def cancel(request: RequestContext) -> Json:
    """`POST /responses/{id}/cancel`: only of a response in the background; one that has ended stays as it is."""
    async with request.store.transaction():
        response = await _find(request)
        if not response["background"]:
            raise errors.invalid("Cannot cancel a synchronous response.", "response_id")
        if response["status"] in ACTIVE:
            response |= {"status": "cancelled", "service_tier": "default"}
            request.store.replace(response, key_of(response["id"]))
    if making := request.service.workers.get(response["id"]):
        making.woken.set()
    return objects.view(response, request.surface.family, frozenset())


async def input_items(request: RequestContext) -> Json:
    """`GET /responses/{id}/input_items`: what the request itself brought, newest first."""
    response = await _find(request)
    return shown(request, request.page("item", history.INPUT, response["id"]))


async def input_tokens(request: RequestContext) -> Json:
    """`POST /responses/input_tokens`: what a response would read."""
    fields = parse(responses.CountTokens, await request.json_object())
    context = history.of(request.store, fields)
    _check_tools(request, fields)
    items = await reading.with_texts(request.store, request.service.lease, context.items)
    return {"object": "response.input_tokens", "input_tokens": tokens.of_prompt(prompt_of(fields, items))}


async def compact(request: RequestContext) -> Json:
    """`POST /responses/compact`: the user's messages, and one item for all the rest; nothing is stored."""
    body = await request.json_object()
    responses.read_model(body)
    fields = parse(responses.Compact, body)
    _check_model(request, fields)
    context = history.of(request.store, fields)
    prompt = prompt_of(fields, context.items)
    gist = compaction.compacted(prompt.turns)
    said = [item for item in context.items if item.get("role") == "user"]
    return objects.compaction(
        context.key, said, compaction.packed(gist), objects.usage(tokens.of_prompt(prompt), tokens.count(gist))
    )


def _worker(
    request: RequestContext, fields: Json, response: Json, context: history.Context, events: ResponseEvents
) -> Worker:
    ends = [end for name, end in faults.ENDS.items() if request.fault.strikes(name)]
    custom = {tool["name"] for tool in response["tools"] if tool["type"] == "custom"}
    writer = ItemWriter(context.stem, events, custom)
    writer.include = set(fields.get("include", ()))
    return Worker(
        request.service,
        response,
        context,
        fields,
        FailingModel(ends[0]) if ends else request.service.model,
        request.surface.family,
        events,
        writer,
    )


def _check_model(request: RequestContext, fields: Json) -> None:
    """Refuse a deployment that does not exist; no name at all is none."""
    deployments, model = request.service.deployments, fields["model"]
    if not model or (deployments and model not in deployments):
        raise errors.no_such_model(request.surface.family, model)


def _check_options(fields: Json) -> None:
    """Refuse what does not go together."""
    if "stream_options" in fields and not fields.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise errors.invalid(message, "stream_options")
    if fields.get("background") and not fields.get("store", True):
        raise errors.invalid("Background mode requires 'store' to be true.", "background")


def _check_tools(request: RequestContext, fields: Json) -> None:
    """Refuse what the model cannot do: tools that only the service runs, a temperature where it reasons; and a search
    in stores that are not there."""
    tools, choice = fields.get("tools", []), fields.get("tool_choice", "auto")
    hosted = [tool["type"] for tool in tools if tool["type"] in ELSEWHERE]
    if hosted:
        raise errors.invalid(
            f"Hosted tool '{hosted[0]}' is not supported with {fields.get('model', 'this model')}.", "tools"
        )
    for store_id in (each for tool in tools if tool["type"] == "file_search" for each in tool["vector_store_ids"]):
        if vector_stores.find(request.store, store_id) is None:
            raise errors.no_store_to_search(request.surface.family, store_id)
    _check_containers(request, tools)
    if isinstance(choice, dict):
        chosen = choice["tools"] if choice["type"] == "allowed_tools" else [choice]
        declared = [(tool["type"], tool.get("name")) for tool in tools]
        for each in chosen:
            if (each.get("type"), each.get("name")) not in declared:
                raise errors.no_such_choice(str(each.get("name") or each.get("type")))
    if "temperature" in fields and not model_facts.takes_temperature(fields.get("model", "")):
        raise errors.unsupported_parameter("temperature")
    if fields.get("top_logprobs"):
        raise errors.unsupported_parameter("top_logprobs")


def _check_containers(request: RequestContext, tools: list[Json]) -> None:
    """Refuse a container that is not there or has expired, and files for one that are not there."""
    for place, tool in enumerate(tools):
        container = tool.get("container") if tool["type"] == "code_interpreter" else None
        if isinstance(container, str):
            check_id(f"tools[{place}].container", container, "container")
            containers.living(request.store, container)
        elif container is not None:
            containers.checked_files(request.store, container.get("file_ids", []))


def included(request: RequestContext) -> frozenset[str]:
    """What the query asks for on top of what is always shown."""
    return request.included(get_args(responses.Include))


def shown(request: RequestContext, page: Json) -> Json:
    """A list of items on its way out."""
    include = included(request)
    return page | {"data": [built_in_calls.shown(item, include) for item in page["data"]]}


async def check_free(request: RequestContext, key: str) -> None:
    """Refuse a second response in a conversation; inside a transaction, so that the first one wins."""
    active = request.store.active("response", key)
    if active and (await worker.current(request.service, active, key))["status"] in ACTIVE:
        raise errors.conversation_locked()


async def _find(request: RequestContext) -> Json:
    """The response that the path names, as it stands now; or 404."""
    response_id = request.ids["response_id"]
    response = history.stored(request.store, response_id)
    if response is None:
        raise errors.gone("Response", response_id)
    return await worker.current(request.service, response, key_of(response_id))


async def _events(request: RequestContext, response: Json) -> Feed:
    """The events of a response that was made in the background and streamed."""
    after = request.whole_number("starting_after", -1)
    kept = request.store.get(history.EVENTS, response["id"], response["id"])
    if not response["background"] or kept is None:
        missing = "stream" if response["background"] else "background"
        message = f"This response cannot be streamed because it was not created with {missing}=true."
        raise errors.invalid(message, "stream")
    if making := request.service.workers.get(response["id"]):
        feed: Feed = making.events.listen(after)
        return feed
    while (response := await _find(request))["status"] in ACTIVE:  # made by another process, and stored at the end
        await asyncio.sleep(_LOOK_EVERY)
    kept = request.store.get(history.EVENTS, response["id"], response["id"])
    told = kept["events"] if kept else []
    feed = replay(told, after)
    if response["status"] == "failed" and not told:
        _tell_abandoned(request, response, feed, after)
    feed.close()
    return feed


def _tell_abandoned(request: RequestContext, response: Json, feed: Feed, after: int) -> None:
    """Why nothing follows: with the process that made the response, what it had told is gone."""
    shown = objects.view(response, request.surface.family, included(request), streamed=True)
    error = {"type": response["error"]["code"], **response["error"], "param": None}
    feed.send("error", {"type": "error", "error": error, "sequence_number": after + 1})
    feed.send("response.failed", {"type": "response.failed", "response": shown, "sequence_number": after + 2})
