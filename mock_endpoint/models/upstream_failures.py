"""What goes wrong with a model server, in words: what happened and what to do, without any key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit, urlunsplit

from mock_endpoint.listening import is_loopback
from mock_endpoint.models.base import Failed
from mock_endpoint.models.chat_calls import BadCall

if TYPE_CHECKING:
    import openai

_SAID = 500
"""Characters of a server's own message that are passed on."""

_Code = Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
_RESTART = "in .env and restart the kernel"
_REFUSED_KEY = f"The model server at {{url}} refused the key ({{status}}). Check MODEL_API_KEY {_RESTART}."
_REFUSED_PROMPT = "The model server refused the request ({status}): {said}"
_UNKNOWN_PATH = (
    f"The model server at {{url}} does not know this path ({{status}}): {{said}} "
    f"– correct MODEL_BASE_URL {_RESTART}; it usually ends in /v1."
)
_UNKNOWN_MODEL = (
    f"The model server at {{url}} does not know this model ({{status}}): {{said}} – correct MODEL_NAME {_RESTART}."
)
_REFUSALS: dict[int, tuple[_Code, str]] = {
    400: ("invalid_prompt", _REFUSED_PROMPT),
    413: ("invalid_prompt", _REFUSED_PROMPT),
    422: ("invalid_prompt", _REFUSED_PROMPT),
    401: ("server_error", _REFUSED_KEY),
    403: ("server_error", _REFUSED_KEY),
    404: ("server_error", _UNKNOWN_PATH),
    405: ("server_error", _UNKNOWN_PATH),
    429: (
        "rate_limit_exceeded",
        "The model server is at its limit (429): {said} – wait a while and run it again, or name another model.",
    ),
}
_OTHER_REFUSAL: tuple[_Code, str] = (
    "server_error",
    "The model server answered {status}: {said} – run it again later, or look into that server's log.",
)
_NOBODY = (
    f"No model server answers at {{url}}{{proxy}}. Start it, or correct MODEL_BASE_URL {_RESTART}; "
    "leave it blank for the offline model."
)
_NO_ANSWER = (
    f"What {{url}} sent is not the answer of a model server. Correct MODEL_BASE_URL {_RESTART}; it usually ends in /v1."
)
_BROKE_OFF = "The model server at {url} broke off its answer ({why}). Run it again."
_SILENT = "The model server at {url} said nothing for too long. Run it again, or choose a faster model."
_NO_KEY = (
    "MODEL_API_KEY holds a space or a sign that no key has. "
    f"Copy the key alone to MODEL_API_KEY {_RESTART}; nothing was sent."
)
_WITHOUT_QUOTA = ("insufficient_quota", "billing")
_OF_A_LIMIT = ("rate_limit", "rate limit", "overloaded", "429")


class NoAnswer(Exception):
    """What came is not the answer of a model server, or nothing came at all."""


class NobodySpoke(Exception):
    """The server went away before it said anything."""


class Failures:
    """The failures of one server, as a run reports them."""

    def __init__(self, base_url: str, key: str | None) -> None:
        self._base_url = base_url
        self._key = key
        self.url = without_password(base_url)

    def unusable_key(self) -> Failed | None:
        """The failure of a key that no request could carry."""
        usable = not self._key or (self._key.isascii() and self._key.isprintable() and " " not in self._key)
        return None if usable else Failed("server_error", _NO_KEY)

    def of(self, error: Exception) -> Failed:
        """The failure in the server's own words where it has some, but without any key."""
        import openai

        if isinstance(error, openai.APIStatusError):
            return self._refusal(error)
        if isinstance(error, openai.APIError) and not isinstance(error, openai.APIConnectionError):
            code: _Code = "rate_limit_exceeded" if is_of_a_limit(error) else "server_error"  # told inside a stream
            return Failed(code, _BROKE_OFF.format(url=self.url, why=self._words(error)))
        return Failed("server_error", self._words_of_our_own(error))

    def _words_of_our_own(self, error: Exception) -> str:
        """What to say where the server itself has said nothing about it."""
        import openai

        if isinstance(error, BadCall):
            return self._without_key(str(error))
        if isinstance(error, openai.APITimeoutError | TimeoutError):
            return _SILENT.format(url=self.url)
        if isinstance(error, openai.APIConnectionError) and not _was_reached(error):
            proxy = proxy_for(self._base_url)
            through = f" through the proxy {proxy}, which the environment names" if proxy else ""
            return _NOBODY.format(url=self.url, proxy=through)
        if isinstance(error, NoAnswer | ValueError | TypeError | AttributeError | LookupError):
            return _NO_ANSWER.format(url=self.url)
        return _BROKE_OFF.format(url=self.url, why="the connection was lost")

    def _refusal(self, error: openai.APIStatusError) -> Failed:
        code, text = _REFUSALS.get(error.status_code, _OTHER_REFUSAL)
        said = self._words(error)
        if text == _UNKNOWN_PATH and "model" in f"{error.code} {said}".lower():
            text = _UNKNOWN_MODEL
        return Failed(code, text.format(url=self.url, status=error.status_code, said=said))

    def _words(self, error: openai.APIError) -> str:
        """The message in the error's body, or what there is."""
        message = error.body.get("message") if isinstance(error.body, dict) else None
        return self._without_key(str(message or error.message)[:_SAID])

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text


def is_passing(error: Exception) -> bool:
    """Whether the same question, asked again a little later, may well be answered."""
    import httpx2
    import openai

    if isinstance(error, openai.APIStatusError):
        return (error.status_code in (408, 409) or error.status_code == 429 or error.status_code >= 500) and not any(
            sign in f"{error.code} {error.type} {error.message}" for sign in _WITHOUT_QUOTA
        )
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return False  # it was waited for long enough
    if isinstance(error, openai.APIConnectionError):
        refused = isinstance(error.__cause__, httpx2.ConnectError | httpx2.UnsupportedProtocol)
        return not refused  # where nobody listens, a learner is told at once
    if isinstance(error, openai.APIError):
        return is_of_a_limit(error)
    return isinstance(error, NobodySpoke | httpx2.TransportError)


def _was_reached(error: Exception) -> bool:
    """Whether a connection failed that had been made before."""
    import httpx2

    return isinstance(error.__cause__, httpx2.ReadError | httpx2.WriteError | httpx2.RemoteProtocolError)


def is_of_a_limit(error: openai.APIError) -> bool:
    """Whether an error that was told inside a stream is about too many requests."""
    return any(sign in f"{error.code} {error.type} {error.message}".lower() for sign in _OF_A_LIMIT)


def asked_to_wait(error: Exception) -> float | None:
    """The seconds that the server asks to wait (`retry-after-ms`, `retry-after`); None where it names none."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):  # none, or a date
            continue
    return None


def is_on_this_machine(url: str) -> bool:
    """Whether the server is asked directly: a proxy that the environment names cannot reach this machine's loopback."""
    return is_loopback(urlsplit(url).hostname or "")


def proxy_for(url: str) -> str | None:
    """The host of the proxy through which the environment has this server asked; None where it is asked directly."""
    from urllib.request import getproxies, proxy_bypass  # only who failed waits for it

    parts = urlsplit(url)
    if is_on_this_machine(url) or proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all")
    if not named:
        return None
    return urlsplit(named if "//" in named else f"//{named}").netloc.rpartition("@")[2]


def without_password(url: str) -> str:
    """The address as it may be shown: without user, password and query."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
