"""The code interpreter as a model's tool: code in, what it printed, drew and made out."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from mock_endpoint.engine import ToolOutput
from mock_endpoint.models.base import Annotation
from mock_endpoint.tools.code_interpreter import results
from mock_endpoint.tools.code_interpreter.folders import MOUNT, Attached, Product
from mock_endpoint.tools.code_interpreter.interpreter import Interpreter
from mock_endpoint.tools.code_interpreter.limits import CannotStart

Json = dict[str, Any]

Keep = Callable[[Path | bytes, str], Awaitable[str]]
"""Makes a file of these bytes with this name; its id comes back."""


class CodeInterpreter:
    """Runs the code of one thread of messages, which sees these files."""

    def __init__(self, interpreter: Interpreter, key: str, files: Sequence[Attached], keep: Keep) -> None:
        self._interpreter, self._key, self._files, self._keep = interpreter, key, files, keep

    async def run(self, arguments: str) -> ToolOutput:
        """Run the code: logs and pictures are parts, files that it made may be pointed at in the answer."""
        try:
            ran = await self._interpreter.run(self._key, arguments, self._files)
        except CannotStart as error:
            return ToolOutput(str(error), ({"type": "logs", "logs": str(error)},))
        parts = [await self._part(part, number) for number, part in enumerate(ran.outputs.parts, 1)]
        marks = tuple([await self._mark(product) for product in ran.products])
        told = results.written(parts, marks)
        return ToolOutput(f"{results.BEGAN_ANEW}\n{told}" if ran.began_anew else told, tuple(parts), marks)

    async def _part(self, part: str | bytes, number: int) -> Json:
        if isinstance(part, str):
            return {"type": "logs", "logs": part}
        return {"type": "image", "image": {"file_id": await self._keep(part, f"picture_{number}.png")}}

    async def _mark(self, product: Product) -> Annotation:
        name = PurePosixPath(product.name).name
        file_id = await self._keep(product.path, name)
        product.path.unlink()
        return Annotation("file_path", f"sandbox:{MOUNT}/{product.name}", file_id, name)


class NoInterpreter:
    """Stands for the code interpreter where it is off."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def run(self, arguments: str) -> ToolOutput:
        """Nothing is run; the reason comes back."""
        return ToolOutput(self._reason, ({"type": "logs", "logs": self._reason},))
