"""The playground of notebook 90 in JupyterLab: set, clicked, and looked at in both colours."""

import csv
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import pytest
from nbformat import v4
from support.notebooks.files import FOLDER, read, write
from support.notebooks.updating import normalised

from browser.access import THEMES, violations
from browser.conftest import Open
from browser.lab import Lab
from browser.notebook7 import Notebook7
from browser.pictures import picture
from browser.window import Window

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, ViewportSize

pytestmark = pytest.mark.all

CELLS = ("prepare", "actors-create", "playground-lab")
# The whole playground must fit: of what is scrolled away no picture can be taken.
TALL: "ViewportSize" = {"width": 1200, "height": 1500}
USUAL: "ViewportSize" = {"width": 1200, "height": 900}
NARROW: "ViewportSize" = {"width": 700, "height": 900}
# What scrolls by itself may be wider than the page.
BEYOND = """place => [...place.querySelectorAll('*')]
    .filter(part => !part.closest('[role=region][tabindex]') && part.getBoundingClientRect().width > 0)
    .filter(part => part.getBoundingClientRect().right > place.getBoundingClientRect().right + 1)
    .map(part => part.outerHTML.slice(0, 80))"""
FIELDS = ("Deployment", "Instructions", "Temperature", "get_weather", "Own prompt")
FOCUSED = "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
ENGLISH, JAPANESE = "The capital of Japan is Tokyo.", "日本の首都は東京です。"

Open90 = Callable[..., tuple[Window, "Locator"]]


@pytest.fixture
def playground(open_in_lab: Open, lab: Lab) -> Open90:
    """Call it: the notebook as far as the playground, run, and what its cell shows."""

    def open_playground(pace: float = 0.3) -> tuple[Window, "Locator"]:
        window = open_in_lab(part_of_the_notebook(lab, pace))
        return window, shown(window)

    return open_playground


def part_of_the_notebook(lab: Lab, pace: float) -> str:
    """The name of a notebook that goes as far as the playground, with an empty cell called `other`."""
    notebook = read(FOLDER / "90_playground.ipynb")
    chosen = [cell for cell in notebook.cells if cell.id in CELLS]
    first = v4.new_code_cell(f"import os\nos.environ['KIT_PACE'] = '{pace}'", id="pace")
    other = v4.new_code_cell("", id="other")
    notebook.cells = [first, *chosen, other]
    write(normalised(notebook), lab.notebooks / "playground.ipynb")
    return "playground.ipynb"


def shown(window: Window) -> "Locator":
    """The playground, after all cells have run."""
    window.run_all()
    assert window.errors() == []
    found = window.output("playground-lab")
    found.scroll_into_view_if_needed()
    return found


def button(place: "Locator", name: str) -> "Locator":
    """A button of the playground."""
    return place.get_by_role("button", name=name)


def answer(place: "Locator", letter: str) -> "Locator":
    """What a side shows."""
    return place.get_by_role("region", name=f"Answer of {letter}")


def finish(place: "Locator", number: int) -> None:
    """Wait for a trial."""
    place.get_by_text(re.compile(rf"Trial {number} (is done|was stopped)\.")).wait_for()


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
    """Text, list, tick and number reach the run; what the service refuses stands in its own column."""
    window, place = playground()
    place.get_by_label("Prompt", exact=True).fill("What is the weather in Kyoto?")
    place.get_by_label("Instructions").nth(1).fill("Answer in capital letters.")
    place.get_by_label("Own prompt").nth(1).fill("What is the weather in Nara?")
    place.get_by_label("Deployment").nth(1).fill("gpt-4o")
    place.get_by_label("get_weather").nth(1).check()
    place.get_by_label("Temperature").nth(1).fill("1.1")
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
    place.get_by_label("Temperature").nth(0).fill("7")
    button(place, "Run both").click()
    finish(place, 2)
    assert "Expected a value <= 2, but got 7" in answer(place, "A").inner_text()
    assert "completed" in answer(place, "B").inner_text()
    window.write("other", "lab.log")
    window.run("other")
    heads = window.output("other").locator("th[scope=col]").evaluate_all("all => all.map(one => one.offsetWidth)")
    assert heads[0] < heads[-1] / 2  # the letter of a side takes less room than what it said, also in Lab's own style


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
    for side in "AB":
        assert re.search("cancelled · – tokens.*Stopped", answer(place, side).inner_text(), re.DOTALL)
    assert button(place, "Run both").is_enabled()


