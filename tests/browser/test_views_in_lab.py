"""What `show` and `wire` put into JupyterLab: seen by everybody, in both colours, wide and narrow."""

import pytest
from nbformat import v4
from support.notebooks.files import write
from support.notebooks.updating import normalised

from browser.access import THEMES, violations
from browser.chats import KERNEL, code
from browser.conftest import Open
from browser.lab import Lab

pytestmark = pytest.mark.all

START = """
import openai
from helpers import connect, expect, fault, show, wire

client = connect()
runs, messages = client.beta.threads.runs, client.beta.threads.messages
function = {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
tools = [{"type": "function", "function": function}]
tabi = client.beta.assistants.create(
    model="gpt-4o", name="Tabi", instructions="Answer briefly.", tools=tools, metadata={"of": "a test"}
)


def say(thread, text):
    return messages.create(thread.id, role="user", content=text)


thread = client.beta.threads.create()
asked = say(thread, "What is the weather in Kyoto?")
"""
CELLS = {
    "assistant": "show(tabi)",
    "assistants": "show(client.beta.assistants.list())",
    "models": "show(client.models.list())",
    "message": "show(asked)",
    "thread": "show(thread)",
    "dictionary": "show({'city': 'Kyoto'})",
    "stream": "heard = list(runs.create(thread.id, assistant_id=tabi.id, stream=True))\nwire()",
    "events": "show(heard)",
    "waiting": "run = heard[-1].data\nshow(run)",
    "run": """
call = run.required_action.submit_tool_outputs.tool_calls[0]
outputs = [{"tool_call_id": call.id, "output": "18 °C"}]
for _ in runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs, stream=True):
    pass
show(runs.retrieve(run.id, thread_id=thread.id))""",
    "steps": "show(runs.steps.list(run.id, thread_id=thread.id))",
    "step": "show(runs.steps.list(run.id, thread_id=thread.id).data[-1])",
    "failed": """
with fault("run_failed"):
    failed = runs.create_and_poll(thread_id=thread.id, assistant_id=tabi.id)
show(failed)""",
    "conversation": "show(messages.list(thread.id))",
    "tokens": """
for question in ("What is the capital of Japan?", "And of Peru?", "And of Kenya?"):
    say(thread, question)
    runs.create_and_poll(thread_id=thread.id, assistant_id=tabi.id, tools=[])
show(runs.list(thread.id))""",
    "error": """
with expect(openai.NotFoundError) as refusal:
    client.beta.threads.retrieve("thread_of_nobody")
show(refusal.error)""",
    "retries": """
with fault("rate_limit", times=1):
    client.beta.threads.create(metadata={"deep": "京都"})
wire()""",
    "refusal": """
with fault("server_error"), expect(openai.InternalServerError):
    client.with_options(max_retries=0).beta.threads.create()
wire()""",
    "compare": """
for options in ({"temperature": 0.2}, {"temperature": 1.5, "instructions": "日本語で", "stream": True}):
    say(thread, "What is the capital of Norway?")
    answer = runs.create(thread.id, assistant_id=tabi.id, tools=[], **options)
    if options.get("stream"):
        print(len(list(answer)), "events")
    else:
        runs.poll(answer.id, thread_id=thread.id)
wire(compare=(2, 5))""",
    "moved": """
new = connect(api="v1")
question, tool = "What is the weather in Kyoto?", {"type": "function"} | function
say(thread, question)
run = runs.create_and_poll(thread_id=thread.id, assistant_id=tabi.id)
answer = new.responses.create(model="gpt-4o", input=question, tools=[tool | {"strict": False}])
runs.cancel(run.id, thread_id=thread.id)
wire(compare=(2, 4))""",
    "response": "show(answer)",
    "code": """
talk = new.conversations.create()
code = {"type": "code_interpreter", "container": {"type": "auto"}}
with new.responses.stream(model="gpt-4o", input="How much is 6 * 7?", conversation=talk.id, tools=[code],
                          tool_choice="required", include=["code_interpreter_call.outputs"]) as stream:
    show(stream.get_final_response())""",
    "items": "items = new.conversations.items.list(talk.id)\nshow(items)",
    "item": "show(next(one for one in items if one.type == 'code_interpreter_call'))",
    "talk": "show(talk)",
    "container": "show(new.containers.list())\nshow(new.containers.list().data[0])",
    "deleted": "show(client.beta.threads.delete(thread.id))\nshow(client.beta.assistants.delete(tabi.id))",
}
"""The name of a cell → what makes it show something."""
WIDTHS: dict[str, set[str]] = {"": set(), "600px": {"steps"}, "420px": {"assistants", "steps", "tokens"}}
"""The width of an output → the cells whose table has too many columns for it, and may scroll."""
_OPEN = "nodes => nodes.forEach(node => node.querySelectorAll('details').forEach(one => { one.open = true; }))"
_WIDTH = "(nodes, width) => nodes.forEach(one => { one.style.width = width; one.style.flex = width && 'none'; })"
_TOO_WIDE = """node => [...node.querySelectorAll('.jp-RenderedHTMLCommon, .jp-RenderedHTMLCommon *')]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
    .filter(one => !one.matches('[role=group][tabindex]'))
    .map(one => one.outerHTML.slice(0, 200))"""
_SCROLLS = """node => [...node.querySelectorAll('[role=group][tabindex]')]
    .some(one => one.scrollWidth > one.clientWidth + 1)"""
_FAR_BARS = """node => [...node.querySelectorAll('table [role=img]')]
    .filter(one => one.getBoundingClientRect().right > node.getBoundingClientRect().right + 1)
    .map(one => one.outerHTML.slice(0, 200))"""
"""Bars that are seen only by scrolling."""
_WORDLESS = """node => [...node.querySelectorAll('.jp-RenderedHTML :is(svg, [role=img])')]
    .filter(one => one.getAttribute('role') !== 'img' || !one.getAttribute('aria-label'))
    .map(one => one.outerHTML.slice(0, 200))"""


def test_everybody_can_read_the_views(open_in_lab: Open, lab: Lab) -> None:
    """No violation for axe with everything unfolded; every picture has words; nothing is wider than its place."""
    cells = [code("start", START), *(code(name, source) for name, source in CELLS.items())]
    write(normalised(v4.new_notebook(cells=cells, metadata=KERNEL)), lab.notebooks / "views.ipynb")
    window = open_in_lab("views.ipynb")
    window.show_all_cells()
    window.run_all()
    assert window.errors() == []
    kind = window.output("code").get_by_text("code_interpreter_call", exact=True).first
    kind.scroll_into_view_if_needed()
    assert kind.evaluate("node => node.getClientRects().length && node.clientHeight < 30"), "the kind is in one line"
    outputs = window.page.locator(".jp-Cell:not([data-windowed-list-index='0']):visible .jp-Cell-outputArea")
    outputs.evaluate_all(_OPEN)
    with window.grown():
        for theme in THEMES:
            window.use_theme(theme)
            assert violations(outputs) == [], theme
    by_name = {name: window.output(name) for name in CELLS}
    assert [name for name, output in by_name.items() if output.evaluate(_WORDLESS)] == []
    for width, scrolling in WIDTHS.items():
        outputs.evaluate_all(_WIDTH, width)
        for name, output in by_name.items():
            assert output.evaluate(_TOO_WIDE) == [], (name, width)
            assert name == "steps" or output.evaluate(_FAR_BARS) == [], (name, width)
            assert name in scrolling or not output.evaluate(_SCROLLS), (name, width)
