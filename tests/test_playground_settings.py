"""The settings of the playground's sides: what is refused, what differs, and how a function is declared."""

from typing import Any

import pytest

from helpers import KitError
from helpers.chat.declaring import declared
from helpers.playground.configurations import Configuration, configured, difference


def get_weather(city: str) -> dict[str, object]:
    """The weather in a city."""
    return {"city": city, "sky": "sunny"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"color": "red"}, "cannot be set to 'color'"),
        ("red", "cannot be set to 'red'"),
        ({"instructions": 5}, "instructions is 5, which is no text"),
        ({"temperature": "hot"}, "temperature is 'hot', which is no number"),
        ({"temperature": True}, "temperature is True, which is no number"),
        ({"tools": ["fly"]}, "has no function fly"),
        ({"tools": None}, "has no function None"),
    ],
)
def test_a_setting_that_does_not_exist_is_named(given: Any, says: str) -> None:  # noqa: ANN401 - it may be anything
    """Before anything is sent."""
    with pytest.raises(KitError, match=says):
        configured(given, Configuration(), ["get_weather"])


def test_what_differs_is_said_in_few_words() -> None:
    """Only the settings that differ, long texts cut."""
    a, b = Configuration(instructions="x" * 100), Configuration(temperature=0.0, tools=("f", "g"))
    assert difference(a, b) == {"instructions": "x" * 60 + " …", "temperature": "1", "tools": "none"}
    assert difference(b, b) == {}


def test_of_two_long_texts_the_part_is_shown_that_differs() -> None:
    """What both begin with would fill the line, and say nothing; with spaces between words and without."""
    rules = "You help people plan a trip in Japan, and you never name a price. "
    a, b = Configuration(instructions=rules + "Be brief."), Configuration(instructions=rules + "Be kind.")
    assert (difference(a, b), difference(b, a)) == ({"instructions": "… brief."}, {"instructions": "… kind."})
    a, b = Configuration(prompt="日本の旅。" * 20 + "京都"), Configuration(prompt="日本の旅。" * 20)
    assert difference(a, b) == {"prompt": "… 旅。日本の旅。日本の旅。京都"}
    assert difference(b, a) == {"prompt": "… 旅。日本の旅。日本の旅。"}


def test_a_function_is_declared_as_python_knows_it() -> None:
    """Hints are types, defaults are optional, no docstring is no error."""

    # pyrefly: ignore[implicit-any-parameter, unannotated-return]
    def find(place: str, radius: float = 1.0, stars: "int" = 3, tags: list[str] = [], other=None, *more): ...  # noqa: ANN001, ANN002, ANN202, B006

    function = declared("find", find)["function"]
    assert function["description"] == "find"
    assert {name: one["type"] for name, one in function["parameters"]["properties"].items()} == {
        **{"place": "string", "radius": "number", "stars": "integer", "tags": "array", "other": "string"},
    }
    assert function["parameters"]["required"] == ["place"]
    assert declared("get_weather", get_weather)["function"]["description"] == "The weather in a city."
