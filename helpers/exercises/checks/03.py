"""Checks of lesson 03, threads."""

import re

from openai import OpenAI
from openai.types.beta import Thread

from helpers.connection import connect
from helpers.exercises.choosing import chosen
from helpers.exercises.evidence import brief, said_by_user
from helpers.exercises.trying import ENDED, GONE, refused_for_assistant
from helpers.traffic import exchanges

_SPELT = {
    "Chie": r"chie|チエ|ちえ|千恵|千絵|千枝|智恵|知恵",
    "David": r"david|デ[イー]?[ビヴ]ィ?ッド|ダビデ|ダ[ビヴ]ィ?ド",
}
"""How a traveller's name may be written."""
_TOLD = re.compile(
    r"(?:\bmy name is|\bmy name's|\bi am|\bi'm|\bcall me|名前は|私は|わたしは|僕は)\s*(\w+?)(?=と|です|だ|\W|$)",
    re.IGNORECASE,
)
"""A sentence in which somebody tells a name."""
_NAMES = "|".join(_SPELT.values())
_DENIED = re.compile(rf"(?:\bnot|n't)\s+(?:{_NAMES})|(?:{_NAMES})\s*(?:では|じゃ)(?:ない|ありません)", re.IGNORECASE)
HINTS = {
    "03a": (
        "What keeps two conversations apart: the assistant, or the thread?",
        "How many threads do you need, and which name has to be in the messages of each?",
        "Who has to work on a thread before there is an answer in it? Look at ask above.",
    ),
    "03q": (
        "Look at the JSON of a thread: does it name an assistant anywhere?",
        "Kana answered in Aiko's thread. What brought the two together?",
        "What went away in the last part, when a thread was deleted, and what stayed?",
    ),
}


def check_03a(chie: Thread | str, david: Thread | str) -> str | None:
    """Each thread holds one name and an answer of the same assistant."""
    ids = {"Chie": _id_of(chie), "David": _id_of(david)}
    if ids["Chie"] == ids["David"]:
        return "chie and david are one and the same thread; only a second one would keep the two apart"
    strange = next((one for one in ids.values() if not one.startswith("thread_")), None)
    if strange is not None:
        return f'"{brief(strange)}" is no thread; put the thread itself into the name, not what ask returns'
    with connect() as client:
        for name, thread_id in ids.items():
            reason = _not_told(name, said_by_user(client, thread_id)) or _not_answered(client, name, thread_id)
            if reason:
                return reason
        runs = [client.beta.threads.runs.list(thread_id=thread_id) for thread_id in ids.values()]
        first, second = ({run.assistant_id for run in page if run.status == "completed"} for page in runs)
    return None if first & second else "two assistants answered; the same one should talk to both"


def check_03q(after: object) -> str | None:
    """What becomes of a thread when the assistant that answered in it is deleted."""
    return chosen(
        after,
        {"stays"},
        {
            "deleted": "in which field of the thread would the service see that it was this assistant's?",
            "locked": "what locks a thread: a run at work, or an assistant?",
            "mute": "could a run bring another assistant to this thread?",
        },
        "one word is missing",
    )


def _not_told(name: str, said: list[str]) -> str | None:
    """Why these messages do not tell this name, and no other."""
    text = "\n".join(said)
    if not said:
        return f"there is no message in {name}'s thread; who tells Tabi the name?"
    if not re.search(_SPELT[name], text, re.IGNORECASE):
        return f'the name {name} is not in {name}\'s thread; there it says "{brief(text)}"'
    if _DENIED.search(text):
        return f'in {name}\'s thread it says "{brief(text)}"; does that tell who is speaking?'
    others = [spelt for other, spelt in _SPELT.items() if other != name]
    told = [one for one in _TOLD.findall(text) if not re.fullmatch(_SPELT[name], one, re.IGNORECASE)]
    stranger = next((one for one in told if one[:1].isupper() or not one.isascii()), None)
    if stranger or any(re.search(other, text, re.IGNORECASE) for other in others):
        return f"somebody else's name is in {name}'s thread too; begin with two new threads, one name in each"
    return None


def _not_answered(client: OpenAI, name: str, thread_id: str) -> str | None:
    """Why nobody has answered in this thread."""
    runs = client.beta.threads.runs.list(thread_id=thread_id).data
    if any(run.status == "completed" for run in runs):
        return None
    if not runs:
        silent = f"no run has worked on {name}'s thread yet; what puts Tabi to work on a thread?"
        return GONE if _assistant_was_missing(thread_id) else silent
    if runs[0].status in ENDED:
        return f"the run on {name}'s thread ended as {runs[0].status}; what does show say about it?"
    return f"the run on {name}'s thread was still {runs[0].status}; what waits for its end?"


def _assistant_was_missing(thread_id: str) -> bool:
    """Whether the last attempt to start a run there was refused because its assistant is deleted."""
    path = f"/threads/{thread_id}/runs"
    tried = [one for one in exchanges(last_cell=False) if one.method == "POST" and one.path.endswith(path)]
    return bool(tried) and refused_for_assistant(tried[-1])


def _id_of(thread: Thread | str) -> str:
    return thread if isinstance(thread, str) else thread.id
