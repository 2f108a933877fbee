"""`client.chat.completions` and the models (contract-successor §5). The recorder checks every member."""

import asyncio
import json
from typing import Any

import httpx2
import openai
import pytest
from support.recording import Recorder
from support.scripted import Scripted
from support.talking import async_azure, azure, calling, plain, refusal

from mock_endpoint.models.base import Image
from mock_endpoint.server import Running

from .conftest import Starter

MODEL = "gpt-4o"
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def complete(client: openai.OpenAI, *messages: Any, **options: Any) -> Any:  # noqa: ANN401
    """A completion of these messages; a text is the user's."""
    given = [{"role": "user", "content": each} if isinstance(each, str) else each for each in messages]
    asked: dict[str, Any] = {"model": MODEL, "messages": given, **options}
    return client.chat.completions.create(**asked)


@pytest.mark.parametrize("base", ["/openai/v1", "/v1"])
def test_an_answer(endpoint: Running, recorder: Recorder, base: str) -> None:
    """OpenAI and Azure name the dated model; Azure says what its filters found."""
    with plain(endpoint, recorder, base) as client:
        done = complete(client, "hello")
    assert (done.choices[0].message.content, done.choices[0].finish_reason) == ("echo: hello", "stop")
    assert done.model == "gpt-4o-2024-08-06"
    assert (done.id[:9], len(done.id)) == ("chatcmpl-", 38)
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens
    assert ("prompt_filter_results" in recorder.responses[-1].json()) == (base == "/openai/v1")


def test_azure_clients(endpoint: Running, recorder: Recorder, raw: httpx2.Client) -> None:
    """`AzureOpenAI` puts the model, or its own deployment, into the path; so does its async twin."""
    with azure(endpoint, recorder) as client:
        assert complete(client, "one").choices[0].message.content == "echo: one"
    assert recorder.requests[-1].url.path == "/openai/deployments/gpt-4o/chat/completions"
    with azure(endpoint, recorder, azure_deployment="mine") as client:
        assert complete(client, "two", model="ignored").model == "mine"

    async def ask() -> str:
        async with async_azure(endpoint, recorder) as client:
            messages: Any = [{"role": "user", "content": "three"}]
            done = await client.chat.completions.create(model=MODEL, messages=messages)
            return str(done.choices[0].message.content)

    assert asyncio.run(ask()) == "echo: three"
    body = {"messages": [{"role": "user", "content": "four"}]}
    done = raw.post("deployments/gpt-4o/chat/completions", json=body, params={"api-version": "2024-02-15-preview"})
    assert done.json()["choices"][0]["message"]["content"] == "echo: four"


