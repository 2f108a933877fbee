"""One live kernel: a process of its own that runs code, call after call, until it is ended."""

import asyncio
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from mock_endpoint.tools.code_interpreter.folders import MOUNT, Folders
from mock_endpoint.tools.code_interpreter.guest import Settings
from mock_endpoint.tools.code_interpreter.limits import CannotStart, Limits
from mock_endpoint.tools.code_interpreter.outputs import Outputs

_START = 120
"""Seconds that a kernel may take to start, on a machine that has much else to do."""
_GRACE = 5.0
"""Seconds that code may go on after it was interrupted."""
_INTERRUPT_EVERY = 1.0
"""Seconds after which it is interrupted again: what comes before the code has begun is lost."""
_LOOK_EVERY = 0.25
_LARGEST_MESSAGE = 50 << 20
_GUEST = "mock_endpoint.tools.code_interpreter.guest"
_KEPT = ("PATH", "SYSTEMROOT", "TEMP")
"""All that a kernel sees of the endpoint's environment."""


class _Specs(KernelSpecManager):
    """Knows one kernel: ours."""

    def __init__(self, argv: list[str]) -> None:
        super().__init__()
        self._argv = argv

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Ours, whatever the name."""
        return KernelSpec(argv=self._argv, display_name=kernel_name, language="python")


class Kernel:
    """A kernel in its folders. All methods belong to the event loop in which it was started."""

    def __init__(self, folders: Folders, limits: Limits) -> None:
        self.folders, self.limits = folders, limits
        self.used = time.monotonic()
        """When it was last at work."""
        self.unwanted = ""
        """Why it is to end, even in the middle of its code."""
        self._client: AsyncKernelClient | None = None
        self._process: psutil.Process | None = None
        file = str(folders.wire / "connection.json")
        settings = Settings(file, str(folders.place), _threads_of_user(), limits.bounds)
        argv = [sys.executable, "-P", "-s", "-m", _GUEST, settings.written()]
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.MAXMSGSIZE, _LARGEST_MESSAGE)
        self._context = context
        self._manager = AsyncKernelManager(connection_file=file, context=context, kernel_spec_manager=_Specs(argv))
        if sys.platform != "win32":  # files in place of ports: nobody else on this machine can connect
            self._manager.transport = "ipc"
            self._manager.ip = str(folders.wire / "k")

    @property
    def _log(self) -> Path:
        """What its process says that is not an output of code."""
        return self.folders.place / "log"

    @property
    def alive(self) -> bool:
        """Whether its process still runs."""
        with suppress(psutil.Error):
            return self._process is not None and self._process.status() != psutil.STATUS_ZOMBIE
        return False

    @property
    def walls(self) -> list[str]:
        """The names of the walls around it."""
        names: list[str] = json.loads((self.folders.wire / "walls.json").read_text(encoding="utf-8"))
        return names

    async def start(self) -> None:
        """Start it; `CannotStart` when it does not answer."""
        home = str(self.folders.home)
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= {"HOME": home, "USERPROFILE": home, "MPLCONFIGDIR": home, "IPYTHONDIR": home}
        environment |= {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2", "PYTHONUTF8": "1"}
        with self._log.open("wb") as log:
            await self._manager.start_kernel(cwd=str(self.folders.data), env=environment, stdout=log, stderr=log)
        self._process = psutil.Process(self._manager.provisioner.pid)  # pyrefly: ignore[missing-attribute]
        self._client = self._manager.client()
        self._client.start_channels(stdin=False, hb=False)
        try:
            await self._client.wait_for_ready(timeout=_START)
        except RuntimeError as error:
            await self.end()
            said = self._log.read_text(encoding="utf-8", errors="replace").strip()
            raise CannotStart(f"The code interpreter did not start: {said[-500:] or error}") from error

    async def run(self, code: str) -> Outputs:
        """Run the code; what it says comes back, also when it fails, is stopped or takes the kernel with it.

        Cancelled, it stops the code first.
        """
        assert self._client is not None
        self.used = time.monotonic()
        outputs = Outputs()
        data = self.folders.data.as_posix()
        request = self._client.execute(code.replace(MOUNT, data), allow_stdin=False, store_history=True)
        try:
            await self._listen(request, outputs)
        except asyncio.CancelledError:
            await self._interrupt(request, Outputs())
            raise
        finally:
            self.used = time.monotonic()
        outputs.parts = [part.replace(data, MOUNT) if isinstance(part, str) else part for part in outputs.parts]
        return outputs

    async def _listen(self, request: str, outputs: Outputs) -> None:
        began = looked = time.monotonic()
        while not await self._next(request, outputs):
            now = time.monotonic()
            if now - looked < _LOOK_EVERY and not outputs.flooding:
                continue
            looked = now
            reason = "it printed too much" if outputs.flooding else self.excess()
            if reason or not self.alive:
                await self.end()
                reason = reason or "its process ended"
                outputs.note(f"The code interpreter was ended: {reason}. Its variables are gone.")
                return
            if now - began > self.limits.seconds:
                await self._interrupt(request, outputs)
                outputs.note(f"The code was stopped: it ran for more than {self.limits.seconds:g} seconds.")
                return

    async def _next(self, request: str, outputs: Outputs) -> bool:
        """Take the next message, if one comes in time; whether the code has ended with it."""
        assert self._client is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY):
                message = await self._client.iopub_channel.get_msg()
            if message["parent_header"].get("msg_id") != request:
                return False
            outputs.take(message["msg_type"], message["content"])
            return bool(message["msg_type"] == "status" and message["content"]["execution_state"] == "idle")
        return False

    async def _interrupt(self, request: str, outputs: Outputs) -> None:
        """Stop the code; the kernel is ended when that does not help."""
        if not self.alive:
            return
        interrupted, until = 0.0, time.monotonic() + _GRACE
        while (now := time.monotonic()) < until:
            if now - interrupted > _INTERRUPT_EVERY:
                interrupted = now
                await self._manager.interrupt_kernel()
            if await self._next(request, outputs):
                return
        await self.end()

    def excess(self) -> str:
        """Why it has to end, as what it uses up too much of; empty where it may go on."""
        if self.unwanted:
            return self.unwanted
        family = self._family()
        if len(family) > self.limits.processes:
            return "it started too many processes"
        total = 0
        for process in family:
            with suppress(psutil.Error):
                total += process.memory_info().rss
        if total > self.limits.memory:
            return "it used too much memory"
        return "it wrote too much to the disk" if self.folders.size() > self.limits.disk else ""

    def _family(self) -> list[psutil.Process]:
        """Its process, and all that come from it: whatever its children leave behind stays below it."""
        with suppress(psutil.Error):
            if self._process is not None:
                return [self._process, *self._process.children(recursive=True)]
        return []

    async def end(self) -> None:
        """End it and all that it started. May be called again."""
        for _ in range(50):
            family = self._family()
            for process in reversed(family[1:]):
                with suppress(psutil.Error):
                    process.kill()
            if len(family) <= 1:
                break
            if self._process is not None:
                with suppress(psutil.Error):
                    self._process.suspend()  # so that it starts no more while its children end
        if self._client is not None:
            self._client.stop_channels()
            self._client = None
        if self._manager.has_kernel:
            await self._manager.shutdown_kernel(now=True)
        self._context.destroy(linger=0)


def _threads_of_user() -> int:
    """How many threads the user has; the limit on them counts every program of theirs."""
    if not hasattr(os, "getuid"):
        return 0
    total = 0
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            total += process.num_threads() if process.uids().real == os.getuid() else 0
    return total
