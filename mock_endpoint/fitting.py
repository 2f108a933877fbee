"""A prompt cut to a number of tokens."""

from dataclasses import replace

from mock_endpoint.models import tokens
from mock_endpoint.models.base import Prompt


def fit(prompt: Prompt, limit: int) -> Prompt | None:
    """The prompt without its oldest turns, so that it costs at most `limit` tokens; None where that is not enough.

    What the user said last, and all that follows, stays.
    """
    asked = max((place for place, turn in enumerate(prompt.turns) if turn.role == "user"), default=0)
    cost = tokens.of_prompt(prompt)
    for place, turn in enumerate((*prompt.turns[:asked], None)):
        if cost <= limit:
            return replace(prompt, turns=prompt.turns[place:])
        cost -= tokens.of_turn(turn) if turn else 0
    return None
