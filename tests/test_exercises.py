"""check() and expect(): they lead on, and in strict mode they fail."""

import sys
from types import ModuleType
from typing import Any

import pytest

from helpers.exercises.checking import Caught, check, expect
from helpers.exercises.evidence import brief
from helpers.exercises.trying import NotYet, calling
from helpers.problems import KitError


def check_99a(status: str) -> str | None:
    """The sample: a run's status."""
    return None if status.lower() == "completed" else f"the run is {status}"


@pytest.fixture(autouse=True)
def _lesson(monkeypatch: pytest.MonkeyPatch, empty_log: None) -> None:
    lesson: Any = ModuleType("helpers.exercises.checks.99")
    lesson.check_99a = check_99a
    monkeypatch.setitem(sys.modules, "helpers.exercises.checks.99", lesson)


def untouched(thread_id: str) -> None: ...


def described(thread_id: str) -> None:
    """As a lesson gives it out."""
    ...


CASES = [
    (("99a", untouched), "not yet tried"),
    (("99a", described), "not yet tried"),
    (("99a", lambda thread_id: "mine"), "not yet, because the answer is not of the kind"),
    (("99a", "completed"), "✔ 99a is correct."),
    (("99a", "queued"), "○ 99a: not yet, because the run is queued."),
    (("99a", ...), "○ 99a: not yet tried. Put your answer in place of the ..."),
    (("99a", None), "not yet tried"),
    (("99a",), 'not yet, because the check was not given your answer: check("99a", …).'),
    (("99a", 7), "not yet, because the answer is not of the kind that the exercise asks for (AttributeError"),
    (("99a", "completed", "more"), "not yet, because the check was called with other arguments"),
    (("99z", "completed"), "not yet, because there is no exercise of that name"),
    (("5a", "completed"), "no exercise of that name; did you mean 05a?"),
    (("05 A", "completed"), "no exercise of that name; did you mean 05a?"),
    (("05z", "completed"), "no exercise of that name; did you mean 05a or 05b or 05c or 05q?"),
    (("5", "completed"), "no exercise of that name; did you mean 05a or 05b or 05c or 05q?"),
    (("98a", "completed"), "not yet, because there is no exercise of that name"),
    (("../os", "completed"), "not yet, because there is no exercise of that name"),
]


@pytest.mark.parametrize(("arguments", "expected"), CASES)
def test_check_says_what_it_found(
    arguments: tuple[Any, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words that lead on, and without raising."""
    check(*arguments)
    assert expected in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "expected"), CASES)
def test_strict_turns_not_yet_into_a_failure(
    arguments: tuple[Any, ...], expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that the solved pass of the notebooks' tests can fail."""
    monkeypatch.setenv("KIT_CHECK", "strict")
    if "correct" in expected:
        check(*arguments)
        assert expected in capsys.readouterr().out
    else:
        with pytest.raises(KitError, match="not yet"):
            check(*arguments)


def test_a_broken_import_in_a_lesson_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check's missing library is no missing exercise."""

    def fail(name: str) -> ModuleType:
        raise ModuleNotFoundError("No module named 'pandas'", name="pandas")

    monkeypatch.setattr("helpers.exercises.checking.importlib.import_module", fail)
    with pytest.raises(ModuleNotFoundError, match="pandas"):
        check("99a", "completed")


def test_expect_keeps_and_prints_the_error(capsys: pytest.CaptureFixture[str]) -> None:
    """In one line."""
    with expect(LookupError) as caught:
        raise KeyError("no such\nthread")
    assert isinstance(caught.error, KeyError)
    assert capsys.readouterr().out == "KeyError: 'no such\\nthread'\n"


def test_expect_fails_when_nothing_is_raised() -> None:
    """A lesson about an error that no longer occurs is found out."""
    with pytest.raises(KitError, match="LookupError was expected, but nothing was raised"), expect(LookupError):
        pass


def test_expect_fails_when_something_else_is_raised() -> None:
    """And it says what came."""
    with (
        pytest.raises(KitError, match="LookupError was expected, but this came: ValueError: other"),
        expect(LookupError),
    ):
        raise ValueError("other")


def test_expect_wants_a_class() -> None:
    """Its name in quotes is what somebody tries who has read it in an output."""
    # pyrefly: ignore[bad-argument-type]
    with pytest.raises(KitError, match="expect was given 'NotFoundError'"), expect("NotFoundError"):
        pass


def test_expect_lets_an_interrupt_through() -> None:
    """The Stop button is nobody's expected error."""
    caught: Caught[LookupError]
    with pytest.raises(KeyboardInterrupt), expect(LookupError) as caught:
        raise KeyboardInterrupt
    assert caught.error is None


@pytest.mark.parametrize(
    ("reason", "end"),
    [("what is left?", "what is left?"), ("stop!", "stop!"), ("so it is.", "so it is."), ("so", "so.")],
)
def test_a_reason_ends_with_one_mark(
    reason: str, end: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A question needs no full stop."""
    monkeypatch.setattr(sys.modules["helpers.exercises.checks.99"], "check_99a", lambda answer: reason)
    check("99a", "x")
    assert capsys.readouterr().out.strip().endswith(f"because {end}")


@pytest.mark.parametrize("arguments", [(untouched,), (untouched, "x"), (7,)])
def test_check_without_a_name_says_how_it_is_called(
    arguments: tuple[Any, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """The usual slip is to hand over the answer alone."""
    check(*arguments)
    name = "untouched" if arguments[0] is untouched else "answer"
    assert capsys.readouterr().out == f'○ check takes the name of the exercise first: check("05a", {name})\n'


def test_a_function_that_fails_is_quoted_with_what_it_was_given() -> None:
    """It did return nothing of a wrong kind."""

    def find(lesson: str, number: int) -> str:
        return lesson[number]

    with pytest.raises(NotYet, match="find fails when it is given 'abc', int, with IndexError: string index"):
        calling(find, "abc", 7)


def test_an_error_without_words_is_named_alone() -> None:
    """As next() raises it: no colon leads to nothing."""

    def find(lesson: str) -> object:
        return next(iter(()))

    with pytest.raises(NotYet) as reason:
        calling(find, "02")
    assert str(reason.value) == "find fails when it is given '02', with StopIteration"


def test_what_is_no_function_is_said_to_be_none() -> None:
    """The usual slip is to call it."""
    answer: Any = "Lisbon"
    with pytest.raises(NotYet, match="a function is asked for, and this is str; give check its name"):
        calling(answer, "What is the capital of Portugal?")


def test_an_async_function_is_called_so() -> None:
    """Without Python's warning that nobody awaited it, which would fail this test."""

    async def tidy(thread_id: str) -> None:
        raise AssertionError("it ran")

    with pytest.raises(NotYet, match="this is an async function, and an ordinary one is asked for"):
        _ = calling(tidy, "thread_x")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a  short\ntext", "a short text"),
        ("word " * 20, " ".join(["word"] * 11) + " word…"),
        ("京都の寺" * 20, "京都の寺" * 14 + "京都の…"),
        ("はい、 " + "京都の寺" * 20, "はい、 " + "京都の寺" * 13 + "京都の…"),
    ],
)
def test_the_beginning_of_a_text(text: str, told: str) -> None:
    """Whole words of a script with spaces, and characters of one without; never nothing."""
    assert brief(text) == told
