"""`client.files`: what is uploaded, and what tools have made."""

import re

from starlette.responses import FileResponse

from mock_endpoint import errors, files
from mock_endpoint.http.context import Json, RequestContext
from mock_endpoint.http.multipart import Form, read_form
from mock_endpoint.http.transfer import disk_complaints, download
from mock_endpoint.schemas import objects, requests
from mock_endpoint.schemas.base import parse


async def create(request: RequestContext) -> Json:
    """`POST /files`: a form with `purpose`, `file`, perhaps `expires_after[anchor]` and `expires_after[seconds]`."""
    await files.delete_expired(request.store)
    with disk_complaints(), request.store.blobs.arriving(request.service.lease.id) as path:
        fields = _fields(await read_form(request.http, path, files.MAX_BYTES))
        return await files.keep(request.store, path, fields, azure=request.surface.family != "openai")


async def list_all(request: RequestContext) -> Json:
    """`GET /files`, newest first unless asked otherwise; `purpose` keeps those of one purpose."""
    await files.delete_expired(request.store)
    return request.page("file", "file", only={"purpose": request.query.get("purpose")}, most=10_000, usual=10_000)


async def retrieve(request: RequestContext) -> Json:
    """`GET /files/{id}`."""
    return _find(request)


async def content(request: RequestContext) -> FileResponse:
    """`GET /files/{id}/content`: the bytes as they were sent."""
    file = _find(request)
    return download(request.store, file["id"], file["filename"])


async def delete(request: RequestContext) -> Json:
    """`DELETE /files/{id}`: whatever names it, names it no longer."""
    file = _find(request)
    await files.delete(request.store, file)
    return objects.deleted(file)


def _find(request: RequestContext) -> Json:
    file = files.find(request.store, request.ids["file_id"])
    if file is None:
        raise errors.no_such_file(request.ids["file_id"])
    return file


def _fields(form: Form) -> Json:
    """What the form gives, checked."""
    form.check_file()
    body: Json = {}
    for name, value in form.fields.items():
        outer, _, inner = name.partition("[")
        if inner.endswith("]"):
            body.setdefault(outer, {})[inner[:-1]] = int(value) if re.fullmatch("[0-9]{1,18}", value) else value
        else:
            body[name] = value
    return parse(requests.CreateFile, body) | {"filename": form.filename}
