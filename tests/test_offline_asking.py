"""What the offline model does when a function lacks a value: it asks back, and goes on with the answer."""

import pytest
from support.calling import Arguments, calls, converse, function, thread

S, INT, N = "string", "integer", "number"

LAKESIDE = (
    function("rent_kayak", "Rent a kayak on a lake for some hours", lake=S, hours=INT),
    function("get_pollen", "Pollen in the air of a town on a day", town=S, date={"type": "string", "format": "date"}),
    function(
        "ship_cost",
        "Price of sending a parcel",
        kilograms=N,
        country={"type": "string", "enum": ["France", "Spain", "Italy"]},
    ),
    function("order_shirt", "Order a shirt", size={"enum": ["S", "M", "L"]}, colour={"enum": ["red", "blue"]}),
    function("boil_time", "How long to boil an egg of a weight", grams=N),
    function("climate", "Mean temperature and rain of a town in a month", town=S, month=INT),
    function("exchange", "Exchange dollars into a currency", dollars=N, currency={"enum": ["NOK", "SEK"]}),
)


def said(*texts: str) -> tuple[list[tuple[str, Arguments]], str]:
    """The calls that a thread of messages makes, and the text at its end."""
    return converse(thread(*texts, tools=LAKESIDE), lambda *_: "fine")


