"""What the person chose: `.env` and the environment, read into one value."""

import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from helpers.problems import KitError

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_API_VERSION = "2024-05-01-preview"
DEFAULT_PACE = 1.2
T = TypeVar("T")

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts that are this machine."""

ENDPOINT = "AZURE_OPENAI_ENDPOINT"
KEY = "AZURE_OPENAI_KEY"
SDK_KEY = "AZURE_OPENAI_API_KEY"
"""The name under which the client itself looks for the key."""
OF_THE_MODEL = ("MODEL_BASE_URL", "MODEL_API_KEY", "MODEL_NAME")
"""The second and third mean nothing without the first."""
KNOWN = (
    *(ENDPOINT, KEY, SDK_KEY, "AZURE_OPENAI_AD_TOKEN", "AZURE_OPENAI_API_VERSION", *OF_THE_MODEL),
    *(
        "CODE_INTERPRETER",
        "KIT_STATE",
        "KIT_PACE",
        "KIT_ENV_FILE",
        "KIT_CHECK",
        "KIT_OPENAPI",
        "KIT_SOAK",
        "KIT_PICTURES",
    ),
)
"""Every name that means something here or to the client."""

_OURS = ("AZURE_OPEN", "KIT_")
_OURS_IN_THE_FILE = (*_OURS, "MODEL_")
"""In the environment, other programs own names that begin with MODEL_."""


@dataclass(frozen=True)
class ModelSettings:
    """A server that speaks the OpenAI protocol and answers in place of the offline model."""

    base_url: str
    key: str | None = field(repr=False)
    name: str | None


@dataclass(frozen=True)
class Unheeded:
    """A name that has a value and no effect. Its value is not kept: it may be a key."""

    name: str
    near: str | None
    """The known name that was probably meant; `None` where none is close."""


@dataclass(frozen=True)
class Settings:
    """Everything a person can set. `None` for `endpoint` and `model` means: the kit's own."""

    endpoint: str | None
    key: str | None = field(repr=False)
    api_version: str
    model: ModelSettings | None
    state: Path | Literal["memory"]
    pace: float
    """Simulated thinking time in seconds."""
    code_interpreter: bool | None = None
    """Whether the kit's own endpoint runs models' code; `None`: where that is safe by itself."""
    unheeded: tuple[Unheeded, ...] = ()
    """Names that were set in vain."""


def read_settings(
    environment: Mapping[str, str] | None = None, root: Path = ROOT, *, default_state: str | None = None
) -> Settings:
    """The settings from the environment (`os.environ` unless given) and from `.env` in the folder `root`.

    The environment wins over the file; a blank value counts as unset. `KIT_ENV_FILE` names another file,
    which need not exist: notebooks under test read nobody's keys. `default_state` is meant by a blank
    `KIT_STATE`. A value that cannot be understood raises `KitError`.
    """
    settings, problems = settings_and_problems(environment, root, default_state=default_state)
    if problems:
        raise problems[0]
    return settings


def settings_and_problems(
    environment: Mapping[str, str] | None = None, root: Path = ROOT, *, default_state: str | None = None
) -> tuple[Settings, list[KitError]]:
    """As `read_settings`, and what cannot be understood comes back as problems; the default stands in its place."""
    environment = os.environ if environment is None else environment
    problems: list[KitError] = []

    def understood(read: Callable[[], T], default: T) -> T:
        try:
            return read()
        except KitError as error:
            problems.append(error)
            return default

    file = understood(lambda: _read_file(Path(environment.get("KIT_ENV_FILE") or root / ".env")), dict[str, str]())
    sources = (environment, file)

    def first(*names: str) -> str | None:
        return _first(sources, names)

    base_url, model_key, model_name = map(first, OF_THE_MODEL)
    settings = Settings(
        endpoint=first(ENDPOINT),
        key=first(KEY, SDK_KEY),
        api_version=first("AZURE_OPENAI_API_VERSION") or DEFAULT_API_VERSION,
        model=ModelSettings(base_url, model_key, model_name) if base_url else None,
        state=understood(lambda: _state(first("KIT_STATE") or default_state, root), _state(None, root)),
        pace=understood(lambda: _pace(first("KIT_PACE")), DEFAULT_PACE),
        code_interpreter=understood(lambda: _on_or_off(first("CODE_INTERPRETER")), None),
        unheeded=tuple(_unheeded(*sources)),
    )
    return settings, problems


