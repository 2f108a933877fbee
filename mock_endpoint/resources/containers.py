"""`client.containers` and `client.containers.files`: where the code of responses runs, and what is in there.

Each look at a container, and each change of its files, is a use: its time begins anew.
"""

from starlette.responses import FileResponse

from mock_endpoint import containers, errors
from mock_endpoint.containers import CONTAINER, FILE
from mock_endpoint.http.context import Json, RequestContext
from mock_endpoint.http.multipart import read_form
from mock_endpoint.http.transfer import disk_complaints, download
from mock_endpoint.schemas import containers as bodies
from mock_endpoint.schemas import objects
from mock_endpoint.schemas.base import parse
from mock_endpoint.state.ids import new_container_file_id


async def create(request: RequestContext) -> Json:
    """`POST /containers`: also with copies of uploaded files."""
    await containers.tidy(request.service)
    fields = await request.body(bodies.CreateContainer)
    with disk_complaints():
        return await containers.create(request.service, fields)


async def list_all(request: RequestContext) -> Json:
    """`GET /containers`: also those that have expired; `name` keeps those of one name."""
    await containers.tidy(request.service)
    page = request.page(CONTAINER, CONTAINER, only={"name": request.query.get("name")})
    return page | {"data": [containers.shown(each) for each in page["data"]]}


async def retrieve(request: RequestContext) -> Json:
    """`GET /containers/{id}`: one that has expired as it was in the end."""
    await containers.tidy(request.service)
    async with request.store.transaction():
        found = containers.find(request.store, request.ids["container_id"])
        return found if found["status"] == "expired" else containers.used(request.store, found)


async def delete(request: RequestContext) -> Json:
    """`DELETE /containers/{id}`."""
    found = containers.find(request.store, request.ids["container_id"])
    await containers.delete(request.service, found["id"])
    return objects.deleted(found)


async def create_file(request: RequestContext) -> Json:
    """`POST /containers/{id}/files`: a form with a `file`, or the `file_id` of one that was uploaded before."""
    container_id = await _use(request)
    if "json" in request.http.headers.get("content-type", ""):
        return await _copied(request, container_id, await request.json_object())
    with disk_complaints(), request.store.blobs.arriving(request.service.lease.id) as path:
        form = await read_form(request.http, path, containers.MOST_BYTES)
        if form.file is None and "file_id" in form.fields:
            return await _copied(request, container_id, form.fields)
        form.check_file()
        for name in form.fields:
            raise errors.unknown_parameter(name)
        file_id = new_container_file_id()
        seen_at = containers.path_of(f"{file_id.removeprefix('cfile_')}-{form.filename}")
        return await containers.keep(request.store, container_id, path, seen_at, "user", file_id=file_id)


async def list_files(request: RequestContext) -> Json:
    """`GET /containers/{id}/files`."""
    return request.page("container file", FILE, await _use(request))


async def retrieve_file(request: RequestContext) -> Json:
    """`GET /containers/{id}/files/{id}`."""
    return await _find_file(request)


async def content(request: RequestContext) -> FileResponse:
    """`GET /containers/{id}/files/{id}/content`: the bytes as they are in the container."""
    file = await _find_file(request)
    return download(request.store, file["id"], containers.name_of(file).rpartition("/")[2])


async def delete_file(request: RequestContext) -> Json:
    """`DELETE /containers/{id}/files/{id}`."""
    file = await _find_file(request)
    await containers.delete_file(request.service, file)
    return objects.deleted(file)


async def _copied(request: RequestContext, container_id: str, body: object) -> Json:
    file_id = parse(bodies.CopyFile, body)["file_id"]
    (file,) = containers.checked_files(request.store, [file_id])
    with disk_complaints():
        return await containers.copy_one(request.service, container_id, file)


async def _use(request: RequestContext) -> str:
    """The id of the container that the path names, which is used with this; refused where it has expired."""
    await containers.tidy(request.service)
    async with request.store.transaction():
        container = containers.living(request.store, request.ids["container_id"])
        containers.used(request.store, container)
    return request.ids["container_id"]


async def _find_file(request: RequestContext) -> Json:
    container_id = await _use(request)
    found = request.store.get(FILE, request.ids["file_id"], container_id)
    if found is None:
        raise errors.gone("Container file", request.ids["file_id"])
    return found
