"""The declared functions, and what kind of value each of their parameters takes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from mock_endpoint.models.base import Prompt
from mock_endpoint.models.offline.text import JAPANESE, ideas, listed, name_words, pattern, stem, stems, verb_stems

Kind = Literal[
    "enum", "enums", "boolean", "number", "list", "date", "time", "moment", "month", "email",
    "phone", "postal", "code", "id", "free", "thing", "numbers", "other",
]  # fmt: skip
_MOST = 40
"""Parameters of a function that are looked at."""


@dataclass(frozen=True)
class Slot:
    """A place for one value in the arguments of a function."""

    path: tuple[str, ...]
    schema: Mapping[str, Any]
    required: bool
    or_null: bool = False
    """Whether it has to be there and may be null, which is how a strict schema says that it may be left out."""

    @cached_property
    def name(self) -> str:
        """The parameter's own name in words."""
        return name_words(self.path[-1])

    @cached_property
    def description(self) -> str:
        """What the schema says of it."""
        return str(self.schema.get("description") or "")

    @cached_property
    def about(self) -> str:
        """Its name and description."""
        return f"{self.name}. {self.description}"

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of name and description, with what else those are called."""
        return ideas(self.about)

    @cached_property
    def names(self) -> frozenset[str]:
        """The words of its name alone, with what else those are called."""
        return ideas(self.name)

    @cached_property
    def role(self) -> str:
        """`from` or `to`, where the name tells a direction."""
        names = set(self.name.split())
        return next((role for role in ("from", "to") if names & listed("", role)), "")

    @cached_property
    def measures(self) -> bool:
        """Whether it is the unit of an amount."""
        return bool({"unit", "units", "currency"} & set(self.name.split()))

    @cached_property
    def options(self) -> list[Any]:
        """The values of its enum."""
        items = self.schema.get("items")
        found = self.schema.get("enum") or (items.get("enum") if isinstance(items, Mapping) else None)
        return list(found)[:100] if isinstance(found, list) else []

    @cached_property
    def meanings(self) -> dict[str, str]:
        """What each option means, in words; of a switch, what it is about."""
        texts = [option for option in self.options if isinstance(option, str) and len(option) > 2][:12]
        found = {option: f"{name_words(option)}: {self.gloss(option)}".removesuffix(": ") for option in texts}
        return found or ({"": self.about} if self.kind == "boolean" else {})

    def gloss(self, option: str) -> str:
        """What the description says of an option: `damaged: broken or faulty; …`."""
        match = re.search(rf"(?<!\w){re.escape(option)}\s*[:=]\s*([^;。]+)", self.description)
        return match[1].strip() if match else ""

    @cached_property
    def exact(self) -> bool:
        """Whether a date or time must be written with digits."""
        relative = re.search(r"today|tomorrow|weekday|own words|a word", self.about, re.I)
        return "format" in self.schema or (bool(re.search(r"yyyy|hh:mm|24", self.about, re.I)) and not relative)

    @cached_property
    def kind(self) -> Kind:
        """The kind of value it takes."""
        types = self.schema.get("type", "string" if not self.schema.get("properties") else "object")
        kind = next((each for each in types if each != "null"), "null") if isinstance(types, list) else types
        if self.options:
            return "enums" if kind == "array" else "enum"
        if kind == "boolean":
            return "boolean"
        if kind in ("number", "integer"):
            return "number"
        items = self.schema.get("items")
        if kind == "array":
            inner = items.get("type", "string") if isinstance(items, Mapping) else ""
            return "list" if inner == "string" else "numbers" if inner in ("number", "integer") else "other"
        return self._text_kind() if kind == "string" else "other"

    def _text_kind(self) -> Kind:
        about, names, form = self.about.casefold(), set(self.name.split()), str(self.schema.get("format", ""))
        mail = re.search(r"e-?mail(?: address)?$|^e-?mail\b|email address|メールアドレス", about)
        tests: list[tuple[Kind, object]] = [
            ("code", re.search(r"\bsql\b", about)),
            ("email", form == "email" or (mail and not names & {"subject", "body", "query", "text", "sender"})),
            ("date", form == "date" or re.search(r"yyyy|日付", about) or names & {"date"}),
            ("time", form == "time" or re.search(r"hh:mm|時刻", about) or names & {"time"}),
            (
                "moment",
                names & {"day", "when", "due"}
                or re.search(r"\bwhen\b|own words|\bdue\b|deadline|weekday|tomorrow|曜日", about),
            ),
            ("month", names & {"month"}),
            ("phone", names & {"phone", "telephone", "mobile", "fax"}),
            ("postal", names & {"postal", "zip", "postcode"}),
            (
                "id",
                names & {"id", "symbol", "number", "code", "reference", "isbn", "iban", "ticker"} or "番号" in about,
            ),
            ("free", names & listed("", "free")),
        ]
        return next((kind for kind, holds in tests if holds), "thing")


@dataclass(frozen=True)
class Function:
    """A declared function."""

    name: str
    description: str
    schema: Mapping[str, Any]

    @cached_property
    def title(self) -> str:
        """What it is compared by: its name in words, and its description."""
        return f"{name_words(self.name)}. {self.description}"[:300]

    @cached_property
    def acts(self) -> bool:
        """Whether it changes something; what only looks something up or works it out does not."""
        if JAPANESE.search(self.description):
            return not pattern("sentence", "looks_up_ja").search(self.description)
        first = (re.findall(r"\w+", self.description.casefold()) or name_words(self.name).split() or [""])[0]
        reads = {first, *name_words(self.name).split()} & listed("en", "reading")
        return not reads and stem(first) in verb_stems()

    @cached_property
    def stems(self) -> frozenset[str]:
        """The words of name and description."""
        return stems(self.title) | {stem(self.name)}

    @cached_property
    def slots(self) -> list[Slot]:
        """Its parameters, those of nested objects too, in their order."""
        return list(_slots(self.schema, (), True))[:_MOST]

    @cached_property
    def objects(self) -> list[str]:
        """Its required parameters that are objects of named members, none of which may be needed."""
        properties, needed = self.schema.get("properties"), self.schema.get("required")
        found = properties if isinstance(properties, Mapping) else {}
        names = needed if isinstance(needed, list) else []
        return [name for name in names if isinstance(each := found.get(name), Mapping) and each.get("properties")]


def declared(prompt: Prompt) -> list[Function]:
    """The functions of the prompt's tools."""
    found = [tool.get("function") for tool in prompt.tools if tool.get("type") == "function"]
    return [
        Function(
            str(each.get("name", "")),
            str(each.get("description") or ""),
            parameters if isinstance(parameters := each.get("parameters"), Mapping) else {},
        )
        for each in found
        if isinstance(each, Mapping)
    ]


