"""The playground: two columns of settings, a button that runs both, and the log of the trials."""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import ipywidgets
import openai

from helpers.chat.failures import problem_of
from helpers.chat.functions import Given, table_of
from helpers.clicks import take_at_once, take_in_order
from helpers.playground.column import Column, problem_html
from helpers.playground.configurations import DEPLOYMENTS, Configuration, configured
from helpers.playground.log import Log
from helpers.playground.page import Page
from helpers.playground.sides import WORDS, Outcome, Side
from helpers.playground.trials import Trial
from helpers.problems import KitError
from helpers.views import card, quiet

_REDRAW_SECONDS = 0.1
"""A page that redraws every piece of a text falls behind."""
_CLOSING_SECONDS = 5.0
_READY = "The sides differ in one thing, the instructions. Run both, or press Ctrl+Enter."


class Playground:
    """Two configurations of a run side by side, shown when it is the last line of a cell or given to `display`.

    `functions` are Python functions that a side may be given as tools: a list, or a dict of name and function.
    `deployments` are the names that the columns offer; any other can be typed. The playground makes one assistant of
    its own, which `close` deletes; each side's settings go into its run.
    """

    def __init__(
        self, client: openai.OpenAI, *, functions: Given = None, deployments: Sequence[str] = DEPLOYMENTS
    ) -> None:
        if not isinstance(client, openai.OpenAI):
            raise KitError(
                f"Playground was given {type(client).__name__} where it needs a client.",
                "Give it the client: Playground(connect()).",
            )
        self._client = client
        self._functions = table_of(functions, WORDS)
        self._base = Configuration(deployment=next(iter(deployments), DEPLOYMENTS[0]))
        self._assistant: str | None = None
        self._turn = threading.Lock()
        self._worker: threading.Thread | None = None
        self._under_way: tuple[Side, ...] = ()
        self._stopping = False
        self.log = Log()
        self._columns = tuple(Column(letter, deployments, tuple(self._functions)) for letter in "AB")
        self._make_widgets()

    def _make_widgets(self) -> None:
        wide = {"width": "auto"}
        self._prompt = ipywidgets.Textarea("What is the capital of Japan?", description="Prompt", rows=2, layout=wide)
        self._run_both = ipywidgets.Button(description="Run both", button_style="primary")
        self._stop = ipywidgets.Button(description="Stop", disabled=True)
        self._save = ipywidgets.Button(description="Save CSV", disabled=True)
        self._status = ipywidgets.HTML()
        self._pictures, self._table = ipywidgets.HTML(), ipywidgets.HTML()
        self._run_both.on_click(self._guarded(self._on_run))
        self._stop.on_click(self._guarded(self._on_stop))
        for name, part in (("run", self._run_both), ("stop", self._stop), ("status", self._status)):
            part.add_class(f"kit-{name}")
        self._save.on_click(self._guarded(self._on_save))
        a, b = self._columns
        a.load(self._base)
        b.load(configured({"instructions": f"{self._base.instructions} Answer in Japanese."}, self._base, ()))
        self._tell(_READY)
        columns = ipywidgets.HBox([a.widget, b.widget], layout={"flex_flow": "row wrap", "grid_gap": "8px"})
        buttons = ipywidgets.HBox(
            [self._run_both, self._stop, self._save, self._status], layout={"flex_flow": "row wrap"}
        )
        parts = [self._prompt, columns, buttons, self._pictures, self._table, Page()]
        self.widget = ipywidgets.VBox(parts, layout={"grid_gap": "6px"}).add_class("kit-playground")
        take_in_order(self.widget)
        take_at_once(self._stop, lambda content: content.get("event") == "click")

    def run(self, prompt: str, a: Mapping[str, Any] | None = None, b: Mapping[str, Any] | None = None) -> Trial:
        """Run both sides at once, and wait: the trial, with the outcomes `a` and `b`. It also appears in the widget.

        `a` and `b` name what to set: `deployment`, `instructions`, `temperature`, `tools`, `prompt`; the rest is as it
        was at the beginning. What goes wrong at the service is in the outcome. Raises `KitError` for a setting that
        does not exist, or a prompt that is empty.
        """
        sides = [configured(given or {}, self._base, self._functions) for given in (a, b)]
        with self._turn:
            self._prompt.value = prompt
            for column, side in zip(self._columns, sides, strict=True):
                column.load(side)
            self._set_busy(True)
            try:
                return self._try(prompt, sides)
            finally:
                self._set_busy(False)

    def csv(self) -> str:
        """All trials as comma-separated values, a row for each side."""
        return self.log.csv()

    def save(self) -> Path:
        """Write the trials into a new file beside the notebook, trials-1.csv or the next free number; its path."""
        return self.log.save(Path.cwd())

    def close(self) -> None:
        """Stop what is under way, and delete the playground's assistant. The next run would make another one."""
        self._stop_sides()
        if self._worker is not None:
            self._worker.join(timeout=_CLOSING_SECONDS)
        if self._assistant is not None:
            with contextlib.suppress(openai.NotFoundError):
                self._client.beta.assistants.delete(self._assistant)
            self._assistant = None

    def _try(self, prompt: str, configurations: Sequence[Configuration]) -> Trial:
        """Both runs at once; the turn is taken."""
        _check(prompt, configurations)
        self._tell("Both are running.")
        self._pictures.value = ""  # those of the trial before
        at, assistant = datetime.now(), self._made_assistant()
        sides = [Side(self._client, assistant, one, prompt.strip(), self._functions) for one in configurations]
        self._under_way = tuple(sides)
        if self._stopping:
            self._stop_sides()
        try:
            with ThreadPoolExecutor(thread_name_prefix="playground") as pool:
                a, b = self._outcomes(pool, sides)
        finally:
            self._under_way = ()
        trial = Trial(len(self.log.trials) + 1, at, a, b)
        self.log.trials.append(trial)
        self._pictures.value = _as_wide_as_the_page(trial.pictures())
        self._tell(f"Trial {trial.number} {'was stopped' if a.stopped or b.stopped else 'is done'}.")
        self._table.value = _as_wide_as_the_page(f"<b>Trials</b> {quiet('newest first')}{self.log._repr_html_()}")
        return trial

    def _outcomes(self, pool: ThreadPoolExecutor, sides: Sequence[Side]) -> tuple[Outcome, Outcome]:
        futures = [pool.submit(self._ask, side, column) for side, column in zip(sides, self._columns, strict=True)]
        try:
            a, b = (future.result() for future in futures)
        except BaseException:  # the kernel's interrupt: the pool waits for its threads, so their runs must end
            self._stop_sides()
            raise
        return a, b

    def _ask(self, side: Side, column: Column) -> Outcome:
        column.say("…")
        drawn = 0.0

        def watcher(text: str) -> None:
            nonlocal drawn
            if time.monotonic() - drawn > _REDRAW_SECONDS:
                drawn = time.monotonic()
                column.say(text)

        outcome = side.ask(watcher)
        column.conclude(outcome)
        return outcome

    def _made_assistant(self) -> str:
        """The id of the playground's assistant; it has no settings of its own that a run would take over."""
        if self._assistant is None:
            made = self._client.beta.assistants.create(
                name="Playground", model=self._base.deployment, metadata={"lesson": "90"}
            )
            self._assistant = made.id
        return self._assistant

    def _on_run(self) -> None:
        if not self._turn.acquire(blocking=False):
            return
        try:
            self._set_busy(True)
            prompt, sides = self._prompt.value, [column.configuration for column in self._columns]
            work = self._guarded(lambda: self._try(prompt, sides))
            self._worker = threading.Thread(target=self._work, args=(work,), name="playground", daemon=True)
            self._worker.start()
        except BaseException:
            self._set_busy(False)
            self._turn.release()
            raise

    def _work(self, work: Callable[[object], None]) -> None:
        try:
            work(None)
        finally:
            self._set_busy(False)
            self._turn.release()

    def _on_stop(self) -> None:
        """The requests to the server may take a while; meanwhile the kernel must be free.

        A click that comes late, when both sides are done, means nothing any more.
        """
        if not self._turn.locked():
            return
        at_work = sorted({side.calling for side in self._under_way if side.calling})
        name = "stopping_call" if at_work else "stopping"
        self._tell(WORDS[name].format(function=", ".join(at_work)))
        threading.Thread(target=self._stop_sides, name="playground, stop", daemon=True).start()

    def _stop_sides(self) -> None:
        self._stopping = True
        for side in self._under_way:
            side.stop()

    def _on_save(self) -> None:
        self._tell(f"Saved: {self.save().name}, beside the notebook.")

    def _guarded(self, action: Callable[[], object]) -> Callable[[object], None]:
        """The action, for a click or a thread: whatever goes wrong appears in the widget, there is no other place."""

        def act(_: object) -> None:
            try:
                action()
            except KitError as error:
                self._status.value = problem_html(error)
            except Exception as error:
                self._status.value = problem_html(problem_of(error, WORDS))

        return act

    def _set_busy(self, busy: bool) -> None:
        self._stopping = self._stopping and not busy
        self._run_both.disabled, self._stop.disabled = busy, not busy
        self._save.disabled = busy or not self.log.trials

    def _tell(self, text: str) -> None:
        self._status.value = f'<div role="status">{quiet(text)}</div>'

    def __repr__(self) -> str:
        sides = [f"{letter}  {column.configuration}" for letter, column in zip("AB", self._columns, strict=True)]
        return "\n".join(["playground", *sides, repr(self.log)])

    def _repr_mimebundle_(self, **options: object) -> dict[str, Any]:
        """The widget, and its text and HTML for places that cannot show one."""
        note = "This is a picture of the playground. Run the notebook to use it."
        latest = self.log.trials[-1]._repr_html_() if self.log.trials else ""
        return {
            "application/vnd.jupyter.widget-view+json": {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self.widget.model_id,
            },
            "text/html": card("<b>Playground</b>", latest, self.log._repr_html_(), quiet(note)),
            "text/plain": repr(self),
        }


def _as_wide_as_the_page(html: str) -> str:
    """HTML that takes the width it gets: a widget would grow with its widest part, beyond a narrow window."""
    return f'<div style="contain:inline-size">{html}</div>'


def _check(prompt: str, configurations: Sequence[Configuration]) -> None:
    """Raises `KitError` where there is nothing to ask, or nobody to be asked."""
    if not all(side.prompt or prompt.strip() for side in configurations):
        raise KitError("There is no prompt.", "Write one above the columns, or one into each.")
    for letter, side in zip("AB", configurations, strict=True):
        if not side.deployment.strip():
            raise KitError(f"Side {letter} has no deployment.", "Type its name, or choose one of the list.")
