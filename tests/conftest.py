"""What all tests share: the options, the marker `all`, and an environment without the person's own settings."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from helpers.traffic.log import LOG, Log

if TYPE_CHECKING:
    import openai

    from helpers import ChatBox

KEPT = {"KIT_OPENAPI", "KIT_SOAK"}
"""Variables that steer the tests themselves."""
FOR_EVERYONE = {
    "test_style.py",
    "test_house.py",
    "test_readme.py",
    "test_docs.py",
    "test_notebooks.py",
    "test_notebook_rules.py",
    "test_offline_score.py",
    "test_walk.py",
}
"""What proves the kit to its user: style, types, every notebook, one walk over every surface. The rest is `--all`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--all` and `--update-notebooks`, as `python -m helpers test --all --update` passes them on."""
    parser.addoption("--all", action="store_true", help="also tests marked `all`")
    parser.addoption("--update-notebooks", action="store_true", help="rewrite the outputs that the notebooks carry")


def pytest_configure(config: pytest.Config) -> None:
    """Describe the markers."""
    config.addinivalue_line("markers", "all: needs a browser, a network, a real model or patience; see --all")
    config.addinivalue_line("markers", "waits: waits for minutes, so it comes first, beside all others")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - of pytest-xdist, which need not be there
    """Tell the processes that run the tests side by side; they are given every path, named or not."""
    node.workerinput["for_everyone"] = _is_for_everyone(node.config)


def _is_for_everyone(config: pytest.Config) -> bool:
    """Whether neither `--all` nor a path was given."""
    told: dict[str, bool] = getattr(config, "workerinput", {})
    return told.get("for_everyone", config.args_source is pytest.Config.ArgsSource.TESTPATHS)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What is not for everyone is not even imported, where it is not asked for: that takes longer than many a test."""
    is_other = collection_path.suffix == ".py" and collection_path.name not in FOR_EVERYONE
    return True if is_other and _is_for_everyone(config) and not config.getoption("--all") else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What waits comes first; without `--all`, without what is marked so."""
    items.sort(key=lambda item: item.get_closest_marker("waits") is None)
    if config.getoption("--all"):
        return
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("all")])
    items[:] = [item for item in items if not item.get_closest_marker("all")]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """After `--update-notebooks`, the notebooks are shipped, and counted in the table of operations, as they are."""
    if session.config.getoption("--update-notebooks") and not hasattr(session.config, "workerinput"):
        from support import operations
        from support.notebooks.shipping import write_list

        write_list()
        operations.write()


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
def box(client: "openai.AzureOpenAI") -> Iterator["ChatBox"]:
    """A chat box on the `client` of the test's own file, with an assistant named Tabi."""
    from helpers import ChatBox

    made = ChatBox(client, client.beta.assistants.create(model="gpt-4o", name="Tabi"))
    yield made
    made.close()


@pytest.fixture
def absent() -> Callable[[str], NoReturn]:
    """Call it with a reason when a tool is not there: the test is skipped, in CI it fails."""

    def give_up(reason: str) -> NoReturn:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have it: {reason}")
        pytest.skip(reason)

    return give_up
