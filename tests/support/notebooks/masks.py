"""What may differ between two true runs of one notebook, and nothing else."""

import re
from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True)
class Mask:
    """One kind of value that changes from run to run.

    A `numbered` mask keeps identity: equal values get equal placeholders (`<run-1>`), different values different ones.
    An unnumbered one hides the value together with the blanks that pad it, since a column is as wide as its values.
    The group `kind`, where a pattern has one, names the placeholder.
    """

    name: str
    pattern: re.Pattern[str]
    numbered: bool = False


_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"

# The order matters: a date with its time goes before the bare date, the date before the clock time.
MASKS = (
    Mask(
        "id",
        re.compile(
            r"(?<![A-Za-z0-9])(?P<kind>asst|thread|msg|run|step|call|vsfb|vsf|vs|resp|conv|fc|ci|fs|cntr|cfile)_[A-Za-z0-9]{20,}"
            r"|(?<![A-Za-z0-9])(?P<kind_hyphen>file|assistant)-[A-Za-z0-9]{20,}"
        ),
        numbered=True,
    ),
    Mask("uuid", re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), numbered=True),
    Mask("widget", re.compile(r"(?<=model_id=')[0-9a-f]{32}"), numbered=True),
    Mask("time", re.compile(rf"\b\w{{3}}, \d\d (?:{_MONTHS}) 20\d\d \d\d:\d\d:\d\d GMT\b")),
    Mask("time", re.compile(r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?(?!\d)")),
    # A date that is an api-version is a fact of the lesson.
    Mask("date", re.compile(r"(?<!api-version=)(?<!api_version=\")\b20\d\d-\d\d-\d\d\b(?!-preview)")),
    Mask("time", re.compile(r"\b\d{1,2}:\d\d:\d\d(?:\.\d+)?\b")),
    Mask("epoch", re.compile(r"(?<![\w.])(?:1[6-9]|2[01])\d{8}(?:\.\d+)?(?!\w)")),
    Mask("port", re.compile(r"(?<=127\.0\.0\.1:)\d{2,5}\b|(?<=localhost:)\d{2,5}\b")),
    Mask("version", re.compile(r"(?<![\w.])\d+\.\d+\.\d+(?!\.?\w)")),
    Mask("duration", re.compile(r"(?<![\w.])\d+(?:\.\d+)? ?(?:µs|ms|s|seconds?)\b")),
    Mask("count", re.compile(r"×\d+\b")),
    Mask("address", re.compile(r"\b0x[0-9a-f]{6,16}\b")),
)


class Masker:
    """Hides what may differ in the texts of one notebook, in the order of their cells."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        """Placeholder → the value it stands for, of the numbered masks."""
        self._placeholders: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def __call__(self, text: str) -> str:
        """Return the text with a placeholder for every value that may differ."""
        for mask in MASKS:
            if mask.numbered:
                text = mask.pattern.sub(partial(self._numbered, mask.name), text)
            else:
                text = re.sub(rf" *(?:{mask.pattern.pattern})(?: +(?=\S))?", f" <{mask.name}> ", text)
        return re.sub(r" +(?=\n|$)", "", text)

    def _numbered(self, name: str, match: re.Match[str]) -> str:
        value = match[0]
        if value not in self._placeholders:
            kind = next((word for word in match.groupdict().values() if word), name)
            self._counts[kind] = self._counts.get(kind, 0) + 1
            placeholder = f"<{kind}-{self._counts[kind]}>"
            self._placeholders[value] = placeholder
            self.values[placeholder] = value
        return self._placeholders[value]