def problem_of_key(name: str, key: str | None) -> KitError | None:
    """Why this value of the variable `name` cannot be sent: a header takes ASCII only, and every key is made of it."""
    if key is None or key.isascii():
        return None
    return KitError(
        f"{name} holds a character that no key has, such as a letter of another script or a curly quote.",
        f"Copy the key alone, once more, to {name} in .env.",
    )


def address(url: str) -> str | None:
    """The address as it may be shown: without user, password and query. `None` when it is none, and maybe a key."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a bracket or a port that cannot be
        return None
    if not usable or re.search(r"\s", url):
        return None
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _first(sources: Sequence[Mapping[str, str]], names: Sequence[str]) -> str | None:
    found = (source.get(name, "").strip() for source in sources for name in names)
    return next((value for value in found if value), None)


def _unheeded(environment: Mapping[str, str], file: Mapping[str, str]) -> Iterator[Unheeded]:
    """Unknown names that look like ours, and what a model would be asked with if there were one."""
    known = {name for name in KNOWN if _first((environment, file), [name])}
    if OF_THE_MODEL[0] not in known:
        yield from (Unheeded(name, name) for name in OF_THE_MODEL[1:] if name in known)
    for name in _unknown(file, _OURS_IN_THE_FILE):
        yield Unheeded(name, _near(name, 0.7))
    for name in _unknown(environment, _OURS):
        # Other programs have names like these too: only a slip of the pen counts, and only for a name that is missing.
        near = _near(name, 0.9)
        if near and near not in known:
            yield Unheeded(name, near)


def _unknown(source: Mapping[str, str], beginnings: tuple[str, ...]) -> list[str]:
    return [n for n in source if n not in KNOWN and n.upper().startswith(beginnings) and source[n].strip()]


def _near(name: str, likeness: float) -> str | None:
    from difflib import get_close_matches  # only who made a mistake waits for it

    return next(iter(get_close_matches(name.upper(), KNOWN, 1, likeness)), None)


def _read_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    from dotenv import dotenv_values  # only who has a .env waits for it

    try:
        # utf-8-sig, because Windows editors like to put a byte order mark first.
        # No interpolation, because a key may contain a dollar sign.
        values = dotenv_values(path, encoding="utf-8-sig", interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise KitError(f"{path} cannot be read: {type(error).__name__}.", "Save it as UTF-8 text.") from error
    return {name: value for name, value in values.items() if value is not None}


def _state(value: str | None, root: Path) -> Path | Literal["memory"]:
    if value == "memory":
        return "memory"
    try:
        return root / Path(value).expanduser() if value else root / ".kit" / "state.db"
    except RuntimeError as error:  # "~somebody/…"
        raise KitError("KIT_STATE names the home folder of nobody known here.", "Write the path in full.") from error


def _on_or_off(value: str | None) -> bool | None:
    chosen = {None: None, "on": True, "off": False}
    if value is not None and value.lower() not in chosen:
        raise KitError(f"CODE_INTERPRETER is {value!r}.", "Set it to on or off, or leave it blank.")
    return chosen[value and value.lower()]


def _pace(value: str | None) -> float:
    try:
        pace = DEFAULT_PACE if value is None else float(value)
    except ValueError:
        pace = math.nan
    if not 0 <= pace < math.inf:
        raise KitError(f"KIT_PACE is {value!r}.", "Set it to a number of seconds, for example 0.5, or leave it blank.")
    return pace
