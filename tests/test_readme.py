"""The README promises nothing that is not there: commands, options, files, variables, lessons."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.notebooks.files import notebooks

from helpers.cli.running import variables
from helpers.settings import ROOT
from mock_endpoint import tls
from mock_endpoint.http.faults import KNOWN

README = (ROOT / "README.md").read_text(encoding="utf-8")
NOTEBOOKS = [path.name for path in notebooks()]


OWN_PROGRAM = README.split("\n### Your own program, unchanged\n")[1].split("\n### ")[0]


def section(title: str) -> str:
    """The text under a heading of the second level."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def help_of(*line: str) -> str:
    """What `python -m helpers … --help` prints."""
    command = [sys.executable, "-m", "helpers", *line, "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True).stdout


def test_commands_are_those_of_the_program() -> None:
    named = set(re.findall(r"`python -m helpers (\w+)", section("Commands")))
    offered = re.search(r"\blab(?:[|,]\w+)+", help_of())
    assert offered is not None
    assert named == set(re.split(r"\W", offered.group()))


@pytest.mark.parametrize("row", re.findall(r"\| `python -m helpers (\w+)` \| (.*) \|", README), ids=lambda row: row[0])
def test_options_exist(row: tuple[str, str]) -> None:
    command, text = row
    offered = help_of(command)
    for option in re.findall(r"`(--[\w-]+)", text):
        assert option in offered


def test_variables_are_read_by_the_kit() -> None:
    named = set(re.findall(r"\b(?:AZURE_OPENAI|MODEL|KIT|CODE)_[A-Z_]+\b", README.replace(OWN_PROGRAM, "")))
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert named == set(re.findall(r"^([A-Z_]+)=", example, re.M))
    code = (ROOT / "helpers" / "settings.py").read_text(encoding="utf-8")
    assert all(name in code for name in named)


def test_variables_of_a_program_are_those_that_run_sets() -> None:
    set_by_it = variables({}, "http://127.0.0.1:1", "key", "2024-05-01-preview", azure=False)
    rows = re.findall(r"^\| (`[A-Z_]+`.*?) \|", OWN_PROGRAM, re.M)
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == set(set_by_it)


def test_variables_for_classic_agents_are_those_that_serve_prints() -> None:
    text = README.split("\n### A program with azure-ai-agents, unchanged\n")[1].split("\n### ")[0]
    rows = re.findall(r"^\| (`[A-Z_]+`.*?) \|", text, re.M)
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert named == set(tls.variables("https://127.0.0.1:1", Path("folder")))


def test_failures_are_those_that_the_endpoint_knows() -> None:
    rows = re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", section("Commands"), re.M)
    named = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    assert named == {*KNOWN, "none"}


def test_files_exist() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", README)
    files = re.findall(r"`((?:\.?[\w-]+/)*\.?[\w-]+\.(?:txt|yml|md|toml|example))`", README)
    assert links
    assert files
    for name in links + files:
        assert (ROOT / name).exists(), name


def test_pictures_have_alternative_text() -> None:
    pictures = re.findall(r"!\[([^]]*)\]\(", README)
    assert pictures
    assert all(len(text) > 20 for text in pictures)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_lessons_stand_in_the_table_with_their_minutes(name: str) -> None:
    """A dash stands for a notebook that names none, because it has no end."""
    row = re.search(rf"\]\(notebooks/{re.escape(name)}\) \|.*\| (\d+|–) \|", section("The lessons"))
    assert row is not None, f"{name} is not in the table"
    cells = json.loads((ROOT / "notebooks" / name).read_text(encoding="utf-8"))["cells"]
    minutes = re.search(r"(\d+) minutes", "".join(cells[0]["source"]))
    assert row.group(1) == (minutes.group(1) if minutes else "–")


def test_headings_that_are_linked_exist() -> None:
    anchors = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.*)$", README, re.M)
    }
    for anchor in re.findall(r"\]\(#([^)]+)\)", README):
        assert anchor in anchors


def test_licence_is_there() -> None:
    assert Path(ROOT, "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
