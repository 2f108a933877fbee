"""How well file search finds, and how well the offline model reads: questions of our own with what answers them.

`gold/questions.jsonl` holds the questions, half of them Japanese: paraphrases that share few words with their passage,
questions across the languages, codes and names, and questions that no passage answers. A question is found when the
passage with the text `says` comes back, and answered when the answer holds that text and cites its file.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mock_endpoint.models.encoder import encoder
from mock_endpoint.models.offline import reading
from mock_endpoint.state.store import Store
from mock_endpoint.tools.file_search import extract, index, results
from mock_endpoint.tools.file_search.passages import Passage, passages

HERE = Path(__file__).parent
FILES = sorted(
    [*(HERE.parent / "notebooks" / "data" / "guide").glob("*.md"), *(HERE / "gold" / "technical").iterdir()],
    key=lambda file: file.name,
)
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (HERE / "gold" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
NUMBERS = {"paraphrase": 48, "across": 12, "name": 14, "none": 14}
FIRST, FIRST_FIVE = 60, 69
"""Of the 74 questions with an answer, those whose passage is the first one found, or one of the first five."""
NAMES = 13
"""Of the 14 codes and names, those whose passage is the first."""
ANSWERED, WRONG, FALSE = 45, 5, 1
"""Of those 74: answered with the right sentence, at least; with another one, at most. Of the 14 without: answered."""


@dataclass(frozen=True)
class Asked:
    """A question, and what was found for it."""

    question: dict[str, Any]
    found: list[index.Found]

    @property
    def rank(self) -> int:
        """At which place the right passage came, from 1; 0 for nowhere."""
        says, file = str(self.question.get("says")), self.question.get("file")
        places = (place for place, each in enumerate(self.found, 1) if each.file_id == file and says in each.passage)
        return next(places, 0)


@pytest.fixture(scope="module")
def shelf() -> Iterator[index.Shelf]:
    """All files, indexed; each passage is a chunk of its own."""
    store = Store("memory")
    for file in FILES:
        text = asyncio.run(extract.text_of(file, file.name))
        found = passages(text)
        index.put_text(store, file.name, text)
        index.put(store, file.name, text, found, index.encoded(encoder(), text, found))
    yield index.Shelf(store, {file.name: index.Chunking(100, 0) for file in FILES})
    store.close()


def searched(shelf: index.Shelf) -> list[Asked]:
    """What is found for every question."""
    vectors = encoder().encode([question["question"] for question in QUESTIONS])
    return [
        Asked(question, shelf.search(vector[None], [question["question"]], most=5))
        for question, vector in zip(QUESTIONS, vectors, strict=True)
    ]


def recall(asked: list[Asked]) -> tuple[int, int, int]:
    """How many were found at the first place, among the first five, and of the names at the first."""
    first = [each for each in asked if each.rank == 1]
    return len(first), sum(each.rank > 0 for each in asked), sum(each.question["kind"] == "name" for each in first)


def test_the_questions_are_what_they_should_be() -> None:
    """Half Japanese, enough of every kind, and each answer stands in its file."""
    assert Counter(question["kind"] for question in QUESTIONS) == NUMBERS
    assert sum(question["lang"] == "ja" for question in QUESTIONS) * 2 >= len(QUESTIONS) - 4
    texts = {file.name: file.read_text(encoding="utf-8") for file in FILES}
    answered = [question for question in QUESTIONS if question["kind"] != "none"]
    assert [question["id"] for question in answered if question["says"] not in texts[question["file"]]] == []


def test_what_is_found(shelf: index.Shelf) -> None:
    """Recall at one and at five, and for codes and names, stay above their floors; in a shuffled index they do not."""
    score = recall(searched(shelf))
    print(f"recall@1 {score[0]}, recall@5 {score[1]} of 74; codes and names {score[2]} of 14")  # noqa: T201
    floors = (FIRST, FIRST_FIVE, NAMES)
    assert all(got >= floor for got, floor in zip(score, floors, strict=True)), score
    right, shelf.vectors = shelf.vectors, shelf.vectors[::-1]
    try:
        shuffled = recall(searched(shelf))
    finally:
        shelf.vectors = right
    assert all(got < floor for got, floor in zip(shuffled[:2], floors[:2], strict=True)), shuffled


def test_the_best_are_found_however_many_others_are_better() -> None:
    """Of the files that may be searched, and of equal passages those that stand first."""
    store = Store("memory")
    vectors = {"near": [1.0, 0.0], "far": [0.5, 0.5]}
    for name, vector in vectors.items():
        text = "\n\n".join(f"{name} {number}" for number in range(40))
        places = [text.index(line) for line in text.splitlines() if line]
        found = [Passage(start, start + len(f"{name} 00"), 2) for start in places]
        index.put(store, name, text, found, [np.array(vector, np.float16).tobytes()] * len(found))
        index.put_text(store, name, text)
    shelf = index.Shelf(store, dict.fromkeys(vectors, index.Chunking(2, 0)))
    asked = np.array([[1.0, 0.0]], np.float32)
    for name in vectors:
        found_in = shelf.search(asked, ["?"], most=2, only=frozenset({name}), lexical=0)
        assert [one.passage.strip() for one in found_in] == [f"{name} 0", f"{name} 1"]
    store.close()


def test_what_is_answered(shelf: index.Shelf) -> None:
    """The offline model says what the files say, with their citation; and nothing where they say nothing."""
    ends: Counter[str] = Counter()
    for each in searched(shelf):
        given = [{"filename": found.file_id, "text": found.text} for found in each.found]
        said = reading.answer(each.question["question"], [results.written(0, given)])
        if each.question["kind"] == "none":
            ends["false"] += bool(said)
        elif said:
            right = any(each.question["says"] in cited.sentence for cited in said)
            ends["right" if right and all(each.question["file"] in cited.marker for cited in said) else "wrong"] += 1
    print(f"answered {ends['right']}, with another passage {ends['wrong']} of 74; falsely {ends['false']} of 14")  # noqa: T201
    assert ends["right"] >= ANSWERED, ends
    assert ends["wrong"] <= WRONG, ends
    assert ends["false"] <= FALSE, ends
