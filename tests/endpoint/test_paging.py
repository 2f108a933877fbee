"""Lists: `limit`, `order`, `after`, `before`, `has_more` (contract §2.2)."""

from typing import Any

import httpx2
import openai
import pytest
from openai.types.beta import Assistant, Thread
from support.talking import ask, error_of, refusal


@pytest.fixture
def page(raw: httpx2.Client, client: openai.AzureOpenAI) -> "Page":
    """A thread of seven messages, made within one second or two."""
    thread = client.beta.threads.create(messages=[{"role": "user", "content": str(i)} for i in range(7)])
    return Page(raw, f"threads/{thread.id}/messages")


class Page:
    """Reads pages of one list as numbers."""

    def __init__(self, raw: httpx2.Client, path: str) -> None:
        self.raw = raw
        self.path = path
        self.bodies = self(order="asc")["data"]
        self.ids = [body["id"] for body in self.bodies]

    def __call__(self, **query: str | int) -> dict[str, Any]:
        """One page as it came."""
        body: dict[str, Any] = self.raw.get(self.path, params=query).json()
        return body

    def numbers(self, **query: str | int) -> tuple[list[int], bool]:
        """Which elements a page has, and whether more follow."""
        body = self(**query)
        return [self.ids.index(item["id"]) for item in body["data"]], body["has_more"]


def test_order(page: Page) -> None:
    """Contract §2.2, §12.20: newest first unless asked otherwise."""
    assert page.numbers() == ([6, 5, 4, 3, 2, 1, 0], False)
    assert page.numbers(order="desc") == ([6, 5, 4, 3, 2, 1, 0], False)
    assert page.numbers(order="asc") == ([0, 1, 2, 3, 4, 5, 6], False)


def test_first_and_last_id(page: Page) -> None:
    """Contract §2.2: the ends of the page."""
    body = page(limit=3)
    assert (body["object"], body["first_id"], body["last_id"]) == ("list", page.ids[6], page.ids[4])


def test_empty_list(raw: httpx2.Client, thread: Thread) -> None:
    """Contract §2.2: null ends."""
    assert raw.get(f"threads/{thread.id}/messages").json() == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_after_visits_everything_once(page: Page, order: str, limit: int) -> None:
    """Contract §12.20, §12.21: although `created_at` ties; `has_more` is true exactly while something follows."""
    seen: list[int] = []
    cursor: dict[str, str | int] = {}
    more = True
    while more:
        numbers, more = page.numbers(order=order, limit=limit, **cursor)
        seen += numbers
        cursor = {"after": page.ids[seen[-1]]}
        assert more == (len(seen) < 7)
    assert seen == (list(range(7)) if order == "asc" else list(range(6, -1, -1)))
    assert page.numbers(order=order, limit=limit, **cursor) == ([], False)


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_before_visits_everything_once(page: Page, order: str, limit: int) -> None:
    """Contract §2.2, §12.22: the items nearest before the cursor, in the list's own order."""
    everything = list(range(7)) if order == "asc" else list(range(6, -1, -1))
    seen = everything[-1:]
    more = True
    while more:
        numbers, more = page.numbers(order=order, limit=limit, before=page.ids[seen[0]])
        seen = numbers + seen
        assert more == (len(seen) < 7)
    assert seen == everything
    assert page.numbers(order=order, before=page.ids[everything[0]]) == ([], False)


def test_after_and_before(page: Page) -> None:
    """Both cursors cut a piece out of the list."""
    assert page.numbers(order="asc", after=page.ids[1], before=page.ids[5]) == ([2, 3, 4], False)
    assert page.numbers(order="asc", after=page.ids[1], before=page.ids[5], limit=2) == ([2, 3], True)


def test_deleting_while_walking(page: Page) -> None:
    """A deleted cursor still has its place: nothing is skipped, nothing comes twice."""
    seen: list[int] = []
    cursor: dict[str, str | int] = {}
    for _ in range(7):
        numbers, more = page.numbers(limit=1, **cursor)
        seen += numbers
        cursor = {"after": page.ids[numbers[0]]}
        assert page.raw.delete(f"{page.path}/{page.ids[numbers[0]]}").status_code == 200
    assert (seen, more) == ([6, 5, 4, 3, 2, 1, 0], False)
    assert page.numbers() == ([], False)
    assert page.numbers(order="asc", before=page.ids[3]) == ([], False)


def test_new_elements_do_not_disturb_a_walk(page: Page) -> None:
    """What arrives later stands in front of the first page, newest first."""
    numbers, _ = page.numbers(limit=3)
    page.raw.post(page.path, json={"role": "user", "content": "late"})
    assert page.numbers(limit=4, after=page.ids[numbers[-1]]) == ([3, 2, 1, 0], False)


