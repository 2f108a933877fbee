"""Where the lessons connect: the configured service, or the kit's own endpoint in this process."""

import os
import re
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, overload
from urllib.parse import urlsplit

from helpers.cells import observe
from helpers.problems import KitError
from helpers.settings import ENDPOINT, KEY, LOOPBACK, Settings, address, problem_of_key, read_settings
from helpers.tracebacks import fold

if TYPE_CHECKING:
    from openai import AzureOpenAI, OpenAI

    from mock_endpoint.models.base import Model
    from mock_endpoint.server import Running

DEPRECATIONS = r"(The Assistants API is deprecated in favor of the Responses API|deprecated)$"
"""The two texts with which the client announces the retirement, and nothing else."""
_SILENCED = "2 deprecation warnings silenced"


@dataclass(frozen=True)
class _Target:
    endpoint: str
    key: str | None
    api_version: str
    line: str


class _Session:
    """What this process has started and set; one a kernel."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: Running | None = None
        self.answers = ""
        self.published: dict[str, str] = {}
        self.announced = ""


_session = _Session()


def prepare(*, full_tracebacks: bool = False) -> None:
    """Make this notebook ready: find or start the endpoint, and say in one line where it is.

    In Jupyter it folds the client's own lines in errors of the client; `full_tracebacks=True` leaves them.

    Sets `AZURE_OPENAI_ENDPOINT` and `AZURE_OPENAI_KEY` for this process, unless they are set already.
    A second call starts nothing new. Raises `KitError` when the endpoint cannot start.
    """
    fold(not full_tracebacks)
    _announce(_make_ready())


@overload
def connect(*, api: None = None, **options: Any) -> "AzureOpenAI": ...  # noqa: ANN401 - the client's own
@overload
def connect(*, api: Literal["v1"], **options: Any) -> "OpenAI": ...  # noqa: ANN401 - the client's own
def connect(*, api: str | None = None, **options: Any) -> "OpenAI":
    """A client for the endpoint that `prepare` finds or starts, recording for `wire()`.

    Without `api` it is an `openai.AzureOpenAI`, as programs for Assistants have it. With `api="v1"` it is an
    `openai.OpenAI` on the path `/openai/v1/` of the same endpoint, where Responses and Conversations are.
    `options` go to that class as they are and win over the settings,
    for example `connect(api_version="2024-02-15-preview")`. Raises `KitError` for another `api`.
    """
    _check(api, options)
    target = _make_ready()
    if _session.announced != target.line:
        _announce(target)
    from openai import AzureOpenAI, OpenAI  # costs most of a second, so only who connects pays

    from helpers.traffic import watch

    own: dict[str, Any] = {}
    if not {"api_key", "azure_ad_token", "azure_ad_token_provider"} & options.keys():
        own["api_key"] = _key_of(target)
    if api == "v1":
        own["base_url"] = _v1_address(target.endpoint)
        return watch(OpenAI(**(own | options)))
    own |= {"azure_endpoint": _resource_address(target.endpoint), "api_version": target.api_version}
    return watch(AzureOpenAI(**(own | options)))


def _check(api: str | None, options: Mapping[str, object]) -> None:
    if api not in (None, "v1"):
        raise KitError(
            f"connect() knows no api {api!r}.",
            'Write connect() for Assistants, or connect(api="v1") for Responses and Conversations.',
        )
    foreign = next((name for name in options if name.startswith("azure_") or name == "api_version"), None)
    if api == "v1" and foreign:
        raise KitError(
            f'connect(api="v1") takes no {foreign}: the path /openai/v1/ stands in its place.',
            f'Leave {foreign} out, or write connect({foreign}=…) without api="v1".',
        )


def _v1_address(endpoint: str) -> str:
    """Where Responses are served: below a resource, or at the address itself where that ends in `/v1`."""
    whole = endpoint.rstrip("/")
    return f"{whole}/" if whole.endswith("/v1") else f"{whole.removesuffix('/openai')}/openai/v1/"


def _resource_address(endpoint: str) -> str:
    """The address to which the client of the dated versions adds its `/openai/`."""
    return re.sub(r"/openai(/v1)?/*$", "", endpoint)


def _key_of(target: _Target) -> str:
    if target.key is None:
        raise KitError(f"There is no key for {urlsplit(target.endpoint).hostname}.", f"Put {KEY}=… into the file .env.")
    return target.key


def _announce(target: _Target) -> None:
    print(target.line)  # noqa: T201 - the one line a learner is promised
    _session.announced = target.line


def _make_ready() -> _Target:
    """The endpoint to talk to, running, with its variables set in this process."""
    observe()
    with _session.lock:
        settings = read_settings(_environment_of_the_person())
        unsendable = problem_of_key(KEY, settings.key)
        if unsendable:
            raise unsendable
        target = _own_endpoint(settings) if settings.endpoint is None else _configured(settings.endpoint, settings)
        if urlsplit(target.endpoint).hostname in LOOPBACK:
            keep_loopback_off_the_proxy()
        _publish({ENDPOINT: target.endpoint, KEY: target.key})
        warnings.filterwarnings("ignore", category=DeprecationWarning, message=DEPRECATIONS)
        return target


def _own_endpoint(settings: Settings) -> _Target:
    if _session.running is None:
        model = model_for(settings)
        _session.running = start_embedded(settings, model)
        _session.answers = f"{model.label} · {_cost(settings)}"
    running = _session.running
    line = f"Ready: {running.url} · {_session.answers} · {_SILENCED}"
    return _Target(running.url, running.key, settings.api_version, line)


def _configured(endpoint: str, settings: Settings) -> _Target:
    host = _host_of(ENDPOINT, endpoint)
    cost = "on this machine" if host in LOOPBACK else "it costs what that service charges"
    line = f"Ready: {host}, as you configured it · {cost} · {_SILENCED}"
    return _Target(endpoint, settings.key, settings.api_version, line)


def _cost(settings: Settings) -> str:
    if settings.model is None:
        return "free"
    host = _host_of("MODEL_BASE_URL", settings.model.base_url)
    return "on this machine" if host in LOOPBACK else f"it costs what {host} charges"


def _host_of(variable: str, value: str) -> str:
    """The host in an address. What is no address is not shown: a key may have been pasted there."""
    shown = address(value)
    if shown is None:
        raise KitError(
            f"The value of {variable} does not look like an address.",
            "It begins with http:// or https:// and a host; perhaps two lines of .env are swapped.",
        )
    return urlsplit(shown).hostname or ""


def _environment_of_the_person() -> dict[str, str]:
    """The environment without what this module put there, which is nobody's wish."""
    return {name: value for name, value in os.environ.items() if _session.published.get(name) != value}


