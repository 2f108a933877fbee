"""The checks of lesson 11 against an endpoint: honest answers in other words, and mistakes with their reasons."""

import contextlib
from collections.abc import Callable
from typing import Any

import openai
import pytest

from helpers.faults import fault
from mock_endpoint.http import faults

from .conftest import Say


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client does not wait long before it tries again."""
    monkeypatch.setattr(faults, "RETRY_AFTER", 0)
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)


@pytest.mark.parametrize("options", [{}, {"messages": [{"role": "user", "content": "At last!"}]}])
def test_11a_after_a_first_try_that_gave_up(client: openai.AzureOpenAI, say: Say, options: dict[str, Any]) -> None:
    """Whatever is in the thread, and although the same request went well and failed before."""
    client.beta.threads.create(**options)
    with fault("rate_limit", times=3), pytest.raises(openai.RateLimitError):
        client.beta.threads.create(**options)
    with fault("rate_limit", times=3):
        survivor = client.with_options(max_retries=5).beta.threads.create(**options)
    assert "11a is correct" in say("11a", survivor)


@pytest.mark.parametrize(
    ("name", "times", "reason"),
    [
        ("rate_limit", 2, "the wire shows attempt 3, not 4"),
        ("server_error", 3, "the attempts before it ended with [500, 500, 500], not with 429"),
        (None, None, "no fault was on when it was made"),
        ("run_failed", 1, "the wire shows attempt 1, not 4"),
    ],
)
def test_11a_looks_at_each_attempt(
    client: openai.AzureOpenAI, say: Say, name: str | None, times: int | None, reason: str
) -> None:
    """Enough of them, and each refused for the right reason."""
    with fault(name, times=times) if name else contextlib.nullcontext():
        survivor = client.with_options(max_retries=3).beta.threads.create()
    assert reason in say("11a", survivor)


def test_11a_without_its_block_after_a_try_that_gave_up(client: openai.AzureOpenAI, say: Say) -> None:
    """The refusals before it belong to another cell."""
    with fault("rate_limit", times=3), pytest.raises(openai.RateLimitError):
        client.beta.threads.create()
    assert "no fault was on when it was made" in say("11a", client.beta.threads.create())


def test_11a_wants_an_object_that_this_client_made(say: Say) -> None:
    """A thread of a client that nobody watches left no trace."""
    with openai.AzureOpenAI(api_version="2024-05-01-preview", api_key="a key of this test") as unwatched:
        assert "no request that made it is in the log" in say("11a", unwatched.beta.threads.create())


def test_11b_in_other_words(say: Say) -> None:
    """Whether by the kind of error or by what it has."""

    def place(found: Any) -> object:  # noqa: ANN401 - an error or a run
        if isinstance(found, Exception):
            return "refusal" if hasattr(found, "status_code") else "no answer"
        return "run" if found.last_error or found.status != "completed" else "fine"

    assert "11b is correct" in say("11b", place)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (lambda found: "refusal", "place says 'refusal' for APIConnectionError, where no answer came"),
        (lambda found: {400: "refusal"}.get(found.status_code), "place returns nothing yet for a refusal with 401"),
        (
            lambda found: _by_kind(found) or ("run" if found.last_error else "fine"),
            "place says 'fine' for a run that ended as expired",
        ),
    ],
)
def test_11b_names_what_place_took_for_something_else(say: Say, place: Callable[[Any], object], reason: str) -> None:
    """The reason leads to the case that was forgotten."""
    assert reason in say("11b", place)


def _by_kind(found: object) -> str:
    if isinstance(found, openai.APIStatusError):
        return "refusal"
    return "no answer" if isinstance(found, openai.APIConnectionError) else ""


def _tidy(client: openai.AzureOpenAI, is_twin: Callable[[Any, list[Any]], bool]) -> Callable[[str], None]:
    def tidy(thread_id: str) -> None:
        kept: list[Any] = []
        for message in client.beta.threads.messages.list(thread_id=thread_id):
            if is_twin(message, kept):
                client.beta.threads.messages.delete(message.id, thread_id=thread_id)
            else:
                kept.append(message)

    return tidy


def test_11c_may_keep_the_newest_twin(client: openai.AzureOpenAI, say: Say) -> None:
    """Twins are alike: which of them stays is nobody's business."""
    tidy = _tidy(client, lambda one, kept: bool(one.metadata) and one.metadata in [each.metadata for each in kept])
    assert "11c is correct" in say("11c", tidy)


@pytest.mark.parametrize(
    ("is_twin", "reason"),
    [
        (lambda one, kept: False, "every message is still there"),
        (lambda one, kept: one.metadata in [each.metadata for each in kept], "without a mark were deleted as well"),
        (lambda one, kept: one.metadata in ({"request": "a"}, {"request": "b"}), "of some marks no message is left"),
        (
            lambda one, kept: bool(one.metadata) and bool(kept) and one.metadata == kept[-1].metadata,
            "a mark still stands there more than once",
        ),
    ],
)
def test_11c_says_what_is_wrong_with_what_is_left(
    client: openai.AzureOpenAI, say: Say, is_twin: Callable[[Any, list[Any]], bool], reason: str
) -> None:
    """Too few deleted, or too many."""
    assert reason in say("11c", _tidy(client, is_twin))


@pytest.mark.parametrize("options", [{"limit": 20}, {"limit": 100}, {"limit": 100, "order": "asc"}])
def test_11c_needs_more_than_one_page(client: openai.AzureOpenAI, say: Say, options: dict[str, Any]) -> None:
    """Not even the largest page, from either side, holds all twins."""

    def tidy(thread_id: str) -> None:
        seen = set()
        for message in client.beta.threads.messages.list(thread_id=thread_id, **options).data:
            mark = (message.metadata or {}).get("request")
            if mark in seen:
                client.beta.threads.messages.delete(message.id, thread_id=thread_id)
            if mark:
                seen.add(mark)

    assert "how many messages does one page of a list hold?" in say("11c", tidy)
