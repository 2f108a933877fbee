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
    containers,
    conversations,
    files,
    files_v1,
    messages,
    models,
    responses,
    runs,
    steps,
    threads,
    vector_store_files,
    vector_stores,
)
from mock_endpoint.schemas import assistants_v1, objects
from mock_endpoint.service import Service
from mock_endpoint.state.opening import explain

Operation = Callable[[RequestContext], Awaitable[Json | Response]]

_THREAD = "/threads/{thread_id}"
_MESSAGE = _THREAD + "/messages/{message_id}"
_RUN = _THREAD + "/runs/{run_id}"
_RESPONSE = "/responses/{response_id}"
_CONVERSATION = "/conversations/{conversation_id}"
_CONTAINER = "/containers/{container_id}"
_STORE = "/vector_stores/{vector_store_id}"
_BATCH = _STORE + "/file_batches/{batch_id}"

ROUTES: tuple[tuple[str, str, Operation], ...] = (  # looked through in this order
    ("POST", "/assistants", assistants.create),
    ("GET", "/assistants", assistants.list_all),
    ("GET", "/assistants/{assistant_id}", assistants.retrieve),
    ("POST", "/assistants/{assistant_id}", assistants.modify),
    ("DELETE", "/assistants/{assistant_id}", assistants.delete),
    ("POST", "/assistants/{assistant_id}/files", files_v1.attach),
    ("GET", "/assistants/{assistant_id}/files", files_v1.list_of_assistant),
    ("GET", "/assistants/{assistant_id}/files/{file_id}", files_v1.retrieve_of_assistant),
    ("DELETE", "/assistants/{assistant_id}/files/{file_id}", files_v1.detach),
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
    ("GET", _MESSAGE + "/files", files_v1.list_of_message),
    ("GET", _MESSAGE + "/files/{file_id}", files_v1.retrieve_of_message),
    ("POST", _THREAD + "/runs", runs.create),
    ("GET", _THREAD + "/runs", runs.list_all),
    ("GET", _RUN, runs.retrieve),
    ("POST", _RUN, runs.modify),
    ("POST", _RUN + "/cancel", runs.cancel),
    ("POST", _RUN + "/submit_tool_outputs", runs.submit_tool_outputs),
    ("GET", _RUN + "/steps", steps.list_all),
    ("GET", _RUN + "/steps/{step_id}", steps.retrieve),
    ("GET", "/models", models.list_all),
    ("GET", "/models/{model}", models.retrieve),
    ("POST", "/chat/completions", chat.create),
    ("POST", "/deployments/{deployment}/chat/completions", chat.create),
    ("POST", "/files", files.create),
    ("GET", "/files", files.list_all),
    ("GET", "/files/{file_id}", files.retrieve),
    ("GET", "/files/{file_id}/content", files.content),
    ("DELETE", "/files/{file_id}", files.delete),
    ("POST", "/vector_stores", vector_stores.create),
    ("GET", "/vector_stores", vector_stores.list_all),
    ("GET", _STORE, vector_stores.retrieve),
    ("POST", _STORE, vector_stores.modify),
    ("DELETE", _STORE, vector_stores.delete),
    ("POST", _STORE + "/search", vector_stores.search),
    ("POST", _STORE + "/files", vector_store_files.create),
    ("GET", _STORE + "/files", vector_store_files.list_all),
    ("GET", _STORE + "/files/{file_id}", vector_store_files.retrieve),
    ("POST", _STORE + "/files/{file_id}", vector_store_files.modify),
    ("DELETE", _STORE + "/files/{file_id}", vector_store_files.delete),
    ("GET", _STORE + "/files/{file_id}/content", vector_store_files.content),
    ("POST", _STORE + "/file_batches", vector_store_files.create_batch),
    ("GET", _BATCH, vector_store_files.retrieve_batch),
    ("POST", _BATCH + "/cancel", vector_store_files.cancel_batch),
    ("GET", _BATCH + "/files", vector_store_files.list_of_batch),
    ("POST", "/responses", responses.create),
    ("POST", "/responses/input_tokens", responses.input_tokens),
    ("POST", "/responses/compact", responses.compact),
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
    ("POST", "/containers", containers.create),
    ("GET", "/containers", containers.list_all),
    ("GET", _CONTAINER, containers.retrieve),
    ("DELETE", _CONTAINER, containers.delete),
    ("POST", _CONTAINER + "/files", containers.create_file),
    ("GET", _CONTAINER + "/files", containers.list_files),
    ("GET", _CONTAINER + "/files/{file_id}", containers.retrieve_file),
    ("DELETE", _CONTAINER + "/files/{file_id}", containers.delete_file),
    ("GET", _CONTAINER + "/files/{file_id}/content", containers.content),
)

_NOT_IN_PROJECTS = ("dated", "azure", "openai")
_SUCCESSORS = ("/responses", "/conversations", "/containers", "/chat", "/models")
ONLY_IN: dict[Operation, tuple[str, ...]] = {
    **{operation: _NOT_IN_PROJECTS for _, path, operation in ROUTES if path.startswith(_SUCCESSORS)},
    threads.list_all: ("project",),
    # Younger than classic agents.
    **dict.fromkeys((vector_stores.search, vector_store_files.modify, vector_store_files.content), _NOT_IN_PROJECTS),
}
"""The families of paths that have these operations (see `Surface`); all have the others."""
OLD_ONLY = {
    files_v1.attach,
    files_v1.list_of_assistant,
    files_v1.retrieve_of_assistant,
    files_v1.detach,
    files_v1.list_of_message,
    files_v1.retrieve_of_message,
}
"""Operations that the old shape had, and the later one has no longer."""

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
    if not _is_offered(operation, context.surface):
        raise unknown_path(context.surface, request.method, request.url.path)
    await faults.before(context.fault, context.surface.family, request.scope["path"])
    answer = await operation(context)
    await faults.after(context.fault, request)
    if isinstance(answer, Response):
        return answer
    return answers.answer(_seen_from(context.surface, answer), context.headers)


def _is_offered(operation: Operation, surface: Surface) -> bool:
    """Whether callers on this surface have the operation."""
    in_family = surface.family in ONLY_IN.get(operation, (surface.family,))
    return in_family and (surface.shape == "v1" or operation not in OLD_ONLY)


def _seen_from(surface: Surface, answer: Json) -> Json:
    """The answer as callers on this surface know it."""
    if surface.shape == "v1":
        return assistants_v1.view(answer)
    if answer.get("object") == "thread.run":
        return objects.shown_run(answer)
    if answer.get("object") == "list" and answer["data"] and answer["data"][0].get("object") == "thread.run":
        return answer | {"data": [objects.shown_run(run) for run in answer["data"]]}
    if surface.family == "project" and answer.get("data") == []:
        # Their client asks for page after page until one names no last id.
        return {name: answer[name] for name in answer if name not in ("first_id", "last_id")}
    return answer


async def _nowhere(request: Request, _: Exception) -> Response:
    return answers.refusal(unknown_path(request.state.surface, request.method, request.url.path))
