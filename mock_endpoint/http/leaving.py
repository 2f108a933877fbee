"""Callers that hang up before they are answered."""

from starlette.requests import Request


async def until_left(request: Request) -> None:
    """Wait for the caller to go away; the body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
