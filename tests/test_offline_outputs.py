"""What the offline model says when functions have answered, and that nothing keeps it busy."""

import time
from typing import Any

import pytest
from support.calling import calls, converse, function, thread

S, INT = "string", "integer"


class TestOutputs:
    """The answer says what the functions said."""

    TOOLS = (function("list_museums", "Museums of a city", city=S), function("roll_dice", "Roll dice", count=INT))

    @pytest.mark.parametrize(
        ("output", "expected"),
        [
            ('{"open": true, "price": 12.5}', "Riga: open yes, price 12.5."),
            ('{"city": "Riga", "count": 3}', "Riga: count 3."),
            ('["Art Nouveau", "Motor"]', "Riga: Art Nouveau, Motor."),
            ('[{"name": "Motor", "fee": 5}]', "Riga: (1) name Motor, fee 5."),
            ("42", "Riga: 42."),
            ('"closed today"', "Riga: closed today."),
            ("Two museums are open.", "Riga: Two museums are open."),
            ("Riga: three", "Riga: three."),
            ("Riga has three…", "Riga has three…"),
            ("Rigan art", "Riga: Rigan art."),
            ('the sign says "Closed."', 'Riga: the sign says "Closed."'),
            ('{"hours": {"from": 10, "to": null}}', "Riga: hours: from 10, to not given."),
            ("", "Riga: list_museums gave nothing back."),
            ("[]", "Riga: list_museums gave nothing back."),
            ('{"error": "no such city"}', "list_museums (Riga) could not tell: no such city."),
            ("ValueError: no such city", "list_museums (Riga) could not tell: ValueError: no such city."),
        ],
    )
    def test_in_english(self, output: str, expected: str) -> None:
        """Every form of output becomes a sentence."""
        assert converse(thread("Which museums are in Riga?", tools=self.TOOLS), lambda *_: output)[1] == expected

    def test_in_japanese(self) -> None:
        """In the language of the question."""
        text = converse(thread("リガの美術館は?", tools=self.TOOLS), lambda *_: '{"number": 3, "open": false}')[1]
        assert text == "リガ: numberは3、openはいいえです。"
        assert converse(thread("リガの美術館は?", tools=self.TOOLS), lambda *_: "3.5 EUR")[1] == "リガ: 3.5 EUR。"
        assert "答えられません" in converse(thread("リガの美術館は?", tools=self.TOOLS), lambda *_: '{"error": "x"}')[1]

    def test_two_outputs_are_told_apart(self) -> None:
        """By the argument in which they differ."""
        text = converse(thread("Museums in Riga and Oslo?", tools=self.TOOLS), lambda _, a: str(len(a["city"]) * 11))[1]
        assert text == "Riga: 44. Oslo: 44."

    def test_other_questions_are_answered_too(self) -> None:
        """By the skills, beside the functions."""
        text = converse(thread("Which museums are in Riga, and what is 6 * 7?", tools=self.TOOLS), lambda *_: "three")[
            1
        ]
        assert "Riga: three." in text
        assert "6 × 7 = 42." in text

    def test_a_long_output_is_shortened_and_says_so(self) -> None:
        """It does not fill the page."""
        text = converse(thread("Which museums are in Riga?", tools=self.TOOLS), lambda *_: "word " * 1000)[1]
        assert len(text) < 700
        assert "(shortened)" in text

    def test_style(self) -> None:
        """The instructions hold for it as well."""
        prompt = thread("Which museums are in Riga?", tools=self.TOOLS, instructions="Answer in ALL CAPITALS.")
        assert converse(prompt, lambda *_: "three")[1] == "RIGA: THREE."


class TestBounds:
    """Hostile input is answered soon."""

    @pytest.mark.parametrize(
        "text", ["museum in Riga and " * 12_000, "美術館と潮位、" * 30_000, "A b, " * 50_000, "1" * 250_000, "(" * 9000]
    )
    def test_many_tools_and_long_messages(self, text: str) -> None:
        """64 functions of 20 parameters, messages of 256 000 characters."""
        wide: Any = {f"p{number}": S for number in range(20)}
        tools = [function(f"museum_{number}", "Museum tide hotel " * 20, **wide) for number in range(64)]
        start = time.process_time()
        calls(thread(text, tools=tools))
        assert time.process_time() - start < 30  # 0.1 to 3 measured; unbounded, it would be hours
