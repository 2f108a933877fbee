"""The offline model works out sums, remembers the thread and keeps to its instructions."""

import json
import time
from fractions import Fraction

import pytest
from support.asking import answer

from mock_endpoint.models.offline.skills.calculator import NoValueError, evaluate, solve


class TestArithmetic:
    """Sums that are worked out, not looked up."""

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            ("What is 7 * (11 - 3)?", "7 × (11 - 3) = 56."),
            ("19×31は?", "19 × 31 = 589 です。"),
            ("１２足す３０は？", "12 + 30 = 42 です。"),
            ("100を8で割ると?", "100 ÷ 8 = 12.5 です。"),
            ("90の30%は?", "= 27 です。"),
            ("200円の8%は?", "= 16 です。"),
            ("1,500 yen times 3", "1500 × 3 = 4500."),
            ("half of 90", "= 45."),
            ("80 * 15%", "= 12."),
            ("17 % 5", "17 mod 5 = 2."),
            ("6 plus 8", "6 + 8 = 14."),
            ("twelve minus five", "12 - 5 = 7."),
            ("35% of 60", "= 21."),
            ("square root of 169", "√169 = 13."),
            ("the square root of 3?", "about 1.732051 (rounded to six decimals)"),
            ("3 to the power of 7", "3^7 = 2187."),
            ("what is 9 squared", "9^2 = 81."),
            ("1,250 * 4", "1250 × 4 = 5000."),
            ("0.1 + 0.2", "0.1 + 0.2 = 0.3."),
            ("-3 - -4", "= 1."),
            ("22 / 7", "22 ÷ 7 is about 3.142857 (rounded to six decimals)."),
            ("What is 8 / 0?", "nothing can be divided by zero"),
            ("8÷0は?", "0で割ることはできない"),
            ("9**9**9", "too large"),
            ("I need to solve the equation `4x + 9 = 33`. Can you help me?", "x = 6."),
            ("3x = x + 5", "x = 2.5."),
        ],
    )
    def test_sums(self, question: str, expected: str) -> None:
        """Sums as people type them."""
        assert expected in answer(question)

    @pytest.mark.parametrize(
        "text", ["My number is 555-1234.", "2024-02-15-preview", "I was born on 1990-05-17", "50% off 80"]
    )
    def test_numbers_that_are_no_sums(self, text: str) -> None:
        """A telephone number or a date is not worked out."""
        assert " = " not in answer(text)

    @pytest.mark.parametrize("text", ["__import__('os')", "x", "sqrt", "1 if 1 else 2", "'a'*9", "(1).real", "1 << 9"])
    def test_nothing_but_arithmetic_is_evaluated(self, text: str) -> None:
        """Names, calls, strings and other operators are refused."""
        with pytest.raises(NoValueError, match="form"):
            evaluate(text)

    @pytest.mark.parametrize("text", ["9**9**9", "(9**999)**9", "2**-99999", "9" * 299 + "**99", "1+" * 5000 + "1"])
    def test_bounds(self, text: str) -> None:
        """What would take for ever is refused at once."""
        start = time.perf_counter()
        with pytest.raises(NoValueError, match=r"large|long"):
            evaluate(text)
        assert time.perf_counter() - start < 0.5

    def test_exact_numbers(self) -> None:
        """Decimals are exact; an equation without exactly one solution has none."""
        assert evaluate("0.1 + 0.2") == (Fraction(3, 10), True)
        assert evaluate("12345678901234567890.5 * 2")[0] == 24691357802469135781
        assert solve("3*x + 11", "14") == 1
        assert solve("x*x", "4") is None
        assert solve("x", "x + 1") is None