def _slots(schema: Mapping[str, Any], path: tuple[str, ...], required: bool) -> Iterator[Slot]:
    properties, needed = schema.get("properties"), schema.get("required")
    for name, each in properties.items() if isinstance(properties, Mapping) else ():
        if not isinstance(each, Mapping):
            continue
        must = required and isinstance(needed, list) and name in needed
        if isinstance(each.get("properties"), Mapping) and len(path) < 4:
            yield from _slots(each, (*path, str(name)), must)
        else:
            other = _without_null(each)
            yield Slot((*path, str(name)), other or each, must and not other, must and bool(other))


def _without_null(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a value may be besides null; `None` where the schema does not allow null, or nothing else."""
    kinds, choices, options = (schema.get(key) for key in ("type", "anyOf", "enum"))
    if isinstance(kinds, list) and "null" in kinds:
        left = [kind for kind in kinds if kind != "null"]
        others = [option for option in options if option is not None] if isinstance(options, list) else None
        return {**schema, "type": left} | ({"enum": others} if others else {}) if left else None
    if isinstance(choices, list) and {"type": "null"} in choices:
        found = [choice for choice in choices if isinstance(choice, Mapping) and choice != {"type": "null"}]
        return {**{key: schema[key] for key in schema if key != "anyOf"}, **found[0]} if len(found) == 1 else None
    return None
