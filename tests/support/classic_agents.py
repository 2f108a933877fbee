"""A program for Azure's classic agents, as people write them: it knows the project's address and its own login.

`python classic_agents.py` prints what it saw as JSON. It imports nothing else of these tests.
"""

import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from azure.ai.agents import AgentsClient
from azure.ai.agents.aio import AgentsClient as AsyncAgentsClient
from azure.ai.agents.models import (
    AgentEventHandler,
    AsyncAgentEventHandler,
    AsyncFunctionTool,
    AsyncToolSet,
    CodeInterpreterTool,
    FilePurpose,
    FileSearchTool,
    FunctionTool,
    ListSortOrder,
    MessageAttachment,
    MessageRole,
    ToolSet,
)
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.identity.aio import DefaultAzureCredential as AsyncDefaultAzureCredential

ASK = "How high is the tide at the harbour of Onomichi?"
CAPITAL = "What is the capital of Japan?"
FERRY = "How often does the ferry to Miyajima leave?"
CHART = "Draw a bar chart of the mean by month."
ENDPOINT = os.environ["PROJECT_ENDPOINT"]
POLL = 0.05
TABLE = "month,mean\r\n5月,19\r\n".encode()


def get_tide(harbour: str) -> str:
    """The height of the tide at a harbour.

    :param harbour: The name of the harbour.
    """
    return json.dumps({"height": f"3.5 metres, {len(harbour)} letters"})


async def get_tide_later(harbour: str) -> str:
    """The height of the tide at a harbour.

    :param harbour: The name of the harbour.
    """
    return get_tide(harbour)


class Listener(AgentEventHandler):
    """Notes what it is called with."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.text = ""
        self.code = ""

    def on_message_delta(self, delta: Any) -> None:  # noqa: ANN401
        """A piece of the answer."""
        self.text += delta.text

    def on_thread_run(self, run: Any) -> None:  # noqa: ANN401
        """The run has another status."""
        self.seen.append(f"run {run.status.value}")

    def on_run_step(self, step: Any) -> None:  # noqa: ANN401
        """A step has another status."""
        self.seen.append(f"{step.type.value} {step.status.value}")

    def on_run_step_delta(self, delta: Any) -> None:  # noqa: ANN401
        """A piece of what a tool is given, or of what it gave."""
        for call in delta.delta.step_details.tool_calls:
            if call.type == "code_interpreter":
                self.code += call.code_interpreter.input or ""

    def on_error(self, data: str) -> None:
        """Something went wrong."""
        self.seen.append(f"error {data}")

    def on_done(self) -> None:
        """The stream is over."""
        self.seen.append("done")


class AsyncListener(AsyncAgentEventHandler):
    """Collects the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    async def on_message_delta(self, delta: Any) -> None:  # noqa: ANN401
        """A piece of the answer."""
        self.text += delta.text


