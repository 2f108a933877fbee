"""JupyterLab in a browser: one page, in which one notebook after the other is opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from browser.lab import START_SECONDS, Lab

if TYPE_CHECKING:  # collecting the tests must not wait for Playwright
    from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Locator, Route, WebSocket

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_OF_LEAVING = "Could not restore the debugger state: Canceled future"
"""Lab asks each new kernel for its debugger; when the test ends the kernel before it has answered, Lab says so."""
_OF_ENDING = "Canceled future for create_subshell_request"
"""The same for the subshell in which the kernel hears of widgets."""
_OF_ASKING = "Failed to fetch"
"""The same for a request of its own that was under way; one that would leave the machine is noted by its address."""
_NO_TROUBLE = (_OF_ENDING, _OF_ASKING)
_WIDGETS = "/@jupyter-widgets/jupyterlab-manager/"
"""Where ipywidgets' own code is. When a cell runs again, it stumbles over views that it was still making."""

_LOADED = "() => window.jupyterapp?.restored.then(() => true)"
_OPEN = "path => { jupyterapp.commands.execute('docmanager:open', { path }); }"
_READY = """path => {
    const panel = jupyterapp.shell.currentWidget;
    return panel?.context?.path === path && panel.context.isReady
        && panel.sessionContext.session?.kernel?.status === 'idle';
}"""
_RUN = """command => {
    window.kitRan = undefined;
    jupyterapp.commands.execute(command).then(
        ok => { window.kitRan = ok; },
        error => { window.kitRan = String(error); },
    );
}"""
_RUN_EACH_TWICE = """async () => {
    window.kitRan = undefined;
    const notebook = jupyterapp.shell.currentWidget.content, failed = [];
    for (const [place, cell] of notebook.widgets.entries()) {
        for (const run of cell.model.type === 'code' ? ['first', 'second'] : []) {
            notebook.activeCellIndex = place;
            await jupyterapp.commands.execute('notebook:run-cell');
            const allowed = run === 'second' && cell.model.getMetadata('kit')?.once;
            failed.push(...cell.model.outputs.toJSON()
                .filter(one => one.output_type === 'error' && one.ename !== allowed)
                .map(one => `${cell.model.id}, ${run} run: ${one.ename}: ${one.evalue}`));
        }
    }
    window.kitRan = failed;
}"""
_AT_WORK = "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
_CELLS = """() => jupyterapp.shell.currentWidget.content.widgets.map(cell => ({
    id: cell.model.id,
    type: cell.model.type,
    count: cell.model.executionCount ?? null,
    outputs: cell.model.type === 'code' ? cell.model.outputs.toJSON() : [],
}))"""
_SELECT = """id => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.model.id === id);
}"""
_WRITE = """([id, source]) => {
    const cells = jupyterapp.shell.currentWidget.content.widgets;
    cells.find(cell => cell.model.id === id).model.sharedModel.setSource(source);
}"""
_SHOW_ALL = """() => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.notebookConfig = { ...notebook.notebookConfig, windowingMode: 'none' };
}"""
_LEAVE = """async () => {
    await jupyterapp.serviceManager.sessions.shutdownAll();
    jupyterapp.shell.currentWidget.dispose();
}"""
_THEME = "theme => jupyterapp.commands.execute('apputils:change-theme', { theme })"

# Lab's own splash screen stumbles over a second change that comes before it is gone.
_HAS_THEME = """theme => document.body.dataset.jpThemeName === theme && !document.getElementById('jupyterlab-splash')"""


