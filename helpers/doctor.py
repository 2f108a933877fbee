"""The command `doctor`: what is configured, what is wrong, and one fix for each."""

import platform
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from helpers.connection import model_for, start_embedded
from helpers.diagnosis import Finding, by_asking, of_the_model, without_asking
from helpers.problems import KitError
from helpers.settings import Settings, read_settings
from helpers.views import text_table

ALL_WELL, WRONG = 0, 1


def doctor(settings: Settings | None = None) -> int:
    """Print what is configured and what is wrong, no part of a key; 0 when all is well, otherwise 1."""
    try:
        settings = settings or read_settings()
        findings = list(_findings(settings))
        _print(text_table(list(_facts(settings))))
    except KitError as error:
        findings = [Finding(error.what, error.fix)]
    for finding in findings:
        _print(f"✘ {finding.what}\n  → {finding.fix}")
    _print("" if findings else "✔ All well.")
    return WRONG if findings else ALL_WELL


def _findings(settings: Settings) -> Iterator[Finding]:
    if settings.endpoint is None:
        yield from _of_the_own_endpoint(settings)
    else:
        found = list(without_asking(settings.endpoint, settings))
        yield from found or by_asking(settings.endpoint, settings.key or "", settings.api_version)
    if settings.model is not None:
        yield from of_the_model(settings.model)


def _of_the_own_endpoint(settings: Settings) -> Iterator[Finding]:
    """Start it as a notebook would, ask it, and stop it."""
    try:
        with start_embedded(settings, model_for(settings)) as running:
            yield from by_asking(running.url, running.key, settings.api_version)
            yield from _of_the_state(settings.state)
    except KitError as error:
        yield Finding(error.what, error.fix)


def _of_the_state(state: Path | str) -> Iterator[Finding]:
    if isinstance(state, Path) and _journal(state) != "wal":
        yield Finding(
            "The state lies on a network drive or in a folder that is kept in sync: it is slower and less safe there.",
            "Set KIT_STATE in .env to a file on a local drive.",
        )


def _journal(state: Path) -> str:
    with closing(sqlite3.connect(f"{state.absolute().as_uri()}?mode=ro", uri=True)) as database:
        return str(database.execute("PRAGMA journal_mode").fetchone()[0])


def _facts(settings: Settings) -> Iterator[list[str]]:
    own = settings.endpoint is None
    yield ["Python", platform.python_version()]
    yield ["openai", version("openai")]
    yield ["endpoint", "the kit's own, started with each notebook" if own else _address(str(settings.endpoint))]
    yield ["key", "set" if settings.key else "the endpoint's own" if own else "missing"]
    yield ["api-version", settings.api_version]
    if own:
        yield ["who answers", _model(settings)]
        yield ["state", str(settings.state)]
        yield ["thinking time", f"{settings.pace:g} s"]


def _model(settings: Settings) -> str:
    if settings.model is None:
        return "the offline model"
    return f"{settings.model.name or 'a model'} at {_address(settings.model.base_url)}"


def _address(url: str) -> str:
    """The address without what might be secret in it: user, password, query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else url.partition("?")[0]


def _print(text: str) -> None:
    if text:
        # A Windows console may know neither of the signs.
        encoding = sys.stdout.encoding or "utf-8"
        print(text.encode(encoding, "replace").decode(encoding))  # noqa: T201
