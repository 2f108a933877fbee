"""The route table: every operation that the endpoint serves, one line each."""

import logging
import sqlite3
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from . import assistants, deployments, errors, messages, old_shape, runs, steps, threads
from .call import Call, Json
from .gate import JSON, Gate, unknown_path
from .service import Service

Operation = Callable[[Call], Awaitable[Json]]

_THREAD = "/threads/{thread_id}"
_MESSAGE = _THREAD + "/messages/{message_id}"
_RUN = _THREAD + "/runs/{run_id}"

ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/models", deployments.list_all),
    ("POST", "/assistants", assistants.create),
    ("GET", "/assistants", assistants.list_all),
    ("GET", "/assistants/{assistant_id}", assistants.retrieve),
    ("POST", "/assistants/{assistant_id}", assistants.modify),
    ("DELETE", "/assistants/{assistant_id}", assistants.delete),
    ("POST", "/threads", threads.create),
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
    ("GET", _RUN + "/steps", steps.list_all),
    ("GET", _RUN + "/steps/{step_id}", steps.retrieve),
)

log = logging.getLogger(__name__)


def build(service: Service, key: str, hosts: frozenset[str]) -> ASGIApp:
    """The whole endpoint as an ASGI application."""
    routes = [Route(path, _serve(service, operation), methods=[method]) for method, path, operation in ROUTES]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _nowhere})
    app.router.redirect_slashes = False
    return Gate(app, key, hosts)


def _serve(service: Service, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            call = Call(service, request)
            body = await operation(call)
        except errors.Refusal as refusal:
            return _respond(refusal.status, refusal.body, refusal.headers)
        except ClientDisconnect:
            return Response()  # nobody is there to read it
        except sqlite3.Error as error:
            return _respond(500, _unstored(error), _NO_RETRY)
        except Exception:
            log.exception("%s %s failed", request.method, request.url.path)
            return _respond(500, _BROKEN, _NO_RETRY)
        return _respond(200, old_shape.view(body) if call.surface.shape == "v1" else body, call.headers)

    return handle


async def _nowhere(request: Request, _: Exception) -> Response:
    refusal = unknown_path(request.state.surface, request.method, request.url.path)
    return _respond(refusal.status, refusal.body, {})


def _respond(status: int, body: Json, headers: dict[str, str]) -> Response:
    return JSONResponse(body, status, headers, media_type=JSON)


_NO_RETRY = {"x-should-retry": "false"}
"""The client would repeat a 500 by itself; it would get the same answer."""
_BROKEN = {
    "error": {
        "message": "The server had an error while processing your request. Sorry about that!",
        "type": "server_error",
        "param": None,
        "code": None,
    }
}


def _unstored(error: sqlite3.Error) -> Json:
    """Nothing was written; what was there before is still there."""
    message = f"The endpoint's state file could not be written: {error}. Free some space, or set KIT_STATE elsewhere."
    return {"error": {"message": message, "type": "server_error", "param": None, "code": "state_unwritable"}}
