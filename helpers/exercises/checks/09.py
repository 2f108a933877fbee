"""Checks of lesson 09, the code interpreter."""

from collections.abc import Callable, Iterator, Mapping
from secrets import token_hex

from openai import NotFoundError, OpenAI
from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.runs import CodeInterpreterToolCall

from helpers.connection import connect
from helpers.exercises.choosing import chosen
from helpers.exercises.evidence import as_it_is, brief, not_by_tabi
from helpers.exercises.trying import NotYet, calling

_DEAREST = "Tsubaki"
"""The inn with the highest price of the task's table."""
_EARLIER = 'open("earlier.txt", "w").write("of another run")\nprint("done")'
_MAKES = """\
import matplotlib.pyplot as plt
plt.plot([1, 3, 2])
plt.show()
open("plan.txt", "w").write("{nonce}")
open("prices.csv", "w").write("inn,price\\n{nonce},1\\n")
print("done")"""
_NOTHING = "print(6 * 7)"
_MADE_BY = {_EARLIER: 1, _MAKES: 3, _NOTHING: 0}
"""Code that a check has run → how many files that makes."""

HINTS = {
    "09a": (
        "What has to be with the service before a message can name it? Which call brings it there?",
        "Which field of a message holds a file's id, and the tool that may read it?",
        "Which cell above did all of that with another table?",
    ),
    "09b": (
        "Which option of messages.list leaves out what other runs have said?",
        "A message has parts. Where does a picture have its id, and where a file that the text links to?",
        "Which two calls turn an id into a name, and into bytes?",
    ),
    "09q": (
        "Could the code of Tabi see a variable of your notebook? What does that say about where it runs?",
        "Who had to act between the question and the answer: you, or nobody?",
        "What did the cell with the mistake print first?",
    ),
}


def check_09a(run: Run) -> str | None:
    """Tabi's code read the table of inns, which came with a message of a thread."""
    with connect() as client:
        run = as_it_is(client, run)
        if run.status != "completed":
            return f"the run is {run.status}, not completed; follow it to its end"
        reason = not_by_tabi(client, run) or _not_attached(client, run)
        if reason:
            return reason
        calls = list(_code_calls(client, run))
    if not calls:
        return "no code was run; ask for something that stands in the table"
    printed = "".join(
        output.logs for call in calls for output in call.code_interpreter.outputs if output.type == "logs"
    )
    if "Traceback" in printed:
        return "the code stopped with an error; what do the logs of its step say?"
    last = calls[-1].code_interpreter.outputs
    if not any(output.type == "logs" and _DEAREST in output.logs for output in last):
        return (
            "what the last code printed does not name the inn with the highest price; read the code: what did it ask?"
        )
    return None


def check_09b(downloads: Callable[[Run], object]) -> str | None:
    """A run with a picture and two files after an earlier run of the same thread, and a run that made nothing."""
    nonce = token_hex(4)
    with connect() as client, _Trial(client) as trial:
        trial.run(_EARLIER)
        wanted = trial.made_by(trial.run(_MAKES, nonce=nonce))
        reason = _not_the_files(calling(downloads, trial.runs[-1]), wanted)
        if reason:
            return reason
        trial.run(_NOTHING)
        got = calling(downloads, trial.runs[-1])
    return None if got == {} else f"a run that made nothing should give an empty dictionary, and downloads gave {got!r}"


def check_09q(ran: object) -> str | None:
    """Who runs the code, and what becomes of the run when the code fails."""
    return chosen(
        ran,
        {"service", "completed"},
        {
            "model": "what does a model give back: a result, or text?",
            "notebook": "does Tabi's code see the variables of your cells?",
            "failed": "what did the cell with the mistake print as the run's status?",
            "waiting": "did anybody have to hand in anything?",
        },
        "two words are asked for: who runs the code, and how does the run end?",
    )


def _not_attached(client: OpenAI, run: Run) -> str | None:
    """Why the table of inns did not come with a message of this run's thread."""
    messages = client.beta.threads.messages.list(run.thread_id, order="asc")
    attached = [one for message in messages for one in message.attachments or []]
    resources = client.beta.assistants.retrieve(run.assistant_id).tool_resources
    own = resources.code_interpreter if resources else None
    if any(_is_of_inns(client, file_id) for file_id in (own.file_ids if own else None) or []):
        return "the table of inns is attached to Tabi; this time, attach it to the message alone"
    if not attached:
        return "no message of the run's thread has an attachment; which field of a message holds one?"
    ids = [one.file_id for one in attached if any(tool.type == "code_interpreter" for tool in one.tools or [])]
    if not ids:
        return "the file is attached, but not for the code interpreter; name that tool in the attachment"
    others = [one for one in ids if not (one and _is_of_inns(client, one))]
    if len(others) == len(ids):
        return "the file in the attachment is not the table of inns; upload INNS, and attach that file's id"
    if others:
        return "the thread is not a new one: another table was attached there as well; which call makes a thread?"
    return None