def _publish(variables: dict[str, str | None]) -> None:
    """Set the variables for hand-written clients; what a person set stays, what went stale goes."""
    for name, value in variables.items():
        if os.environ.get(name, "").strip() and os.environ[name] != _session.published.get(name):
            continue
        os.environ.pop(name, None)
        _session.published.pop(name, None)
        if value is not None:
            os.environ[name] = _session.published[name] = value


def keep_loopback_off_the_proxy() -> None:
    """Where a proxy is configured, the client would send even loopback requests to it."""
    from urllib.request import getproxies  # `serve` needs the rest of this module, and should not wait for it

    proxies = getproxies()
    passed_by = list(filter(None, proxies.get("no", "").split(",")))
    missing = [host for host in ("127.0.0.1", "localhost") if host not in passed_by]
    if proxies.keys() <= {"no"} or not missing:
        return
    for scheme, proxy in proxies.items():
        # Once NO_PROXY is set, the proxies of the system's own settings are no longer looked up.
        os.environ.setdefault(f"{scheme}_proxy", proxy)
    os.environ["no_proxy"] = ",".join([*passed_by, *missing])


def model_for(settings: Settings) -> "Model":
    """The model that answers: the server named by `MODEL_BASE_URL`, or the offline model."""
    if settings.model is None:
        from mock_endpoint.models.offline import OfflineModel

        return OfflineModel()
    from mock_endpoint.models.upstream import UpstreamModel

    _host_of("MODEL_BASE_URL", settings.model.base_url)
    return UpstreamModel(settings.model.base_url, settings.model.key, settings.model.name)


def start_embedded(settings: Settings, model: "Model") -> "Running":
    """Start an endpoint in a thread of this process, with the person's own key where there is one.

    The key of the settings is used so that a variable set by hand stays valid; otherwise the state file has its own.
    Thinking is simulated for the offline model only: a real one takes its own time.
    """
    from mock_endpoint.server import Options, start  # loads the web server

    pace = settings.pace if settings.model is None else 0.0
    with endpoint_problems():
        return start(
            Options(
                key=settings.key,
                state=settings.state,
                pace=pace,
                model=model,
                code_interpreter=settings.code_interpreter,
            )
        )


@contextmanager
def endpoint_problems() -> Iterator[None]:
    """What the endpoint or its state file cannot do in this block, told as a `KitError`."""
    import sqlite3

    from mock_endpoint.problems import EndpointError
    from mock_endpoint.state.opening import explain

    try:
        yield
    except EndpointError as problem:
        raise KitError(problem.what, problem.fix) from problem
    except sqlite3.Error as error:
        raise KitError(*explain(error)) from error