class TestMemory:
    """What the thread holds, and nothing else."""

    @pytest.mark.parametrize(
        ("told", "question", "expected"),
        [
            ("My name is Noor", "What is my name?", "Your name is Noor."),
            ("my name is Li Wei, by the way", "what's my name", "Your name is Li Wei."),
            ("Please call me Ferda.", "Do you know my name?", "Your name is Ferda."),
            ("Hello, I'm Ingrid!", "Who am I?", "Your name is Ingrid."),
            ("私の名前は真理です", "私の名前は何ですか?", "あなたのお名前は真理さんです。"),
            ("ジョンと申します", "私の名前を覚えていますか?", "あなたのお名前はジョンさんです。"),
            ("私の名前はマリオです。", "What is my name?", "Your name is マリオ."),
            ("My favourite food is soba.", "What is my favourite food?", "My favourite food is soba"),
            ("My cat's name is Tama.", "What is my cat's name?", "My cat's name is Tama"),
            ("My cat is called Tama.", "What is my cat called?", "My cat is called Tama"),
            ("私の趣味は登山です。", "私の趣味は何ですか?", "私の趣味は登山です"),
            ("Remember that the bus leaves at nine.", "What did I ask you to remember?", "the bus leaves at nine"),
            ("Hi! Aiko here", "What is my name?", "Your name is Aiko."),
            ("はじめまして、私は花子です", "私の名前は?", "あなたのお名前は花子さんです。"),
            ("My train leaves at 9:15", "When does my train leave?", "My train leaves at 9:15"),
            ("The gate code is 4415.", "Which gate code did I tell you?", "4415"),
            ("来月、盛岡に引っ越します。", "私、どこに引っ越すって言ったっけ?", "盛岡"),
        ],
    )
    def test_what_was_told(self, told: str, question: str, expected: str) -> None:
        """A fact told in passing two questions ago is known, and without it is not."""
        assert expected in answer(told, "What is 4 * 4?", question)
        assert expected not in answer(question)

    def test_two_threads_are_told_apart(self) -> None:
        """The same question has another answer in another thread."""
        assert answer("My name is Olu", "What is my name?") == "Your name is Olu."
        assert answer("My name is Uma", "What is my name?") == "Your name is Uma."
        assert answer("What is my name?") == "Nobody has told me your name in this thread."
        assert answer("私の名前は?") == "このスレッドではお名前をまだ聞いていません。"

    def test_a_later_name_replaces_the_first(self) -> None:
        """The newest name counts."""
        assert answer("My name is Olu", "Call me Oz", "What is my name?") == "Your name is Oz."

    def test_a_statement_is_not_a_name(self) -> None:
        """`I am hungry` names nobody."""
        for text in ("I'm Japanese.", "I am hungry", "私は学生です", "My name is what?"):
            assert answer(text, "What is my name?").startswith("Nobody"), text

    def test_questions_of_the_thread(self) -> None:
        """First, last, number and list of the questions, and the answers given."""
        thread = ("capital of Kenya?", "What is 5 * 5?")
        assert '"capital of Kenya?"' in answer(*thread, "What was my first question?")
        assert '"What is 5 * 5?"' in answer(*thread, "What did I ask before?")
        assert '"What is 5 * 5?"' in answer(*thread, "What was my last question?")
        assert "5 × 5 = 25." in answer(*thread, "What did you say?")
        assert "Nairobi" in answer(*thread, "What was your first answer?")
        assert "3 questions" in answer(*thread, "How many questions have I asked so far?")
        assert "3つ" in answer(*thread, "今まで何回質問しましたか?")
        assert "「capital of Kenya?」" in answer(*thread, "最初の質問は何でしたか?")
        summary = answer(*thread, "Summarise our conversation")
        assert "1. capital of Kenya?" in summary
        assert "2. What is 5 * 5?" in summary
        assert "nothing before" in answer("What did I ask before?")
        assert "first question" in answer("How many questions have I asked?")

    def test_instructions_may_name_the_user(self) -> None:
        """The run may say who asks."""
        assert (
            answer("What is my name?", instructions="Please address the user as Jane Doe.") == "Your name is Jane Doe."
        )