def walk() -> dict[str, object]:
    """What a program in steps saw."""
    saw: dict[str, object] = {}
    with AgentsClient(endpoint=ENDPOINT, credential=DefaultAzureCredential()) as client:
        toolset = ToolSet()
        toolset.add(FunctionTool({get_tide}))
        client.enable_auto_function_calls(toolset)
        agent = client.create_agent(model="gpt-4o", name="Harbour", instructions="Answer.", toolset=toolset)
        client.update_agent(agent.id, name="Harbour master")
        saw["agents"] = [each.name for each in client.list_agents()] + [client.get_agent(agent.id).name]

        thread = client.threads.create(metadata={"place": "Onomichi"})
        client.messages.create(thread_id=thread.id, role="user", content=ASK)
        run = client.runs.create_and_process(thread_id=thread.id, agent_id=agent.id, polling_interval=POLL)
        said = client.messages.list(thread_id=thread.id, order=ListSortOrder.ASCENDING)
        saw["run"] = run.status.value
        saw["said"] = [[message.role.value, message.text_messages[0].text.value] for message in said]
        steps = list(client.run_steps.list(thread_id=thread.id, run_id=run.id))
        saw["steps"] = [step.type.value for step in steps]
        (call,) = client.run_steps.get(thread_id=thread.id, run_id=run.id, step_id=steps[-1].id).step_details.tool_calls
        saw["call"] = [call.function.name, json.loads(call.function.arguments), json.loads(call["function"]["output"])]

        listener = Listener()
        client.messages.create(thread_id=thread.id, role="user", content=ASK)
        with client.runs.stream(thread_id=thread.id, agent_id=agent.id, event_handler=listener) as stream:
            stream.until_done()
        saw["stream"] = listener.seen
        saw["heard"] = listener.text
        last = client.messages.get_last_message_text_by_role(thread_id=thread.id, role=MessageRole.AGENT)
        saw["heard all"] = last.text.value == listener.text
        saw["runs"] = len(list(client.runs.list(thread_id=thread.id, limit=1)))

        client.messages.create(thread_id=thread.id, role="user", content=ASK)
        waiting = client.runs.create(thread_id=thread.id, agent_id=agent.id)
        while (waiting := client.runs.get(thread_id=thread.id, run_id=waiting.id)).status.value != "requires_action":
            pass
        saw["minutes"] = (waiting.expires_at - waiting.created_at).total_seconds() / 60
        client.runs.cancel(thread_id=thread.id, run_id=waiting.id)

        other = client.threads.create(**_asking(CAPITAL))
        client.threads.update(thread_id=other.id, metadata={"place": "Tokyo"})
        saw["threads"] = [each.metadata["place"] for each in client.threads.list(limit=1)]
        for thread_id in (thread.id, other.id):
            client.threads.delete(thread_id)
        at_once = client.create_thread_and_process_run(
            agent_id=agent.id, thread=_asking(CAPITAL), polling_interval=POLL
        )
        saw["at once"] = at_once.status.value
        client.threads.delete(at_once.thread_id)
        client.delete_agent(agent.id)
        saw["left"] = [len(list(client.list_agents())), len(list(client.threads.list()))]
        saw["gone"] = _refused(lambda: client.get_agent(agent.id))
        saw["foreign tool"] = _refused(lambda: client.create_agent(model="gpt-4o", tools=[{"type": "bing_grounding"}]))
    return saw


def files() -> dict[str, object]:
    """What a program with files saw."""
    saw: dict[str, object] = {}
    with (
        AgentsClient(endpoint=ENDPOINT, credential=ManagedIdentityCredential()) as client,
        tempfile.TemporaryDirectory() as folder,
    ):
        path = Path(folder, "気温 2024.csv")
        path.write_bytes(TABLE)
        file = client.files.upload_and_poll(file_path=str(path), purpose=FilePurpose.AGENTS, polling_interval=POLL)
        saw["id"] = file.id.partition("-")[0]
        saw["name"] = client.files.get(file.id).filename
        saw["purposes"] = [each.purpose.value for each in client.files.list().data]
        client.files.save(file_id=file.id, file_name="back.csv", target_dir=folder)
        saw["the same"] = Path(folder, "back.csv").read_bytes() == TABLE
        guide = Path(folder, "guide.md")
        guide.write_text("The ferry to Miyajima leaves every fifteen minutes.\n", encoding="utf-8")
        other = client.files.upload_and_poll(file_path=str(guide), purpose=FilePurpose.AGENTS, polling_interval=POLL)
        store = client.vector_stores.create_and_poll(file_ids=[other.id], name="guides", polling_interval=POLL)
        saw["store"] = [store.status.value, store.file_counts.completed]
        batch = client.vector_store_file_batches.create_and_poll(
            vector_store_id=store.id, file_ids=[file.id], polling_interval=POLL
        )
        saw["batch"] = batch.status.value
        found = {each.id for each in client.vector_store_files.list(vector_store_id=store.id)}
        saw["all found"] = found == {file.id, other.id}
        saw["search"] = _search(client, store.id, other.id)
        saw["code"] = _code(client, file.id, Path(folder))
        client.vector_store_files.delete(vector_store_id=store.id, file_id=file.id)
        saw["stores"] = [each.name for each in client.vector_stores.list()]
        client.vector_stores.delete(store.id)
        for file_id in (file.id, other.id):
            client.files.delete(file_id)
        saw["left"] = [len(client.files.list().data), len(list(client.vector_stores.list()))]
    return saw


