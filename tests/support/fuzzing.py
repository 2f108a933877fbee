"""Requests that schemathesis makes up, aimed at objects that exist."""

import json
import re
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import httpx2

from mock_endpoint.models.base import Event, Model, Prompt
from mock_endpoint.models.offline import OfflineModel

from .scripted import Scripted
from .talking import OLD, V2

Json = dict[str, Any]

PATIENCE = 300
"""Looks at a run until it must have moved on."""
FRESH = 0.2
"""How often a request is aimed at an object that was made for it; twenty requests make one."""
SCRIPTED = "As told."
"""Instructions under which the model does what the message says; otherwise it is the offline model."""
FAMILIES: tuple[tuple[str, dict[str, str]], ...] = (("/openai/v1", {}), ("/v1", {}), ("/openai", V2), ("/openai", OLD))
"""The prefixes of the paths, and what belongs to their queries."""

_PARAMETERS = {
    "file": ("file_id",),
    "assistant": ("assistant_id",),
    "thread": ("thread_id",),
    "thread.message": ("thread_id", "message_id"),
    "thread.run": ("thread_id", "run_id"),
    "thread.run.step": ("thread_id", "run_id", "step_id"),
    "response": ("response_id",),
    "conversation": ("conversation_id",),
    "container": ("container_id",),
    "container.file": ("container_id", "file_id"),
    "item": ("conversation_id", "item_id"),
    "vector_store": ("vector_store_id",),
    "vector_store.file": ("vector_store_id", "file_id"),
    "vector_store.files_batch": ("vector_store_id", "batch_id"),
}
"""The parameters of the path that leads to an object of each kind; its own id comes last."""
_OF_ANOTHER = (_PARAMETERS["vector_store.file"], _PARAMETERS["container.file"])
"""Paths whose last parameter leads elsewhere by itself."""
_SAID = {"role": "user", "content": "What is 6 times 7?"}
_ASKED = {"model": "gpt-4o", "input": [_SAID]}
_SEARCHING = {"type": "file_search", "vector_store_ids": []}
"""The ids of stores that exist take the place of none, see `World.aim`."""
_FOUND = {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["x"], "results": None}
_RIGHT: dict[str, tuple[Json, ...]] = {
    "/responses": (
        _ASKED,
        _ASKED | {"tools": [_SEARCHING], "tool_choice": "required", "max_tool_calls": 1},
        _ASKED | {"tools": [_SEARCHING], "input": [_SAID, _FOUND], "include": ["file_search_call.results"]},
        _ASKED | {"background": True, "stream": True},
    ),
    "/responses/input_tokens": (_ASKED | {"tools": [_SEARCHING], "input": [_SAID, _FOUND]},),
    "/responses/compact": (_ASKED,),
    "/chat/completions": ({"model": "gpt-4o", "messages": [_SAID]},),
    "/conversations": ({"items": [_SAID, _FOUND]},),
    "/conversations/{conversation_id}": ({"metadata": {}},),
    "/conversations/{conversation_id}/items": ({"items": [_SAID, _FOUND]},),
    "/containers": ({"name": "box"},),
    "/containers/{container_id}/files": ({"file": "a,b"},),
}
"""Bodies that are right, by the path that takes them: what is made up for it has too many members to be right."""
_UPLOADS = (("POST", "/files"), ("POST", "/containers/{container_id}/files"))
"""Operations that take a form."""
_RUNS = ("wait", 'call [["get_weather", {"city": "Kyoto"}]]', "What is 6 times 7?")
"""What runs are told, so that one is at work, one waits for an output and one is completed."""
_BAD = ("queued", "in_progress", "cancelling", "expired", "failed")
"""What a run must not be in the end: nothing here lets one fail or takes its time away."""
_FREE = ("metadata", "parameters", "schema")
"""Members with any members."""
_TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}


class Mixed(Model):
    """The offline model, and on demand a scripted one."""

    label = "the offline model, or a scripted one"

    def __init__(self) -> None:
        self._scripted, self._offline = Scripted(), OfflineModel()

    def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """The events of one answer."""
        model = self._scripted if prompt.instructions == SCRIPTED else self._offline
        return model.answer(prompt)


