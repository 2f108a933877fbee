"""What all tests share: the options, the marker `all`, and an environment without the person's own settings."""

import os
from collections.abc import Callable
from typing import NoReturn

import pytest

from helpers.traffic.log import LOG, Log

KEPT = {"KIT_OPENAPI", "KIT_SOAK"}
"""Variables that steer the tests themselves."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--all` and `--update-notebooks`, as `python -m helpers test --all --update` passes them on."""
    parser.addoption("--all", action="store_true", help="also tests marked `all`")
    parser.addoption("--update-notebooks", action="store_true", help="rewrite the outputs that the notebooks carry")


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marker."""
    config.addinivalue_line("markers", "all: needs a browser, a network, a real model or patience; see --all")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `all`, unless asked for."""
    if not config.getoption("--all"):
        for item in items:
            if item.get_closest_marker("all"):
                item.add_marker(pytest.mark.skip(reason="runs with --all"))


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the person's endpoint, model and state from every test, and note no exercise for the person."""
    for name in list(os.environ):
        if name.startswith(("AZURE_", "OPENAI_", "MODEL_", "KIT_")) and name not in KEPT:
            monkeypatch.delenv(name)
    monkeypatch.setenv("KIT_STATE", "memory")


@pytest.fixture
def empty_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test the log of a process that has sent nothing yet."""
    for name, value in vars(Log()).items():
        monkeypatch.setattr(LOG, name, value)


@pytest.fixture
def absent() -> Callable[[str], NoReturn]:
    """Call it with a reason when a tool is not there: the test is skipped, in CI it fails."""

    def give_up(reason: str) -> NoReturn:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have it: {reason}")
        pytest.skip(reason)

    return give_up
