"""`client.chat.completions`: one answer to a list of messages; nothing is kept."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from mock_endpoint import engine, errors
from mock_endpoint.chat.prompt import prompt_of
from mock_endpoint.chat.stops import until
from mock_endpoint.chat.writer import ChatWriter
from mock_endpoint.closing import closing
from mock_endpoint.http import faults
from mock_endpoint.http.context import RequestContext
from mock_endpoint.http.leaving import until_left
from mock_endpoint.http.stream import EventStream
from mock_endpoint.models.base import CallDelta, Failed, Finished, TextDelta
from mock_endpoint.models.failing import FailingModel
from mock_endpoint.pacing import PIECE_SHARE, NoLongerOurs, paced, unless_cancelled
from mock_endpoint.schemas import chat, model_facts
from mock_endpoint.schemas.base import parse
from mock_endpoint.sse import Feed

Json = dict[str, Any]

_END = b"data: [DONE]\n\n"
"""How a stream of chunks ends."""


async def create(request: RequestContext) -> Json | EventStream:
    """`POST /chat/completions`; on Azure's older paths the deployment stands in the path."""
    body = await request.json_object()
    deployment = request.ids.get("deployment")
    fields = parse(chat.CreateChatCompletion, body | ({"model": deployment} if deployment else {}))
    _check(request, fields)
    prompt = prompt_of(fields)
    writer = ChatWriter(
        fields["model"],
        request.surface.family,
        with_usage=fields.get("stream_options", {}).get("include_usage", False),
    )
    ends = [end for name, end in faults.ENDS.items() if request.fault.strikes(name)]
    model = FailingModel(ends[0]) if ends else request.service.model
    stop = fields.get("stop", [])
    events = until([stop] if isinstance(stop, str) else stop, engine.answer(model, prompt, {}))
    if not fields.get("stream"):
        return writer.whole(await _written_while_heard(request, events, writer))
    feed = Feed(_END)
    if request.fault.strikes("drop_stream"):
        feed.break_off()
    task = asyncio.get_running_loop().create_task(_tell_while_heard(request.service.pace, events, writer, feed))
    _TELLING.add(task)
    task.add_done_callback(_TELLING.discard)
    return EventStream(feed, request.headers)


_TELLING: set[asyncio.Task[None]] = set()
"""The tasks that fill streams: the loop itself would forget them."""


async def _written_while_heard(
    request: RequestContext, events: AsyncIterator[engine.AnswerEvent], writer: ChatWriter
) -> Finished:
    """Whoever hangs up stops the model, also where there is no stream to break off."""
    leaving = asyncio.ensure_future(until_left(request.http))
    written = _written(request.service.pace, events, writer)
    try:
        return await unless_cancelled(written, asyncio.Event(), lambda: not leaving.done())
    except NoLongerOurs:
        raise errors.gateway(499, "The caller has gone away.") from None  # which nobody hears
    finally:
        leaving.cancel()


async def _written(pace: float, events: AsyncIterator[engine.AnswerEvent], writer: ChatWriter) -> Finished:
    """Write the whole answer down; how it ended comes back. A `Refusal` where it failed."""
    await asyncio.sleep(pace)
    async with closing(paced(events, 0)) as told:
        async for event in told:
            if isinstance(event, Finished):
                return event
            if isinstance(event, Failed):
                raise _failure(event)
            if isinstance(event, TextDelta | CallDelta):
                writer.write(event)
    raise _failure(engine.BROKEN)


async def _tell_while_heard(
    pace: float, events: AsyncIterator[engine.AnswerEvent], writer: ChatWriter, feed: Feed
) -> None:
    """Whoever hangs up stops the model, too, even where it says nothing for long."""
    with contextlib.suppress(NoLongerOurs):
        await unless_cancelled(_tell(pace, events, writer, feed), asyncio.Event(), lambda: feed.open)


async def _tell(pace: float, events: AsyncIterator[engine.AnswerEvent], writer: ChatWriter, feed: Feed) -> None:
    """Send the chunks as they come."""
    try:
        _send(feed, writer.first_chunks())
        await asyncio.sleep(pace)
        async with closing(paced(events, pace * PIECE_SHARE)) as told:
            async for event in told:
                if isinstance(event, Failed):
                    feed.send("", {"error": _failure(event).error})
                    return
                if isinstance(event, Finished):
                    _send(feed, writer.last_chunks(event))
                    return
                if isinstance(event, TextDelta | CallDelta):
                    _send(feed, writer.write(event))
    finally:
        feed.close()


def _send(feed: Feed, chunks: list[Json]) -> None:
    for chunk in chunks:
        feed.send("", chunk)


def _failure(end: Failed) -> errors.Refusal:
    """What an answer that failed is refused with: nothing else could tell of it."""
    if end.code == "invalid_prompt":
        return errors.invalid(end.message, code=end.code)
    status, kind = (429, "requests") if end.code == "rate_limit_exceeded" else (500, "server_error")
    error = {"message": end.message, "type": kind, "param": None, "code": end.code if status == 429 else None}
    return errors.Refusal(status, error, errors.NO_RETRY)


def _check(request: RequestContext, fields: Json) -> None:
    """Refuse a deployment that does not exist, and what no model here can do."""
    deployments, model = request.service.deployments, fields["model"]
    if not model or (deployments and model not in deployments):
        raise errors.no_such_chat_model(request.surface.family, model)
    if "stream_options" in fields and not fields.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise errors.invalid(message, "stream_options")
    if fields.get("logprobs"):
        raise errors.unsupported_parameter("logprobs")
    if "temperature" in fields and not model_facts.takes_temperature(model):
        raise errors.unsupported_parameter("temperature")