@dataclass
class World:
    """The objects of an endpoint that requests can be aimed at; what the endpoint answers adds to them."""

    client: httpx2.Client
    files: list[str]
    rng: Random
    known: dict[str, deque[Json]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=30)))
    """By what a path leads to (`_kind`): all parameters of paths that led somewhere."""
    calls: dict[str, list[str]] = field(default_factory=dict)
    """The ids of the calls that a run waited for, by the run's id."""

    def __post_init__(self) -> None:
        self._populate(_RUNS[-1])

    def learn(self, body: object) -> None:
        """Keep the ids in an answer."""
        if not isinstance(body, dict):
            return
        for each in body["data"] if isinstance(body.get("data"), list) else [body]:
            names = _PARAMETERS.get(each.get("object", ""))
            if names and each.get("id") not in self.files:  # those are to stay, for bodies to name
                self.known[_kind(names)].append({name: each.get(name, each["id"]) for name in names})
            if each.get("required_action"):
                calls = each["required_action"]["submit_tool_outputs"]["tool_calls"]
                self.calls[each["id"]] = [call["id"] for call in calls]

    def target(self, names: Sequence[str]) -> Json | None:
        """Values for the parameters of a path, for some object that exists or did; None for an unknown kind."""
        if not names:
            return {}
        fresh = self.rng.random() < FRESH
        if fresh:
            self._populate(self.rng.choice(_RUNS if names[-1] == "run_id" else (*_RUNS, *_RUNS[-1:] * 4)))
        candidates = self.known[_kind(names)]
        return (candidates[-1] if fresh else self.rng.choice(candidates)) if candidates else None

    def knows(self, template: str) -> bool:
        """Whether there are objects to aim requests with this path at."""
        kinds = {name for names in _PARAMETERS.values() for name in names}
        return kinds.issuperset(_parameters(template))

    def cursor(self, template: str) -> str:
        """The id of something that the list with this path may hold; empty where nothing is known."""
        candidates = self.known[template.rsplit("/", 1)[-1].removesuffix("s") + "_id"]
        return list(self.rng.choice(candidates).values())[-1] if candidates else ""

    def aim(self, body: Any, target: Json) -> Any:  # noqa: ANN401
        """A made-up body with ids that exist, and with names and numbers as the service wants them."""
        ids: Json = {"file_id": self.files[0], "file_ids": self.files, "vector_store_ids": [], "name": "get_weather"}
        ids |= self.rng.choice(self.known["assistant_id"] or [{}])
        answer, talk = (self.rng.choice(self.known[kind] or [{}]) for kind in ("response_id", "conversation_id"))
        ids |= {"previous_response_id": answer.get("response_id"), "conversation": talk.get("conversation_id")}
        ids["vector_store_ids"] = [each["vector_store_id"] for each in list(self.known["vector_store_id"])[-1:]]
        calls = self.calls.get(target.get("run_id", ""), [])
        ids["tool_outputs"] = [{"tool_call_id": call, "output": "rain"} for call in calls]
        return _with(ids, body)

    def unsettled(self) -> list[str]:
        """The runs and responses that neither ended well nor wait for their caller; those that are at work are
        cancelled first."""
        runs = [self._settled(f"/threads/{run['thread_id']}/runs/{run['run_id']}") for run in self.known["run_id"]]
        responses = [self._settled(f"/responses/{each['response_id']}") for each in self.known["response_id"]]
        bad = [each for each in runs + responses if each["status"] in _BAD]
        return [f"{each['id']}: {each['status']}, {each.get('last_error') or each.get('error')}" for each in bad]

    def _settled(self, path: str) -> Json:
        found = self._call("GET", path)
        if found.get("instructions") == SCRIPTED and found["status"] == "in_progress":
            self._call("POST", f"{path}/cancel", {})
        for _ in range(PATIENCE):
            found = self._call("GET", path)
            if found.get("status") not in ("queued", "in_progress", "cancelling"):
                break
        return found if "status" in found else {"status": "deleted"}

    def _populate(self, told: str) -> None:
        """Make an assistant, a thread, a run that does as it is told, and what the run makes."""
        assistant = self._call("POST", "/assistants", {"model": "gpt-4o", "tools": [_TOOL]})
        begun = {"messages": [{"role": "user", "content": told}]}
        options = {"assistant_id": assistant["id"], "instructions": SCRIPTED, "thread": begun}
        run = self._call("POST", "/threads/runs", options)
        thread = f"/threads/{run['thread_id']}"
        steps: Json = {}
        for _ in range(PATIENCE):
            run = self._call("GET", f"{thread}/runs/{run['id']}")
            steps = self._call("GET", f"{thread}/runs/{run['id']}/steps")
            if run["status"] != "queued" and steps["data"] and (told == "wait" or run["status"] != "in_progress"):
                break
        asked = {"model": "gpt-4o", "instructions": SCRIPTED, "input": told, "background": True}
        answer = self._call("POST", "/responses", asked)
        conversation = self._call("POST", "/conversations", {"items": [_SAID, _SAID]})
        for item in self._call("GET", f"/conversations/{conversation['id']}/items")["data"]:
            self.known["item_id"].append({"conversation_id": conversation["id"], "item_id": item["id"]})
        file = self.client.post("/openai/v1/files", data={"purpose": "batch"}, files={"file": b"x"}).json()
        guide = self.client.post("/openai/v1/files", data={"purpose": "assistants"}, files={"file": ("a.md", b"Hi.")})
        store = self._call("POST", "/vector_stores", {"name": "guide", "file_ids": [guide.json()["id"]]})
        batch = self._call("POST", f"/vector_stores/{store['id']}/file_batches", {"file_ids": [guide.json()["id"]]})
        held = self._call("GET", f"/vector_stores/{store['id']}/files")
        box = self._call("POST", "/containers", {"name": "box", "file_ids": [guide.json()["id"]]})
        boxed = self._call("GET", f"/containers/{box['id']}/files")
        messages = self._call("GET", f"{thread}/messages")
        for made in (
            answer,
            conversation,
            file,
            assistant,
            self._call("GET", thread),
            run,
            steps,
            messages,
            store,
            batch,
            held,
            box,
            boxed,
        ):
            self.learn(made)

    def _call(self, method: str, path: str, body: Json | None = None) -> Json:
        answer: Json = self.client.request(method, f"/openai/v1{path}", json=body).json()
        return answer


