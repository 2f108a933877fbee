"""`docs/operations.md`: what the endpoint's answers tell of its operations, and what `docs/operations.toml` adds."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx2

from mock_endpoint.app import ROUTES
from mock_endpoint.http.gate import PROJECT_VERSIONS, SHAPE_OF_VERSION, WITHOUT_ASSISTANTS
from mock_endpoint.server import Options, start
from support.notebooks.files import ROOT, notebooks, read

PAGE = ROOT / "docs" / "operations.md"
NOTES: dict[str, dict[str, dict[str, Any]]] = tomllib.loads((PAGE.with_suffix(".toml")).read_text(encoding="utf-8"))
"""By section and operation."""
SERVED = [f"{method} {path}" for method, path, _ in ROUTES]
VERSIONS = sorted([*SHAPE_OF_VERSION, *WITHOUT_ASSISTANTS])
_LAST_PROJECT = max(PROJECT_VERSIONS)
FAMILIES = {
    "under `/openai/v1/`": "/openai/v1{}",
    "under `/v1/`": "/v1{}",
    "for classic agents": f"/api/projects/p{{}}?api-version={_LAST_PROJECT}",
}
"""The families of paths without a dated version: their name, and an address in them."""
_IDS = {"assistant": "asst_x", "thread": "thread_x", "message": "msg_x", "run": "run_x", "step": "step_x"} | {
    "response": "resp_x",
    "conversation": "conv_x",
    "container": "cntr_x",
}
_NOUNS = {"vector_stores", "containers", "completions", "conversations", "responses"}
"""What may stand before `files`, `items` or `messages` in the name of another operation."""
_HEAD = """\
# Operations

Every operation of the protocol: whether the endpoint serves it, since which dated api-version, which lesson shows it,
and how it differs from the hosted service. What holds for all of them stands in the
[README](../README.md#what-differs-from-the-hosted-service). Undated paths (`/openai/v1/…`, `/v1/…`) and those of
classic agents (`/api/projects/{project}/…`) have the operations of the newest version, unless something else is said.

This page is made by `tests/support/operations.py` from the endpoint's own route table and answers, from the notebooks
and from `docs/operations.toml`.
"""


def page() -> str:
    """What the page has to be."""
    with (
        start(Options(key="a key of this page")) as endpoint,
        httpx2.Client(
            base_url=endpoint.url, headers={"api-key": endpoint.key, "openai-beta": "assistants=v2"}
        ) as client,
    ):
        sections = [_section(client, title, operations) for title, operations in NOTES.items()]
    return "\n".join([_HEAD, *sections])


def write() -> None:
    """Let the page be what it has to be."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


def lessons_with(calls: list[str]) -> list[str]:
    """The numbers of the lessons in which one of these calls of the client stands, solutions included."""
    return [
        path.name[:2] for path in notebooks() if any(_is_call(chain, call) for chain in _chains(path) for call in calls)
    ]


@cache
def _chains(path: Path) -> set[str]:
    """What is called in a notebook, as in `client.beta.threads.create`."""
    return {chain for cell in read(path).cells for chain in re.findall(r"([\w.]+\.\w+)\(", cell.source)}


def _is_call(chain: str, call: str) -> bool:
    """Whether this is the call, on whatever variable; `runs.create` is enough for one of `client.beta`."""
    if chain == ".".join(call.split(".")[-2:]):
        return call.startswith(("assistants.", "threads.")) or chain == call
    before = chain.removesuffix(f".{call}").rpartition(".")[2]
    return chain.endswith(f".{call}") and before not in _NOUNS


def _section(client: httpx2.Client, title: str, operations: dict[str, dict[str, Any]]) -> str:
    rows = [_row(client, operation, notes) for operation, notes in operations.items()]
    head = ["| operation | in the client | served since | lesson | how it differs |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([f"## {title}", "", *head, *rows, ""])


def _row(client: httpx2.Client, operation: str, notes: dict[str, Any]) -> str:
    calls = ", ".join(f"`{call}`" for call in notes["client"]) or "–"
    if operation not in SERVED:
        return f"| `{operation}` | {calls} | not served | – | |"
    differs = "; ".join(filter(None, (*_only_in(client, operation), notes.get("differs"))))
    return f"| `{operation}` | {calls} | {_since(client, operation)} | {_lesson(notes)} | {differs} |"


def _since(client: httpx2.Client, operation: str) -> str:
    """The dated versions that have the operation."""
    found = [version for version in VERSIONS if _is_served(client, operation, f"/openai{{}}?api-version={version}")]
    if not found or found == VERSIONS:
        return "every version" if found else "no dated version"
    if found[-1] != VERSIONS[-1]:
        return f"{found[0]} to {found[-1]}"
    return found[0]


def _only_in(client: httpx2.Client, operation: str) -> Iterator[str]:
    """In which of the other families the operation is missing; nothing where all have it, or none."""
    missing = [name for name, address in FAMILIES.items() if not _is_served(client, operation, address)]
    if len(missing) < len(FAMILIES) - 1:
        yield from (f"not {name}" for name in missing)
    elif len(missing) == len(FAMILIES) - 1:
        yield f"only {next(name for name in FAMILIES if name not in missing)}"


def _is_served(client: httpx2.Client, operation: str, address: str) -> bool:
    """Whether the answer is the service's own; the gateway answers where there is no such operation."""
    method, path = operation.split()
    path = re.sub(r"\{(\w+)\}", lambda name: _IDS.get(name[1].removesuffix("_id"), "vs_x"), path)
    answer = client.request(method, address.format(path), json={} if method == "POST" else None)
    error = answer.json().get("error") if "json" in answer.headers["content-type"] else None
    return error is None or ("type" in error and not error["message"].startswith("Invalid URL"))


def _lesson(notes: dict[str, Any]) -> str:
    found = lessons_with(notes["client"])
    number = notes.get("lesson") or (found[0] if found else None)
    if number is None:
        return "–"
    path = next(path for path in notebooks() if path.name.startswith(number))
    return f"[{number}](../notebooks/{path.name})"
