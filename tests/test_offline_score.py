"""How good the offline model is with messages that people might type; `tests/score/README.md` describes them."""

import os

import pytest
from support.scoring import FOLDER, messages, score

RIGHT, POINTS = {"seen": 0.95, "aside": 0.75}, {"seen": 0.93, "aside": 0.6}
"""What each set must reach: the share of right answers, and the same with a point away for each harmful one."""
KIND = {"seen": 0.7, "aside": 0.3}
"""The share of right answers that every kind must reach."""


@pytest.mark.parametrize("name", ["seen", "aside"])
def test_how_good_it_is(name: str) -> None:
    """The table by kind; no less than was reached before, no call that does the opposite, no value that nobody gave."""
    if not (FOLDER / f"{name}.jsonl").exists() and not os.environ.get("CI"):
        pytest.skip(f"tests/score/{name}.jsonl is kept apart from who works on the model")
    result = score(messages(name))
    kinds = result.by_kind()
    table = "\n".join(f"{kind:<16}{share:.0%}" for kind, share in kinds.items())
    print(f"\n{name}: {result.right:.1%} right, {result.points:.3f} points\n{table}")  # noqa: T201
    assert [one.message["text"] for one in result.judged if one.verdict in ("opposite", "invented")] == []
    assert result.right >= RIGHT[name], table
    assert result.points >= POINTS[name], table
    assert not {kind: share for kind, share in kinds.items() if share < KIND[name]}