def test_messages(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Text and parts, of all roles."""
    complete(
        client,
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        "first",
        {"role": "assistant", "content": "second"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "third"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ],
        },
    )
    prompt = model.prompts[-1]
    assert prompt.instructions == "Be brief.\nBe kind."
    assert [(turn.role, turn.text, turn.images) for turn in prompt.turns] == [
        ("user", "first", ()),
        ("assistant", "second", ()),
        ("user", "third", (Image("data:image/png;base64,AAAA"),)),
    ]


def test_functions(client: openai.AzureOpenAI, model: Scripted) -> None:
    """Calls, then the message that made them and their outputs played back as programs do."""
    asked = calling(("get_weather", {"city": "Lima"}), ("get_weather", {"city": "Oslo"}))
    done = complete(client, asked, tools=[WEATHER])
    (choice,) = done.choices
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    calls = choice.message.tool_calls
    assert [json.loads(call.function.arguments)["city"] for call in calls] == ["Lima", "Oslo"]
    outputs = [{"role": "tool", "tool_call_id": call.id, "content": str(place)} for place, call in enumerate(calls)]
    done = complete(client, asked, choice.message, *outputs, tools=[WEATHER])
    assert done.choices[0].message.content == "echo: 0 1"
    assert [call.output for call in model.prompts[-1].turns[-1].calls] == ["0", "1"]
    played = choice.message.model_dump()
    assert complete(client, asked, played, *outputs).choices[0].message.content == "echo: 0 1"


@pytest.mark.parametrize(
    ("choice", "shown"),
    [
        ("required", "required"),
        ({"type": "function", "function": {"name": "get_weather"}},) * 2,
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {
                    "mode": "auto",
                    "tools": [{"type": "function", "function": {"name": "get_weather"}}],
                },
            },
            "auto",
        ),
    ],
)
def test_choices(client: openai.AzureOpenAI, model: Scripted, choice: Any, shown: Any) -> None:  # noqa: ANN401
    """By word, by name, among some: then the others are not shown."""
    other = {"type": "function", "function": {"name": "other"}}
    complete(client, "x", tools=[other, WEATHER], tool_choice=choice, parallel_tool_calls=False)
    prompt = model.prompts[-1]
    assert (prompt.tool_choice, prompt.parallel_tool_calls) == (shown, False)
    names = [tool["function"]["name"] for tool in prompt.tools]
    assert names == (["get_weather"] if shown == "auto" else ["other", "get_weather"])


def test_formats(client: openai.AzureOpenAI, model: Scripted) -> None:
    """JSON formats reach the model as they are."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    for form in (
        {"type": "json_object"},
        {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}},
    ):
        complete(client, "x", response_format=form)
        assert model.prompts[-1].response_format == form
    complete(client, "x", response_format={"type": "text"})
    assert model.prompts[-1].response_format == "auto"


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_cut(client: openai.AzureOpenAI, name: str) -> None:
    """By either name of the limit."""
    done = complete(client, "many 100", **{name: 3})
    assert (done.choices[0].finish_reason, done.usage.completion_tokens) == ("length", 3)


@pytest.mark.parametrize(("stop", "left"), [("fox", "echo: the quick brown "), (["brown", "quick"], "echo: the ")])
def test_stop(client: openai.AzureOpenAI, stop: Any, left: str) -> None:  # noqa: ANN401
    """The answer ends before the first of these words, streamed or not."""
    done = complete(client, "the quick brown fox", stop=stop)
    assert (done.choices[0].message.content, done.choices[0].finish_reason) == (left, "stop")
    assert done.usage.completion_tokens < complete(client, "the quick brown fox").usage.completion_tokens
    assert complete(client, "the quick", stop="quicker").choices[0].message.content == "echo: the quick"


@pytest.mark.parametrize("with_usage", [True, False])
@pytest.mark.parametrize("base", ["/openai/v1", "/v1"])
def test_a_stream(endpoint: Running, recorder: Recorder, base: str, with_usage: bool) -> None:
    """Role, text, reason; what it cost where that was asked for."""
    with plain(endpoint, recorder, base) as client:
        options = {"stream_options": {"include_usage": True}} if with_usage else {}
        chunks = list(complete(client, "hello", stream=True, **options))
    assert chunks[0].choices[0].delta.to_dict() == {"role": "assistant", "content": "", "refusal": None}
    said = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert "".join(filter(None, said)) == "echo: hello"
    last = chunks[-2] if with_usage else chunks[-1]
    assert last.choices[0].finish_reason == "stop"
    assert (chunks[-1].usage is not None, chunks[-1].choices == []) == (with_usage, with_usage)
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_stream_with_calls(endpoint: Running, recorder: Recorder) -> None:
    """The head of a call, then its arguments."""
    with plain(endpoint, recorder, "/v1") as client:
        chunks = list(complete(client, calling(("get_weather", {"city": "Lima"})), tools=[WEATHER], stream=True))
        first = chunks[0].choices[0].delta
        assert (first.role, first.content, first.tool_calls[0].function.name) == ("assistant", None, "get_weather")
        arguments = "".join(
            call.function.arguments for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()
        )
        assert json.loads(arguments) == {"city": "Lima"}
        with client.chat.completions.stream(
            model=MODEL, messages=[{"role": "user", "content": calling(("get_weather", {}), ("get_weather", {}))}]
        ) as stream:
            final = stream.get_final_completion()
    assert len(final.choices[0].message.tool_calls or ()) == 2


