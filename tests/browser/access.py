"""Whether everybody can use a part of a page: what axe, a scanner for accessibility, finds there."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

THEMES = ("JupyterLab Dark", "JupyterLab Light")
"""Light last, so that the next test finds it."""
_SCAN = """async nodes => {
    document.body.style.height = '100vh';
    const found = await axe.run(nodes);
    if (found.inapplicable.some(one => one.id === 'color-contrast')) return ['axe has seen no text'];
    return found.violations.flatMap(one => one.nodes.map(at => `${one.id}: ${at.html} ${at.failureSummary}`));
}"""
"""The body of Lab has no height, and hides what is beyond it: without one, axe takes all that Lab shows for hidden."""


def violations(place: "Locator") -> list[str]:
    """Every rule that these parts of the page break, with the element that breaks it."""
    if not place.page.evaluate("'axe' in window"):
        place.page.add_script_tag(content=_axe())
    found: list[str] = place.evaluate_all(_SCAN)
    return found


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