class TestAskingBack:
    """A value that nobody gave is not made up."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Rent a kayak on Lake Bled", "For that I need the hours: rent_kayak(lake, hours). Which one?"),
            ("I'd like a kayak for two hours", "For that I need the lake: rent_kayak(lake, hours). Which one?"),
            ("Use rent_kayak", "For that I need the lake and the hours: rent_kayak(lake, hours). Which ones?"),
            ("How is the pollen in Graz tomorrow?", "For that I need the date: get_pollen(town, date). Which one?"),
            ("Order a red shirt", "For that I need the size (S, M, L): order_shirt(size, colour). Which one?"),
            (
                "What does it cost to send 3 kg to Portugal?",
                "ship_cost does not know Portugal; its country is one of France, Spain, Italy. Which one?",
            ),
            (
                "How much are 40 dollars in pesos?",
                "exchange does not know pesos; its currency is one of NOK, SEK. Which one?",
            ),
            ("How many dollars are 30 kronor?", "For that I need the dollars: exchange(dollars, currency). Which one?"),
            ("How warm is Bergen in spring?", "For that I need the month: climate(town, month). Which one?"),
            ("How warm is it in Bergen in winter?", "For that I need the month: climate(town, month). Which one?"),
            ("Convert 20 kronor to dollars", "For that I need the dollars: exchange(dollars, currency). Which one?"),
            ("30クローナは何ドルですか?", "それにはdollarsが必要です: exchange(dollars, currency)。どれですか?"),
            ("Is it cold in Bergen now?", "For that I need the month: climate(town, month). Which one?"),
            ("ベルゲンの気温は?", "それにはmonthが必要です: climate(town, month)。どれですか?"),
            (
                "40ドルは何ペソですか?",
                "exchangeは「ペソ」を知りません。currencyはNOK、SEKのどれかです。どれですか?",
            ),
        ],
    )
    def test_what_is_missing(self, text: str, expected: str) -> None:
        """It is named, with the values that it may have."""
        assert said(text) == ([], expected)

    @pytest.mark.parametrize(
        ("texts", "expected"),
        [
            (("Rent a kayak on Lake Bled", "For 3 hours."), ("rent_kayak", {"lake": "Lake Bled", "hours": 3})),
            (("Rent a kayak on Lake Bled", "3"), ("rent_kayak", {"lake": "Lake Bled", "hours": 3})),
            (("Order a shirt", "Red", "L"), ("order_shirt", {"size": "L", "colour": "red"})),
            (
                ("What does it cost to send 3 kg to Portugal?", "Then to Spain."),
                ("ship_cost", {"kilograms": 3, "country": "Spain"}),
            ),
            (("How warm is Bergen in spring?", "In April."), ("climate", {"town": "Bergen", "month": 4})),
            (("ベルゲンの気温は?", "7月"), ("climate", {"town": "ベルゲン", "month": 7})),
            (("ベルゲンの気温は?", "7月です"), ("climate", {"town": "ベルゲン", "month": 7})),
        ],
    )
    def test_the_answer_goes_into_the_call(self, texts: tuple[str, ...], expected: tuple[str, Arguments]) -> None:
        """Together with the values of the question."""
        assert said(*texts)[0] == [expected]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("What is the capital of Spain?", "The capital of Spain is Madrid."),
            ("Thanks, no.", "You are welcome!"),
            ("What is 6 * 7?", "6 × 7 = 42."),
        ],
    )
    def test_something_else_is_no_answer(self, text: str, expected: str) -> None:
        """Who changes the subject is not held to the question."""
        assert said("Rent a kayak on Lake Bled", text) == ([], expected)

    def test_another_value_that_is_not_known(self) -> None:
        """Is told as well, and the one of the message before is not taken again."""
        followed = said("How many kronor are 80 dollars?", "And in Swiss francs?")
        assert followed == ([], "exchange does not know Swiss francs; its currency is one of NOK, SEK. Which one?")
        assert "does not know Chile" in said("Send 3 kg to Portugal: what does it cost?", "Then to Chile.")[1]

    def test_what_can_be_called_is_called(self) -> None:
        """First the call, then its outcome and the question; other questions are answered beside it."""
        made, text = said("How warm is Bergen, and how much are 40 dollars in Norwegian kroner?")
        assert made == [("exchange", {"dollars": 40, "currency": "NOK"})]
        assert text == "dollars 40, NOK: fine. For that I need the month: climate(town, month). Which one?"
        assert said("Rent a kayak and what is 2+3?")[1].endswith("2 + 3 = 5.")

    @pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "climate"}}])
    def test_a_forced_call_is_made(self, choice: object) -> None:
        """With something made up, and without a question afterwards."""
        prompt = thread("How warm is Bergen?", tools=LAKESIDE, tool_choice=choice)
        made, text = converse(prompt, lambda *_: "no such month")
        assert made == [("climate", {"town": "Bergen", "month": 0})]
        assert text == "Bergen, month 0: no such month."

    def test_what_need_not_be_said(self) -> None:
        """Defaults, tastes, free text and what may be null are filled; so is what lies deeper."""
        tool = function(
            "note_depth",
            "Note the depth of a lake",
            lake=S,
            unit={"enum": ["m", "ft"]},
            remark=S,
            copies={"type": "integer", "default": 2},
            day={"type": ["string", "null"]},
            place={"type": "object", "properties": {"zone": {"type": "integer"}}, "required": ["zone"]},
        )
        ((name, arguments),) = calls(thread("Note the depth of the lake Inari", tools=[tool]))
        assert name == "note_depth"
        assert arguments["lake"] == "Inari"
        assert (arguments["unit"], arguments["copies"], arguments["place"]) == ("m", 2, {"zone": 0})


class TestWhatIsAsked:
    """Questions that name no function, and such that only look like one."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("I have 80 dollars. How many kronor is that?", [("exchange", {"dollars": 80, "currency": "SEK"})]),
            ("My egg has 60 grams. How long do I boil it?", [("boil_time", {"grams": 60})]),
            ("80ドル持っています。何クローナですか?", [("exchange", {"dollars": 80, "currency": "SEK"})]),
            (
                "I have 80 dollars. How many Norwegian kroner is that, and how many Swedish kronor?",
                [("exchange", {"dollars": 80, "currency": "NOK"}), ("exchange", {"dollars": 80, "currency": "SEK"})],
            ),
            (
                "How many Swedish kronor are 80 dollars, and how many Norwegian kroner?",
                [("exchange", {"dollars": 80, "currency": "SEK"}), ("exchange", {"dollars": 80, "currency": "NOK"})],
            ),
            ("トゥルクは2月に何度まで上がりますか?", [("climate", {"town": "トゥルク", "month": 2})]),
            ("札幌は2月に何度ですか?", [("climate", {"town": "札幌", "month": 2})]),
            (
                "Compare Bergen and Turku in May.",
                [("climate", {"town": "Bergen", "month": 5}), ("climate", {"town": "Turku", "month": 5})],
            ),
            (
                "Which is colder in March, Turku or Bergen?",
                [("climate", {"town": "Turku", "month": 3}), ("climate", {"town": "Bergen", "month": 3})],
            ),
            (
                "Is Turku colder than Bergen in March?",
                [("climate", {"town": "Turku", "month": 3}), ("climate", {"town": "Bergen", "month": 3})],
            ),
            ("Turku, June: how wet?", [("climate", {"town": "Turku", "month": 6})]),
            ("Do I need a coat in Bergen in October?", [("climate", {"town": "Bergen", "month": 10})]),
            ("Is 80 dollars a lot of money?", []),
            ("I boiled an egg. How are you?", []),
            ("Which museums are open in Bergen in May?", []),
        ],
    )
    def test_calls(self, text: str, expected: list[tuple[str, Arguments]]) -> None:
        """The function is found by its values, and by the sentence before the question."""
        assert said(text)[0] == expected

    def test_how_many_without_an_amount_is_new(self) -> None:
        """Only what has a unit continues the question before it."""
        assert said("How warm is Bergen in May?", "How many people?")[0] == []
        assert said("How many kronor are 80 dollars?", "How many Norwegian kroner?")[0] == [
            ("exchange", {"dollars": 80, "currency": "NOK"})
        ]

    def test_one_harbour_is_one_call(self) -> None:
        """A word of the function's parameters is no second value."""
        tide = function("get_tide", "The height of the tide at a harbour", harbour=S)
        expected = [("get_tide", {"harbour": "Onomichi"})]
        assert calls(thread("How high is the tide at the harbour of Onomichi?", tools=[tide])) == expected
        earlier = "What is the capital of Japan?"
        assert calls(thread(earlier, "How high is the tide at the harbour of Onomichi?", tools=[tide])) == expected

    @pytest.mark.parametrize(
        ("schema", "city"),
        [
            ({"type": "string", "description": "In English, for example Lima"}, "Sapporo"),
            ({"type": "string", "description": "都市名をローマ字で"}, "Sapporo"),
            ({"type": "string", "pattern": "^[A-Za-z ]+$"}, "Sapporo"),
            ({"type": "string", "description": "A city"}, "札幌"),
        ],
    )
    def test_names_in_english(self, schema: dict[str, str], city: str) -> None:
        """Where the parameter wants them so; else they stay as they were written."""
        tool = function("snow_depth", "Depth of snow in a city", city=schema)
        assert calls(thread("札幌の雪は?", tools=[tool])) == [("snow_depth", {"city": city})]
