"""Three programs as people wrote them for Assistants when they were new: nothing in them knows of this kit.

`python strangers.py URL KEY FOLDER` runs all three and prints what they printed and made as JSON. FOLDER is where the
first one finds its table and puts its chart. Only `openai` is imported, so that it runs with any version of it.
"""

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from openai import AzureOpenAI


def chart_of_a_table(client: AzureOpenAI, folder: Path) -> list[str]:
    """A data analyst: upload, ask, poll in a loop, print the messages, save the picture."""
    printed = []
    with (folder / "sales.csv").open("rb") as table:
        file = client.files.create(file=table, purpose="assistants")
    assistant = client.beta.assistants.create(
        name="Data Visualizer",
        instructions="You are great at creating beautiful data visualizations. You analyze data present in .csv files.",
        model="gpt-4-1106-preview",
        tools=[{"type": "code_interpreter"}],
        tool_resources={"code_interpreter": {"file_ids": [file.id]}},
    )
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(
        thread_id=thread.id, role="user", content="Draw a bar chart of the sales by city."
    )
    run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
    while run.status not in ("completed", "cancelled", "expired", "failed"):
        time.sleep(0.1)
        run = client.beta.threads.runs.retrieve(thread_id=thread.id, run_id=run.id)
    messages = client.beta.threads.messages.list(thread_id=thread.id)
    for message in reversed(messages.data):
        for part in message.content:
            if part.type == "text":
                printed.append(f"{message.role}: {part.text.value}")
            elif part.type == "image_file":
                picture = client.files.content(part.image_file.file_id)
                (folder / "chart.png").write_bytes(picture.read())
                printed.append(f"{message.role}: picture")
    client.beta.assistants.delete(assistant.id)
    client.beta.threads.delete(thread.id)
    client.files.delete(file.id)
    return printed


def questions_about_documents(client: AzureOpenAI, folder: Path) -> list[str]:
    """A help desk: a store of documents, an answer with numbers in place of its citations, and the sources below."""
    printed = []
    store = client.vector_stores.create(name="Employee handbook")
    streams = [(folder / name).open("rb") for name in ("holidays.md", "travel.txt")]
    batch = client.vector_stores.file_batches.upload_and_poll(vector_store_id=store.id, files=streams)
    printed.append(f"{batch.status} {batch.file_counts.completed}")
    assistant = client.beta.assistants.create(
        name="Handbook Assistant",
        instructions="Use your knowledge base to answer questions about the handbook.",
        model="gpt-4o",
        tools=[{"type": "file_search"}],
    )
    assistant = client.beta.assistants.update(
        assistant_id=assistant.id, tool_resources={"file_search": {"vector_store_ids": [store.id]}}
    )
    thread = client.beta.threads.create(
        messages=[{"role": "user", "content": "How many days of holiday does a new employee get?"}]
    )
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    messages = list(client.beta.threads.messages.list(thread_id=thread.id, run_id=run.id))
    content: Any = messages[0].content[0]
    citations = []
    for index, annotation in enumerate(content.text.annotations):
        content.text.value = content.text.value.replace(annotation.text, f"[{index}]")
        if citation := getattr(annotation, "file_citation", None):
            citations.append(f"[{index}] {client.files.retrieve(citation.file_id).filename}")
    printed += [content.text.value, *citations]
    for stream in streams:
        stream.close()
    client.vector_stores.delete(store.id)
    client.beta.assistants.delete(assistant.id)
    return printed


class Desk:
    """A chat with functions, in a class: it answers `requires_action` until the run is through."""

    def __init__(self, client: AzureOpenAI) -> None:
        self.client = client
        self.functions = {"get_order_status": self.get_order_status}
        self.assistant = client.beta.assistants.create(
            name="Order desk",
            instructions="Help customers with their orders.",
            model="gpt-4o-mini",
            tools=[
                {
                    "type": "function",
                    "function": {
                        "name": "get_order_status",
                        "description": "Get the status of an order by its number",
                        "parameters": {
                            "type": "object",
                            "properties": {"order_id": {"type": "string", "description": "The order's number"}},
                            "required": ["order_id"],
                        },
                    },
                }
            ],
        )
        self.thread = client.beta.threads.create()

    def get_order_status(self, order_id: str) -> str:
        """What the shop knows of an order."""
        return json.dumps({"order_id": order_id, "status": "shipped"})

    def chat(self, message: str) -> str:
        """The answer to a message."""
        self.client.beta.threads.messages.create(self.thread.id, role="user", content=message)
        run = self.client.beta.threads.runs.create(thread_id=self.thread.id, assistant_id=self.assistant.id)
        while True:
            run = self.client.beta.threads.runs.retrieve(run.id, thread_id=self.thread.id)
            if run.status == "completed":
                answer: Any = self.client.beta.threads.messages.list(self.thread.id).data[0].content[0]
                return str(answer.text.value)
            if run.status == "requires_action":
                self._act(run)
            elif run.status in ("queued", "in_progress"):
                time.sleep(0.1)
            else:
                return f"Run ended with status {run.status}"

    def _act(self, run: Any) -> None:  # noqa: ANN401
        outputs: Any = []
        for call in run.required_action.submit_tool_outputs.tool_calls:
            function = self.functions[call.function.name]
            outputs.append({"tool_call_id": call.id, "output": function(**json.loads(call.function.arguments))})
        self.client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=self.thread.id, tool_outputs=outputs)


def main(url: str, key: str, folder: str) -> dict[str, object]:
    """What the three programs printed."""
    client = AzureOpenAI(azure_endpoint=url, api_key=key, api_version="2024-05-01-preview")
    desk = Desk(client)
    return {
        "chart": chart_of_a_table(client, Path(folder)),
        "documents": questions_about_documents(client, Path(folder)),
        "functions": [desk.chat("What is the status of order A-1042?"), desk.chat("Thank you!")],
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    print(json.dumps(main(*sys.argv[1:])))  # noqa: T201
