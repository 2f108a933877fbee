"""All kernels of an endpoint: one for each thread of messages or container, a few at a time, ended when not needed."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mock_endpoint.state.temporary import TemporaryFolder, left_behind
from mock_endpoint.tools.code_interpreter.folders import Attached, Folders, Product
from mock_endpoint.tools.code_interpreter.limits import CannotStart, Limits
from mock_endpoint.tools.code_interpreter.outputs import Outputs

if TYPE_CHECKING:
    from mock_endpoint.tools.code_interpreter.kernel import Kernel

_PREFIX = "assistants-kernels-"
_WATCH_EVERY = 2.0
"""Seconds between two looks at the kernels that are not at work."""


@dataclass
class Session:
    """What a thread of messages, or a container, has: a kernel, or the memory of one."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One call at a time."""
    kernel: "Kernel | None" = None
    lost: bool = False
    """Whether variables of an earlier kernel are gone, and nobody has been told."""
    over: str = ""
    """Why there is to be no kernel any more."""


@dataclass(frozen=True)
class Ran:
    """What running code has given."""

    outputs: Outputs
    products: list[Product]
    removed: list[str]
    """The ids of the files that code has removed."""
    began_anew: bool
    """Whether variables of earlier calls were gone."""


class Interpreter:
    """Runs code for any number of threads; its kernels live on an event loop of its own.

    `most` is how many kernels live at a time, `idle` after how many seconds an unused one ends.
    """

    def __init__(self, limits: Limits | None = None, *, most: int = 4, idle: float = 1200) -> None:
        self._limits, self._most, self._idle = limits or Limits(), most, idle
        self._sessions: dict[str, Session] = {}
        self._room = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._folder = TemporaryFolder(_PREFIX)
        self._made = 0

    async def run(self, key: str, code: str, files: Sequence[Attached], *, used: bool = False) -> Ran:
        """Run code in the kernel of the thread or container `key`, where these files are found.

        `used`: whether code has run there before, be it in another process. Cancelled, it stops the code.
        `CannotStart` where there is no kernel to be had.
        """
        running = self._run(key, code, files, used)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(running, self._started()))

    def forget(self, key: str, why: str) -> None:
        """End a kernel that nobody may use any more, also in the middle of its code, which is told why."""
        self._have(self._forget(key, why))

    def remove(self, key: str, name: str) -> None:
        """Take a file out of the folder of a kernel, if there is one."""
        self._have(self._remove(key, name))

    def _have(self, done: Coroutine[None, None, None]) -> None:
        """Have something done on the loop of the kernels; where there is none, there are no kernels."""
        with self._room:
            if self._loop is None:
                done.close()
            else:
                asyncio.run_coroutine_threadsafe(done, self._loop)

    def close(self) -> None:
        """End all kernels and remove all that is theirs."""
        with self._room:
            loop, self._loop = self._loop, None
        if loop is not None and self._thread is not None:
            asyncio.run_coroutine_threadsafe(self._end_all(), loop).result(60)
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join(10)
            self._folder.remove()
            self._folder = TemporaryFolder(_PREFIX)

    def walls(self) -> dict[str, list[str]]:
        """The walls around each live kernel, by thread or container."""
        return {key: session.kernel.walls for key, session in self._sessions.items() if session.kernel}

    def _started(self) -> asyncio.AbstractEventLoop:
        """The loop of the kernels; the first call makes it, and sweeps up after processes that have died."""
        with self._room:
            if self._loop is None:
                _end_what_was_left()
                self._folder.path.parent.chmod(0o711)  # a kernel may have a user of its own, who passes through
                self._loop = asyncio.SelectorEventLoop()
                self._thread = threading.Thread(target=_turn, args=(self._loop,), name="code interpreter", daemon=True)
                self._thread.start()
                asyncio.run_coroutine_threadsafe(self._watch(), self._loop)
            return self._loop

    async def _run(self, key: str, code: str, files: Sequence[Attached], used: bool) -> Ran:
        session = self._sessions.setdefault(key, Session(lost=used))
        async with session.turn:
            if session.over:
                raise CannotStart(f"The code was not run: {session.over}.")
            kernel = await self._kernel(session)
            await asyncio.to_thread(kernel.folders.bring, files)
            outputs = await kernel.run(code)
            products = await asyncio.to_thread(kernel.folders.products)
            removed = await asyncio.to_thread(kernel.folders.gone)
            lost, session.lost = session.lost, False
            return Ran(outputs, products, removed, lost)

    async def _forget(self, key: str, why: str) -> None:
        if session := self._sessions.pop(key, None):
            session.over = why
            if session.kernel:
                session.kernel.unwanted = why
            async with session.turn:
                await self._drop(session)

    async def _remove(self, key: str, name: str) -> None:
        if (session := self._sessions.get(key)) and session.kernel:
            await asyncio.to_thread(session.kernel.folders.discard, name)

    async def _kernel(self, session: Session) -> "Kernel":
        if session.kernel is not None and session.kernel.alive:
            return session.kernel
        await self._drop(session)
        while sum(each.kernel is not None for each in self._sessions.values()) >= self._most:
            resting = [each for each in self._sessions.values() if each.kernel and not each.turn.locked()]
            if resting:
                await self._drop(min(resting, key=lambda each: each.kernel.used if each.kernel else 0))
            else:
                await asyncio.sleep(0.1)
        from mock_endpoint.tools.code_interpreter.kernel import Kernel  # loads Jupyter

        self._made += 1
        kernel = session.kernel = Kernel(Folders(self._folder.path / str(self._made)), self._limits)
        try:
            await kernel.start()
        except BaseException:
            await self._drop(session)
            session.lost = False
            raise
        return kernel

    async def _drop(self, session: Session) -> None:
        if (kernel := session.kernel) is not None:
            session.kernel, session.lost = None, True
            await kernel.end()
            await asyncio.to_thread(kernel.folders.remove)

    async def _watch(self) -> None:
        """End what is not needed, and what goes on after its call and uses up too much."""
        while True:
            await asyncio.sleep(_WATCH_EVERY)
            for session in list(self._sessions.values()):
                kernel = session.kernel
                if kernel is None or session.turn.locked():
                    continue
                async with session.turn:
                    if time.monotonic() - kernel.used > self._idle or not kernel.alive or kernel.excess():
                        await self._drop(session)

    async def _end_all(self) -> None:
        for session in self._sessions.values():
            await self._drop(session)
        self._sessions.clear()


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def _end_what_was_left() -> None:
    """End every process whose home or working folder belongs to an endpoint that has died."""
    left = left_behind(_PREFIX)
    if not left:
        return
    import psutil  # `serve` starts without it

    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            places = (process.environ().get("HOME", ""), process.cwd())
            if any(Path(place).is_relative_to(folder) for place in places for folder in left):
                process.kill()
