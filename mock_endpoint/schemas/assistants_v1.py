"""The shape of api-version 2024-02-15-preview: `file_ids` in place of `tool_resources` and `attachments`.

Objects are stored in the later form only. Here the old form is read into it (`BODY`) and written from it (`view`).
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from mock_endpoint.schemas import requests, tools
from mock_endpoint.schemas.base import MAX_FIRST_MESSAGES, Body, FileIds, Metadata, Text
from mock_endpoint.schemas.tools import UniqueNames

Json = dict[str, Any]

Tool = Annotated[
    Annotated[tools.CodeInterpreterTool | tools.FunctionTool, Field(discriminator="type")],
    tools.no_retrieval("Retrieval tools are not supported."),
]


class ModifyAssistant(Body):
    """`POST /assistants/{id}`."""

    model: str | None = None
    name: Annotated[str, Field(max_length=256)] | None = None
    description: Annotated[str, Field(max_length=512)] | None = None
    instructions: Text | None = None
    tools: Annotated[list[Tool], Field(max_length=128), UniqueNames] | None = None
    file_ids: FileIds | None = None
    metadata: Metadata | None = None

    def given(self) -> Json:
        """`file_ids` are what the code interpreter may read."""
        fields = super().given()
        if "file_ids" in fields:
            fields["tool_resources"] = {"code_interpreter": {"file_ids": fields.pop("file_ids")}}
        return fields


class CreateAssistant(ModifyAssistant):
    """`POST /assistants`."""

    model: str


class AttachFile(Body):
    """`POST /assistants/{id}/files`."""

    file_id: str


class CreateMessage(Body):
    """`POST /threads/{id}/messages`: one text by the user."""

    role: Literal["user"]
    content: Text
    file_ids: Annotated[list[str], Field(max_length=10)] | None = None
    metadata: Metadata | None = None

    def given(self) -> Json:
        """`file_ids` are attachments for the code interpreter."""
        fields = super().given()
        if "file_ids" in fields:
            tools = [{"type": "code_interpreter"}]
            fields["attachments"] = [{"file_id": file_id, "tools": tools} for file_id in fields.pop("file_ids")]
        return fields


class CreateThread(Body):
    """`POST /threads`."""

    messages: Annotated[list[CreateMessage], Field(max_length=MAX_FIRST_MESSAGES)] | None = None
    metadata: Metadata | None = None

    def given(self) -> Json:
        """The messages are in the old shape as well."""
        fields = super().given()
        if self.messages is not None:
            fields["messages"] = [message.given() for message in self.messages]
        return fields


class RunOptions(Body):
    """What a run may be given."""

    assistant_id: str
    model: str | None = None
    instructions: Text | None = None
    tools: Annotated[list[Tool], Field(max_length=20), UniqueNames] | None = None
    metadata: Metadata | None = None
    stream: bool | None = None
    """Not known then; but newer clients say `false` by themselves, and that changes nothing."""


class CreateRun(RunOptions):
    """`POST /threads/{id}/runs`."""

    additional_instructions: Text | None = None


class CreateThreadAndRun(RunOptions):
    """`POST /threads/runs`."""

    thread: CreateThread | None = None

    def given(self) -> Json:
        """The thread is in the old shape as well."""
        fields = super().given()
        if self.thread is not None:
            fields["thread"] = self.thread.given()
        return fields


BODY: dict[type[Body], type[Body]] = {
    requests.CreateAssistant: CreateAssistant,
    requests.ModifyAssistant: ModifyAssistant,
    AttachFile: AttachFile,
    requests.CreateThread: CreateThread,
    requests.ModifyThread: requests.OnlyMetadata,
    requests.CreateMessage: CreateMessage,
    requests.OnlyMetadata: requests.OnlyMetadata,
    requests.CreateRun: CreateRun,
    requests.CreateThreadAndRun: CreateThreadAndRun,
    requests.SubmitToolOutputs: requests.SubmitToolOutputs,
}
"""The old shape of each body."""

_MEMBERS = {
    "assistant": "id object created_at name description model instructions tools metadata",
    "thread": "id object created_at metadata",
    "thread.message": "id object created_at thread_id role content assistant_id run_id metadata",
    "thread.run": (
        "id object created_at thread_id assistant_id status required_action last_error expires_at started_at "
        "cancelled_at failed_at completed_at model instructions tools metadata"
    ),
    "thread.run.step": (
        "id object created_at run_id assistant_id thread_id type status step_details last_error "
        "expires_at expired_at cancelled_at failed_at completed_at metadata"
    ),
}
"""What the old shape shows of a stored object."""


def view(body: Json) -> Json:
    """An object, or a list of them, as the old api-version showed it."""
    if body.get("object") == "list":
        return body | {"data": [view(item) for item in body["data"]]}
    if body.get("object") not in _MEMBERS:
        return body
    old = {name: body[name] for name in _MEMBERS[body["object"]].split()}
    if body["object"] in ("assistant", "thread.run", "thread.message"):
        old["file_ids"] = file_ids(body)
    return old


def file_ids(owner: Json) -> list[str]:
    """The files of an assistant, a run or a message."""
    if "attachments" in owner:
        return [attachment["file_id"] for attachment in owner["attachments"]]
    listed: list[str] = owner["tool_resources"].get("code_interpreter", {}).get("file_ids", [])
    return listed


def file_of(owner: Json, file: Json) -> Json:
    """A file as one of an assistant or a message."""
    return {
        "id": file["id"],
        "object": f"{owner['object']}.file",
        "created_at": max(owner["created_at"], file["created_at"]),
        f"{owner['object'].removeprefix('thread.')}_id": owner["id"],
    }
