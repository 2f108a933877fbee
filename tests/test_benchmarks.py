"""Every benchmark runs and compares. What it measures is no test: a busy machine would fail it."""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.all
@pytest.mark.parametrize(
    ("letters", "rows"),
    [("abden", "abbbbbbbbdeeen"), ("ghijtuvw", "ghhijjjjjjjjjttuvw"), ("cf", "cf"), ("oqrs", "opqrrs")],
    ids=["requests", "runs", "kernels", "files"],
)
def test_every_benchmark_prints_a_comparison(letters: str, rows: str, tmp_path: Path) -> None:
    """The smallest size: one line for each figure, with a ratio or a difference, and the samples behind it."""
    file = tmp_path / "samples.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *letters, "--quick", "--json", str(file)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()[2:]
    assert "".join(line[0] for line in lines) == rows
    for line, row in zip(lines, json.loads(file.read_text(encoding="utf-8")), strict=True):
        ours, floor = map(median, row["samples"])
        assert ours > 0
        assert floor > 0
        figure = ours / floor if row["by"] == "ratio" else ours - floor
        assert row["figure"] == pytest.approx(figure)
        assert f" {figure:.2f} " in line
