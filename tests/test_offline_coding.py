"""The offline model writes code that runs: for tables with names that nobody knew before, and in two languages."""

import io
import random
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import openai
import pandas as pd
import pytest
from openai.types.beta import Assistant
from support.talking import served

from mock_endpoint.models.base import Prompt, Turn
from mock_endpoint.models.offline import coding
from mock_endpoint.models.offline.tables import Table, asks_of_a_table, code_for


@dataclass
class Tables:
    """An assistant that runs code, and one thread: one kernel for all questions."""

    client: openai.AzureOpenAI
    assistant: Assistant
    thread_id: str

    def ask(self, text: str, file: tuple[str, bytes] | None = None) -> tuple[str, list[str], list[Any]]:
        """The answer's text, the code of each call, and the parts of the answer's message."""
        attachments: list[Any] = []
        if file:
            uploaded = self.client.files.create(file=(file[0], io.BytesIO(file[1])), purpose="assistants")
            attachments = [{"file_id": uploaded.id, "tools": [{"type": "code_interpreter"}]}]
        threads = self.client.beta.threads
        threads.messages.create(self.thread_id, role="user", content=text, attachments=attachments)
        run = threads.runs.create_and_poll(thread_id=self.thread_id, assistant_id=self.assistant.id)
        assert run.status == "completed", run.last_error
        steps: list[Any] = threads.runs.steps.list(run.id, thread_id=self.thread_id, order="asc").data
        calls = [call for step in steps[:-1] for call in step.step_details.tool_calls]
        content: list[Any] = threads.messages.list(self.thread_id, run_id=run.id, limit=1).data[0].content
        return content[0].text.value, [call.code_interpreter.input for call in calls], content


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    """The offline model at its own endpoint, where code runs by itself."""
    with ExitStack() as stack:
        client = stack.enter_context(served()).with_options(timeout=120)
        assistant = client.beta.assistants.create(model="gpt-4o", tools=[{"type": "code_interpreter"}])
        yield Tables(client, assistant, client.beta.threads.create().id)


def word(chance: random.Random) -> str:
    """A word that is none."""
    return "".join(chance.choice("bdfgklmnprtvz") + chance.choice("aeiou") for _ in range(3)) + chance.choice("xq")


@dataclass
class Made:
    """A table whose names were made up, and the same as a file."""

    frame: Any
    group: str
    first: str
    second: str
    file: tuple[str, bytes]


def make(seed: int, suffix: str, encoding: str = "utf-8") -> Made:
    """Twelve rows: a column of three kinds and two of numbers."""
    chance = random.Random(seed)  # noqa: S311
    group, first, second = (word(chance) for _ in range(3))
    kinds = [word(chance).capitalize() for _ in range(3)]
    frame = pd.DataFrame(
        {
            group: [kinds[row % 3] for row in range(12)],
            first: chance.sample(range(100, 999), 12),
            second: [number / 4 for number in chance.sample(range(100, 999), 12)],
        }
    )
    content = io.BytesIO()
    if suffix == "xlsx":
        frame.to_excel(content, index=False)
    else:
        content.write(frame.to_csv(index=False).encode(encoding))
    return Made(frame, group, first, second, (f"{word(chance)}.{suffix}", content.getvalue()))