def _search(client: Any, store_id: str, file_id: str) -> list[object]:  # noqa: ANN401
    """An answer with its citation, and the step that found it."""
    tool = FileSearchTool(vector_store_ids=[store_id])
    agent = client.create_agent(model="gpt-4o", tools=tool.definitions, tool_resources=tool.resources)
    run = client.create_thread_and_process_run(agent_id=agent.id, thread=_asking(FERRY), polling_interval=POLL)
    (answer, _) = client.messages.list(thread_id=run.thread_id)
    (citation,) = answer.file_citation_annotations
    (_, step) = client.run_steps.list(thread_id=run.thread_id, run_id=run.id)
    (call,) = step.step_details.tool_calls
    right = citation.file_citation.file_id == file_id == call.file_search.results[0].file_id
    client.threads.delete(run.thread_id)
    client.delete_agent(agent.id)
    return [answer.text_messages[0].text.value, right]


def _code(client: Any, file_id: str, folder: Path) -> list[object]:  # noqa: ANN401
    """A picture that code drew of an attached table, as a stream tells of it, and its first bytes."""
    tool = CodeInterpreterTool()
    agent = client.create_agent(model="gpt-4o", tools=tool.definitions)
    thread = client.threads.create()
    attachment = MessageAttachment(file_id=file_id, tools=tool.definitions)
    client.messages.create(thread_id=thread.id, role="user", content=CHART, attachments=[attachment])
    listener = Listener()
    with client.runs.stream(thread_id=thread.id, agent_id=agent.id, event_handler=listener) as stream:
        stream.until_done()
    answer = client.messages.get_last_message_by_role(thread_id=thread.id, role=MessageRole.AGENT)
    (picture,) = answer.image_contents
    client.files.save(file_id=picture.image_file.file_id, file_name="chart.png", target_dir=folder)
    client.files.delete(picture.image_file.file_id)
    client.threads.delete(thread.id)
    client.delete_agent(agent.id)
    return [listener.seen[-1], "plot(kind='bar')" in listener.code, (folder / "chart.png").read_bytes()[1:4].decode()]


def _asking(text: str) -> Any:  # noqa: ANN401
    return {"messages": [{"role": "user", "content": text}]}


def _refused(action: Any) -> list[object]:  # noqa: ANN401
    try:
        action()
    except HttpResponseError as error:
        return [type(error).__name__, error.status_code, error.error.code if error.error else None]
    return []


async def async_walk() -> dict[str, object]:
    """What the same program saw, written with `async`."""
    saw: dict[str, object] = {}
    async with (
        AsyncDefaultAzureCredential() as credential,
        AsyncAgentsClient(endpoint=ENDPOINT, credential=credential) as client,
    ):
        toolset = AsyncToolSet()
        toolset.add(AsyncFunctionTool({get_tide_later}))
        client.enable_auto_function_calls(toolset)
        agent = await client.create_agent(model="gpt-4o", name="Harbour", instructions="Answer.", toolset=toolset)
        thread = await client.threads.create()
        await client.messages.create(thread_id=thread.id, role="user", content=ASK)
        run = await client.runs.create_and_process(thread_id=thread.id, agent_id=agent.id, polling_interval=POLL)
        saw["run"] = run.status.value
        (last, *_) = [each async for each in client.messages.list(thread_id=thread.id)]
        saw["said"] = last.text_messages[0].text.value
        saw["steps"] = [step.type.value async for step in client.run_steps.list(thread_id=thread.id, run_id=run.id)]
        listener = AsyncListener()
        await client.messages.create(thread_id=thread.id, role="user", content=CAPITAL)
        async with await client.runs.stream(thread_id=thread.id, agent_id=agent.id, event_handler=listener) as stream:
            await stream.until_done()
        saw["heard"] = listener.text
        saw["threads"] = len([each async for each in client.threads.list()])
        await client.threads.delete(thread.id)
        await client.delete_agent(agent.id)
    return saw


if __name__ == "__main__":
    print(json.dumps({"sync": walk(), "files": files(), "async": asyncio.run(async_walk())}))  # noqa: T201
