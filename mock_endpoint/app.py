"""The route table: every operation that the endpoint serves, one line each."""

import logging
import sqlite3
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mock_endpoint import errors
from mock_endpoint.http import answers, faults
from mock_endpoint.http.context import Json, RequestContext
from mock_endpoint.http.gate import Gate, Surface, unknown_path
from mock_endpoint.resources import (
    assistants,
    chat,
    conversations,
    files,
    messages,
    models,
    responses,
    runs,
    steps,
    threads,
)
from mock_endpoint.schemas import assistants_v1
from mock_endpoint.service import Service
from mock_endpoint.state.opening import explain

Operation = Callable[[RequestContext], Awaitable[Json | Response]]

_THREAD = "/threads/{thread_id}"
_MESSAGE = _THREAD + "/messages/{message_id}"
_RUN = _THREAD + "/runs/{run_id}"
_RESPONSE = "/responses/{response_id}"
_CONVERSATION = "/conversations/{conversation_id}"

ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/models", models.list_all),
    ("GET", "/models/{model}", models.retrieve),
    ("POST", "/chat/completions", chat.create),
    ("POST", "/deployments/{deployment}/chat/completions", chat.create),
    ("POST", "/files", files.create),
    ("GET", "/files", files.list_all),
    ("GET", "/files/{file_id}", files.retrieve),
    ("GET", "/files/{file_id}/content", files.content),
    ("DELETE", "/files/{file_id}", files.delete),
    ("POST", "/assistants", assistants.create),
    ("GET", "/assistants", assistants.list_all),
    ("GET", "/assistants/{assistant_id}", assistants.retrieve),
    ("POST", "/assistants/{assistant_id}", assistants.modify),
    ("DELETE", "/assistants/{assistant_id}", assistants.delete),
    ("POST", "/threads", threads.create),
    ("GET", "/threads", threads.list_all),
    ("POST", "/threads/runs", runs.create_with_thread),
    ("GET", _THREAD, threads.retrieve),
    ("POST", _THREAD, threads.modify),
    ("DELETE", _THREAD, threads.delete),
    ("POST", _THREAD + "/messages", messages.create),
    ("GET", _THREAD + "/messages", messages.list_all),
    ("GET", _MESSAGE, messages.retrieve),
    ("POST", _MESSAGE, messages.modify),
    ("DELETE", _MESSAGE, messages.delete),
    ("POST", _THREAD + "/runs", runs.create),
    ("GET", _THREAD + "/runs", runs.list_all),
    ("GET", _RUN, runs.retrieve),
    ("POST", _RUN, runs.modify),
    ("POST", _RUN + "/cancel", runs.cancel),
    ("POST", _RUN + "/submit_tool_outputs", runs.submit_tool_outputs),
    ("GET", _RUN + "/steps", steps.list_all),
    ("GET", _RUN + "/steps/{step_id}", steps.retrieve),
    ("POST", "/responses", responses.create),
    ("POST", "/responses/input_tokens", responses.input_tokens),
    ("GET", _RESPONSE, responses.retrieve),
    ("DELETE", _RESPONSE, responses.delete),
    ("POST", _RESPONSE + "/cancel", responses.cancel),
    ("GET", _RESPONSE + "/input_items", responses.input_items),
    ("POST", "/conversations", conversations.create),
    ("GET", _CONVERSATION, conversations.retrieve),
    ("POST", _CONVERSATION, conversations.modify),
    ("DELETE", _CONVERSATION, conversations.delete),
    ("POST", _CONVERSATION + "/items", conversations.add_items),
    ("GET", _CONVERSATION + "/items", conversations.list_items),
    ("GET", _CONVERSATION + "/items/{item_id}", conversations.retrieve_item),
    ("DELETE", _CONVERSATION + "/items/{item_id}", conversations.delete_item),
)

_NOT_IN_PROJECTS = ("dated", "azure", "openai")
_SUCCESSORS = ("/responses", "/conversations", "/chat", "/models")
ONLY_IN: dict[Operation, tuple[str, ...]] = {
    **{operation: _NOT_IN_PROJECTS for _, path, operation in ROUTES if path.startswith(_SUCCESSORS)},
    threads.list_all: ("project",),
}
"""The families of paths that have these operations (see `Surface`); all have the others."""

log = logging.getLogger(__name__)


def build(service: Service, key: str, hosts: frozenset[str], fault: str | None = None) -> ASGIApp:
    """The whole endpoint as an ASGI application; `fault` spoils the requests that name none themselves."""
    routes = [Route(path, _serve(service, operation), methods=[method]) for method, path, operation in ROUTES]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _nowhere})
    app.router.redirect_slashes = False
    return Gate(app, key, hosts, faults.Faults(fault))


def _serve(service: Service, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            return await _answer(service, request, operation)
        except errors.Refusal as refused:
            return answers.refusal(refused)
        except ClientDisconnect:
            return Response()  # nobody is there to read it
        except sqlite3.Error as error:
            return answers.refusal(errors.unstored(explain(error)))
        except Exception:
            log.exception("%s %s failed", request.method, request.url.path)
            return answers.refusal(errors.broken(errors.NO_RETRY))

    return handle


async def _answer(service: Service, request: Request, operation: Operation) -> Response:
    context = RequestContext(service, request)
    if context.surface.family not in ONLY_IN.get(operation, (context.surface.family,)):
        raise unknown_path(context.surface, request.method, request.url.path)
    await faults.before(context.fault, context.surface.family, request.scope["path"])
    answer = await operation(context)
    await faults.after(context.fault, request)
    if isinstance(answer, Response):
        return answer
    return answers.answer(_seen_from(context.surface, answer), context.headers)


def _seen_from(surface: Surface, answer: Json) -> Json:
    """The answer as callers on this surface know it."""
    if surface.shape == "v1":
        return assistants_v1.view(answer)
    if surface.family == "project" and answer.get("data") == []:
        # Their client asks for page after page until one names no last id.
        return {name: answer[name] for name in answer if name not in ("first_id", "last_id")}
    return answer


async def _nowhere(request: Request, _: Exception) -> Response:
    return answers.refusal(unknown_path(request.state.surface, request.method, request.url.path))
