"""Run the endpoint: in a thread of this process, or as a process of its own."""

import asyncio
import contextlib
import logging
import re
import secrets
import sqlite3
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_endpoint import containers, files
from mock_endpoint.app import build
from mock_endpoint.engine import BuiltInTool
from mock_endpoint.http.faults import problem_of
from mock_endpoint.http.gate import allowed_hosts
from mock_endpoint.http.protocol import Protocol
from mock_endpoint.listening import is_loopback, listen
from mock_endpoint.models.base import Model
from mock_endpoint.models.offline import OfflineModel
from mock_endpoint.problems import EndpointError
from mock_endpoint.service import Service
from mock_endpoint.spaces import Spaces
from mock_endpoint.state.key import key_file, key_of
from mock_endpoint.state.lease import Lease
from mock_endpoint.state.opening import MEMORY
from mock_endpoint.state.store import Store
from mock_endpoint.tls import Tls, variables
from mock_endpoint.tools.code_interpreter.interpreter import Interpreter
from mock_endpoint.tools.file_search import indexing

_PATIENCE = 30
"""Seconds that `reset` waits for the server's thread."""
_NO_CODE = (
    "The code interpreter is off here, so no code was run. It is on by itself for the offline model at an address that "
    "only this machine reaches; set CODE_INTERPRETER=on to have code of other models run, or of other machines' users."
)


@dataclass(frozen=True)
class Options:
    """How the endpoint runs."""

    state: Path | Literal["memory"] = MEMORY
    host: str = "127.0.0.1"
    port: int = 0
    """0: any free port."""
    key: str | None = field(default=None, repr=False)
    """None: the state file's own random key."""
    pace: float = 0.0
    """Seconds that a run takes to think."""
    run_ttl: int | None = None
    """Seconds until a run that has not ended expires; None: as many as the service gives it."""
    deployments: tuple[str, ...] = ()
    fault: str | None = None
    """What goes wrong with every request, see `faults.py`; None: nothing does on purpose."""
    model: Model = field(default_factory=OfflineModel)
    tools: Mapping[str, BuiltInTool] = field(default_factory=dict)
    """The built-in tools that the endpoint runs, by their type."""
    code_interpreter: bool | None = None
    """Whether models' code is run; None: only the offline model's, and only where nobody but this machine asks."""
    by_learner: bool = False
    """Whether each caller sees only what is their own, see `spaces.py`."""
    tls: Path | None = None
    """Answer over HTTPS, to this computer only; what programs need for it is kept in a folder in this one."""
    around: Callable[[ASGIApp], ASGIApp] | None = None
    """What is put around the application, for example a recorder."""

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("port", self.port, 0, 65535),
            ("pace", self.pace, 0, 3600),
            ("run_ttl", self.run_ttl, 1, 86400),
        ):
            if value is not None and not (isinstance(value, int | float) and least <= value <= most):
                raise EndpointError(f"{name} is {value!r}.", f"Give a number from {least} to {most}, or leave it out.")
        if self.key is not None and not re.fullmatch(r"[!-~]([ -~]*[!-~])?", self.key):
            raise EndpointError(
                "This key has a sign that no header can carry.",
                "Use letters, digits and signs of ASCII, and no space at its ends.",
            )
        if self.fault is not None and (problem := problem_of(self.fault)):
            raise EndpointError(problem, "Give one of these names as the fault, or leave it out.")
        if self.tls is not None and not is_loopback(self.host):
            raise EndpointError(
                f"The certificate for HTTPS is made for this computer only, not for the host {self.host}.",
                "Leave out the host, or HTTPS.",
            )