def test_the_first_chunk_on_azures_dated_paths(endpoint: Running, recorder: Recorder) -> None:
    """Contract-successor §5: it has no choices, on which `chunk.choices[0]` breaks."""
    with azure(endpoint, recorder, _strict_response_validation=False) as client:
        first, second, *_ = complete(client, "hello", stream=True)
    assert (first.choices, first.id, first.object) == ([], "", "")
    assert second.choices[0].delta.role == "assistant"


def test_failures(client: openai.AzureOpenAI) -> None:
    """What the model cannot answer is an error, also in the middle of a stream."""
    for code, kind in (
        ("server_error", openai.InternalServerError),
        ("rate_limit_exceeded", openai.RateLimitError),
        ("invalid_prompt", openai.BadRequestError),
    ):
        with pytest.raises(kind, match="No answer"):
            complete(client, f"fail {code} No answer.")
    with pytest.raises(openai.APIError, match=r"I stumbled\."):
        list(complete(client.with_options(), "stumble", stream=True, extra_query={"api-version": "2024-05-01-preview"}))


USER = {"role": "user", "content": "x"}
CALL = {"id": "call_X", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, refusal("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")),
        (
            {"messages": []},
            refusal(
                "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array "
                "instead.",
                "messages",
                "empty_array",
            ),
        ),
        ({"messages": [USER], "nonsense": 1}, refusal("Unrecognized request argument supplied: nonsense")),
        (
            {"messages": [{"content": "x"}]},
            refusal(
                "Missing required parameter: 'messages[0].role'.", "messages[0].role", "missing_required_parameter"
            ),
        ),
        (
            {"messages": [{"role": "robot", "content": "x"}]},
            refusal(
                "Invalid value: 'robot'. Supported values are: 'system', 'developer', 'assistant', 'user', and 'tool'.",
                "messages[0].role",
                "invalid_value",
            ),
        ),
        (
            {"messages": [USER, {"role": "tool", "content": "x", "tool_call_id": "call_X"}]},
            refusal(
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                "'tool_calls'.",
                "messages.[1].role",
            ),
        ),
        (
            {"messages": [USER, {"role": "assistant", "tool_calls": [CALL]}]},
            refusal(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                "'tool_call_id'. The following tool_call_ids did not have response messages: call_X",
                "messages",
            ),
        ),
        (
            {"messages": [USER], "tool_choice": {"type": "function", "function": {"name": "f"}}},
            refusal("Tool choice 'f' not found in 'tools' parameter.", "tool_choice", "invalid_value"),
        ),
        (
            {"messages": [USER], "logprobs": True},
            refusal("Unsupported parameter: 'logprobs' is not supported with this model.", "logprobs"),
        ),
        (
            {"messages": [USER], "stream_options": {}},
            refusal("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"),
        ),
    ],
)
def test_refused(client: openai.AzureOpenAI, body: dict[str, Any], expected: dict[str, Any]) -> None:
    """In the service's words."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/chat/completions", body={"model": MODEL} | body, cast_to=object)
    assert caught.value.body == expected


def test_unknown_deployments(starting: Starter, recorder: Recorder) -> None:
    """Contract-successor §6: 404 on both sides, each in its own words; so for a model that is asked for."""
    endpoint = starting(deployments=("chat",))
    with plain(endpoint, recorder, "/v1") as client:
        with pytest.raises(openai.NotFoundError) as caught:
            complete(client, "x")
        message = "The model `gpt-4o` does not exist or you do not have access to it."
        assert caught.value.body == refusal(message, None, "model_not_found")
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("gpt-4o")
        assert client.models.retrieve("chat") == client.models.list().data[0]
    with azure(endpoint, recorder) as client, pytest.raises(openai.NotFoundError) as caught:
        complete(client, "x")
    assert (caught.value.code, caught.value.type) == ("DeploymentNotFound", "invalid_request_error")


def test_whoever_goes_away(starting: Starter, recorder: Recorder) -> None:
    """A completion that nobody reads is not finished."""
    model = Scripted()
    with azure(starting(model=model, pace=0.2), recorder, _strict_response_validation=False) as client:
        stream = complete(client, "many 1000", stream=True)
        next(iter(stream))
        stream.close()
        assert complete(client, "hello").choices[0].message.content == "echo: hello"