def send(world: World, method: str, template: str, case: Any) -> httpx2.Response:  # noqa: ANN401
    """Send a made-up request, in most cases to an object that exists and with ids that exist in its body."""
    from schemathesis.core import NOT_SET

    rng = world.rng
    target = world.target(_parameters(template)) if rng.random() < 0.85 else None
    values = {name: quote(value, safe="") for name, value in target.items()} if target else case.path_parameters or {}
    body, query = case.body, dict(case.query or {})
    if rng.random() < 0.8:
        if template in _RIGHT and rng.random() < 0.5:
            made_up = list(body.items()) if isinstance(body, dict) else []
            body = dict(rng.sample(made_up, min(1, len(made_up)))) | rng.choice(_RIGHT[template])
        body = world.aim(body, target or {})
        query |= dict.fromkeys({"after", "before"} & set(query), world.cursor(template))
    content_type = "application/json"
    if (method, template) in _UPLOADS and isinstance(body, dict) and rng.random() < 0.9:
        content_type, body = _form(body)
    if not isinstance(body, bytes):
        body = b"" if body is NOT_SET else json.dumps(body).encode()
    prefix, version = rng.choice(FAMILIES)
    url = f"{prefix}{template.format(**values)}?{urlencode(query | version, doseq=True, errors='replace')}"
    response = world.client.request(method, url, content=body, headers={"content-type": content_type})
    if response.status_code == 200 and "json" in response.headers["content-type"]:
        world.learn(response.json())
    return response


def _form(body: Json) -> tuple[str, bytes]:
    """A made-up body as a form: its content type and its bytes."""
    fields = {name: value for name, value in body.items() if name != "file"}
    for name, value in (body.get("expires_after") or {}).items() if isinstance(body.get("expires_after"), dict) else ():
        fields[f"expires_after[{name}]"] = value
        fields.pop("expires_after", None)
    data = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    file = {"file": (data.pop("name", "file"), repr(body.get("file")).encode())} if "file" in body else {}
    request = httpx2.Request("POST", "http://form", data=data, files=file)
    return request.headers.get("content-type", "multipart/form-data"), request.read()


def _kind(names: Sequence[str]) -> str:
    """What a path with these parameters leads to, as a name: its last one, unless that leads elsewhere by itself."""
    return "/".join(names) if tuple(names) in _OF_ANOTHER else names[-1]


def _parameters(template: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", template)


def _with(ids: Json, value: Any) -> Any:  # noqa: ANN401
    """A value with these members' values wherever it has such members, and without members of nonsensical names."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_with(ids, each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: ids[name] if name in ids else each if name in _FREE else _with(ids, each)
        for name, each in value.items()
        if re.fullmatch("[a-z_]+", name)
    }
