"""What can be wrong with a configured endpoint or model, and the one fix for each."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from helpers.settings import (
    ENDPOINT,
    KEY,
    LOOPBACK,
    OF_THE_MODEL,
    ModelSettings,
    Settings,
    Unheeded,
    address,
    problem_of_key,
)

TIMEOUT = 3.0
"""Seconds to wait for an answer."""
LESSONS_DEPLOYMENT = "gpt-35-turbo"
_FIRST_VERSION = "2024-02-15-preview"
_BLANK = f"Leave {ENDPOINT} blank in .env: the lessons then bring their own endpoint."
_VERSION = "Leave AZURE_OPENAI_API_VERSION blank in .env, or set it to 2024-05-01-preview."
_UNTRUSTED = "its certificate is not trusted"
_AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
_RETIRED = (*_AZURE, "api.openai.com")


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, and what to do about it."""

    what: str
    fix: str


@dataclass(frozen=True)
class Answer:
    """What came back: a status with its JSON body, or the reason why nothing did."""

    status: int | None
    body: object
    reason: str = ""

    @property
    def error(self) -> str:
        """The error's own words, empty where there are none."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return str(error.get("message", "")) if isinstance(error, dict) else ""

    @property
    def ids(self) -> list[str] | None:
        """The ids of a list, `None` when the body is no list of the API."""
        data = self.body.get("data") if isinstance(self.body, dict) else None
        return [str(one.get("id")) for one in data if isinstance(one, dict)] if isinstance(data, list) else None


def name_of(model: ModelSettings) -> str:
    """The model's name as it may be shown: not when it has the form of a key, because that line was swapped, too."""
    looks_like_a_key = re.match(r"sk-|[A-Za-z0-9]{32}", model.name or "")
    return "a model" if looks_like_a_key or not model.name else model.name


def is_dated(api_version: str) -> bool:
    """Whether it has the form of the versions that served Assistants."""
    return re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", api_version) is not None


def of_the_names(unheeded: Iterable[Unheeded]) -> Iterator[Finding]:
    """What was set in vain."""
    for one in unheeded:
        # What stands in front of the first "=" may be half a key; only what looks like a name is repeated.
        shown = one.name if re.fullmatch(r"(?i)[a-z]+(_[a-z]+)*_?\d?", one.name) else "A name in .env"
        if one.name == one.near:
            yield Finding(
                f"{one.name} has no effect without {OF_THE_MODEL[0]}.",
                f"Put the model's address into {OF_THE_MODEL[0]} in .env, or blank {one.name}.",
            )
        elif one.near:
            yield Finding(f"{shown} is an unknown name, so it has no effect.", f"Did you mean {one.near}? Rename it.")
        else:
            yield Finding(f"{shown} is an unknown name, so it has no effect.", "Remove it: .env.example has all names.")


def _no_address(name: str, neighbour: str, example: str) -> Finding:
    return Finding(
        f"{name}: this does not look like an address; are the two lines {name} and {neighbour} swapped?",
        f"Write the address in full: {name}={example}",
    )


def without_asking(endpoint: str, settings: Settings) -> Iterator[Finding]:
    """What the settings alone give away."""
    if address(endpoint) is None:
        yield _no_address(ENDPOINT, KEY, "https://… (or http://127.0.0.1:8080 on this machine)")
    else:
        yield from _of_the_address(endpoint)
    yield from of_the_version(settings.api_version)
    if settings.key is None:
        yield Finding(
            "There is an endpoint but no key, so the service says 'Access denied'.", f"Put {KEY}=… into .env."
        )
    elif re.search(r"[\s<>\"']", settings.key):
        yield Finding(
            "The key holds a space, a quote or a bracket; no key does.", f"Copy the key alone to {KEY} in .env."
        )


def of_the_version(api_version: str) -> Iterator[Finding]:
    """What the api-version alone gives away."""
    if not is_dated(api_version):
        yield Finding("The api-version is no date, and Assistants were served by dated ones only.", _VERSION)
    elif api_version < _FIRST_VERSION or not api_version.endswith("-preview"):
        said = _refusal_of(api_version)
        yield Finding(f"The api-version {api_version} has no Assistants: the service says '{said}'.", _VERSION)


def _refusal_of(api_version: str) -> str:
    """What the service says to a version without Assistants, which may be one that never was."""
    from mock_endpoint.http.gate import WITHOUT_ASSISTANTS  # who asks it has the time for its HTTP libraries

    if api_version not in WITHOUT_ASSISTANTS:
        return "API version not supported"
    return "Unsupported data type" if api_version < "2024" else "Resource not found"


