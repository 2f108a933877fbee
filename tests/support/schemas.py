"""The published schemas, from the OpenAPI file that the environment variable `KIT_OPENAPI` names."""

import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

Json = dict[str, Any]
Place = tuple[str | int, ...]
"""The way to a schema in the document."""

_ROOT = "urn:openapi"

NULL_ALLOWED = {"first_id", "last_id", "instructions", "expires_at", "status_details", "name", "user", "usage"}
"""Members that the service sends as null although the schema has no null there: the ends of an empty list, the
instructions of a run whose assistant has none, of a file what it does not have, the name of a vector store, the user of
a response, its usage until it ends (contract-successor §1.1)."""
WITH_NULLS = ("$.text.format", "$.response.text.format")
"""Where a response has a null more than its schema: the description of a format (contract-successor §1.1)."""
MISSING_PURPOSE = "evals"
"""Legal in an upload, and forgotten in the schema of the answer (contract §7)."""
NOT_ON_THE_WIRE = {
    "error": None,
    "response.function_call_arguments.done": "'name' is a required property",
}
"""Events of a response that the service sends in another form than the schema has (contract-successor §1.5, §2), and
the complaint about it; None for any."""

_WITHOUT_SCHEMA = (
    "/responses/{response_id}",
    "/containers/{container_id}",
    "/containers/{container_id}/files/{file_id}",
)
"""Whose deletion is answered with a body of which the schemas say nothing (contract-successor §1.6, §4)."""
_TELLING = {"type", "object", "role", "status", "reason", "code", "index"}


class Schemas:
    """Checks bodies against the operation that answered them."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._validators: dict[Place, Draft202012Validator] = {}
        self._event_faults: dict[tuple[str, str], list[str]] = {}
        """What was found wrong by the shape of an event: an answer of a thousand deltas is told quickly."""

    def faults(self, method: str, path: str, body: object) -> list[str]:
        """What this operation's schema finds wrong; `path` comes without the prefix of its family of routes."""
        template = self._template(path)
        if template is None:
            return [f"no operation has the path {path}"]
        if method == "DELETE" and template in _WITHOUT_SCHEMA:
            return []
        place = ("paths", template, method.lower(), "responses", "200", "content", "application/json", "schema")
        return [_say(error) for error in self._errors(place, body)]

    def event_faults(self, name: str, data: object) -> list[str]:
        """What the schema of the event with this name finds wrong."""
        if name not in self._events:
            return [f"no event has the name {name}"]
        shape = (name, _shape(data))
        if shape not in self._event_faults:
            faults = [_say(error) for error in self._errors(self._events[name], data)]
            known = NOT_ON_THE_WIRE.get(name, "")
            self._event_faults[shape] = (
                [] if known is None else [each for each in faults if not known or known not in each]
            )
        return self._event_faults[shape]

    def _errors(self, place: Place, body: object) -> Iterable[ValidationError]:
        for error in self._validator(place).iter_errors(body):
            member = error.absolute_path[-1] if error.absolute_path else None
            known = (error.instance is None and member in NULL_ALLOWED) or error.json_path in WITH_NULLS
            if not known and (member, error.instance) != ("purpose", MISSING_PURPOSE):
                yield error

    def _validator(self, place: Place) -> Draft202012Validator:
        if place not in self._validators:
            pointer = "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in place)
            schema = {"$ref": f"{_ROOT}#/{pointer}"}
            self._validators[place] = Draft202012Validator(schema, registry=self._registry)
        return self._validators[place]

    @cached_property
    def _events(self) -> dict[str, Place]:
        """Where the schema of each event's data stands; no path refers to them."""
        places: dict[str, Place] = {}
        schemas = self._document["components"]["schemas"]
        for member in schemas["AssistantStreamEvent"]["oneOf"]:
            group = member["$ref"].rpartition("/")[2]
            at: Place = ("components", "schemas", group)
            for number, event in enumerate(schemas[group].get("oneOf", [])):
                (name,) = event["properties"]["event"]["enum"]
                places[name] = (*at, "oneOf", number, "properties", "data")
            if "properties" in schemas[group]:
                (name,) = schemas[group]["properties"]["event"]["enum"]
                places[name] = (*at, "properties", "data")
        for member in schemas["ResponseStreamEvent"].get("anyOf", schemas["ResponseStreamEvent"].get("oneOf")):
            event = member["$ref"].rpartition("/")[2]
            (name,) = schemas[event]["properties"]["type"]["enum"]
            places[name] = ("components", "schemas", event)
        return places

    @cached_property
    def _document(self) -> Json:
        with self._file.open(encoding="utf-8") as file:
            document: Json = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        for name, schema in document["components"]["schemas"].items():
            _name_itself(schema, name)
        return document

    @cached_property
    def _registry(self) -> Registry[Any]:
        registry: Registry[Any] = Registry()
        complete: Registry[Any] = registry.with_resource(_ROOT, DRAFT202012.create_resource(self._document))
        return complete

    @cached_property
    def _templates(self) -> list[tuple[str, re.Pattern[str]]]:
        """Literal segments before parameters, so that `/threads/runs` is not taken for a thread."""
        paths = sorted(self._document["paths"], key=lambda path: path.count("{"))
        return [(path, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$")) for path in paths]

    def _template(self, path: str) -> str | None:
        return next((template for template, pattern in self._templates if pattern.match(path)), None)


def _name_itself(node: object, name: str) -> None:
    """Refer to a schema inside of itself as JSON Schema does today, not as it did in 2019."""
    if isinstance(node, dict) and node.pop("$recursiveRef", None):
        node["$ref"] = f"#/components/schemas/{name}"
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _name_itself(each, name)


def _shape(value: object, name: str = "") -> str:
    """What of a value a schema looks at: members and types, and the words by which it tells objects apart."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_shape(item, key)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_shape, value)) + "]"
    return repr(value) if name in _TELLING else type(value).__name__


def _say(error: ValidationError) -> str:
    return f"{error.json_path}: {error.message}"[:300]
