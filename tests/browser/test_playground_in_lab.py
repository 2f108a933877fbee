"""The playground of notebook 90 in JupyterLab: set, clicked, and looked at in both colours."""

import csv
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from nbformat import v4
from support.notebooks.files import FOLDER, read, write
from support.notebooks.updating import normalised

from browser.conftest import Open
from browser.lab import Lab
from browser.pictures import picture
from browser.window import Window

if TYPE_CHECKING:
    from playwright.sync_api import Locator, ViewportSize

pytestmark = pytest.mark.all

CELLS = ("prepare", "actors-create", "playground-lab")
# The whole playground must fit: of what is scrolled away no picture can be taken.
TALL: "ViewportSize" = {"width": 1200, "height": 1500}
USUAL: "ViewportSize" = {"width": 1200, "height": 900}
ENGLISH, JAPANESE = "The capital of Japan is Tokyo.", "日本の首都は東京です。"

Open90 = Callable[..., tuple[Window, "Locator"]]


@pytest.fixture
def playground(open_in_lab: Open, lab: Lab) -> Open90:
    """Call it: the notebook as far as the playground, run, and what its cell shows."""

    def open_playground(pace: float = 0.3) -> tuple[Window, "Locator"]:
        notebook = read(FOLDER / "90_playground.ipynb")
        chosen = [cell for cell in notebook.cells if cell.id in CELLS]
        first = v4.new_code_cell(f"import os\nos.environ['KIT_PACE'] = '{pace}'", id="pace")  # type: ignore[no-untyped-call]
        other = v4.new_code_cell("", id="other")  # type: ignore[no-untyped-call]
        notebook.cells = [first, *chosen, other]
        write(normalised(notebook), lab.notebooks / "playground.ipynb")
        window = open_in_lab("playground.ipynb")
        window.run_all()
        assert window.errors() == []
        found = window.output("playground-lab")
        found.scroll_into_view_if_needed()
        return window, found

    return open_playground


def button(place: "Locator", name: str) -> "Locator":
    """A button of the playground."""
    return place.get_by_role("button", name=name)


def answer(place: "Locator", letter: str) -> "Locator":
    """What a side shows."""
    return place.get_by_role("region", name=f"Answer of {letter}")


def finish(place: "Locator", number: int) -> None:
    """Wait for a trial."""
    place.get_by_text(f"Trial {number} is done.").wait_for()


def test_both_sides_answer_and_the_log_is_saved(playground: Open90, lab: Lab) -> None:
    """As the learner meets it: one click, two answers, bars and timelines, and a file."""
    window, place = playground()
    window.page.set_viewport_size(TALL)
    button(place, "Run both").click()
    answer(place, "A").get_by_text(ENGLISH).wait_for()
    answer(place, "B").get_by_text(JAPANESE).wait_for()
    finish(place, 1)
    assert place.get_by_text("statuses", exact=True).count() == 2
    picture(place.locator(".jp-OutputArea-output"), FOLDER / "images" / "90_playground.png", framed=780, sharp=False)
    window.page.set_viewport_size(USUAL)
    button(place, "Save CSV").click()
    place.get_by_text("Saved: trials-").wait_for()
    saved = max(lab.notebooks.glob("trials-*.csv"), key=lambda path: path.stat().st_mtime)
    with saved.open(encoding="utf-8-sig", newline="") as file:
        assert [row["answer"] for row in csv.DictReader(file)] == [ENGLISH, JAPANESE]


def test_what_is_set_on_the_page_is_what_runs(playground: Open90) -> None:
    """Text, list, tick and slider reach the run; what the service refuses stands in its own column."""
    window, place = playground()
    place.get_by_label("Prompt", exact=True).fill("What is the weather in Kyoto?")
    place.get_by_label("Instructions").nth(1).fill("Answer in capital letters.")
    place.get_by_label("Own prompt").nth(1).fill("What is the weather in Nara?")
    place.get_by_label("Deployment").nth(1).fill("gpt-4o")
    place.get_by_label("get_weather").nth(1).check()
    slider = place.get_by_role("slider").nth(1)
    slider.focus()
    slider.press("ArrowRight")
    button(place, "Run both").click()
    finish(place, 1)
    answer(place, "B").get_by_text('get_weather({"city": "Nara"})').wait_for()
    window.write("other", "print(lab.log.trials[0].b.configuration)\nprint(lab.log.trials[0].b.run.temperature)")
    window.run("other")
    configuration, temperature = window.output("other").inner_text().strip().splitlines()
    assert configuration.split(" · ") == [
        "deployment: gpt-4o",
        "instructions: Answer in capital letters.",
        "temperature: 1.1",
        "tools: get_weather",
        "prompt: What is the weather in Nara?",
    ]
    assert temperature == "1.1"


def test_stop_cancels_and_the_kernel_stays_free(playground: Open90) -> None:
    """While both run, another cell runs; Stop ends them, and the playground can run again."""
    window, place = playground(pace=20)
    button(place, "Run both").click()
    place.get_by_text("Both are running.").wait_for()
    assert button(place, "Run both").is_disabled()
    window.write("other", "print('free', len(lab.log.trials))")
    window.run("other")
    assert window.output("other").inner_text().strip() == "free 0"
    button(place, "Stop").click()
    finish(place, 1)
    assert "cancelled" in answer(place, "A").inner_text()
    assert "cancelled" in answer(place, "B").inner_text()
    assert button(place, "Run both").is_enabled()


def test_a_problem_outside_both_sides_is_shown(playground: Open90) -> None:
    """A click has no cell whose output could show it."""
    _, place = playground()
    place.get_by_label("Prompt", exact=True).fill(" ")
    button(place, "Run both").click()
    place.get_by_role("alert").get_by_text("There is no prompt.").wait_for()
    assert button(place, "Run both").is_enabled()
