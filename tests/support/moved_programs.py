"""A program that has moved to Responses: a chain, a conversation, a stream, a function, a form, a refusal.

`python moved_programs.py URL KEY` prints what it saw as JSON. It runs where only a package `openai` is installed, of
whatever version has these nouns, and lets the package check the answers strictly; but not the events of a function,
because some versions want a `name` in `function_call_arguments.done`, which the service never sent
(contract-successor §2).
"""

import json
import sys
from typing import Any

import openai
from openai import OpenAI

TIDE = {
    "type": "function",
    "name": "get_tide",
    "description": "The height of the tide at a harbour",
    "parameters": {
        "type": "object",
        "properties": {"harbour": {"type": "string"}},
        "required": ["harbour"],
        "additionalProperties": False,
    },
    "strict": True,
}
PLACE = {
    "type": "json_schema",
    "name": "place",
    "strict": True,
    "schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


def main(url: str, key: str) -> dict[str, object]:
    """What the program saw."""
    base = f"{url}/openai/v1/"
    with OpenAI(base_url=base, api_key=key, _strict_response_validation=True) as strict:
        saw = _chained(strict) | _in_a_conversation(strict)
    with OpenAI(base_url=base, api_key=key) as client:
        return {"version": openai.__version__, **saw, **_called(client)}


def _chained(client: Any) -> dict[str, object]:  # noqa: ANN401 - a client of any version
    """An answer, one that goes on from it, what was asked, and the end of it."""
    first = client.responses.create(model="gpt-4o", instructions="Answer.", input="What is the capital of Japan?")
    second = client.responses.create(model="gpt-4o", input="And of France?", previous_response_id=first.id)
    asked = [item.content[0].text for item in client.responses.input_items.list(second.id)]
    client.responses.delete(first.id)
    form = client.responses.create(model="gpt-4o", input="What is the capital of Japan?", text={"format": PLACE})
    return {
        "answer": first.output_text,
        "second": second.output_text,
        "asked": asked,
        "form": sorted(json.loads(form.output_text)),
        "refused": _refused(client, first.id),
    }


def _in_a_conversation(client: Any) -> dict[str, object]:  # noqa: ANN401
    """A streamed answer, and what the conversation holds afterwards."""
    conversation = client.conversations.create(metadata={"topic": "capitals"})
    seen: list[str] = []
    text = ""
    with client.responses.stream(
        model="gpt-4o", input="What is the capital of Italy?", conversation=conversation.id
    ) as stream:
        for event in stream:
            if not seen or seen[-1] != event.type:
                seen.append(event.type)
            text += event.delta if event.type == "response.output_text.delta" else ""
        whole = stream.get_final_response()
    held = [[item.type, item.role] for item in client.conversations.items.list(conversation.id, order="asc")]
    client.conversations.delete(conversation.id)
    return {"events": seen, "whole": text == whole.output_text and "Rome" in text, "held": held}


def _called(client: Any) -> dict[str, object]:  # noqa: ANN401
    """A function asked for in a stream, and its output handed in."""
    asked = "How high is the tide at the harbour of Onomichi?"
    with client.responses.stream(model="gpt-4o", input=asked, tools=[TIDE]) as stream:
        kinds = list(dict.fromkeys(event.type for event in stream))
        waiting = stream.get_final_response()
    (call,) = waiting.output
    told = {"type": "function_call_output", "call_id": call.call_id, "output": "3.5 metres"}
    answer = client.responses.create(model="gpt-4o", input=[told], previous_response_id=waiting.id, tools=[TIDE])
    return {
        "asking": kinds,
        "call": [call.type, call.name, json.loads(call.arguments)],
        "told": "3.5 metres" in answer.output_text,
    }


def _refused(client: Any, response_id: str) -> list[object]:  # noqa: ANN401
    try:
        client.responses.create(model="gpt-4o", input="Hello", previous_response_id=response_id)
    except openai.APIStatusError as error:
        return [type(error).__name__, error.code, error.param, str(error), error.request_id is not None]
    return []


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))  # noqa: T201
