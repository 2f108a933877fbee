"""Checks of lesson 11, failures."""

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError, AzureOpenAI
from openai.types.beta import Thread
from openai.types.beta.threads import Run
from openai.types.beta.threads.run import IncompleteDetails, LastError

from helpers.connection import connect
from helpers.exercises.choosing import chosen
from helpers.exercises.trying import NotYet, calling
from helpers.traffic import Exchange, exchanges
from helpers.traffic.fault_blocks import HEADER

E = TypeVar("E", bound=APIError)

_ATTEMPTS = 4
"""Three that the rate limit refuses, and the one that comes through."""
_NOWHERE = "http://127.0.0.1:1"
_RUNS = (
    Run.construct(status="completed"),
    Run.construct(status="failed", last_error=LastError(code="server_error", message="Sorry.")),
    Run.construct(status="expired"),
    Run.construct(status="incomplete", incomplete_details=IncompleteDetails(reason="max_prompt_tokens")),
    Run.construct(status="cancelled"),
)
"""A run for each way in which one can end."""
_BEGINNING = ("a", "a", "b", "c", "b", "b", None, None)
_END = ("d", "d", "e", "f", "e", "e", None, None)
_MARKS = (*_BEGINNING, *(f"m{number}" for number in range(95)), *_END)
"""The marks of the messages in the thread of exercise 11c, oldest first.

The largest page of a list holds 100: from either side it does not reach the twins of the other.
"""


HINTS = {
    "11a": (
        "How many attempts does the client make by itself, and how many would be enough here?",
        "Which option sets that number, and which method gives you a changed copy of the client?",
        "Which line has to stand within the block of fault?",
    ),
    "11b": (
        "What does a refusal have that a missing answer does not have?",
        "Which class is the parent of AuthenticationError, NotFoundError and RateLimitError?",
        "A run raises nothing: which of its fields do you ask?",
    ),
    "11c": (
        "What makes two messages twins: their text, or their mark?",
        "What do you have to remember while you walk through the messages?",
        "Does your loop see more than one page, and what does it do with a message that has no mark?",
    ),
    "11q": (
        "Which of these failures come from the moment, and which from what was sent?",
        "What would be different at the second try?",
        "Look at the table of remedies: where does it say to wait?",
    ),
}


def check_11a(survivor: Thread) -> str | None:
    """The thread came at the fourth attempt of one request, after three times 429."""
    if not isinstance(survivor, Thread):
        raise NotYet(f"this is {type(survivor).__name__}; the thread itself is asked for")
    sent = exchanges(last_cell=False)
    made = next((place for place, one in enumerate(sent) if _made(one, survivor.id)), None)
    if made is None:
        return "no request that made it is in the log; use the client of this lesson, and run the cell again"
    attempts = [one for one in sent[: made + 1] if _same_request(one, sent[made])][-sent[made].attempt :]
    refusals = [one.status for one in attempts[:-1]]
    if not refusals and HEADER not in sent[made].request_headers:
        return 'no fault was on when it was made; put the call into the block of fault("rate_limit", times=3)'
    if not refusals and made and sent[made - 1].status == 429:
        return "the client had given up, and a new request began; let the client itself make more attempts"
    if any(status != 429 for status in refusals):
        return f"the attempts before it ended with {refusals}, not with 429"
    if len(attempts) < _ATTEMPTS:
        return f"the wire shows attempt {len(attempts)}, not {_ATTEMPTS}; let three of them meet the rate limit"
    return None


def check_11b(place: Callable[[APIError | Run], object]) -> str | None:
    """`place` tells apart refusals, silence, and runs that ended well or badly."""
    refused = {f"a refusal with {error.status_code}": (error, "refusal") for error in _refusals()}
    silent = {f"{type(error).__name__}, where no answer came": (error, "no answer") for error in _silences()}
    ended = {f"a run that ended as {run.status}": (run, _where(run)) for run in _RUNS}
    cases: dict[str, tuple[APIError | Run, str]] = {**refused, **silent, **ended}
    for what, (found, expected) in cases.items():
        said = calling(place, found)
        if said is None:
            return f"place returns nothing yet for {what}"
        if said != expected:
            return f"place says {said!r} for {what}"
    return None


def check_11c(tidy: Callable[[str], object]) -> str | None:
    """`tidy` leaves one message of each mark, and every message that has none."""
    with connect() as client:
        threads = client.beta.threads
        thread = threads.create()
        try:
            for mark in _MARKS:  # a new thread takes 32 messages at once
                metadata = {"request": mark} if mark else {}
                threads.messages.create(thread.id, role="user", content="Yes, please.", metadata=metadata)
            calling(tidy, thread.id)
            left = threads.messages.list(thread_id=thread.id, limit=100)
            return _compared(Counter((one.metadata or {}).get("request") for one in left))
        finally:
            threads.delete(thread.id)


def check_11q(said: object) -> str | None:
    """Which failures a second try may survive, and what a failed run is billed for."""
    return chosen(
        said,
        {"rate_limit", "server_error", "timeout", "used"},
        {
            "bad_key": "is a wrong key less wrong in a second?",
            "content_filter": "the same question would be read again; what has to change?",
            "retired": "for how long would you have to wait?",
            "nothing": "the model may have read and written before the run failed; who pays for that?",
            "all": "how can something be billed that the model never read or wrote?",
        },
        "which other failures may pass by themselves, and what of the bill?",
    )


def _compared(left: Counter[str | None]) -> str | None:
    before = Counter(_MARKS)
    if left == before:
        return "every message is still there; which of them have a mark that another one has, too?"
    if left[None] < before[None]:
        return "messages without a mark were deleted as well; nobody can say that they are twins"
    marks = [mark for mark in before if mark]
    gone = [mark for mark in marks if not left[mark]]
    if gone:
        every = "every message with a mark was deleted; one of each mark should be left"
        some = "of some marks no message is left; the same words under another mark are another wish"
        return every if gone == marks else some
    if _is_tidy(left, _BEGINNING) != _is_tidy(left, _END):
        return "the twins in one part of a long thread are still there; how many messages does one page of a list hold?"
    if any(left[mark] > 1 for mark in marks):
        return "a mark still stands there more than once; with which of the others is a message compared?"
    return None


def _is_tidy(left: Counter[str | None], marks: tuple[str | None, ...]) -> bool:
    return all(left[mark] == 1 for mark in marks if mark)


def _made(exchange: Exchange, wanted: str) -> bool:
    """Whether this exchange brought a new object of that id."""
    made = exchange.response_json
    return exchange.method == "POST" and isinstance(made, dict) and made.get("id") == wanted


def _same_request(one: Exchange, other: Exchange) -> bool:
    return (one.method, one.url, one.request_body) == (other.method, other.url, other.request_body)


def _where(run: Run) -> str:
    return "fine" if run.status == "completed" else "run"


def _refusals() -> list[APIStatusError]:
    """Two real refusals: the key is wrong, and the thread is not there."""
    with connect(max_retries=0) as client:
        stranger = client.copy(api_key="not-the-key")
        return [
            _raised(APIStatusError, stranger, "thread_x"),
            _raised(APIStatusError, client, f"thread_{'0' * 24}"),
        ]


def _silences() -> list[APIConnectionError]:
    """Nobody at the address, and somebody who does not answer in time."""
    with connect(azure_endpoint=_NOWHERE, max_retries=0) as client:
        nobody = _raised(APIConnectionError, client, "thread_x")
    return [nobody, APITimeoutError(request=nobody.request)]


def _raised(kind: type[E], client: AzureOpenAI, thread_id: str) -> E:
    try:
        client.beta.threads.retrieve(thread_id)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")
