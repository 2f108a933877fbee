"""Whether HTML is well formed."""

from html.parser import HTMLParser


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"br", "img", "col", "wbr"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """It closes itself."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def unclosed(html: str) -> list[str]:
    """The tags that are not closed; fails where they are closed in the wrong order."""
    balance = _Balance()
    balance.feed(html)
    return balance.open