class TestStyle:
    """The instructions decide how an answer sounds."""

    @pytest.mark.parametrize(
        ("instructions", "question", "expected"),
        [
            ("Always answer in Japanese.", "What is the capital of Cuba?", "キューバの首都はハバナです。"),
            ("日本語で答えてください。", "What is 6 * 7?", "6 × 7 = 42 です。"),
            ("Reply in English only.", "キューバの首都は?", "The capital of Cuba is Havana."),
            (
                "Answer in the question's language, English or Japanese.",
                "capital of Cuba",
                "The capital of Cuba is Havana.",
            ),
            ("Answer in English.\nAnswer in Japanese.", "capital of Cuba", "キューバの首都はハバナです。"),
            ("Answer in one word.", "What is the capital of Cuba?", "Havana"),
            ("Answer in one word.", "What is 6 * 7?", "42"),
            ("一言で答えてください。", "キューバの首都は?", "ハバナ"),
            ("Answer in ALL CAPITALS.", "capital of Cuba", "THE CAPITAL OF CUBA IS HAVANA."),
            ("Answer in upper case, with one word.", "capital of Cuba", "HAVANA"),
            ("You know the capitals of all countries.", "capital of Cuba", "The capital of Cuba is Havana."),
            (
                'End every answer with "Safe travels!"',
                "capital of Cuba",
                "The capital of Cuba is Havana. Safe travels!",
            ),
            ("Start each reply with 'Well now:'.", "capital of Cuba", "Well now: The capital of Cuba is Havana."),
            ("回答の最後に「なのだ」を付けて。", "キューバの首都は?", "キューバの首都はハバナです。なのだ"),
        ],
    )
    def test_form(self, instructions: str, question: str, expected: str) -> None:
        """Language, length, capitals, beginning and end."""
        assert answer(question, instructions=instructions) == expected

    def test_one_sentence(self) -> None:
        """A longer answer is cut at its first sentence."""
        whole = answer("capital of Cuba? capital of Chad? Who are you?")
        short = answer("What is an onsen?", instructions="Answer in one sentence.")
        assert whole.count(".") > 2
        assert short.count(".") == 1
        assert answer("What is an onsen?").startswith(short)

    def test_a_wish_in_the_question(self) -> None:
        """It holds for this question, or from now on."""
        assert answer("In one word: what is the capital of Oman?") == "Muscat"
        assert (
            answer("In one word: what is the capital of Oman?", "capital of Iraq") == "The capital of Iraq is Baghdad."
        )
        assert answer("From now on answer in Japanese.", "capital of Iraq") == "イラクの首都はバグダッドです。"

    @pytest.mark.parametrize(
        ("instructions", "name"),
        [
            ("You are Momo, a cheerful guide to museums. Be kind.", "Momo"),
            ("Your name is Kiku.", "Kiku"),
            ("あなたの名前はハナです。", "ハナ"),
            ("Call yourself Otto.", "Otto"),
        ],
    )
    def test_a_name_of_its_own(self, instructions: str, name: str) -> None:
        """It takes the name and stays honest about what it is."""
        assert name in answer("Hello!", instructions=instructions)
        for question, honest in (("Who are you?", "offline model"), ("あなたは誰ですか?", "オフラインモデル")):
            text = answer(question, instructions=instructions)
            assert name in text
            assert honest in text

    def test_its_purpose(self) -> None:
        """It repeats its purpose from the instructions."""
        text = answer("Who are you?", instructions="You are Momo, a cheerful guide to museums. You help find tickets.")
        assert text.startswith("I am Momo, a cheerful guide to museums;")
        assert "I help find tickets." in text

    def test_json(self) -> None:
        """A JSON object where the format asks for one."""
        text = answer("capital of Cuba", response_format={"type": "json_object"})
        assert json.loads(text) == {"answer": "The capital of Cuba is Havana."}