def numbers_in(text: str) -> list[float]:
    """All numbers that a text shows."""
    return [
        float(number) if "." in number else int(number) for number in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", text)
    ]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_table_that_nobody_has_seen(tables: Tables, suffix: str, language: str) -> None:
    """Mean by group, largest row, filter, description: compared with what pandas says here."""
    seed = random.randrange(10**6)  # noqa: S311
    made = make(seed, suffix)
    frame, group, first, second = made.frame, made.group, made.first, made.second
    english = language == "en"
    asked = f"What is the average {first} by {group}?" if english else f"{group}ごとの{first}の平均は?"
    text, code, _ = tables.ask(asked, made.file)
    assert len(code) == 2, (seed, text)
    means = frame.groupby(group)[first].mean()
    for kind, mean in means.items():
        row = next(line for line in text.splitlines() if str(kind) in line)
        assert numbers_in(row)[-1] == pytest.approx(mean, rel=1e-4), (seed, text)

    asked = f"Which row has the largest {second}?" if english else f"{second}が最も大きい行は?"
    text, _, _ = tables.ask(asked)
    best = frame.loc[frame[second].idxmax()]
    assert numbers_in(text.splitlines()[-2]) == [best[first], best[second]], (seed, text)

    kind, bound = frame[group][0], int(frame[first].median())
    asked = (
        f"Show rows of {kind} with {first} above {bound}"
        if english
        else f"{kind}で{first}が{bound}より大きい行を見せて"
    )
    text, _, _ = tables.ask(asked)
    kept = frame[(frame[group] == kind) & (frame[first] > bound)]
    shown = [line for line in text.splitlines() if str(kind) in line]
    assert [numbers_in(line)[0] for line in shown] == list(kept[first]), (seed, text)

    text, _, _ = tables.ask("Describe the table" if english else "この表の概要を教えて")
    assert "12 rows" in text
    assert all(name in text for name in frame.columns), (seed, text)


@pytest.mark.parametrize(
    ("asked", "kind"),
    [("Draw a line chart of {first} by {group}", "line"), ("{group}ごとの{first}の棒グラフを描いて", "bar")],
)
def test_a_chart(tables: Tables, asked: str, kind: str) -> None:
    """A picture of the columns that were named, shown after the text (contract §12.46)."""
    made = make(random.randrange(10**6), "csv")  # noqa: S311
    _, code, content = tables.ask(asked.format(first=made.first, group=made.group), made.file)
    assert f"table.plot(x={made.group!r}, y={made.first!r}, kind={kind!r})" in code[-1]
    assert tables.client.files.content(content[-1].image_file.file_id).read().startswith(b"\x89PNG")


def test_a_file_to_download(tables: Tables) -> None:
    """Contract §12.45: what code has saved is linked in the answer and can be read back."""
    made = make(random.randrange(10**6), "csv")  # noqa: S311
    _, _, content = tables.ask(f"Save the sum of {made.first} by {made.group} as a file", made.file)
    (mark,) = content[0].text.annotations
    saved = pd.read_csv(io.BytesIO(tables.client.files.content(mark.file_path.file_id).read()))
    assert dict(saved.values) == made.frame.groupby(made.group)[made.first].sum().to_dict()


def test_an_error_is_mended_once(tables: Tables) -> None:
    """A CSV as Japanese Excel writes it cannot be read as UTF-8: the error comes back, and the second code reads it."""
    made = make(random.randrange(10**6), "csv")  # noqa: S311
    content = "店,売上\n京都,3\n奈良,5\n".encode("cp932")
    text, code, _ = tables.ask("店ごとの売上の合計は?", (made.file[0], content))
    assert len(code) == 3
    assert "encoding='cp932'" in code[1]
    assert numbers_in(text) == [3, 5]


def test_an_error_that_stays_is_told(tables: Tables) -> None:
    """Neither hidden nor tried for ever."""
    text, code, _ = tables.ask("Describe the table", ("broken.xlsx", b"no workbook"))
    assert len(code) == 1
    assert "stopped with an error" in text
    assert "Error: " in text


def test_fenced_code_runs_as_it_stands(tables: Tables) -> None:
    """Nothing is added or left out, and what it prints is told."""
    code = "total = 0\nfor n in range(5):\n    total += n  # そのまま\nprint(total)\n"
    text, ran, _ = tables.ask(f"Please run this:\n```python\n{code}```")
    assert ran == [code]
    assert text == "The code gives: 10"
    text, _, _ = tables.ask("```python\nopen('nothing.txt')\n```")
    assert "FileNotFoundError" in text
    text, _, _ = tables.ask("```python\nprint(1))\n```")
    assert text.startswith("The code stopped with an error.")
    assert "SyntaxError" in text


