"""The places of a JSON schema that a value can be put in, and what kind of value each wants."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice
from typing import Any

from mock_endpoint.models.offline.functions import words
from mock_endpoint.models.offline.functions.schema import Schema, branches, required, resolved, types

Path = tuple[str, ...]

MOST = 100
"""Places of a schema that are looked at."""
_DEEP = 8
_MOST_SEEN = 500

_KINDS: dict[str, str] = {
    "place": "city location place area station airport address region prefecture origin destination departure arrival "
    "where hometown village venue",
    "country": "country nationality",
    "currency": "currency",
    "unit": "unit",
    "language": "language lang locale",
    "month": "month",
    "date": "date day checkin checkout birthday deadline",
    "time": "time hour",
    "weekday": "weekday dayofweek",
    "email": "email recipient",
    "url": "url website link uri",
    "code": "id code symbol ticker reference isbn sku",
    "text": "query text message content body title subject note description question keyword keywords topic expression "
    "formula prompt search phrase word comment reason summary task reminder label",
}
_KIND_OF = {words.idea_of(word): kind for kind, line in reversed(_KINDS.items()) for word in line.split()}
_ROLES = dict.fromkeys(
    ["from", "origin", "source", "departure", "depart", "start", "base", "src", "sender", "home"], "from"
) | dict.fromkeys(["to", "destination", "dest", "target", "arrival", "end", "until", "recipient", "into", "goal"], "to")


@dataclass(frozen=True, eq=False)
class Slot:
    """A scalar, or a list of scalars or of objects, somewhere in a schema."""

    path: Path
    schema: Schema
    """Resolved; of a list, what its items must be."""
    needed: bool
    """Whether the object is invalid without it."""
    many: bool = False

    @cached_property
    def parts(self) -> list[str]:
        """The name's own words in lower case."""
        return words.split(self.path[-1]) if self.path else []

    @cached_property
    def name(self) -> list[str]:
        """The ideas in the name."""
        return words.named(self.path[-1]) if self.path else []

    @cached_property
    def described(self) -> list[str]:
        """The ideas in the description."""
        return words.ideas(str(self.schema.get("description", ""))[:300])

    @cached_property
    def role(self) -> str:
        """`from` or `to` where the name says so."""
        return next((_ROLES[part] for part in self.parts if part in _ROLES), "")

    @cached_property
    def kind(self) -> str:
        """What kind of value it wants, as the name tells, else the description; "" where neither does."""
        if "format" in self.schema:
            known = {"date": "date", "date-time": "date", "time": "time", "email": "email", "uri": "url", "url": "url"}
            if kind := known.get(str(self.schema["format"])):
                return kind
        if self.parts and self.parts[-1] == "number" and "string" in self.types:
            return "code"
        named = [_KIND_OF[idea] for idea in reversed(self.name) if idea in _KIND_OF]
        if named:
            return "weekday" if named[0] == "date" and "weekday" in "".join(self.parts) else named[0]
        return next((_KIND_OF[idea] for idea in self.described if idea in _KIND_OF and _KIND_OF[idea] != "text"), "")

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The types it takes, the likeliest first."""
        return types(self.schema)


def slots(schema: object, root: Schema) -> list[Slot]:
    """The places of a schema, in the order of its declaration."""
    return list(islice(_slots(schema, root, (), True, count()), MOST))


def _slots(schema: object, root: Schema, path: Path, needed: bool, seen: "count[int]") -> Iterator[Slot]:
    here = chosen(schema, root)
    if len(path) > _DEEP or next(seen) > _MOST_SEEN:
        return
    kind = types(here)[0]
    if kind == "object" and "enum" not in here and "const" not in here:
        wanted = required(here)
        for name, each in list(properties(here).items())[:MOST]:
            yield from _slots(each, root, (*path, name), needed and name in wanted, seen)
    elif kind == "array":
        item = chosen(here.get("items"), root)
        merged = {"description": here.get("description", ""), **item}
        yield Slot(path, merged, needed, many=True)
    else:
        yield Slot(path, here, needed)


def properties(schema: Schema) -> Mapping[str, Any]:
    """The properties of a resolved schema."""
    found = schema.get("properties")
    return found if isinstance(found, Mapping) else {}


def chosen(schema: object, root: Schema) -> dict[str, Any]:
    """The resolved schema; of alternatives the first that is not null."""
    here = resolved(schema, root)
    for _ in range(_DEEP):
        alternatives = [resolved(each, root) for each in branches(here)]
        if not alternatives:
            break
        best = next((each for each in alternatives if types(each) != ("null",)), alternatives[0])
        rest = {name: value for name, value in here.items() if name not in ("anyOf", "oneOf")}
        merged = {**rest, **best}
        if "properties" in rest and "properties" in best:
            merged["properties"] = {**rest["properties"], **best["properties"]}
            merged["required"] = [*required(rest), *required(best)]
        here = resolved(merged, root)
    return here


def takes_null(schema: object, root: Schema) -> bool:
    """Whether null is allowed."""
    here = resolved(schema, root)
    declared = here.get("type")
    return (
        (isinstance(declared, list) and "null" in declared)
        or declared == "null"
        or any(resolved(each, root).get("type") == "null" for each in branches(here))
    )
