"""Pictures of messages on their way to a model server that takes them, or refuses them."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai
import pytest
from support.model_servers import KEY, WHOLE, ScriptedServer, scripted
from support.talking import served

from mock_endpoint.models import chat_pictures
from mock_endpoint.models.upstream import UpstreamModel

ADDRESS = "https://example.com/bird.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
DATA = "data:image/png;base64," + base64.b64encode(PNG).decode()


@contextmanager
def between(*answers: Any) -> Iterator[tuple[ScriptedServer, openai.AzureOpenAI]]:  # noqa: ANN401
    """A model server, and a client of an endpoint that asks it."""
    with scripted(*answers) as server, served(model=UpstreamModel(server.url, KEY, "m1")) as client:
        yield server, client


def uploaded(client: openai.AzureOpenAI, content: bytes, name: str = "bird.png") -> str:
    """The id of a file with a picture."""
    return client.files.create(file=(name, content), purpose="assistants").id


def asked_in_a_thread(client: openai.AzureOpenAI, *content: Any) -> Any:  # noqa: ANN401
    """A run that has ended, after a message of these parts."""
    assistant = client.beta.assistants.create(model="m")
    return client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": list(content)}]}
    )


def shown(server: ScriptedServer, asked: int = 0) -> Any:  # noqa: ANN401
    """What the last message of a request to the model server holds."""
    return server.bodies[asked]["messages"][-1]["content"]


WHAT = {"type": "text", "text": "What is this?"}


def test_pictures_of_a_thread() -> None:
    """An address goes on as it is; a file goes as a `data:` address, with its `detail`."""
    with between(WHOLE) as (server, client):
        asked_in_a_thread(
            client,
            WHAT,
            {"type": "image_url", "image_url": {"url": ADDRESS, "detail": "low"}},
            {"type": "image_file", "image_file": {"file_id": uploaded(client, PNG)}},
        )
    text, by_address, by_file = shown(server)
    assert text == WHAT
    assert by_address == {"type": "image_url", "image_url": {"url": ADDRESS, "detail": "low"}}
    assert by_file["image_url"]["url"] == DATA


def test_pictures_of_a_response() -> None:
    """The same for the successor."""
    with between(WHOLE) as (server, client):
        parts: Any = [
            {"type": "input_text", "text": "What is this?"},
            {"type": "input_image", "image_url": ADDRESS, "detail": "low"},
            {"type": "input_image", "file_id": uploaded(client, PNG), "detail": "high"},
        ]
        with openai.OpenAI(base_url=f"{client.base_url}v1", api_key=client.api_key) as plain:
            plain.responses.create(model="m", input=[{"role": "user", "content": parts}])
    assert shown(server) == [
        WHAT,
        {"type": "image_url", "image_url": {"url": ADDRESS, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": DATA, "detail": "high"}},
    ]


@pytest.mark.parametrize(
    "refusal",
    [
        (400, "image_url is only supported by certain models"),
        (500, "image input is not supported - hint: you may need to provide the mmproj"),
        (422, "messages[0].content must be a string"),
    ],
)
def test_a_model_that_cannot_see(refusal: tuple[int, str]) -> None:
    """It is asked again without the picture, and told that there was one: the thread stays usable."""
    with between(refusal, WHOLE) as (server, client):
        run = asked_in_a_thread(client, WHAT, {"type": "image_url", "image_url": {"url": ADDRESS}})
    assert run.status == "completed"
    assert len(server.bodies) == 2
    assert shown(server, 1).startswith("What is this?\n[A picture was here. You cannot see pictures")


def test_a_refusal_that_is_not_about_pictures() -> None:
    """It fails the run in the server's words, and is not asked twice."""
    with between((400, "your prompt was flagged")) as (server, client):
        run = asked_in_a_thread(client, WHAT, {"type": "image_url", "image_url": {"url": ADDRESS}})
    assert (run.status, run.last_error.code) == ("failed", "invalid_prompt")
    assert len(server.bodies) == 1


def test_what_cannot_be_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """No picture, one that is too large, and the oldest of too many: each is named in words."""
    monkeypatch.setattr(chat_pictures, "LARGEST", 30)
    with between(WHOLE) as (server, client):
        for content in (b"a diary", PNG + bytes(10)):
            asked_in_a_thread(client, {"type": "image_file", "image_file": {"file_id": uploaded(client, content)}})
        monkeypatch.setattr(chat_pictures, "MOST", len(DATA))
        thread = client.beta.threads.create(
            messages=[
                {
                    "role": "user",
                    "content": [{"type": "image_file", "image_file": {"file_id": uploaded(client, PNG)}}],
                }
                for _ in range(2)
            ]
        )
        assistant = client.beta.assistants.create(model="m")
        client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    for asked in (0, 1):
        assert "PNG, JPEG, GIF or WebP" in shown(server, asked)[0]["text"]
    older, newer = (message["content"][0] for message in server.bodies[2]["messages"])
    assert "too many large pictures" in older["text"]
    assert newer["image_url"]["url"] == DATA