@pytest.mark.parametrize(
    ("asked", "ran"),
    [
        ("Please run print(sum(range(10))) for me (now).", "print(sum(range(10)))"),
        ("Execute `print(2+2)`", "print(2+2)"),
        ("print('a)') を実行して", "print('a)')"),
    ],
)
def test_a_print_in_a_sentence_runs_as_it_stands(asked: str, ran: str) -> None:
    """And no part of it is taken for a sum."""
    prompt = Prompt("gpt-4o", "", (Turn("user", asked),), tools=({"type": "code_interpreter"},))
    assert coding.answer(prompt) == coding.Code(ran)


def test_the_argument_of_a_function_is_no_sum() -> None:
    """What `sqrt` makes of 9 × 4 is not 36."""
    prompt = Prompt("gpt-4o", "", (Turn("user", "sqrt(9*4)"),), tools=({"type": "code_interpreter"},))
    assert not isinstance(coding.answer(prompt), coding.Code)


@pytest.mark.parametrize(
    ("asked", "values"),
    [
        ("What is 123456789 * 987654321?", [121932631112635269]),
        ("(2 + 3) × 4.5 は?", [22.5]),
        ("Solve 2x + 3 = 11", [4]),
        ("x^2 - 5x + 6 = 0 を解いて", [2, 3]),
    ],
)
def test_what_can_be_reckoned(tables: Tables, asked: str, values: list[float]) -> None:
    """Sums and equations are reckoned by code."""
    text, code, _ = tables.ask(asked)
    assert len(code) == 1
    assert numbers_in(text) == values


WEATHER = Table(["temperature", "rainfall_mm"], {"month": ["January", "July"], "city": ["Kyoto", "Tokyo"]})
SHOP = Table(["売上(円)", "客数"], {"店": ["京都店", "奈良店"], "月": ["1月", "2月"]})


@pytest.mark.parametrize(
    ("table", "asked", "line"),
    [
        (WEATHER, "Which month is the warmest?", "result = table.loc[[table['temperature'].idxmax()]]"),
        (WEATHER, "Which town has the most rain?", "result = table.loc[[table['rainfall_mm'].idxmax()]]"),
        (WEATHER, "Mean rain for each town", "['rainfall_mm'].mean()"),
        (WEATHER, "雨が一番少ない月は?", "result = table.loc[[table['rainfall_mm'].idxmin()]]"),
        (SHOP, "average revenue by shop", "result = table.groupby('店', sort=False)['売上(円)'].mean().reset_index()"),
        (SHOP, "お客さんが最も多い月は?", "result = table.loc[[table['客数'].idxmax()]]"),
        (SHOP, "奈良店の売上の合計", "table = table[table['店'].astype(str).isin(['奈良店'])]"),
    ],
)
def test_columns_are_found_by_what_words_mean(table: Table, asked: str, line: str) -> None:
    """Also in the other language."""
    code = code_for(asked, table)
    assert code is not None
    assert line in "\n".join(code)