def _of_the_address(endpoint: str) -> Iterator[Finding]:
    parts = urlsplit(endpoint)
    host = (parts.hostname or "").lower()
    if parts.scheme == "http" and host not in LOOPBACK:
        yield Finding(
            f"The endpoint begins with http://, so the key would travel open to {host}.", "Write https:// in its place."
        )
    elif any(host.endswith(retired) for retired in _RETIRED):
        yield Finding(f"{host} no longer serves Assistants: the hosted API was retired on 2026-08-26.", _BLANK)
    elif re.search(r"/openai(/|$)|/v1(/|$)", parts.path):
        bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        yield Finding(
            f"The endpoint carries the path {parts.path}. The client adds its own: 'Resource not found'.",
            f"Keep only the beginning: {ENDPOINT}={bare}",
        )


def by_asking(endpoint: str, key: str, api_version: str) -> Iterator[Finding]:
    """What the server's own answers give away: two harmless GET requests."""
    base, query = f"{endpoint.rstrip('/')}/openai", f"api-version={api_version}"
    headers = {"api-key": key, "OpenAI-Beta": "assistants=v2"}
    models = ask(f"{base}/models?{query}", headers)
    if models.status is None:
        yield _no_answer(endpoint, models.reason)
        return
    assistants = ask(f"{base}/assistants?limit=1&{query}", headers)
    worst = next((one for one in (assistants, models) if one.status != 200 or one.ids is None), None)
    if worst is not None:
        yield _refused(worst, serves_models=models.ids is not None)
    elif models.ids and LESSONS_DEPLOYMENT not in models.ids:
        yield Finding(
            f"The lessons ask for the deployment {LESSONS_DEPLOYMENT}; there is only {', '.join(models.ids[:5])}.",
            f"Make a deployment of that name. For the kit's own server: serve --deployments {LESSONS_DEPLOYMENT},gpt-4",
        )


def of_the_model(model: ModelSettings) -> Iterator[Finding]:
    """What is wrong with the server named by `MODEL_BASE_URL`."""
    shown = address(model.base_url)
    if shown is None:
        yield _no_address("MODEL_BASE_URL", "MODEL_API_KEY", "http://localhost:11434/v1")
    elif unsendable := problem_of_key("MODEL_API_KEY", model.key):
        yield Finding(unsendable.what, unsendable.fix)
    elif model.key and re.search(r"[\s<>\"']", model.key):
        yield Finding(
            "MODEL_API_KEY holds a space, a quote or a bracket; no key does.",
            "Copy the key alone to MODEL_API_KEY in .env.",
        )
    elif model.base_url.startswith("http://") and model.key and not _is_near(shown):
        host = urlsplit(shown).hostname
        yield Finding(f"MODEL_BASE_URL: with http:// the key would travel open to {host}.", "Write https:// there.")
    else:
        yield from _of_the_models_server(model, shown)


