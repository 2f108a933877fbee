"""Answers from files: the sentences of what a search found that answer the question, each with its citation.

A passage counts as an answer when it stands out: its likeness to the question and its lead over the fourth best
passage come to at least `ENOUGH`. A code in the question, such as `E-1042`, must stand in the passage.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mock_endpoint.models.base import Prompt
from mock_endpoint.models.encoder import encoder
from mock_endpoint.models.offline.skill import Answer, Question
from mock_endpoint.models.offline.text import listed, stem
from mock_endpoint.tools.file_search import results, words
from mock_endpoint.tools.file_search.index import LEXICAL
from mock_endpoint.tools.file_search.passages import passages

ENOUGH = 0.48
"""Chosen on the questions of `tests/gold`: of 14 that no passage answers, none passes; of 74 others, 46 rightly."""
_ALONE = 0.2
"""The likeness that a passage is compared with where there are not four."""
_MOST_RESULTS, _MOST_PASSAGES = 5, 40
_MOST_SENTENCES = 3
_SENTENCE = re.compile(r"[^\n]+?(?:[.!?](?=\s)|[。!?]+[」』)]?|(?=\n)|$)")
_CODE = re.compile(r"(?=[a-z]*\d)[a-z0-9]{3,}")
_END = re.compile(r"[.!?。!?]+[」』)]?$")


@dataclass(frozen=True)
class Cited:
    """A sentence of a file, and the marker that says which."""

    sentence: str
    marker: str


def may_search(prompt: Prompt) -> bool:
    """Whether there are files to search, and the choice of tools allows it."""
    choice = prompt.tool_choice
    allowed = choice in ("auto", "required") or (isinstance(choice, Mapping) and choice.get("type") == "file_search")
    return allowed and any(tool.get("type") == "file_search" for tool in prompt.tools)


def query(questions: Sequence[Question]) -> str:
    """What file search is asked for these questions."""
    return json.dumps({"queries": [_whole(question.text) for question in questions]}, ensure_ascii=False)


def _whole(question: str) -> str:
    """With the mark that many leave out: without it, a question is less like its answer."""
    asks = question.partition(" ")[0].casefold() in listed("en", "asking")
    return f"{question}?" if asks and not _END.search(question) else question


def from_files(question: Question, outputs: Sequence[str]) -> Answer | None:
    """What the files say to the question, in sentences of theirs with the citation of each; None for nothing."""
    cited = answer(_whole(question.text), outputs)
    if not cited:
        return None
    texts = [_with_marker(each) for each in cited]
    return Answer(("" if all(_END.search(each.sentence) for each in cited) else "\n").join(texts).strip())


def nothing_found(question: Question) -> Answer:
    """Says that the files say nothing to it."""
    return question.say("not_in_files")


def _with_marker(cited: Cited) -> str:
    """The sentence with its marker before the sign that ends it, and a space behind it where the script has spaces."""
    end = _END.search(cited.sentence)
    if end is None:
        return cited.sentence + cited.marker
    gap = "" if end[0][0] in "。!?" else " "
    return f"{cited.sentence[: end.start()]}{cited.marker}{end[0]}{gap}"


def answer(question: str, outputs: Iterable[str]) -> list[Cited]:
    """The sentences that answer the question, from what searches gave; none where nothing does."""
    excerpts = [excerpt for output in outputs for excerpt in list(results.read(output))[:_MOST_RESULTS]]
    markers = {
        excerpt.text[each.start : each.stop]: excerpt.marker
        for excerpt in reversed(excerpts)
        for each in passages(excerpt.text)
    }
    texts = list(reversed(markers))[:_MOST_PASSAGES]
    if not texts:
        return []
    scores = _scores(question, texts)
    order = sorted(range(len(texts)), key=lambda place: -scores[place])
    best, others = order[0], [scores[place] for place in order[1:4]]
    lead = scores[best] - (others[-1] if len(others) == 3 else min([*others, _ALONE]))
    codes = {word for word in words.asked(question) if _CODE.fullmatch(word)}
    held = codes & set(words.words(texts[best]))
    if (codes and not held) or not (held or scores[best] + lead >= ENOUGH):
        return []
    return [Cited(sentence, markers[texts[best]]) for sentence in _sentences(question, texts[best])]


def _scores(question: str, texts: Sequence[str]) -> list[float]:
    """How like the question each text is, by meaning and by words, as in the search itself."""
    asked, *vectors = encoder().encode([question, *texts])
    said = [_stems(words.words(text)) for text in texts]
    weight = {
        word: math.log(1 + len(texts) / (sum(word in each for each in said) + 0.5))
        for word in _stems(words.asked(question))
    }
    most = sum(weight.values()) or 1
    return [
        float(asked @ vector) + LEXICAL * sum(weight[word] for word in weight if word in each) / most
        for vector, each in zip(vectors, said, strict=True)
    ]


def _stems(found: Iterable[str]) -> set[str]:
    return {stem(word) for word in found}


def _sentences(question: str, passage: str) -> list[str]:
    """The best sentences of a passage that follow one another: what answers is often said in the next one."""
    found = [match[0].strip() for match in _SENTENCE.finditer(passage) if match[0].strip()]
    body = [each for each in found if not each.startswith("#")] or found
    if len(body) <= _MOST_SENTENCES:
        return body
    scores = _scores(question, body)
    first = max(range(len(body) - _MOST_SENTENCES + 1), key=lambda place: sum(scores[place : place + _MOST_SENTENCES]))
    return body[first : first + _MOST_SENTENCES]
