"""The code interpreter as a model's tool: code in, what it printed, drew and made out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Protocol

from mock_endpoint.engine import Picture, ToolOutput
from mock_endpoint.models.base import Annotation
from mock_endpoint.tools.code_interpreter import results
from mock_endpoint.tools.code_interpreter.folders import MOUNT, Attached, Product
from mock_endpoint.tools.code_interpreter.interpreter import Interpreter, Ran
from mock_endpoint.tools.code_interpreter.limits import CannotStart

Json = dict[str, Any]


@dataclass(frozen=True)
class Beginning:
    """Where code is to run."""

    key: str
    """Of the kernel: the id of a thread or container."""
    files: Sequence[Attached]
    """What it finds there."""
    used: bool = False
    """Whether code has run there before, be it in another process."""


class Workspace(Protocol):
    """What code works on: the files that it finds, and what becomes of those that it leaves."""

    async def begin(self) -> Beginning:
        """Where the next code runs; `CannotStart` where it cannot."""
        ...

    async def keep(self, product: Product) -> str:
        """Keep a file that code has made; its id comes back, or nothing where it cannot be kept any more."""
        ...

    async def show(self, picture: bytes, number: int) -> tuple[str, Json]:
        """Keep a picture that code has shown; the same, and the part that stands for it among the outputs."""
        ...

    async def lose(self, file_ids: Sequence[str]) -> None:
        """Code has removed these files."""
        ...


class CodeInterpreter:
    """Runs the code of one workspace."""

    def __init__(self, interpreter: Interpreter, workspace: Workspace) -> None:
        self._interpreter, self._workspace = interpreter, workspace

    async def run(self, arguments: str) -> ToolOutput:
        """Run the code: logs and pictures are parts, files that it made may be pointed at in the answer."""
        try:
            where = await self._workspace.begin()
            ran = await self._interpreter.run(where.key, arguments, where.files, used=where.used)
        except CannotStart as error:
            return ToolOutput(str(error), ({"type": "logs", "logs": str(error)},))
        parts, pictures = await self._parts(ran)
        marks = [await self._mark(product) for product in ran.products]
        await self._workspace.lose(ran.removed)
        kept = tuple(mark for mark in marks if mark.file_id)
        told = results.written(parts, kept)
        if ran.began_anew:
            told = f"{results.BEGAN_ANEW}\n{told}"
        return ToolOutput(told, tuple(parts), kept, pictures=tuple(pictures))

    async def _parts(self, ran: Ran) -> tuple[list[Json], list[Picture]]:
        parts: list[Json] = []
        pictures = []
        for number, part in enumerate(ran.outputs.parts, 1):
            if isinstance(part, str):
                parts.append({"type": "logs", "logs": part})
                continue
            file_id, shown = await self._workspace.show(part, number)
            parts.append(shown)
            pictures += [Picture(file_id)] if file_id else []
        return parts, pictures

    async def _mark(self, product: Product) -> Annotation:
        file_id = await self._workspace.keep(product)
        product.path.unlink(missing_ok=True)
        return Annotation("file_path", f"sandbox:{MOUNT}/{product.name}", file_id, PurePosixPath(product.name).name)


class NoInterpreter:
    """Stands for the code interpreter where it is off."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def run(self, arguments: str) -> ToolOutput:
        """Nothing is run; the reason comes back."""
        return ToolOutput(self._reason, ({"type": "logs", "logs": self._reason},))
