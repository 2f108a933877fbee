"""Long and rich input of Responses: files, a model's window, compaction (contract-successor §1.6, §6)."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from support import documents
from support.responding import MODEL, WEATHER, functions_called, output_of, refusal, refused, respond
from support.scripted import Scripted
from support.talking import calling

WORDS = "word " * 70_000
"""As many tokens; a message of the caller has no limit below ten million characters."""
TOO_LONG = refusal(
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "input",
    "context_length_exceeded",
)


def file_part(**given: str) -> list[Any]:
    """A message with a file."""
    return [{"role": "user", "content": [{"type": "input_file", **given}]}]


def data_url(content: bytes, kind: str = "text/plain") -> str:
    """A file inside of a request."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def test_a_file_by_id(client: openai.AzureOpenAI, model: Scripted) -> None:
    """The model reads its text; the item says its name. What a thread could use, a response can."""
    file = client.files.create(file=("menu.md", b"Soup 300 yen"), purpose="assistants")
    response = respond(client, file_part(file_id=file.id))
    assert response.output_text == "echo: [file menu.md]\nSoup 300 yen"
    (item,) = client.responses.input_items.list(response.id).data
    assert item.to_dict()["content"] == [{"type": "input_file", "file_id": file.id, "filename": "menu.md"}]
    respond(client, "more", previous_response_id=response.id)
    assert model.prompts[-1].turns[0].text == "[file menu.md]\nSoup 300 yen"
    counted = client.responses.input_tokens.count(model=MODEL, input=file_part(file_id=file.id))
    assert response.usage is not None
    assert counted.input_tokens == response.usage.input_tokens


def test_a_file_as_the_output_of_a_function(client: openai.AzureOpenAI) -> None:
    """Outputs in parts are read like messages."""
    file = client.files.create(file=("menu.md", b"Soup 300 yen"), purpose="assistants")
    asked = respond(client, calling(("get_weather", {"city": "Lima"})), tools=[WEATHER])
    output: Any = [output_of(functions_called(asked)[0], "") | {"output": [{"type": "input_file", "file_id": file.id}]}]
    response = respond(client, output, previous_response_id=asked.id)
    assert response.output_text == "echo: [file menu.md]\nSoup 300 yen"


@pytest.mark.parametrize("make", [documents.pdf, documents.docx])
def test_documents(client: openai.AzureOpenAI, tmp_path: Path, make: Callable[..., Path]) -> None:
    """By id and inside of the request: what file search reads, a response reads."""
    path = make(tmp_path / f"menu.{make.__name__}", "Soup 300 yen")
    file = client.files.create(file=path, purpose="user_data")
    inside = {"filename": path.name, "file_data": data_url(path.read_bytes(), "application/octet-stream")}
    for part in ({"file_id": file.id}, inside):
        said = respond(client, file_part(**part)).output_text
        assert said.split() == ["echo:", "[file", f"{path.name}]", "Soup", "300", "yen"]


def test_a_file_inside_of_the_request(client: openai.AzureOpenAI) -> None:
    """With and without the beginning of a data URL."""
    content = data_url(b"Soup 300 yen")
    for data in (content, content.partition(",")[2]):
        said = respond(client, file_part(filename="menu.txt", file_data=data)).output_text
        assert said == "echo: [file menu.txt]\nSoup 300 yen"


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"filename": "a.bin", "file_data": data_url(b"x")}, "Files with the ending '.bin' are not read."),
        ({"filename": "a.txt", "file_data": "no base64!"}, "it cannot be read"),
        ({"file_url": "https://example.com/a.txt"}, "where nothing is fetched from"),
    ],
)
def test_a_file_that_is_not_read(client: openai.AzureOpenAI, part: dict[str, str], told: str) -> None:
    """The model is told so, and why."""
    assert told in respond(client, file_part(**part)).output_text


def test_files_that_are_not_there(client: openai.AzureOpenAI) -> None:
    """As a message of a thread refuses them."""
    for part in ({"type": "input_file", "file_id": "file-X"}, {"type": "input_image", "file_id": "file-X"}):
        expected = refusal("No such File object: file-X", "id")
        refused(client, expected, 404, model=MODEL, input=[{"role": "user", "content": [part]}])


def test_too_long(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Refused, unless `truncation` lets the oldest turns go; in a chain, too."""
    one = respond(client, WORDS)
    refused(client, TOO_LONG, model=MODEL, input=WORDS, previous_response_id=one.id)
    two = respond(client, WORDS, previous_response_id=one.id, truncation="auto", max_output_tokens=16)
    assert two.status == "incomplete"
    assert [turn.role for turn in model.prompts[-1].turns] == ["user"]
    refused(client, TOO_LONG, model=MODEL, input=WORDS * 2, truncation="auto")


def test_a_file_that_makes_it_too_long(client: openai.AzureOpenAI) -> None:
    """Found out while it is made: the response fails."""
    response = respond(client, file_part(filename="a.txt", file_data=data_url(WORDS.encode() * 2)))
    assert response.error is not None
    assert (response.error.code, response.error.message) == ("invalid_prompt", TOO_LONG["message"])


def test_compaction(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Contract-successor §1.6: the user's messages stay as they are, the rest becomes one item that goes on."""
    one = respond(client, "many 400")
    asked = respond(client, calling(("get_weather", {"city": "Lima"})), previous_response_id=one.id, tools=[WEATHER])
    output: Any = [output_of(functions_called(asked)[0], "warm")]
    two = respond(client, output, previous_response_id=asked.id)
    # The client's types know no messages of the user in it, though the service sends them.
    body = {"model": MODEL, "previous_response_id": two.id}
    short: Any = client.post("/responses/compact", body=body, cast_to=object)
    assert [item["type"] for item in short["output"]] == ["message", "message", "compaction"]
    assert short["output"][0]["content"] == [{"type": "input_text", "text": "many 400"}]
    respond(client, [*short["output"], {"role": "user", "content": "go on"}])
    prompt = model.prompts[-1]
    assert [turn.role for turn in prompt.turns] == ["user", "user", "assistant", "user"]
    gist = prompt.turns[2].text
    assert gist.startswith("echo: word word")
    assert 'get_weather({"city": "Lima"}) gave warm' in gist
    assert len(gist) < 1000


def test_a_compaction_from_elsewhere(client: openai.AzureOpenAI) -> None:
    """What another service has encrypted cannot be read here."""
    for content in ("gAAAAABo", "local.nonsense"):
        message = (
            f"The encrypted content {content[:8]}... could not be verified. "
            "Reason: Encrypted content could not be decrypted or parsed."
        )
        item = {"type": "compaction", "encrypted_content": content}
        refused(client, refusal(message, None, "invalid_encrypted_content"), model=MODEL, input=[item])
