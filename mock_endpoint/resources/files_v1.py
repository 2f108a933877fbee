"""The files of an assistant and of a message, as api-versions before 2024-05-01-preview had them.

What is listed here are the later shape's `tool_resources.code_interpreter.file_ids` and `attachments`. When a file was
attached is not kept: it is told as the later of the two times at which the file and its owner were made.
"""

from mock_endpoint import errors, files
from mock_endpoint.http.context import Json, RequestContext
from mock_endpoint.resources import assistants, messages, tool_resources
from mock_endpoint.schemas import assistants_v1, objects


async def attach(request: RequestContext) -> Json:
    """`POST /assistants/{id}/files`: an uploaded file, from now on the assistant's as well."""
    file_id = (await request.body(assistants_v1.AttachFile))["file_id"]
    async with request.store.transaction():
        assistant = _assistant(request)
        tool_resources.check_files(request.store, [file_id])
        tool_resources.add_for_code(assistant, [file_id])
        request.store.replace(assistant)
    return _one(_listed(request, assistant), file_id)


async def list_of_assistant(request: RequestContext) -> Json:
    """`GET /assistants/{id}/files`."""
    return request.page_of("file", _listed(request, _assistant(request)))


async def retrieve_of_assistant(request: RequestContext) -> Json:
    """`GET /assistants/{id}/files/{id}`."""
    return _one(_listed(request, _assistant(request)), request.ids["file_id"])


async def detach(request: RequestContext) -> Json:
    """`DELETE /assistants/{id}/files/{id}`: the file itself stays."""
    async with request.store.transaction():
        assistant = _assistant(request)
        file = _one(_listed(request, assistant), request.ids["file_id"])
        files.forget(assistant, file["id"])
        request.store.replace(assistant)
    return objects.deleted(file)


async def list_of_message(request: RequestContext) -> Json:
    """`GET /threads/{id}/messages/{id}/files`."""
    return request.page_of("file", _listed(request, messages.find(request)))


async def retrieve_of_message(request: RequestContext) -> Json:
    """`GET /threads/{id}/messages/{id}/files/{id}`."""
    return _one(_listed(request, messages.find(request)), request.ids["file_id"])


def _assistant(request: RequestContext) -> Json:
    return assistants.find(request, request.ids["assistant_id"])


def _listed(request: RequestContext, owner: Json) -> list[Json]:
    """The files of an assistant or a message, in the order in which they were attached."""
    found = (files.find(request.store, file_id) for file_id in assistants_v1.file_ids(owner))
    return [assistants_v1.file_of(owner, file) for file in found if file is not None]


def _one(listed: list[Json], file_id: str) -> Json:
    for file in listed:
        if file["id"] == file_id:
            return file
    raise errors.no_such_file(file_id)
