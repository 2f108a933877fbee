"""Small notebooks that need nothing of the kit, to test what tests the real ones."""

from nbformat import NotebookNode, v4

from support.notebooks.updating import normalised

OPENING = """# Walk a small road

5 minutes. You will be able to walk. You need shoes.
"""
ENDING = """## Recap
One foot, then the other.

## Clean up
Nothing stays.

## Next
[This one again](05_walk.ipynb).
"""
PREPARE = """
def prepare():
    print("ready")

def check(name, answer):
    print(f"{name}: correct" if answer == 42 else f"{name}: not yet, because {answer} is not 42")

prepare()
"""
OBJECTS = """
import random, string

def new(kind):
    return kind + "_" + "".join(random.choices(string.ascii_letters + string.digits, k=24))

thread, run = new("thread"), new("run")
print(thread)
print("run", run, "completed")
"""
RELATION = """
print(run, "belongs to", thread)
print("日本の首都は東京です。")
"""
CHANCE = """
import sys, time, uuid
print(int(time.time()), uuid.uuid4(), f"{random.random() * 900:.1f} ms", time.strftime("%Y-%m-%d %H:%M:%S"))
print(f"http://127.0.0.1:{random.randint(1024, 65535)}/openai ×{random.randint(1, 99)}")
print("aside", file=sys.stderr)
print("last")
"""
PICTURE = """
class Bubble:
    def __repr__(self):
        return "Tabi: hello"

    def _repr_html_(self):
        return f"<p id='{random.random()}'>hello</p>"

Bubble()
"""
SOLUTION = """<details><summary>Solution</summary>

```python
answer = 42
```

</details>
"""


def markdown(source: str, **metadata: object) -> NotebookNode:
    """Return a Markdown cell."""
    cell: NotebookNode = v4.new_markdown_cell(source, metadata=metadata)
    return cell


def code(source: str, **metadata: object) -> NotebookNode:
    """Return a code cell that was never run."""
    cell: NotebookNode = v4.new_code_cell(source.strip(), metadata=metadata)
    return cell


def notebook(*cells: NotebookNode) -> NotebookNode:
    """Return a notebook of these cells, which get the ids `cell-0`, `cell-1`, …"""
    for place, cell in enumerate(cells):
        cell.id = f"cell-{place}"
    made: NotebookNode = v4.new_notebook(cells=list(cells))
    return normalised(made)


def walk() -> NotebookNode:
    """Return a notebook, not yet run, whose outputs differ from run to run where they may."""
    return notebook(
        markdown(OPENING),
        *(code(source) for source in (PREPARE, OBJECTS, RELATION, CHANCE, PICTURE)),
        code("answer = None", tags=["exercise"], kit={"exercise": "05a"}),
        code('check("05a", answer)'),
        markdown(SOLUTION, tags=["solution"]),
        markdown(ENDING),
    )
