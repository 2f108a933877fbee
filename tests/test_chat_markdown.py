"""Markdown in the chat box: bare addresses, task lists, and a text that is drawn while it grows."""

import threading
from typing import Any

import pytest

from helpers.chat import page as pages
from helpers.chat.markdown import blocks_of, html_of
from helpers.chat.page import Growing, Page

TEXT = """# A plan

Here is **bold** text,
on two lines.

- [x] book the train
- [ ] pack

| month | mean |
|---|---|
| May | 19 |

```python
def plan(city):

    return city
```

1. one

   still one
2. two

> quoted
the end"""


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See https://example.com/a_b?c=d#e.", "https://example.com/a_b?c=d#e"),
        ("(http://example.com)", "http://example.com"),
        ("詳しくはhttps://example.com/を見てください。", "https://example.com/"),
        ("<https://example.com>", "https://example.com"),
    ],
)
def test_a_bare_address_is_a_link(text: str, address: str) -> None:
    """Without the sentence's own signs, and without the Japanese that follows."""
    link = f'<a href="{address}" target="_blank" rel="noopener noreferrer">{address}</a>'
    assert link in html_of(text)
    assert html_of(text).count("<a ") == 1


def test_what_is_no_address_stays_as_it_is() -> None:
    """Code, names of files, and the text of a link."""
    assert "<a " not in html_of("`https://example.com` and main.py and javascript:alert(1)")
    assert html_of("[https://a.test](https://b.test)").count("<a ") == 1
    assert '"&gt;' not in html_of('https://a.test/"><script>')
    assert "<script" not in html_of('https://a.test/"><script>')


def test_task_lists_have_their_boxes() -> None:
    """As signs; elsewhere the brackets stay."""
    assert '<li class="kit-task">☑ book the train</li>' in html_of("- [x] book the train\n- [ ] pack")
    assert '<li class="kit-task">☐ pack</li>' in html_of("- [x] book the train\n- [ ] pack")
    assert "[x] no list" in html_of("[x] no list")


@pytest.mark.parametrize("length", [1, 7, 1000])
def test_blocks_of_a_growing_text_are_those_of_the_whole(length: int) -> None:
    """What was whole stays, so only the end is read again."""
    done, last, begin = "", "", 0
    for end in range(length, len(TEXT) + length, length):
        whole, at, last = blocks_of(TEXT[begin:end])
        done += "".join(whole)
        begin += at
    assert done + last == html_of(TEXT)
    assert blocks_of("") == ([], 0, "")


def told_by(pieces: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[list[dict[str, Any]], list[int]]:
    """What the page is told of these pieces, one batch each, and how much was read each time."""
    page, told, read, pause = Page(), list[dict[str, Any]](), list[int](), threading.Event()

    def noted(text: str) -> tuple[list[str], int, str]:
        read.append(len(text))
        return blocks_of(text)

    monkeypatch.setattr(page, "send", lambda message, buffers=None: told.append(message))
    monkeypatch.setattr(pages, "blocks_of", noted)
    monkeypatch.setattr(pages, "BATCH", 0)
    with Growing(page) as growing:
        for number, piece in enumerate(pieces, 1):
            growing.add(piece)
            while len(told) < number:
                pause.wait(0.0005)
    return told, read


def test_what_the_page_has_drawn_is_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Block by block, each replaced until it is whole."""
    told, _ = told_by([TEXT[at : at + 9] for at in range(0, len(TEXT), 9)], monkeypatch)
    blocks: list[str] = []
    for message in told:
        blocks[message["from"] :] = message["blocks"]
    assert "".join(blocks) == html_of(TEXT)


def test_drawing_grows_as_the_text_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A paragraph ten times as long is not a hundred times the work; in between it stands as it is."""
    work = []
    for count in (500, 5000):
        told, read = told_by(["twenty signs, a word "] * count, monkeypatch)
        assert any("blocks" not in message for message in told)
        work.append(sum(read))
    assert work[1] < 12 * work[0]