class Window:
    """A page with Lab in it, and everything that went wrong there in `problems`."""

    def __init__(self, context: "BrowserContext", lab: Lab, place: str = "lab") -> None:
        self.problems: list[str] = []
        self._again = False
        """Whether cells run that have run before."""
        self.page = context.new_page()
        self._listen()
        self.page.goto(f"{lab.url}{place}?token={lab.token}")
        self.wait()

    def wait(self) -> None:
        """Wait until the page is loaded."""
        self.page.wait_for_function(_LOADED, timeout=START_SECONDS * 1000, polling=100)

    def open(self, name: str) -> None:
        """Open a notebook, and wait until its kernel is ready."""
        self._again = False
        self.page.evaluate(_OPEN, name)
        self.page.wait_for_function(_READY, arg=name, timeout=START_SECONDS * 1000, polling=100)

    def leave(self) -> None:
        """Close the notebook and end its kernel, so that the next one has the machine to itself."""
        self.page.evaluate(_LEAVE)

    def show_all_cells(self) -> None:
        """Have all cells in the page, and not only those that are in sight."""
        self.page.evaluate(_SHOW_ALL)

    @contextmanager
    def grown(self) -> Iterator[None]:
        """Meanwhile the page is as high as the notebook: axe cannot tell the colours of what is out of sight."""
        usual = self.page.viewport_size
        assert usual is not None
        height = self.page.locator(".jp-WindowedPanel-outer:visible").evaluate("node => node.scrollHeight")
        self.page.set_viewport_size({**usual, "height": height + 300})
        try:
            yield
        finally:
            self.page.set_viewport_size(usual)

    def run_all(self, seconds: float = 90) -> None:
        """Run all cells, and wait until the last is done or one has failed."""
        self._command("notebook:run-all-cells", seconds)

    def run_each_twice(self, seconds: float = 180) -> list[str]:
        """Run every cell, and once more, before the next one; a sentence for each time that one fails.

        Where `metadata.kit.once` names a kind of error, that one is fine at the cell's second run.
        """
        self._again = True
        self.page.evaluate(f"void ({_RUN_EACH_TWICE})()")
        self._finished(seconds)
        failed: list[str] = self.page.evaluate("window.kitRan")
        return failed

    def run(self, cell: str, seconds: float = 30) -> None:
        """Run one cell, named by its id."""
        self.page.evaluate(_SELECT, cell)
        self._command("notebook:run-cell", seconds)

    def begin(self, cell: str) -> None:
        """Run one cell, and do not wait for its end."""
        self.page.evaluate(_SELECT, cell)
        self.page.evaluate(_RUN, "notebook:run-cell")
        self.page.wait_for_function(_AT_WORK)

    def write(self, cell: str, source: str) -> None:
        """Fill a cell."""
        self.page.evaluate(_WRITE, [cell, source])

    def _command(self, name: str, seconds: float) -> None:
        self.page.evaluate(_RUN, name)
        self._finished(seconds)

    def _finished(self, seconds: float) -> None:
        self.page.wait_for_function("window.kitRan !== undefined", timeout=seconds * 1000, polling=100)

    def cells(self) -> list[dict[str, Any]]:
        """Id, type, execution count and outputs of each cell, as Lab has them."""
        found: list[dict[str, Any]] = self.page.evaluate(_CELLS)
        return found

    def errors(self) -> list[dict[str, Any]]:
        """Every error that a cell shows."""
        return [output for cell in self.cells() for output in cell["outputs"] if output["output_type"] == "error"]

    def cell(self, name: str) -> "Locator":
        """A cell as a part of the page, named by its id."""
        place = next(number for number, found in enumerate(self.cells()) if found["id"] == name)
        return self.page.locator(f".jp-Cell[data-windowed-list-index='{place}']:visible")

    def output(self, cell: str) -> "Locator":
        """What a cell shows."""
        return self.cell(cell).locator(".jp-Cell-outputArea")

    def use_theme(self, name: str) -> None:
        """Change the colours, as in Lab's settings, and wait until they are there."""
        self.page.evaluate(_THEME, name)
        self.page.wait_for_function(_HAS_THEME, arg=name)

    def _listen(self) -> None:
        """Note errors, and stop and note every request that would leave the machine."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", self._on_page_error)
        self.page.on("websocket", self._on_socket)
        self.page.route("**/*", self._on_request)

    def _on_console(self, message: "ConsoleMessage") -> None:
        said = f"{message.text} ({message.location.get('url')})"
        if message.type == "error" and not (said.startswith(_OF_LEAVING) or self._is_of_replacing(said)):
            self.problems.append(f"console: {said}")

    def _on_page_error(self, error: "Error") -> None:
        if not any(one in str(error) for one in _NO_TROUBLE) and not self._is_of_replacing(error.stack):
            self.problems.append(f"page: {error}")

    def _is_of_replacing(self, said: str | None) -> bool:
        return self._again and _WIDGETS in (said or "")

    def _on_request(self, route: "Route") -> None:
        if _stays(route.request.url):
            route.continue_()
        else:
            self.problems.append(f"request that leaves the machine: {route.request.url}")
            route.abort()

    def _on_socket(self, socket: "WebSocket") -> None:
        if not _stays(socket.url):
            self.problems.append(f"socket that leaves the machine: {socket.url}")


def _stays(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"data", "blob", "about"} or parts.hostname in _LOOPBACK
