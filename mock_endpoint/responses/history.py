"""What a response goes on from: the items of a conversation or of the responses before it, then its own input."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mock_endpoint import errors
from mock_endpoint.responses import reading
from mock_endpoint.schemas import items as schemas
from mock_endpoint.schemas import response_objects as objects
from mock_endpoint.schemas.built_in_calls import FORMS, TOOL_OF
from mock_endpoint.state.ids import key_of, new_key, stem
from mock_endpoint.state.opening import ACTIVE
from mock_endpoint.state.store import Store

Json = dict[str, Any]

INPUT, ITEM, EVENTS = "response.input_item", "conversation.item", "response.events"
"""Kinds of objects that belong to a response or a conversation: what it was asked, what was said, what it told."""
_NO_OUTPUT = {
    "function_call": "No tool output found for function call {}.",
    "custom_tool_call": "No tool output found for custom tool call {}.",
}
_NO_CALL = {
    "function_call_output": "No tool call found for function call output with call_id {}.",
    "custom_tool_call_output": "No tool call found for custom tool call output with call_id {}.",
}


@dataclass(frozen=True)
class Context:
    """Where a new response stands."""

    key: str
    stem: str
    """What its id and those of its items begin with."""
    conversation: str | None
    before: list[Json]
    """The items that it goes on from, oldest first."""
    own: list[Json]
    """The items of its own input, with ids."""

    @property
    def items(self) -> list[Json]:
        """All that its model reads."""
        return self.before + self.own


def of(store: Store, fields: Json) -> Context:
    """Look up what the request goes on from, and check that its items fit together (contract-successor §6)."""
    conversation = _conversation_id(fields)
    previous: str | None = fields.get("previous_response_id")
    if conversation and previous:
        message = (
            "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'."
        )
        raise errors.invalid(message, code="mutually_exclusive_parameters")
    if conversation:
        find_conversation(store, conversation)
    if "prompt" in fields:
        raise errors.gone("Prompt", fields["prompt"]["id"])  # nothing here can make one
    linked = conversation or previous
    key = key_of(linked) if linked else new_key()
    before = store.all(ITEM, key) if conversation else _chain(store, previous)
    begins_with = stem(key, first=not before)
    given = fields.get("input") or []
    given = [schemas.message(given)] if isinstance(given, str) else given
    if not given and not linked:
        message = (
            """One of "input" or "previous_response_id" or 'prompt' or 'conversation' must be provided."""  # as it is
        )
        raise errors.invalid(message, code="missing_required_parameter")
    own = [objects.with_id(item, begins_with) for item in resolved(store, given)]
    _check(before + own)
    reading.check(store, own)
    return Context(key, begins_with, conversation, before, own)


def find_conversation(store: Store, conversation_id: str) -> Json:
    """The conversation; 404 when there is none."""
    found = store.get("conversation", conversation_id)
    if found is None:
        raise errors.gone("Conversation", conversation_id)
    return found


def stored(store: Store, response_id: str) -> Json | None:
    """The response as the store has it; None when it is gone, or was not to be kept."""
    found = store.get("response", response_id, key_of(response_id))
    return found if found and found["store"] else None


def _conversation_id(fields: Json) -> str | None:
    given = fields.get("conversation")
    return given["id"] if isinstance(given, dict) else given


def _chain(store: Store, response_id: str | None) -> list[Json]:
    """The items of a response and of all before it, oldest first. One that was deleted takes the chain with it."""
    links: list[list[Json]] = []
    while response_id is not None:
        response = stored(store, response_id)
        if response is None:
            raise errors.no_previous_response(response_id)
        if response["status"] in ACTIVE:
            message = f"Previous response with id '{response_id}' has not ended yet."
            raise errors.invalid(message, "previous_response_id")
        if response["conversation"]:
            links.append(_said_until(store, response))
            break
        links.append(store.all(INPUT, response_id) + response["output"])
        response_id = response["previous_response_id"]
    return [item for link in reversed(links) for item in link]


def _said_until(store: Store, response: Json) -> list[Json]:
    """The items of a response's conversation, those of the response last."""
    items = store.all(ITEM, key_of(response["id"]))
    own = {item["id"] for item in response["output"]}
    end = max((place + 1 for place, item in enumerate(items) if item["id"] in own), default=len(items))
    return items[:end]


def resolved(store: Store, given: list[Json]) -> Iterator[Json]:
    """The items, with what references refer to in their place."""
    known: dict[str, dict[str, Json]] = {}
    for item in given:
        if item["type"] == "reasoning" and "id" in item and "encrypted_content" not in item:
            yield item | _stored_item(store, known, item["id"])
        elif item["type"] == "item_reference":
            yield _stored_item(store, known, item["id"])
        elif item["type"] in TOOL_OF and item[FORMS[TOOL_OF[item["type"]]].given] is None:
            yield _found(store, known, item.get("id", "")) or item  # its caller was not shown what the tool gave
        else:
            yield item


def _stored_item(store: Store, known: dict[str, dict[str, Json]], item_id: str) -> Json:
    found = _found(store, known, item_id)
    if found is None:
        raise errors.no_item(item_id)
    return found


def _found(store: Store, known: dict[str, dict[str, Json]], item_id: str) -> Json | None:
    """The item with this id, if it is stored; `known` are those under the keys that were looked at."""
    key = key_of(item_id)
    if key not in known:
        known[key] = {item["id"]: item for item in _under(store, key)}
    return known[key].get(item_id)


def _under(store: Store, key: str) -> Iterator[Json]:
    yield from store.all(ITEM, key)
    for response in store.all("response", key):
        if response["store"]:
            yield from response["output"]
            yield from store.all(INPUT, response["id"])


def _check(items: list[Json]) -> None:
    """Refuse an item that comes twice, a call without its output, an output without its call, a stray reasoning."""
    seen: set[str] = set()
    for item in items:
        if item["id"] in seen:
            message = (
                f"Duplicate item found with id {item['id']}. Remove duplicate items from your input and try again."
            )
            raise errors.invalid(message, "input")
        seen.add(item["id"])
    called, answered = set(), {item["call_id"] for item in items if item["type"] in _NO_CALL}
    for place, item in enumerate(items):
        if item["type"] in _NO_OUTPUT:
            called.add(item["call_id"])
            if item["call_id"] not in answered:
                raise errors.invalid(_NO_OUTPUT[item["type"]].format(item["call_id"]), "input")
        elif item["type"] in _NO_CALL and item["call_id"] not in called:
            raise errors.invalid(_NO_CALL[item["type"]].format(item["call_id"]), "input")
        elif item["type"] == "reasoning" and not _is_output(items[place + 1 : place + 2]):
            message = f"Item '{item['id']}' of type 'reasoning' was provided without its required following item."
            raise errors.invalid(message, "input")


def _is_output(following: list[Json]) -> bool:
    """Whether the item after a reasoning is one that a model made."""
    return any(item.get("role", "assistant") == "assistant" and item["type"] not in _NO_CALL for item in following)
