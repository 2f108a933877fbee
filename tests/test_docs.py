"""The documents for contributors name nothing that is not there."""

import re

import pytest

from helpers.settings import ROOT

DOCUMENTS = ("CONTRIBUTING.md", "docs/architecture.md", "docs/operations.md", "tests/score/README.md")
PLACES = (ROOT, ROOT / "mock_endpoint", ROOT / "helpers", ROOT / "helpers" / "exercises")
"""Where a name in a document may be meant to begin: `http/gate.py` stands in a table of mock_endpoint."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_and_folders_exist(name: str) -> None:
    """Everything in backquotes that looks like a path, and every link."""
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[\w.-]+/)+(?:[\w.-]+)?|[\w-]+\.(?:py|md|txt|toml|jsonl?|yml))`", text))
    folder = (ROOT / name).parent
    linked = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("http")]
    assert named
    missing = [one for one in named if not any((place / one).exists() for place in (*PLACES, folder, *ROOMS))]
    assert not missing
    assert all((folder / link).exists() for link in linked)


ROOMS = tuple(folder for package in PLACES[1:3] for folder in package.iterdir() if folder.is_dir())
"""The rooms of both packages: a table names their files without them."""


def test_functions_named_in_the_map_exist() -> None:
    """`prepare()`, `show()` and their like are exported."""
    import helpers

    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)\(\)`", text))
    assert named
    assert named <= set(helpers.__all__)


def test_every_room_stands_in_the_map() -> None:
    """A new folder or a new file at the top of a package gets its line."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for room in ROOMS:
        if room.name != "__pycache__":
            assert f"`{room.name}/`" in text, room