def test_a_problem_outside_both_sides_is_shown(playground: Open90) -> None:
    """A click has no cell whose output could show it."""
    _, place = playground()
    place.get_by_label("Prompt", exact=True).fill(" ")
    button(place, "Run both").click()
    place.get_by_role("alert").get_by_text("There is no prompt.").wait_for()
    assert button(place, "Run both").is_enabled()


def test_everybody_can_use_it(playground: Open90) -> None:
    """No violation for axe in either theme, at full width and in a narrow window, where nothing is cut off."""
    window, place = playground()
    place.get_by_label("Temperature").nth(0).fill("7")
    place.get_by_label("get_weather").nth(1).check()
    place.get_by_label("Prompt", exact=True).fill("What is the weather in Kyoto?")
    button(place, "Run both").click()
    finish(place, 1)
    whole = place.locator(".jp-OutputArea-output")
    for theme in THEMES:
        window.use_theme(theme)
        for size in (USUAL, NARROW):
            window.page.set_viewport_size(size)
            assert violations(whole) == [], (theme, size)
            assert whole.evaluate(BEYOND) == [], (theme, size)
    whole.evaluate("part => { part.style.width = '420px'; part.style.flex = 'none'; }")
    assert whole.evaluate(BEYOND) == []
    window.page.set_viewport_size(USUAL)


def test_the_keyboard_is_enough(playground: Open90) -> None:
    """From the prompt to the file, with Tab, Space and Enter."""
    window, place = playground()
    keyboard = window.page.keyboard
    place.get_by_label("Prompt", exact=True).fill("What is the weather in Kyoto?")
    met: list[str] = []
    while not met or met[-1] != "Run both":
        keyboard.press("Tab")
        met.append(window.page.evaluate(FOCUSED))
        if len(met) == 4:
            keyboard.press("Space")
    assert met == [*FIELDS, *FIELDS, "Run both"]
    keyboard.press("Enter")
    finish(place, 1)
    assert "get_weather(" in answer(place, "A").inner_text()
    assert "get_weather(" not in answer(place, "B").inner_text()
    keyboard.press("Tab")
    keyboard.press("Enter")
    place.get_by_text("Saved: trials-").wait_for()


def test_ctrl_enter_runs(playground: Open90) -> None:
    """From any field, with what was typed last, and the cell does not run again; not while a word is composed."""
    window, place = playground()
    place.get_by_label("Temperature").nth(0).fill("0.5")
    place.get_by_label("Temperature").nth(0).press("Control+Enter")
    finish(place, 1)
    prompt = place.get_by_label("Prompt", exact=True)
    prompt.fill("What is the capital of Peru?")
    prompt.press("Enter")
    composing = "new KeyboardEvent('keydown', {key: 'Enter', ctrlKey: true, isComposing: true, bubbles: true})"
    prompt.evaluate(f"field => field.dispatchEvent({composing})")
    assert button(place, "Run both").is_enabled()
    prompt.press("Control+Enter")
    finish(place, 2)
    assert "Lima" in answer(place, "A").inner_text()
    window.write("other", "print(lab.log.trials[0].a.configuration.temperature, len(lab.log.trials))")
    window.run("other")
    assert window.output("other").inner_text().strip() == "0.5 2"


def test_it_works_in_notebook_7(lab: Lab, context: "BrowserContext | None", absent: Callable[[str], NoReturn]) -> None:
    """One trial, and a run that is stopped; no error in the page, no request leaves."""
    pytest.importorskip("notebook", reason="Notebook 7 is not installed")
    if context is None:
        absent("no browser found")
    window = Notebook7(context, lab, part_of_the_notebook(lab, 3))
    own = set(window.problems)  # Notebook itself stumbles while it loads
    place = shown(window)
    button(place, "Run both").click()
    finish(place, 1)
    assert ENGLISH in answer(place, "A").inner_text()
    assert JAPANESE in answer(place, "B").inner_text()
    button(place, "Run both").click()
    place.get_by_text("Both are running.").wait_for()
    button(place, "Stop").click()
    finish(place, 2)
    assert "cancelled" in answer(place, "B").inner_text()
    window.leave()
    window.page.close()
    assert set(window.problems) <= own