def _is_of_inns(client: OpenAI, file_id: str) -> bool:
    try:
        content = client.files.content(file_id).read()
    except NotFoundError:
        return False
    return content.lstrip(b"\xef\xbb\xbf").startswith(b"inn,price") and _DEAREST.encode() in content


def _code_calls(client: OpenAI, run: Run) -> Iterator[CodeInterpreterToolCall]:
    """The code that a run had run, oldest first."""
    for step in client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc"):
        if step.step_details.type == "tool_calls":
            yield from (call for call in step.step_details.tool_calls if call.type == "code_interpreter")


class _Trial:
    """A thread of the check's own, in which code is run. All else is deleted in the end; the thread is used again by
    the next check, for its kernel takes seconds to start."""

    _thread_id = ""

    def __init__(self, client: OpenAI) -> None:
        self._client = client
        self.runs: list[Run] = []

    def __enter__(self) -> "_Trial":
        if not self._is_there():
            _Trial._thread_id = self._client.beta.threads.create().id
        self._assistant = self._client.beta.assistants.create(
            name="Tabi", model="gpt-35-turbo", tools=[{"type": "code_interpreter"}]
        )
        return self

    def __exit__(self, *_: object) -> None:
        messages = list(self._client.beta.threads.messages.list(self._thread_id, limit=100))
        for file_id in _ids_in(messages):
            self._client.files.delete(file_id)
        for message in messages:
            self._client.beta.threads.messages.delete(message.id, thread_id=self._thread_id)
        self._client.beta.assistants.delete(self._assistant.id)

    def _is_there(self) -> bool:
        """Whether the thread of an earlier check is still at this endpoint."""
        try:
            return bool(self._thread_id and self._client.beta.threads.retrieve(self._thread_id))
        except NotFoundError:
            return False

    def run(self, code: str, **values: str) -> Run:
        """The run that had this code run; `NotYet` when that did not make the files that it should make."""
        text = code.format(**values) if values else code
        self._client.beta.threads.messages.create(
            self._thread_id, role="user", content=f"Run this code:\n```python\n{text}\n```"
        )
        run = self._client.beta.threads.runs.create_and_poll(thread_id=self._thread_id, assistant_id=self._assistant.id)
        self.runs.append(run)
        made = len(_ids_in(self._messages(run)))
        if made != _MADE_BY[code]:
            raise NotYet(
                f"the check had code run to try your function with, and that made {made} files instead of "
                f"{_MADE_BY[code]}; does the code interpreter work here? `python -m helpers doctor` says so"
            )
        return run

    def made_by(self, run: Run) -> dict[str, bytes]:
        """The bytes of what a run made, by the names of the files."""
        files = self._client.files
        return {files.retrieve(one).filename: files.content(one).read() for one in _ids_in(self._messages(run))}

    def _messages(self, run: Run) -> list[Message]:
        return list(self._client.beta.threads.messages.list(self._thread_id, run_id=run.id))


def _ids_in(messages: list[Message]) -> list[str]:
    """The ids of pictures and of linked files in these messages."""
    found = []
    for part in (part for message in messages for part in message.content):
        if part.type == "image_file":
            found.append(part.image_file.file_id)
        elif part.type == "text":
            found += [note.file_path.file_id for note in part.text.annotations if note.type == "file_path"]
    return found


def _not_the_files(got: object, wanted: Mapping[str, bytes]) -> str | None:
    """Why this is not what a run made."""
    if got is None:
        return "downloads returns nothing yet; it should return a dictionary"
    if not isinstance(got, dict):
        return f"downloads returned {type(got).__name__}; a dictionary is asked for"
    return _not_the_names(got, wanted) or _not_the_bytes(got, wanted)


def _not_the_names(got: Mapping[object, object], wanted: Mapping[str, bytes]) -> str | None:
    strange = next((name for name in got if name not in wanted), None)
    if strange == "earlier.txt":
        return "it brings earlier.txt, which another run of the same thread has made; ask for this run's messages alone"
    if strange is not None:
        names = ", ".join(wanted)
        return f"it has the name {brief(str(strange))!r}, and the files are {names}; what does files.retrieve know?"
    missing = next((name for name in wanted if name not in got), None)
    if missing is None:
        return None
    kind = "a picture, which is a part of the message" if missing.endswith(".png") else "linked in the text"
    return f"{missing} is missing; it is {kind}"


def _not_the_bytes(got: Mapping[str, object], wanted: Mapping[str, bytes]) -> str | None:
    for name, content in wanted.items():
        if not isinstance(got[name], bytes):
            return (
                f"for {name} it has {type(got[name]).__name__}; bytes are asked for: what reads them from a download?"
            )
        if got[name] != content:
            return f"the bytes of {name} are not those of the file; does each name get its own id?"
    return None
