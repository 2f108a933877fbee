"""One side of the playground on the page: its settings, and under them its answer."""

from collections.abc import Sequence
from html import escape

import ipywidgets

from helpers.playground.configurations import Configuration
from helpers.playground.sides import Outcome
from helpers.playground.trials import answer_of
from helpers.problems import KitError
from helpers.views import LINE, RED, plain

_WIDE = {"width": "auto"}
_STYLE = {"description_width": "90px"}


class Column:
    """The widgets of one side."""

    def __init__(self, letter: str, deployments: Sequence[str], functions: Sequence[str]) -> None:
        self._letter = letter
        labelled = {"layout": _WIDE, "style": _STYLE}
        self._deployment = ipywidgets.Combobox(description="Deployment", options=tuple(deployments), **labelled)
        self._instructions = ipywidgets.Textarea(description="Instructions", rows=3, **labelled)
        # No slider: it has no name for a screen reader, and no room for what the service would refuse.
        self._temperature = ipywidgets.FloatText(description="Temperature", step=0.1, **labelled)
        self._tools = {name: ipywidgets.Checkbox(description=name, indent=False, layout=_WIDE) for name in functions}
        self._prompt = ipywidgets.Textarea(
            description="Own prompt", placeholder="Empty: the prompt above", rows=1, **labelled
        )
        self._answer = ipywidgets.HTML()
        self.widget = ipywidgets.VBox(
            [
                ipywidgets.HTML(f"<b>{letter}</b>"),
                self._deployment,
                self._instructions,
                self._temperature,
                *self._tool_rows(),
                self._prompt,
                self._answer,
            ],
            layout={"flex": "1 1 300px", "min_width": "0", "border": f"1px solid {LINE}", "padding": "8px"},
        )

    def _tool_rows(self) -> list[ipywidgets.Widget]:
        if not self._tools:
            return []
        right = {"width": "90px", "margin": "2px 8px 2px 2px", "display": "flex", "justify_content": "flex-end"}
        label = ipywidgets.Label("Tools", layout=right)
        boxes = ipywidgets.VBox(list(self._tools.values()), layout={"flex": "1"})
        return [ipywidgets.HBox([label, boxes])]

    @property
    def configuration(self) -> Configuration:
        """What the person has set."""
        tools = tuple(name for name, box in self._tools.items() if box.value)
        return Configuration(
            deployment=self._deployment.value.strip(),
            instructions=self._instructions.value,
            temperature=self._temperature.value,
            tools=tools,
            prompt=self._prompt.value.strip(),
        )

    def load(self, configuration: Configuration) -> None:
        """Set the widgets as a configuration says."""
        self._deployment.value = configuration.deployment
        self._instructions.value = configuration.instructions
        self._temperature.value = configuration.temperature
        self._prompt.value = configuration.prompt
        for name, box in self._tools.items():
            box.value = name in configuration.tools

    def say(self, text: str) -> None:
        """What is written so far."""
        self._put(plain(text))

    def conclude(self, outcome: Outcome) -> None:
        """How it ended."""
        self._put(answer_of(outcome))

    def _put(self, html: str) -> None:
        self._answer.value = (
            f'<div role="region" aria-label="Answer of {self._letter}" style="line-height:1.5;overflow-wrap:anywhere">'
            f"{html}</div>"
        )


def problem_html(problem: KitError) -> str:
    """What went wrong, where no side can show it."""
    return f'<div role="alert" style="border-left:4px solid {RED};padding-left:8px">{escape(str(problem))}</div>'
