"""How the endpoint counts tokens where no model reports them.

The rule: a run of Latin letters or digits costs one token for each four characters begun;
every other character that is not white space (a kanji, a comma) costs one token.
A message costs four tokens on top of its text; so does a declared function, a call and its output.
"""

import json
import re

from mock_endpoint.models.base import Prompt, Turn

PER_MESSAGE = 4
_PIECE = re.compile(r"[A-Za-z0-9\u00c0-\u024f]+|\S")


def pieces(text: str) -> list[str]:
    """The text cut into one string a token, white space kept with the piece that follows it."""
    result: list[str] = []
    end = 0
    for match in _PIECE.finditer(text):
        word, gap = match.group(), text[end : match.start()]
        end = match.end()
        parts = [word[i : i + 4] for i in range(0, len(word), 4)]
        result += [gap + parts[0], *parts[1:]]
    if end < len(text) and result:
        result[-1] += text[end:]
    return result


def count(text: str) -> int:
    """Tokens in a text; 0 for an empty one."""
    return sum(-(-len(match.group()) // 4) for match in _PIECE.finditer(text))


def of_prompt(prompt: Prompt) -> int:
    """Tokens in everything a model reads for one answer: the instructions, the declared functions, each turn of the
    conversation, and the calls of this run with their outputs."""
    texts = [prompt.instructions] if prompt.instructions else []
    texts += [json.dumps(tool["function"], ensure_ascii=False) for tool in prompt.tools if "function" in tool]
    return sum(count(text) + PER_MESSAGE for text in texts) + sum(map(of_turn, prompt.turns))


def of_turn(turn: Turn) -> int:
    """Tokens in one turn of the conversation."""
    texts = [part for call in turn.calls for part in (f"{call.name}{call.arguments}", call.output)] or [turn.text]
    return sum(count(text) + PER_MESSAGE for text in texts)