def test_client_walks_over_pages(client: openai.AzureOpenAI) -> None:
    """Contract §2.2, §2.3: twenty by default, a hundred at most; the client's iteration sees each once."""
    thread = client.beta.threads.create()
    for number in range(101):
        client.beta.threads.messages.create(thread.id, role="user", content=str(number))
    assert len(client.beta.threads.messages.list(thread.id).data) == 20
    hundred = client.beta.threads.messages.list(thread.id, limit=100)
    assert (len(hundred.data), hundred.has_more) == (100, True)
    ids = [message.id for message in client.beta.threads.messages.list(thread.id, limit=17)]
    assert len(ids) == len(set(ids)) == 101


@pytest.mark.parametrize(
    ("query", "error"),
    [
        (
            {"limit": "0"},
            ("integer below minimum value. Expected a value >= 1, but got 0 instead.", "integer_below_min_value"),
        ),
        (
            {"limit": "-1"},
            ("integer below minimum value. Expected a value >= 1, but got -1 instead.", "integer_below_min_value"),
        ),
        (
            {"limit": "101"},
            ("integer above maximum value. Expected a value <= 100, but got 101 instead.", "integer_above_max_value"),
        ),
    ],
)
def test_limits_out_of_range(page: Page, query: dict[str, str], error: tuple[str, str]) -> None:
    """Contract §12.23, §8.1: `limit=0` and `limit=101` are refused."""
    response = page.raw.get(page.path, params=query)
    assert (response.status_code, error_of(response)) == (
        400,
        refusal(f"Invalid 'limit': {error[0]}", "limit", error[1]),
    )


@pytest.mark.parametrize("value", ["abc", "", "1.5", "١", "9" * 5000, "0x10", "1e2", " "])
def test_limits_that_are_no_integer(page: Page, value: str) -> None:
    """Contract §12.23."""
    response = page.raw.get(page.path, params={"limit": value})
    assert (response.status_code, error_of(response)["code"], error_of(response)["param"]) == (
        400,
        "invalid_type",
        "limit",
    )


def test_bad_order(page: Page) -> None:
    """Contract §2.2, §8.1."""
    response = page.raw.get(page.path, params={"order": "newest"})
    text = "Invalid value: 'newest'. Supported values are: 'asc' and 'desc'."
    assert (response.status_code, error_of(response)) == (400, refusal(text, "order", "invalid_value"))


@pytest.mark.parametrize("param", ["after", "before"])
def test_unknown_cursor(page: Page, client: openai.AzureOpenAI, param: str) -> None:
    """Contract §2.2, §12.22: a cursor of another list, of another kind or of none is refused, never page one."""
    elsewhere = client.beta.threads.create(messages=[{"role": "user", "content": "x"}])
    other = client.beta.threads.messages.list(elsewhere.id).data[0].id
    for cursor in (other, "msg_none"):
        response = page.raw.get(page.path, params={param: cursor})
        assert (response.status_code, error_of(response)) == (
            404,
            refusal(f"No message found with id '{cursor}'.", param),
        )
    response = page.raw.get(page.path, params={param: elsewhere.id})
    text = f"Invalid '{param}': '{elsewhere.id}'. Expected an ID that begins with 'msg'."
    assert (response.status_code, error_of(response)) == (400, refusal(text, param, "invalid_value"))


def test_assistants(client: openai.AzureOpenAI) -> None:
    """The list of assistants pages in the same way."""
    made = [client.beta.assistants.create(model="gpt-4o").id for _ in range(3)]
    listed = client.beta.assistants.list(limit=2)
    assert [one.id for one in listed.data] == [made[2], made[1]]
    assert listed.has_more is True
    assert client.beta.assistants.list(limit=1, after=made[1]).data[0].id == made[0]
    assert [one.id for one in client.beta.assistants.list(order="asc", before=made[1], limit=1).data] == [made[0]]


def test_runs_and_steps(client: openai.AzureOpenAI, assistant: Assistant) -> None:
    """Contract §14.7: `limit=1` newest first finds the latest run; steps page as well."""
    first = ask(client, assistant, "one")
    runs = client.beta.threads.runs
    second = runs.create_and_poll(thread_id=first.thread_id, assistant_id=assistant.id)
    newest = runs.list(first.thread_id, limit=1, order="desc")
    assert ([run.id for run in newest.data], newest.has_more) == ([second.id], True)
    assert [run.id for run in runs.list(first.thread_id, limit=1)] == [second.id, first.id]
    (step,) = runs.steps.list(second.id, thread_id=first.thread_id).data
    assert runs.steps.list(second.id, thread_id=first.thread_id, after=step.id).data == []