def _is_near(url: str) -> bool:
    """Whether the server is on this machine or in the same private network."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host in LOOPBACK or "." not in host or host.endswith((".local", ".internal", ".lan"))


def _of_the_models_server(model: ModelSettings, shown: str) -> Iterator[Finding]:
    headers = {"Authorization": f"Bearer {model.key}"} if model.key else {}
    answer = ask(f"{model.base_url.rstrip('/')}/models", headers)
    host = urlsplit(shown).netloc
    if answer.status is None:
        yield _unreached(shown, answer.reason)
    elif answer.status in {401, 403}:
        yield Finding(f"MODEL_BASE_URL: {host} refuses the key.", "Put a valid one into MODEL_API_KEY in .env.")
    elif answer.status == 407 or (answer.status in {502, 503, 504} and proxy_of(shown)):
        yield _unreached(shown, f"status {answer.status}")
    elif answer.status == 404 or answer.ids is None:
        yield _of_the_path(shown, headers)
    elif answer.ids and not host.endswith(_AZURE):  # which lists what could be deployed, not what is
        yield from _of_the_name(model, host, answer.ids)


def _unreached(shown: str, reason: str) -> Finding:
    host, proxy = urlsplit(shown).netloc, proxy_of(shown)
    if proxy:
        return Finding(
            f"MODEL_BASE_URL: {host} does not answer ({reason}). It is asked through the proxy {proxy}.",
            "Correct HTTP_PROXY and HTTPS_PROXY in the environment, or name the host in NO_PROXY.",
        )
    return Finding(
        f"MODEL_BASE_URL: {host} does not answer ({reason}).", "Start that server, or blank MODEL_BASE_URL in .env."
    )


def _of_the_path(shown: str, headers: dict[str, str]) -> Finding:
    """An address that is too short or too long, with the right one where that is found by asking."""
    parts = urlsplit(shown)
    kept = re.match(r"(.*?/v1)/.+", parts.path)
    paths = [kept[1]] if kept else []
    paths += ["/openai/v1"] if parts.netloc.endswith(_AZURE) else []
    paths += [f"{parts.path.rstrip('/')}/v1", "/v1"]
    bases = (f"{parts.scheme}://{parts.netloc}{path}" for path in dict.fromkeys(paths))
    right = next((base for base in bases if _is_right(ask(f"{base}/models", headers))), None)
    fix = (
        f"There is one: MODEL_BASE_URL={right}" if right else "It usually ends in /v1, as in http://localhost:11434/v1."
    )
    return Finding(f"MODEL_BASE_URL: {shown} is no OpenAI-compatible address.", fix)


def _is_right(answer: Answer) -> bool:
    return answer.status in {401, 403} or answer.ids is not None


def _of_the_name(model: ModelSettings, host: str, ids: list[str]) -> Iterator[Finding]:
    there = f"it has {', '.join(ids[:5])}{' and others' if len(ids) > 5 else ''}."
    if model.name and model.name not in ids:
        yield Finding(
            f"MODEL_NAME: {host} has no model {name_of(model)}; {there}", "Put one of these into MODEL_NAME in .env."
        )
    elif not model.name and LESSONS_DEPLOYMENT not in ids:
        yield Finding(
            f"MODEL_NAME is blank, so {host} is asked for the assistant's model, such as {LESSONS_DEPLOYMENT}; {there}",
            "Put one of these into MODEL_NAME in .env.",
        )


def proxy_of(url: str) -> str | None:
    """The proxy through which the environment has this server asked; None where it is asked directly."""
    from mock_endpoint.models.upstream_failures import proxy_for

    return proxy_for(url)


def ask(url: str, headers: dict[str, str]) -> Answer:
    """GET it, past a proxy where the endpoint would. Redirects are not followed: the key would go with them."""
    import httpx2  # the client's own HTTP library; only who asks waits for it

    from mock_endpoint.models.upstream_failures import is_on_this_machine

    directly = {"http://": None, "https://": None} if is_on_this_machine(url) else None
    try:
        with httpx2.Client(timeout=TIMEOUT, mounts=directly) as client:
            response = client.get(url, headers=headers)
    except httpx2.TimeoutException:
        return Answer(None, None, f"no answer within {TIMEOUT:.0f} seconds")
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        return Answer(None, None, _UNTRUSTED if "CERTIFICATE_VERIFY_FAILED" in str(error) else type(error).__name__)
    try:
        return Answer(response.status_code, response.json())
    except ValueError:
        return Answer(response.status_code, None)


def _no_answer(endpoint: str, reason: str) -> Finding:
    parts = urlsplit(address(endpoint) or "")
    if reason == _UNTRUSTED:
        return Finding(
            f"The certificate of {parts.netloc} is not trusted here.",
            "Set SSL_CERT_FILE in the environment to the file that holds it; `serve --tls` prints which one.",
        )
    if parts.hostname in LOOPBACK:
        start = f"python -m helpers serve --port {parts.port or 80}"
        return Finding(
            f"No server answers at {parts.netloc} ({reason}).", f"Start one: {start}. Or blank {ENDPOINT} in .env."
        )
    return Finding(f"No server answers at {parts.hostname} ({reason}).", f"Check the name and your network. {_BLANK}")


_REFUSALS = {
    401: Finding(
        "The server says 'Access denied': the key is wrong, or it belongs to another endpoint.",
        f"Copy the key that belongs to this endpoint to {KEY} in .env; `serve` names the file that holds its own.",
    ),
    403: Finding("The server knows the key but does not let it in.", "Ask for access, or use a key that has it."),
    400: Finding("The server does not accept the api-version.", _VERSION),
    404: Finding(
        "The server says 'Resource not found': it has no Assistants, or not under this api-version.", _VERSION
    ),
    410: Finding("The service answers that its Assistants API is retired.", _BLANK),
    429: Finding("The server is throttling: too many requests.", "Wait a minute and ask again."),
}


def _refused(answer: Answer, *, serves_models: bool) -> Finding:
    if answer.status == 404 and serves_models:
        return Finding(
            "This server lists models but has no Assistants.",
            f"Name it as MODEL_BASE_URL in .env and leave {ENDPOINT} blank: the kit's endpoint then asks it.",
        )
    if answer.status in _REFUSALS:
        return _REFUSALS[answer.status]
    if answer.status == 200:
        return Finding(
            "Something answers at this address, but not with what the API sends.", f"Check {ENDPOINT}. {_BLANK}"
        )
    said = f" ({answer.error})" if answer.error else ""
    return Finding(f"The server fails with status {answer.status}{said}.", "Look into its log, or try again later.")
