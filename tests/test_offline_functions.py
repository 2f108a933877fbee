"""Which functions the offline model calls, with which arguments, and what it asks back.

None of these functions and messages stands in a lesson, nor among the messages that the model is measured with.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from support.calling import Arguments, calls, converse, function, thread

from mock_endpoint.models import encoder

S, INT, N, B = "string", "integer", "number", "boolean"

HOUSE = (
    function("set_fan", "Switch a fan on or off", fan=S, on=B),
    function("set_gate", "Open or close a gate", gate=S, position={"enum": ["open", "closed"]}),
    function("vault", "Lock or unlock a safe", safe=S, locked=B),
    function("warm_pool", "Set the temperature of a pool", pool=S, degrees=N),
)
SHOP = (
    function("buy_tea", "Order tea", ["tea", "tins"], tea=S, tins=INT, gift=B, grind={"enum": ["fine", "coarse"]}),
    function("find_parcel", "Where a parcel is now", parcel_number=S),
    function("withdraw_order", "Cancels an order", order_id=S),
    function("list_museums", "Museums of a city", city=S),
    function("ferry_price", "Price of a ferry", ["island"], island=S, day=S),
    function("walk_time", "How long a walk between two places takes", start=S, end=S),
    function("quotient", "Divide one number by another", dividend=N, divisor=N),
    function("mail", "Send an e-mail", ["to", "body"], to={"type": S, "format": "email"}, subject=S, body=S),
    function("db", "Runs a statement", statement={"type": S, "description": "The SQL statement"}),
)  # fmt: skip


class TestKinds:
    """What a person means, by the kinds of trouble that it makes."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Turn the attic fan on", ("set_fan", {"fan": "attic fan", "on": True})),
            ("please switch off the cellar fan", ("set_fan", {"fan": "cellar fan", "on": False})),
            ("Close the north gate", ("set_gate", {"gate": "north gate", "position": "closed"})),
            ("Unlock the small safe", ("vault", {"safe": "small safe", "locked": False})),
            ("Lock the small safe", ("vault", {"safe": "small safe", "locked": True})),
            ("Set the kids pool to 28 degrees", ("warm_pool", {"pool": "kids pool", "degrees": 28})),
        ],
    )
    def test_never_the_opposite(self, text: str, expected: tuple[str, Arguments]) -> None:
        """On is on, for a boolean and for an enum, and a unit is no value."""
        assert calls(thread(text, tools=HOUSE)) == [expected]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("How high is the tide in Brest in May?", [("tide", {"port": "Brest", "month": "May"})]),
            ("tide brest august", [("tide", {"port": "brest", "month": "august"})]),
            ("how high is the tide in Brest in may", [("tide", {"port": "Brest", "month": "may"})]),
            (
                "How high is the tide in Brest in June and in Calais in July?",
                [("tide", {"port": "Brest", "month": "June"}), ("tide", {"port": "Calais", "month": "July"})],
            ),
            ("ブレストの5月の潮は?", [("tide", {"port": "ブレスト", "month": "5月"})]),
            ("How high is the tide in Brest?", []),
            ("Plan one day in Brest", []),
        ],
    )
    def test_a_month_is_a_name_of_one(self, text: str, expected: list[tuple[str, Arguments]]) -> None:
        """A text that is to be a month takes its name, and nothing else."""
        tide = function("tide", "The height of the tide at a port in a month", port=S, month=S)
        assert calls(thread(text, tools=[tide])) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Order 4 tins of oolong as a gift", [("buy_tea", {"tea": "oolong", "tins": 4, "gift": True})]),
            ("Order a dozen tins of sencha", [("buy_tea", {"tea": "sencha", "tins": 12})]),
            ("Where is parcel RX-20931?", [("find_parcel", {"parcel_number": "RX-20931"})]),
            ("荷物番号RX-20931はどこですか?", [("find_parcel", {"parcel_number": "RX-20931"})]),
            ("I have a parcel. Its number is RX-20931. Where is it?", [("find_parcel", {"parcel_number": "RX-20931"})]),
            ("Which museums are in Cork, Ireland?", [("list_museums", {"city": "Cork, Ireland"})]),
            (
                "How long is the walk from 9 Quay Street, Galway to Salthill?",
                [("walk_time", {"start": "9 Quay Street, Galway", "end": "Salthill"})],
            ),
            ("What is 36 divided by 9?", [("quotient", {"dividend": 36, "divisor": 9})]),
            ("9で36を割って", [("quotient", {"dividend": 36, "divisor": 9})]),
            ("Divide three hundred by twelve", [("quotient", {"dividend": 300, "divisor": 12})]),
            (
                "Run SELECT name FROM staff WHERE town = 'Cork'; thanks",
                [("db", {"statement": "SELECT name FROM staff WHERE town = 'Cork';"})],
            ),
            (
                "Mail kim@quay.example with the subject Late and say it's snowing.",
                [("mail", {"to": "kim@quay.example", "subject": "Late", "body": "it's snowing"})],
            ),
        ],
    )
    def test_values_are_whole_and_serve_once(self, text: str, expected: list[tuple[str, Arguments]]) -> None:
        """Places with their region, codes, operands in order, statements without the prose around them."""
        assert calls(thread(text, tools=SHOP)) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "I already locked the safe.",
            "The fan in the attic was so loud yesterday.",
            "さっき倉庫の扇風機を消しました。",
            "Don't unlock the safe",
            "Did I lock the small safe?",
            "My sister repairs fans.",
            "Good morning! How are you?",
            "Tell me a joke",
            "What is the capital of Chile?",
            "What is my name?",
            "What is 12 * 12?",
            "日本の首都は?",
        ],
    )
    def test_no_call_is_asked_for(self, text: str) -> None:
        """What is past, forbidden, told or asked of the model itself."""
        assert not calls(thread(text, tools=HOUSE))

    def test_a_question_for_everybody(self) -> None:
        """Goes to the only function where it searches, in full; a courtesy does not."""
        tools = [function("look_it_up", "Search the web", query=S)]
        assert calls(thread("Who carved the Sphinx?", tools=tools)) == [
            ("look_it_up", {"query": "Who carved the Sphinx"})
        ]
        assert not calls(thread("Thanks a lot!", tools=tools))

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("7月の東京の潮位は?", [("tides", {"place": "東京", "month": 7})]),
            ("東京の7月の潮位は?", [("tides", {"place": "東京", "month": 7})]),
            ("りんごとみかんを籠に入れて", [("fill_basket", {"fruits": ["りんご", "みかん"]})]),
            ("「春の海（改訂版）」を棚に置いて", [("shelve", {"title": "春の海（改訂版）"})]),
        ],
    )
    def test_values_in_japanese(self, text: str, expected: list[tuple[str, Arguments]]) -> None:
        """A month is no part of a place, two things in hiragana are two, and a quotation keeps its brackets."""
        tools = [
            function("tides", "Tides of a place in a month, 潮位", ["place"], place=S, month=INT),
            function(
                "fill_basket", "Put fruits into a basket, 籠に入れる", fruits={"type": "array", "items": {"type": S}}
            ),
            function("shelve", "Put a book on a shelf, 本を棚に置く", title=S),
        ]
        assert calls(thread(text, tools=tools)) == expected

    def test_a_shared_prefix(self) -> None:
        """`Tea-list_kinds` is the tea's, as a plugin names it."""
        tools = [
            function("Tea-list_kinds", "Lists the kinds of tea"),
            function("Tea-get_price", "Price of a tea", tea=S),
        ]
        assert calls(thread("Which kinds of tea do you have?", tools=tools)) == [("Tea-list_kinds", {})]
        assert calls(thread("What does the oolong cost?", tools=tools)) == [("Tea-get_price", {"tea": "oolong"})]

    def test_by_name(self) -> None:
        """A function named in the message is called, and one that is forbidden is not."""
        tools = [function("zap", "", code=S), function("lookup_tram", "Trams", stop=S)]
        assert calls(thread("Use zap with K-99", tools=tools)) == [("zap", {"code": "K-99"})]
        assert not calls(thread("Where is the tram? Do not use any tools.", tools=tools))
        assert not calls(thread("トラムは? ツールを使わないで", tools=tools))


