"""The questions that an empty chat box offers."""

from typing import Any

import pytest
from support.talking import served

from helpers import ChatBox
from helpers.chat.starters import starters
from helpers.chat.words import ENGLISH, JAPANESE, Words
from mock_endpoint.models.base import Prompt, Turn
from mock_endpoint.models.offline.coding import Code, answer


def function(description: str, **properties: dict[str, Any]) -> dict[str, Any]:
    """A tool with these required parameters."""
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": "f", "description": description, "parameters": parameters}}


WEATHER = function("Weather in a city.", city={"type": "string"})
JAPANESE_WEATHER = function("街の天気", city={"type": "string"}, unit={"enum": ["摂氏", "華氏"]})


def test_tools_come_first() -> None:
    """Three are offered, filled up with those that any assistant can answer."""
    assert starters([], ENGLISH) == [ENGLISH[f"starter.{number}"] for number in (1, 2, 3)]
    assert starters([WEATHER], ENGLISH)[:2] == ["Weather in a city: Kyoto", ENGLISH["starter.1"]]
    tools = [{"type": "code_interpreter"}, {"type": "file_search"}, WEATHER, WEATHER]
    assert starters(tools, ENGLISH) == [
        *(ENGLISH[f"starter.{kind}"] for kind in ("code_interpreter", "file_search")),
        "Weather in a city: Kyoto",
    ]


def test_only_what_can_be_asked_is_offered() -> None:
    """A function without a known example for each required parameter is left out, as is another language."""
    unknown = function("Look up an order", order={"type": "string"})
    assert starters([unknown, function("Now"), {"type": "function"}], ENGLISH) == starters([], ENGLISH)
    assert starters([WEATHER, JAPANESE_WEATHER], JAPANESE)[0] == "街の天気: 京都, 摂氏"


@pytest.mark.parametrize("words", [ENGLISH, JAPANESE])
def test_code_is_run_for_the_question_that_offers_it(words: Words) -> None:
    """Also by the offline model, which writes code for some questions only."""
    asked = Turn("user", words["starter.code_interpreter"])
    assert isinstance(answer(Prompt("gpt-4o", "", (asked,), tools=({"type": "code_interpreter"},))), Code)


def test_the_box_offers_those_of_its_assistant() -> None:
    """As the service has it, also where only the id is given."""
    with served() as client:
        tabi = client.beta.assistants.create(model="gpt-4o", tools=[WEATHER])  # pyrefly: ignore[bad-argument-type]
        assert ChatBox(client, tabi.id).widget.starters == starters([WEATHER], ENGLISH)