CLIMATE = Table(["month", "temperature_c", "rain_mm"], {"city": ["Tokyo", "Naha"]})


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("What is the total rain in Tokyo in a year?", "print(table['rain_mm'].sum())"),
        (
            "各都市の平均気温を教えて",
            "result = table.groupby('city', sort=False)['temperature_c'].mean().reset_index()",
        ),
        ("Compare Tokyo and Naha.", "table = table[table['city'].astype(str).isin(['Tokyo', 'Naha'])]"),
    ],
)
def test_a_column_that_is_named_in_part_comes_before_one_that_is_meant(asked: str, line: str) -> None:
    """A name such as `rain_mm` ends in a unit that nobody says; `year` is near to `month`, and was not asked for."""
    assert asks_of_a_table(asked)
    code = code_for(asked, CLIMATE)
    assert code is not None
    assert line in code


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("Sort the rows by temperature.", "result = table.sort_values('temperature_c')"),
        ("Sort by rain, highest first", "result = table.sort_values('rain_mm', ascending=False)"),
        ("気温の高い順に並べて", "result = table.sort_values('temperature_c', ascending=False)"),
        ("Make a histogram of temperature.", "table['temperature_c'].plot(kind='hist')"),
        ("気温が25度以上の月を教えて", "table = table[table['temperature_c'] >= 25]"),
    ],
)
def test_what_else_a_table_is_asked(asked: str, line: str) -> None:
    """An order, a histogram, and a bound without any other word that asks for rows."""
    assert asks_of_a_table(asked)
    code = code_for(asked, CLIMATE)
    assert code is not None
    assert line in code


@pytest.mark.parametrize(
    ("asked", "filtered", "line"),
    [
        ("Which city has the most rain in June?", 6, "result = table.loc[[table['rain_mm'].idxmax()]]"),
        ("Which city is the coldest in January?", 1, "result = table.loc[[table['temperature_c'].idxmin()]]"),
        ("Show the temperature of Naha in May", 5, "result = table"),
        ("8月の気温が一番高いのは?", 8, "result = table.loc[[table['temperature_c'].idxmax()]]"),
        ("May I see the rows of Naha?", None, "result = table"),
        ("Which row has the most rain?", None, "result = table.loc[[table['rain_mm'].idxmax()]]"),
    ],
)
def test_a_month_selects_rows_where_they_are_counted(asked: str, filtered: int | None, line: str) -> None:
    """It is no word for a column then: `June` is near to `month` in meaning, and nobody asks for the largest one."""
    code = code_for(asked, CLIMATE)
    assert code is not None
    assert [one for one in code if "'month'" in one] == (
        [f"table = table[table['month'] == {filtered}]"] if filtered else []
    )
    assert line in code


def test_it_asks_back_rather_than_guess() -> None:
    """Two columns of numbers, and nothing that names one of them."""
    assert code_for("Plot it", WEATHER) is None


@pytest.mark.parametrize(
    "text",
    [
        *("Hello", "Call 03-1234-5678", "What is the capital of Peru?", "How are you today?"),
        *("Delete the file.", "Draw a scatter plot of the table", "人数の円グラフを描いて"),
    ],
)
def test_other_messages_need_no_code(text: str) -> None:
    """With the tool and a table at hand, too; what it cannot write is not answered with something else."""
    prompt = Prompt("gpt-4o", "", (Turn("user", text),), tools=({"type": "code_interpreter"},), files=("a.csv",))
    assert coding.answer(prompt) is None


def test_without_a_table_it_says_what_is_missing() -> None:
    """No chart is drawn of nothing."""
    for text, said in (("Draw a chart", "Attach a table"), ("グラフを描いて", "添付")):
        told = coding.answer(Prompt("gpt-4o", "", (Turn("user", text),), tools=({"type": "code_interpreter"},)))
        assert isinstance(told, str)
        assert said in told


def hello(**options: Any) -> Prompt:  # noqa: ANN401
    """A message that asks for nothing, with both built-in tools at hand."""
    tools = ({"type": "code_interpreter"}, {"type": "file_search"})
    return Prompt("gpt-4o", "", (Turn("user", "Hello"),), tools=tools, **options)


def test_code_that_is_demanded() -> None:
    """Something runs, whatever was said; where another tool is demanded, nothing does."""
    assert isinstance(coding.answer(hello(tool_choice={"type": "code_interpreter"})), coding.Code)
    assert isinstance(coding.answer(hello(tool_choice="required")), coding.Code)
    assert coding.answer(hello(tool_choice={"type": "file_search"})) is None
    assert coding.answer(hello(tool_choice="none")) is None
