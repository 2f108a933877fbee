"""A request as a command that sends it again."""

from shlex import quote

from helpers.traffic.log import HIDDEN, Exchange

VARIABLE = "AZURE_OPENAI_KEY"
_KEYS = {"api-key": f"${VARIABLE}", "authorization": f"Bearer ${VARIABLE}"}
"""The headers that carry a key → what stands in them here."""
_KEPT = ("content-type", "openai-beta")
"""What else the service reads; the rest is the client's own bookkeeping."""


def curl_of(exchange: Exchange) -> str:
    """The request as a `curl` command for a POSIX shell, with a variable's name for the key.

    Empty when the log does not hold the whole body. PowerShell quotes in another way; Git Bash and WSL
    take it as it is.
    """
    if not exchange.request_is_whole:
        return ""
    parts = [f"curl {_quoted(exchange.address)}"]
    if exchange.method != "GET":
        parts.append(f"--request {exchange.method}")
    given = exchange.request_headers
    parts += [f'--header "{name}: {value}"' for name, value in _KEYS.items() if name in given]
    parts += [f"--header {_quoted(f'{name}: {given[name]}')}" for name in _KEPT if name in given]
    if exchange.request_body:
        parts.append(f"--data-raw {_quoted(exchange.request_body)}")
    if exchange.is_stream:
        parts.append("--no-buffer")
    return " \\\n  ".join(parts)


def _quoted(text: str) -> str:
    """In quotes that keep every character; where a key had strayed in, the variable stands outside of them."""
    return quote(text).replace(HIDDEN, f"'\"${VARIABLE}\"'")
