"""The process in which a model's code runs: walls first, then a Jupyter kernel.

Started by `kernel.py` as `python -P -s -m …guest SETTINGS`, SETTINGS being the JSON of `Settings`.
"""

import importlib.util
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from mock_endpoint.tools.code_interpreter.limits import Bounds
from mock_endpoint.tools.code_interpreter.walls import raise_walls

FONT = "IPAexGothic"
"""Has the Japanese signs that the font of Matplotlib lacks."""
_OPTIONS = (
    "--InteractiveShell.xmode=Plain",
    "--InteractiveShell.colors=nocolor",
    "--HistoryManager.enabled=False",
)


@dataclass(frozen=True)
class Settings:
    """What the process is told."""

    connection_file: str
    place: str
    """The folder that holds all that belongs to this kernel, see `folders.py`; it may write to what is in there."""
    others: int
    """How many threads the user has already."""
    bounds: Bounds

    def written(self) -> str:
        """As an argument of a command."""
        return json.dumps(asdict(self))


def read(written: str) -> Settings:
    """The settings that were written so."""
    told = json.loads(written)
    return Settings(**(told | {"bounds": Bounds(**told["bounds"])}))


class Fonts(MetaPathFinder, Loader):
    """Gives Matplotlib the Japanese font when it is imported, and not before: that takes a second."""

    _of = "matplotlib.font_manager"

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Ours for that one module, once."""
        if fullname != self._of:
            return None
        sys.meta_path.remove(self)
        found = importlib.util.find_spec(fullname)
        if found is None or found.loader is None:
            return found
        self._loader = found.loader
        found.loader = self
        return found

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As always."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As always; then the font, for the signs that the first one lacks."""
        self._loader.exec_module(module)
        fonts = importlib.util.find_spec("matplotlib_fontja")
        if fonts is None or fonts.origin is None:
            return
        from matplotlib import rcParams

        module.fontManager.addfont(Path(fonts.origin).parent / "fonts" / "ipaexg.ttf")
        rcParams["font.family"] = ["DejaVu Sans", FONT]


def main(written: str) -> None:
    """Be a kernel until the host ends it."""
    settings = read(written)
    place = Path(settings.place)
    names = raise_walls(settings.bounds, [each for each in place.iterdir() if each.is_dir()], settings.others)
    (place / "wire" / "walls.json").write_text(json.dumps(names), encoding="utf-8")
    sys.meta_path.insert(0, Fonts())
    _be_a_kernel(settings.connection_file)


def _be_a_kernel(connection_file: str) -> None:
    import zmq
    from ipykernel import iostream, kernelapp

    app: Any = kernelapp.IPKernelApp.instance(connection_file=connection_file)

    def init_iopub(context: "zmq.Context[zmq.Socket[bytes]]") -> None:
        """As ipykernel does it, without the pipe for what child processes print: that is a socket of the network."""
        socket = context.socket(zmq.XPUB)
        app.iopub_port = app._bind_socket(socket, app.iopub_port)
        app.configure_tornado_logger()
        threads: Any = iostream.IOPubThread
        app.iopub_thread = threads(socket, pipe=False, session=app.session)
        app.iopub_thread.start()
        app.iopub_socket = app.iopub_thread.background_socket

    app.init_iopub = init_iopub
    app.initialize(list(_OPTIONS))
    app.start()


if __name__ == "__main__":
    main(sys.argv[1])
