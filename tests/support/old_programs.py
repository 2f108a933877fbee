"""A program as it was written for an older `openai` package: a conversation, a stream, a function, two refusals.

`python old_programs.py URL KEY` prints what it saw as JSON. It runs where only that package is installed, so it imports
nothing else of these tests.
"""

import json
import sys
import warnings

import openai
from openai import AssistantEventHandler, AzureOpenAI

TIDE = {
    "name": "get_tide",
    "description": "The height of the tide at a harbour",
    "parameters": {"type": "object", "properties": {"harbour": {"type": "string"}}, "required": ["harbour"]},
}


class Listener(AssistantEventHandler):
    """Notes what it is called with."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.seen: list[str] = []

    # pyrefly: ignore[implicit-any-parameter]
    def on_event(self, event) -> None:  # noqa: ANN001 - types moved between versions
        """Every event."""
        if not self.seen or self.seen[-1] != event.event:
            self.seen.append(event.event)

    def on_text_delta(self, delta, snapshot) -> None:  # pyrefly: ignore[implicit-any-parameter]  # noqa: ANN001
        """A piece of the answer."""
        self.text += delta.value


def main(url: str, key: str) -> dict[str, object]:
    """What the program saw."""
    client = AzureOpenAI(azure_endpoint=url, api_key=key, api_version="2024-05-01-preview")
    beta = client.beta
    tools = [{"type": "function", "function": TIDE}]
    # pyrefly: ignore[bad-argument-type]
    assistant = beta.assistants.create(model="gpt-4o", instructions="Answer.", tools=tools)
    thread = beta.threads.create(messages=[{"role": "user", "content": "What is the capital of Japan?"}])
    run = beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    # pyrefly: ignore[missing-attribute]
    answer = beta.threads.messages.list(thread_id=thread.id).data[0].content[0].text.value
    beta.threads.messages.create(thread.id, role="user", content="How high is the tide at the harbour of Onomichi?")
    asking = Listener()
    with beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id, event_handler=asking) as stream:
        stream.until_done()
        waiting = stream.get_final_run()
    assert waiting.required_action is not None
    calls = waiting.required_action.submit_tool_outputs.tool_calls
    telling = Listener()
    with beta.threads.runs.submit_tool_outputs_stream(
        thread_id=thread.id,
        run_id=waiting.id,
        tool_outputs=[{"tool_call_id": call.id, "output": "3.5 metres"} for call in calls],
        event_handler=telling,
    ) as stream:
        stream.until_done()
        message = stream.get_final_messages()[0]
    return {
        "version": openai.__version__,
        "run": run.status,
        "answer": answer,
        "asking": asking.seen,
        "waiting": waiting.status,
        "calls": [[call.function.name, json.loads(call.function.arguments)] for call in calls],
        "telling": telling.seen,
        # pyrefly: ignore[missing-attribute]
        "whole": telling.text == message.content[0].text.value and "3.5 metres" in telling.text,
        "errors": [_refused(client, thread.id), _refused(client, "undefined")],
    }


def _refused(client: AzureOpenAI, thread_id: str) -> list[object]:
    try:
        client.beta.threads.runs.create(thread_id, assistant_id="asst_000000000000000000000000")
    except openai.APIStatusError as error:
        return [type(error).__name__, error.code, str(error), error.request_id is not None]
    return []


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    print(json.dumps(main(*sys.argv[1:])))  # noqa: T201
