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

_ROOT = "urn:openapi"

NULL_ALLOWED = {"first_id", "last_id", "instructions"}
"""Members that the service sends as null although the schema has no null there: the ends of an empty list, and the
instructions of a run whose assistant has none."""


class Schemas:
    """Checks bodies against the operation that answered them."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._validators: dict[tuple[str, str], Draft202012Validator] = {}

    def faults(self, method: str, path: str, body: object) -> list[str]:
        """What this operation's schema finds wrong; `path` comes without the prefix of its family of routes."""
        template = self._template(path)
        if template is None:
            return [f"no operation has the path {path}"]
        return [_say(error) for error in self._errors(method.lower(), template, body)]

    def _errors(self, method: str, template: str, body: object) -> Iterable[ValidationError]:
        for error in self._validator(method, template).iter_errors(body):
            if not (error.instance is None and error.absolute_path and error.absolute_path[-1] in NULL_ALLOWED):
                yield error

    def _validator(self, method: str, template: str) -> Draft202012Validator:
        if (method, template) not in self._validators:
            steps = ("paths", template, method, "responses", "200", "content", "application/json", "schema")
            pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
            schema = {"$ref": f"{_ROOT}#/{pointer}"}
            self._validators[method, template] = Draft202012Validator(schema, registry=self._registry)
        return self._validators[method, template]

    @cached_property
    def _document(self) -> Json:
        with self._file.open(encoding="utf-8") as file:
            document: Json = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
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


def _say(error: ValidationError) -> str:
    return f"{error.json_path}: {error.message}"[:300]