class TestAskingBack:
    """A value that nobody gave is not made up."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Order some oolong tea", "For that I need the tins: buy_tea(tea, tins, gift, grind). Which one?"),
            ("Turn on the fan", "For that I need the fan: set_fan(fan, on). Which one?"),
            ("扇風機をつけて", "set_fan(fan, on)を呼ぶには、fanが必要です。教えてください。"),
            (
                "Send a mail to kim@quay.example",
                "For that I need the body: mail(to, subject, body). Which one?",
            ),
        ],
    )
    def test_what_is_missing(self, text: str, expected: str) -> None:
        """It is named."""
        assert converse(thread(text, tools=[*SHOP, *HOUSE]), lambda *_: "") == ([], expected)

    def test_what_it_may_be(self) -> None:
        """The options of an enum, or what the schema says of the parameter."""
        tool = function(
            "hire_boat",
            "Hire a boat",
            size={"enum": ["small", "large"]},
            hours={"type": INT, "description": "How long"},
        )
        text = converse(thread("Hire a boat", tools=[tool]), lambda *_: "")[1]
        assert (
            text
            == "For that I need the size (small, large) and the hours (How long): hire_boat(size, hours). Which ones?"
        )

    @pytest.mark.parametrize(
        ("texts", "expected"),
        [
            (("Order some oolong tea", "Six tins"), [("buy_tea", {"tea": "oolong tea", "tins": 6})]),
            (("Order some oolong tea", "6"), [("buy_tea", {"tea": "oolong tea", "tins": 6})]),
            (("Order some oolong tea", "Never mind"), []),
            (("Order some oolong tea", "Hello"), []),
            (("Order some oolong tea", "What is the capital of Spain?"), []),
            (("Order some oolong tea", "No, forget it", "6"), []),
        ],
    )
    def test_the_answer_goes_into_the_call(self, texts: Sequence[str], expected: list[tuple[str, Arguments]]) -> None:
        """Together with the values of the question; who changes the subject is not held to it."""
        assert calls(thread(*texts, tools=SHOP)) == expected

    def test_what_can_be_called_is_called(self) -> None:
        """First the call, then its outcome and the question."""
        made, text = converse(thread("Turn on the fan, and lock the small safe", tools=HOUSE), lambda *_: "done")
        assert made == [("vault", {"safe": "small safe", "locked": True})]
        assert text.endswith("For that I need the fan: set_fan(fan, on). Which one?")
        assert "done" in text

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Hire the tandem for two weeks", {"days": 14}),
            ("Hire the tandem for 3 days", {"days": 3}),
            ("タンデムを1週間借りたい", {"days": 7}),
        ],
    )
    def test_a_number_in_the_unit_of_its_parameter(self, text: str, expected: dict[str, object]) -> None:
        """Weeks are told in days, where the parameter takes days."""
        tool = function("hire_tandem", "Hire the tandem, タンデムを借りる", days=INT)
        assert calls(thread(text, tools=[tool])) == [("hire_tandem", expected)]

    def test_numbers_and_files_in_an_array(self) -> None:
        """All of them, in their order."""
        mean = function("mean", "Mean of numbers", numbers={"type": "array", "items": {"type": "number"}})
        assert calls(thread("What is the mean of 3.5, 8 and 10?", tools=[mean])) == [
            ("mean", {"numbers": [3.5, 8, 10]})
        ]
        merge = function("merge_pdfs", "Merge PDF files", files={"type": "array", "items": {"type": "string"}})
        wanted = {"files": ["one.pdf", "b/two.pdf"]}
        assert calls(thread("Merge one.pdf and b/two.pdf", tools=[merge])) == [("merge_pdfs", wanted)]

    def test_where_more_than_one_value_is_left_it_is_asked(self) -> None:
        """A value is never chosen by chance."""
        tool = function("feed", "Feed an animal", animal=S)
        assert calls(thread("Feed the lynx", tools=[tool])) == [("feed", {"animal": "lynx"})]
        assert calls(thread("Feed whichever is hungry, lynx or otter, for Ada", tools=[tool])) == []

    def test_a_default_is_no_question(self) -> None:
        """It is what the schema says."""
        tool = function("roll_dice", "Roll dice", count=INT, sides={"type": INT, "default": 6})
        assert calls(thread("Roll three dice", tools=[tool])) == [("roll_dice", {"count": 3, "sides": 6})]


class TestSeveral:
    """Parallel calls, one after the other, and follow-ups."""

    ASKED = "Which museums are in Riga and Turin, and what is the ferry price for Gotland?"
    WANTED = (
        ("list_museums", {"city": "Riga"}),
        ("list_museums", {"city": "Turin"}),
        ("ferry_price", {"island": "Gotland"}),
    )

    def test_at_once(self) -> None:
        """In the order of the message."""
        assert calls(thread(self.ASKED, tools=SHOP)) == list(self.WANTED)

    def test_one_after_the_other(self) -> None:
        """Without parallel calls the same ones, one a round."""
        prompt = thread(self.ASKED, tools=SHOP, parallel_tool_calls=False)
        assert calls(prompt) == [self.WANTED[0]]
        assert converse(prompt, lambda name, arguments: "fine")[0] == list(self.WANTED)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "Turn on the attic fan and the cellar fan",
                [("set_fan", {"fan": "attic fan", "on": True}), ("set_fan", {"fan": "cellar fan", "on": True})],
            ),
            (
                "Set the kids pool to 28 and the large pool to 24 degrees",
                [
                    ("warm_pool", {"pool": "kids pool", "degrees": 28}),
                    ("warm_pool", {"pool": "large pool", "degrees": 24}),
                ],
            ),
            (
                "Close the north gate and unlock the small safe",
                [
                    ("set_gate", {"gate": "north gate", "position": "closed"}),
                    ("vault", {"safe": "small safe", "locked": False}),
                ],
            ),
        ],
    )
    def test_two_things_are_two_calls(self, text: str, expected: list[tuple[str, Arguments]]) -> None:
        """With the values that belong to each."""
        assert calls(thread(text, tools=HOUSE)) == expected

    def test_a_list_is_one_call(self) -> None:
        """Where the parameter takes several values."""
        tools = [function("compare_museums", "Compare museums", cities={"type": "array", "items": {"type": "string"}})]
        assert calls(thread("Compare the museums of Rome, Riga and Oslo", tools=tools)) == [
            ("compare_museums", {"cities": ["Rome", "Riga", "Oslo"]})
        ]

    @pytest.mark.parametrize(
        ("before", "now", "expected"),
        [
            ("Which museums are in Riga?", "And in Turin?", [("list_museums", {"city": "Turin"})]),
            ("リガの美術館は?", "じゃあオスロは?", [("list_museums", {"city": "オスロ"})]),
            ("What is the capital of Cuba?", "And Italy?", []),
            ("Which museums are in Riga?", "Thanks!", []),
        ],
    )
    def test_follow_up(self, before: str, now: str, expected: list[tuple[str, Arguments]]) -> None:
        """A new value, the rest as before."""
        assert calls(thread(before, now, tools=SHOP)) == expected


class TestToolChoice:
    """`tool_choice` in all its forms."""

    TOOLS = (function("list_museums", "Museums of a city", city=S), function("roll_dice", "Roll dice", count=INT))

    def test_none(self) -> None:
        """Never a call."""
        assert not converse(thread("Museums in Riga?", tools=self.TOOLS, tool_choice="none"), lambda *_: "")[0]

    def test_required(self) -> None:
        """The best fit even when it is weak, only once; the first where nothing fits, with something made up."""
        made, text = converse(
            thread("Hello, Riga!", tools=self.TOOLS, tool_choice="required"), lambda *_: "nothing special"
        )
        assert len(made) == 1
        assert "nothing special" in text
        assert calls(thread("Hello!", tools=self.TOOLS, tool_choice="required")) == [
            ("list_museums", {"city": "unknown"})
        ]

    def test_one_function(self) -> None:
        """Exactly the one that is named."""
        choice = {"type": "function", "function": {"name": "roll_dice"}}
        for text, count in (("Roll 4 dice", 4), ("Museums in Riga?", 0)):
            assert calls(thread(text, tools=self.TOOLS, tool_choice=choice)) == [("roll_dice", {"count": count})]


class Counting:
    """An encoder that counts what it is given."""

    def __init__(self, inner: encoder.Encoder) -> None:
        self.inner, self.texts, self.longest = inner, 0, 0

    def encode(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - an array of numpy
        """The inner encoder's vectors."""
        self.texts += len(texts)
        self.longest = max(self.longest, *map(len, texts))
        return self.inner.encode(texts)


class TestBounds:
    """However long the message, the work is bounded."""

    @pytest.mark.parametrize(
        "text", ["Turn on the lamp in hall number {}. ", "{}番の部屋の電気をつけて。", "Find hotel {} and "]
    )
    def test_how_much_is_compared(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A hundred sentences and 64 functions: each of the functions once, and a few pieces of the first clauses."""
        counting = Counting(encoder.encoder())
        monkeypatch.setattr("mock_endpoint.models.offline.choose.encoder", lambda: counting)
        names = [f"tide_{len(text)}_{number}" for number in range(64)]  # new ones each time: vectors are kept
        tools = [function(name, f"Tide of harbour {name}", harbour=S, day=S) for name in names]
        calls(thread("".join(text.format(number) for number in range(100)), tools=tools))
        assert 64 <= counting.texts < 180
        assert counting.longest <= 300

    def test_it_is_loaded_once_in_the_background(self) -> None:
        """And the same for everybody."""
        encoder.preload()
        assert encoder.encoder() is encoder.encoder()
        near, far = (
            encoder.encoder().encode(["How warm is it?", "今の気温は?", "Sell my shares"])[[1, 2]]
            @ encoder.encoder().encode(["How warm is it?"])[0]
        )
        assert near > far + 0.2
