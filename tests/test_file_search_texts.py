"""From a file to passages and chunks (contract §7): every format, and files that were made to do harm."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from support import documents

from mock_endpoint.models import tokens
from mock_endpoint.tools.file_search import extract, words
from mock_endpoint.tools.file_search.passages import MOST_TOKENS, chunks, passages

JAPANESE = "鹿は神の使いとされています。" * 40
ENGLISH = "The gate is red and very old, and it never closes. " * 40


def read(path: Path) -> str:
    """The text of a file."""
    return asyncio.run(extract.text_of(path, path.name))


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """A text file."""
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_plain_text(tmp_path: Path, encoding: str) -> None:
    """UTF-8 and UTF-16, with or without a mark in front; line ends become one kind."""
    assert read(written(tmp_path / "読む.md", "# 旅\r\n東京", encoding)) == "# 旅\n東京"


def test_every_other_format(tmp_path: Path) -> None:
    """Contract §14.4: PDF gives text; so do HTML, DOCX and PPTX, tables and notes included, scripts not."""
    assert "The gate is red." in read(documents.pdf(tmp_path / "a.pdf", "The gate is red.", "It never closes."))
    assert read(documents.docx(tmp_path / "a.docx", "門は赤い。", "It never closes.")).split() == [
        "門は赤い。", "It", "never", "closes."
    ]  # fmt: skip
    deck = read(documents.pptx(tmp_path / "a.pptx", "門は赤い", "Say that it never closes."))
    assert [part in deck for part in ("門は赤い", "left\tright", "Say that it never closes.")] == [True] * 3
    page = read(written(tmp_path / "a.html", "<h1>Gate</h1><script>x()</script><p>It is <b>red</b>.</p>"))
    assert page.split("\n\n") == ["\nGate", "\n\nIt is red.\n\n"] or page.split() == ["Gate", "It", "is", "red."]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", b"PK", "unsupported_file"),
        ("a", b"text", "unsupported_file"),
        ("a.png", b"\x89PNG", "unsupported_file"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\xff", "invalid_file"),
        ("a.txt", b"a\0b", "invalid_file"),
        ("a.txt", "京都".encode("shift_jis"), "invalid_file"),
        ("a.md", b" \n ", "invalid_file"),
        ("a.pdf", b"%PDF-1.4 and nothing", "invalid_file"),
        ("a.docx", b"no archive", "invalid_file"),
        ("a.pptx", b"PK\x05\x06" + bytes(18), "invalid_file"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    """Contract §7: `last_error.code`; the message says what is wrong."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(extract.Unreadable) as refused:
        read(tmp_path / name)
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive that unpacks to too much is not opened; a PDF that would fill the memory ends its reader alone."""
    monkeypatch.setattr(extract, "MOST_UNZIPPED", 10 << 20)
    with pytest.raises(extract.Unreadable, match="unpacks to more"):
        read(documents.zip_bomb(tmp_path / "bomb.docx", 11))
    monkeypatch.setattr(extract, "MOST_TOKENS", 20_000)
    with pytest.raises(extract.Unreadable, match="more than 2,000,000 tokens"):
        read(written(tmp_path / "long.csv", "1,2,3\n" * 4_001))
    assert read(written(tmp_path / "short.csv", "1,2,3\n" * 3_999))
    monkeypatch.setattr(extract, "SECONDS", 0)
    with pytest.raises(extract.Unreadable, match="too long or too much memory"):
        read(documents.pdf(tmp_path / "slow.pdf", "A page."))


@pytest.mark.parametrize(
    "text", [JAPANESE, ENGLISH, "x" * 3000, "a b\n\n" * 300, f"# One\n\n## Two\n\n{ENGLISH}\n\nEnd."]
)
def test_passages(text: str) -> None:
    """They hold the whole text in order, and none is larger than the smallest chunk."""
    found = passages(text)
    assert "".join("".join(text[each.start : each.stop].split()) for each in found) == "".join(text.split())
    assert all(tokens.count(text[each.start : each.stop]) <= each.tokens <= MOST_TOKENS for each in found)


def test_a_heading_stays_with_what_follows() -> None:
    """So that a passage says what it is about."""
    text = "# Guide\n\n## Gate\n\nIt is red.\n\n## Pond\n\nIt is deep."
    assert [text[each.start : each.stop] for each in passages(text)] == [
        "# Guide\n\n## Gate\n\nIt is red.", "## Pond\n\nIt is deep."
    ]  # fmt: skip


@pytest.mark.parametrize(("most", "overlap"), [(100, 0), (100, 50), (800, 400), (4096, 2048), (150, 75)])
def test_chunks(most: int, overlap: int) -> None:
    """Contract §7: none larger than asked for, and none shares more with the one before than asked for."""
    sizes = [each.tokens for each in passages(f"{ENGLISH}\n\n{JAPANESE}\n\n" * 3)]
    cut = chunks(sizes, most, overlap)
    assert [cut[0].start, cut[-1].stop] == [0, len(sizes)]
    assert all(sum(sizes[place] for place in chunk) <= most for chunk in cut)
    for before, after in pairwise(cut):
        assert before.start < after.start <= before.stop < after.stop
        assert sum(sizes[after.start : before.stop]) <= overlap
    if overlap >= MOST_TOKENS:
        assert any(after.start < before.stop for before, after in pairwise(cut)) or len(cut) == 1


def test_words() -> None:
    """A code is found by the whole and by its parts, Japanese by pairs of neighbours; small words are not asked for."""
    assert words.words("E-1042が京都駅で") == ["e1042", "e", "1042", "が京", "京都", "都駅", "駅で"]
    assert words.asked("What does ERR_TLS_771 mean?") == ["errtls771", "err", "tls", "771"]