class Running:
    """An endpoint that answers at `url` until `stop()`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.key = options.key or _own_key(options.state)
        self.key_file = None if options.key or options.state == MEMORY else key_file(Path(options.state))
        with contextlib.ExitStack() as undo:
            self.store = Store(options.state)
            undo.callback(self.store.close)
            self._lease = Lease(options.state)
            undo.callback(self._lease.release)
            self._socket = listen(options.host, options.port)
            undo.callback(self._socket.close)
            host, port = self._socket.getsockname()[:2]
            folder = options.tls / str(port) if options.tls else None
            self._tls = Tls(folder, options.host) if folder else None
            self._code = Interpreter() if _runs_code(options) else _NO_CODE
            self._build()
            undo.pop_all()
        scheme = "https" if self._tls else "http"
        self.url = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
        self.variables = variables(self.url, folder) if folder else {}
        """With HTTPS: the environment in which programs find this endpoint, trust it, and get a token for it."""
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._answer,
                interface="asgi3",
                http=Protocol,
                ssl_context_factory=(lambda *_: tls.context) if (tls := self._tls) else None,
                loop="auto",  # uvloop, except on Windows; kept to this server, no policy is set
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self._loop: Future[asyncio.AbstractEventLoop] = Future()
        self._thread: threading.Thread | None = None

    def _build(self) -> None:
        self._service = self._service_on(self.store)
        app = self._application(self._service, self.key)
        self._spaces = Spaces(self.key, app, self._space) if self._options.by_learner else None
        app = self._spaces or app
        app = self._tls.with_tokens(app, self.key) if self._tls else app
        self._app = self._options.around(app) if self._options.around else app

    def _space(self, store: Store, key: str) -> ASGIApp:
        """An application of its own for one learner."""
        return self._application(self._service_on(store), key)

    def _application(self, service: Service, key: str) -> ASGIApp:
        return build(service, key, allowed_hosts(self._options.host), self._options.fault)

    def _service_on(self, store: Store) -> Service:
        options = self._options
        return Service(
            *(store, options.model, self._lease, options.pace, options.run_ttl, options.deployments, options.tools),
            code=self._code,
        )

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def run(self) -> None:
        """Answer requests in this thread until asked to stop."""
        complaints = logging.getLogger("uvicorn.error")
        complaints.addFilter(self._goes_on)
        try:
            with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
                with contextlib.suppress(sqlite3.Error):  # what is left lying about can wait for another start
                    runner.run(containers.tidy(self._service))
                    runner.run(files.sweep(self.store, self._lease))
                    runner.run(indexing.wake(self._service))
                self._loop.set_result(runner.get_loop())
                runner.run(self._server.serve(sockets=[self._socket]))
                runner.run(self._let_go())
        finally:
            complaints.removeFilter(self._goes_on)
            self._socket.close()
            self._lease.release()
            self.store.close()
            if self._spaces:
                self._spaces.close()
            if isinstance(self._code, Interpreter):
                self._code.close()

    def reset(self) -> None:
        """Begin anew in an empty state, at the same address, with the same key.

        Runs on their way are stopped, and a request that is still at work finds no state to write to.
        """
        asyncio.run_coroutine_threadsafe(self._begin_anew(), self._loop.result(_PATIENCE)).result(_PATIENCE)

    async def _begin_anew(self) -> None:
        if task := self._service.indexing:
            task.cancel()
            await asyncio.wait([task])
        await self._stop_workers()
        if self._spaces:
            self._spaces.close()
        if isinstance(self._code, Interpreter):
            await asyncio.to_thread(self._code.close)
        await self.store.empty()
        self.store.close()
        self.store = Store(self._options.state)
        self._build()

    async def _let_go(self) -> None:
        """The end of the model's connections; what is still at work does not take that for a failure."""
        await self._stop_workers()
        await self._options.model.close()

    async def _stop_workers(self) -> None:
        workers = self._service.workers
        while tasks := [worker.task for worker in workers.values() if worker.task]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def _goes_on(self, _: object) -> bool:
        """Whether the server has not been asked to stop: what it cuts off then is nothing to complain about."""
        return not self._server.should_exit

    def start(self) -> None:
        """Answer requests in a thread. The socket listens already: the first request waits for nothing."""
        self._thread = threading.Thread(target=self.run, name="mock endpoint", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop answering; runs on their way read as expired from now on."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=5)

    def __enter__(self) -> "Running":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(options: Options) -> Running:
    """The endpoint in a daemon thread of this process."""
    running = Running(options)
    running.start()
    return running


def serve(options: Options) -> int:
    """The endpoint in the foreground until Ctrl-C; says `ready` and its address first. Returns the exit code."""
    running = Running(options)
    print(f"ready {running.url}", flush=True)  # noqa: T201
    if running.key_file:
        print(f"the key is in {running.key_file}", flush=True)  # noqa: T201
    if options.by_learner:
        print("a space for each computer, or for each name behind the key: KEY.aiko", flush=True)  # noqa: T201
    if running.variables:
        print("for programs written with azure-ai-agents and azure-identity, set:", flush=True)  # noqa: T201
        print(*(f"{name}={value}" for name, value in running.variables.items()), sep="\n", flush=True)  # noqa: T201
    with contextlib.suppress(KeyboardInterrupt):
        running.run()
    return 0


def _runs_code(options: Options) -> bool:
    if options.code_interpreter is not None:
        return options.code_interpreter
    return isinstance(options.model, OfflineModel) and is_loopback(options.host)


def _own_key(state: Path | Literal["memory"]) -> str:
    return secrets.token_urlsafe(32) if state == MEMORY else key_of(Path(state))
