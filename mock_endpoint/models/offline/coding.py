"""The offline model as a programmer: it looks into a table first, then writes the code that answers.

What the user fences, or prints in a sentence, is run as it stands. For a table there are two calls, as anybody would
work who has not seen the file: the first prints its columns, the second uses them. Code that fails comes back once:
what can be mended is tried again, anything else is told.
"""

import ast
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath

from mock_endpoint.models.base import Prompt, ToolCall
from mock_endpoint.models.offline.tables import Table, asks_for_code, asks_of_a_table, code_for
from mock_endpoint.models.offline.text import Language, data, language_of, tidy

_FENCED = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)```", re.S)
_READERS = {".csv": "read_csv({})", ".tsv": "read_csv({}, sep='\\t')", ".xlsx": "read_excel({})"}
_LOOK = """\
import pandas as pd
table = pd.{reader}.rename(columns=str)
texts = table.select_dtypes(exclude='number').astype(str)
print(list(table.select_dtypes('number')))
print({{name: texts[name].unique()[:50].tolist() for name in texts}})
"""
_SOLVE = """\
import numpy as np
x = np.poly1d([1, 0])
equation = np.poly1d({left} - ({right}))
for root in sorted(equation.roots, key=lambda root: (root.real, root.imag)):
    print('x =', round(float(root.real), 10) if abs(root.imag) < 1e-9 else root.round(10))
"""
_IN_CONTAINER = re.compile(r"^((assistant|file)-\w{24}|[0-9a-f]{32})-")
"""What stands before the name of a file in a container."""
_EQUATION = re.compile(r"(?<![\w.])((?:[-+*/^().\d\s×÷]*x)+[-+*/^().\d\s×÷]*)=([-+*/^().\dx\s×÷]*\d)")
_SUM = re.compile(r"(?<![\w.])(?<!\w\()[-(]*\d[\d.,]*\)*(?:(?:\s*(?:\*\*|[+*/^×÷])\s*|\s-\s)[-(]*\d[\d.,]*\)*)+")
_OURS = re.compile(r"^\[(?:A picture|A file was made|The interpreter began|The code ended).*\]$", re.M)
_MADE = re.compile(r"^\[A file was made\. Link to it as (\S+/([^/\n]+))\]$", re.M)
_ERROR = re.compile(r"^\w*(?:Error|Exception|Interrupt)\w*(?:: .*)?$", re.M)
_FAILED = re.compile(r"Traceback \(most recent call last\)|^ *Cell In\[\d+\], line \d", re.M)
_OFF, _ENDED = "The code interpreter is off", "[The code interpreter was ended"


@dataclass(frozen=True)
class Code:
    """What to run before anything is said."""

    text: str


def answer(prompt: Prompt) -> Code | str | None:
    """Code to run or the answer to give; None where the message asks for no code."""
    types = {str(tool.get("type")) for tool in prompt.tools}
    if "code_interpreter" not in types or not _may_run(prompt.tool_choice):
        return None
    place = max((place for place, turn in enumerate(prompt.turns) if turn.role == "user"), default=-1)
    text = prompt.turns[place].text if place >= 0 else ""
    made = [call for turn in prompt.turns[place + 1 :] for call in turn.calls if call.tool == "code_interpreter"]
    language = language_of(_FENCED.sub("", text)) or "en"
    return _after(text, made, language) if made else _first(prompt, text, language)


def _may_run(choice: str | Mapping[str, object]) -> bool:
    """Whether `tool_choice` leaves room for code."""
    return choice != "none" if isinstance(choice, str) else choice.get("type") == "code_interpreter"


def _first(prompt: Prompt, text: str, language: Language) -> Code | str | None:
    """The user's own code, or code for what can be reckoned, or a look into the table; or what is missing for that."""
    if own := _own(text):
        return Code(own)
    plain = tidy(text)
    if equation := _EQUATION.search(plain):
        left, right = (_python(side) for side in equation.groups())
        return Code(_SOLVE.format(left=left, right=right))
    tables = [name for name in prompt.files if PurePath(name).suffix.lower() in _READERS]
    if tables and asks_of_a_table(plain):
        name = next((name for name in tables if _IN_CONTAINER.sub("", PurePath(name).stem) in text), tables[-1])
        return Code(_LOOK.format(reader=_READERS[PurePath(name).suffix.lower()].format(repr(name))))
    if expression := _SUM.search(plain):
        return Code(f"print({_python(expression[0].replace(',', ''))})\n")
    forced = prompt.tool_choice == "required" and all(tool["type"] != "function" for tool in prompt.tools)
    if forced or prompt.tool_choice == {"type": "code_interpreter"}:
        return Code("import os\nprint(os.listdir())\n")
    return _words("needs", language) if asks_for_code(plain) else None


def _own(text: str) -> str | None:
    """The code that a message holds: between fences, or a call of `print` in a sentence."""
    if fenced := _FENCED.search(text):
        return fenced[1]
    found = re.search(r"\bprint\(", text)
    rest = text[found.start() :][:1000] if found else ""
    for end in re.finditer(r"\)", rest):
        with suppress(SyntaxError, ValueError):
            ast.parse(rest[: end.end()])
            return rest[: end.end()]
    return None


def _after(text: str, made: list[ToolCall], language: Language) -> Code | str:
    """What follows from the last code's output."""
    code, output = made[-1].arguments, made[-1].output
    if output.startswith(_OFF):
        return _words("off", language)
    if error := _error_of(output):
        mended = _mended(code, error)
        return Code(mended) if mended else f"{_words('error', language)}\n\n```\n{error}\n```"
    if "\ntexts = table." in code:
        return _second(tidy(text), code, output, language)
    return _said(output, language)


def _second(text: str, look: str, output: str, language: Language) -> Code | str:
    """The code for the table whose columns the first has printed."""
    numbers, values = (ast.literal_eval(line) for line in output.strip().splitlines()[-2:])
    lines = code_for(text, Table(numbers, values))
    if lines is None:
        return f"{_words('which', language)} {', '.join([*values, *numbers])}"
    return Code("\n".join([*look.splitlines()[:2], *lines]) + "\n")


def _python(expression: str) -> str:
    """An expression as Python has it: `2x^2` is `2*x**2`."""
    plain = expression.replace("×", "*").replace("÷", "/").replace("^", "**").strip()
    return re.sub(r"(?<=[\dx)])\s*(?=[x(])", "*", plain)


def _error_of(output: str) -> str | None:
    """The last line of a traceback, or of what is said of code that is no Python; None without one."""
    if not _FAILED.search(output) or _ENDED in output:
        return None
    found = _ERROR.findall(output)
    return found[-1] if found else None


def _mended(code: str, error: str) -> str | None:
    """The code for a table in the encoding of Japanese Windows, or with another sign between its columns."""
    more = {"UnicodeDecodeError": "encoding='cp932'", "ParserError": "sep=None, engine='python'"}
    given = more.get(error.partition(":")[0])
    if given is None or "encoding=" in code or "sep=" in code:
        return None
    return re.sub(r"(read_csv\((?:'[^\n]*'|\"[^\n]*\"))\)", rf"\1, {given})", code, count=1)


def _said(output: str, language: Language) -> str:
    """The answer: what the code printed, the pictures that follow, the files to download."""
    printed = _OURS.sub("", output).strip("\n")
    parts = []
    if printed.strip():
        block = f"\n\n```\n{printed}\n```" if "\n" in printed.strip() else f" {printed.strip()}"
        parts.append(_words("gives", language) + block)
    if "[A picture," in output:
        parts.append(_words("chart", language))
    parts += [f"{_words('file', language)} [{name}]({link})" for link, name in _MADE.findall(output)]
    return "\n\n".join(parts) or _words("nothing", language)


def _words(kind: str, language: Language) -> str:
    return str(data("replies")[f"code_{kind}"][language])
