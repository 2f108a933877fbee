"""hint(): one question more at each call; and answers that are chosen from words."""

import sys
from types import ModuleType
from typing import Any

import pytest

from helpers import hint
from helpers.exercises.choosing import chosen


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """An exercise of this test alone, with two hints."""
    lesson: Any = ModuleType("helpers.exercises.checks.98")
    lesson.check_98a = lambda answer: None
    lesson.HINTS = {"98a": ("What is first?", "And then?")}
    monkeypatch.setitem(sys.modules, "helpers.exercises.checks.98", lesson)
    return "98a"


def test_each_call_shows_one_more(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Those before stay, for the cell's output is replaced; after the last the solution is named."""
    first, second = "98a, hint 1 of 2: What is first?", "98a, hint 2 of 2: And then?"
    end = "There are no more hints; the solution is folded below the check."
    for expected in ([first], [first, second], [first, second, end], [first, second, end]):
        hint(name)
        assert capsys.readouterr().out.splitlines() == expected


def test_a_hint_for_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    hint("98z")
    assert "98z: there is no exercise of that name" in capsys.readouterr().out
    hint("5a")
    assert "5a: there is no exercise of that name; did you mean 05a?\n" in capsys.readouterr().out
    hint(7)
    assert capsys.readouterr().out == 'hint takes the name of the exercise: hint("05a")\n'


RIGHT = {"queued", "cancelling"}
WRONG = {"completed": "is anything still moving?"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"queued", "cancelling"}, None),
        (["Cancelling ", "queued", "queued"], None),
        ("queued", "that is right, but only 1 of 2; which is the other?"),
        (set(), "nothing is chosen yet; which is the other?"),
        ("Queued, cancelling", "'queued, cancelling' is one text; write {'queued', 'cancelling'}, each word in quotes"),
        ({"queued", "completed"}, "about 'completed': is anything still moving?"),
        (("queued", "waiting"), "'waiting' is none of the words to choose from: cancelling, completed, queued"),
        (7, "the answer is of the kind int; a word is asked for"),
        ([7], "the answer is of the kind list"),
    ],
)
def test_words_are_chosen(answer: object, reason: str | None) -> None:
    """Whatever holds them, and however they are written; a wrong one is answered for what it is."""
    said = chosen(answer, RIGHT, WRONG, "which is the other?")
    assert (said is None) if reason is None else (said is not None and reason in said)
