"""Checks of lesson 10, file search."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from openai import NotFoundError, OpenAI
from openai.types import StaticFileChunkingStrategyObject, VectorStore
from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.runs import FileSearchToolCall
from openai.types.vector_stores import VectorStoreFile

from helpers.connection import connect
from helpers.exercises.choosing import chosen
from helpers.exercises.evidence import as_it_is, brief, not_by_tabi, said_by_user
from helpers.exercises.trying import calling

_OF_THE_LESSON = ("Where can I rent a kimono?", "How much is a ticket for the sumo?")
_FILES, _MOST_TOKENS, _DAYS = 12, 150, 1
"""What the store of 10b has, as the task says."""
_USUAL_TOKENS = 800
"""In a piece, where no strategy is given."""
_GATE, _MAP = "west gate.md", "地図.md"
"""The names of two files of 10c."""
_ASKED, _TOLD_BY = "Can I bathe with a tattoo?", "onsen.md"
"""A question, and the file of the guide that answers it."""

HINTS = {
    "10a": (
        "Which places, things and costs does the guide speak of, and which might a traveller miss in it?",
        "What is in show(answer_of(run)) when a sentence was quoted, and what when none was?",
        "The offline model knows a few things without the files. Did found_by(run) show a search?",
    ),
    "10b": (
        "Which argument gave the store above its end, and where does it go?",
        "Who is cut, the store or the files? So which call takes the chunking strategy?",
        "How do you look at what one file of a store was cut by?",
    ),
    "10c": (
        "What do start_index and end_index belong to: the text as it came, or the one you have changed already?",
        "From which end could you replace, so that the places that are still to come stay right?",
        "Which call tells the name of a file, and what do you hand to it?",
    ),
    "10q": (
        "The sentences about bags were cited without a fault. Was the question answered?",
        "What could you still retrieve after the spare store was gone?",
    ),
}


def check_10a(run: Run) -> str | None:
    """The run searched, was shown results, and quoted none of them."""
    with connect() as client:
        now = as_it_is(client, run)
        wrong = not_by_tabi(client, now)
        if wrong:
            return wrong
        if now.status != "completed":
            return f"the run is {now.status}, not completed"
        asked = (said_by_user(client, now.thread_id) or [""])[-1]
        if _words(asked) in map(_words, _OF_THE_LESSON):
            return f'"{asked}" is a question of the lesson; find one of your own'
        return _not_searched(client, now) or _quoted(client, now)


def check_10b(store: VectorStore) -> str | None:
    """The store holds the guide, cut as asked, and ends a day after its last use."""
    if not isinstance(store, VectorStore):
        return f"this is {type(store).__name__}; a vector store is asked for"
    with connect() as client:
        try:
            now = client.vector_stores.retrieve(store.id)
        except NotFoundError:
            return "the endpoint knows no such store; was it deleted?"
        files = list(client.vector_stores.files.list(now.id))
        names = {client.files.retrieve(each.id).filename for each in files}
        reason = _not_filled(now, names) or _not_cut(files) or _not_ending(now)
        if reason:
            return reason
        hits = client.vector_stores.search(now.id, query=_ASKED, max_num_results=1).data
    found = hits[0].filename if hits else "nothing"
    return None if found == _TOLD_BY else f'a search for "{_ASKED}" finds {found}; are these the files of the guide?'


def check_10c(footnotes: Callable[[Message], object]) -> str | None:
    """Numbers in place of markers, and the names that they stand for, whatever else the text holds."""
    with connect() as client, _two_files(client) as (gate, map_):
        cited = _message(
            "駅の西口です【4:1†source】。See the map【4:0†source】, and【注】come early【4:1†source】.",
            [("【4:0†source】", 0, map_), ("【4:1†source】", 0, gate), ("【4:1†source】", 1, gate)],
        )
        text = "駅の西口です[1]。See the map[2], and【注】come early[1]."
        reason = _not_numbered(calling(footnotes, cited), text, [_GATE, _MAP])
        if reason:
            return f"for a message with three citations of two files, {reason}"
        plain = "I wrote 【4:0†mine.md】 myself."
        reason = _not_numbered(calling(footnotes, _message(plain, [])), plain, [])
    return f"for a message without citations, {reason}" if reason else None


def check_10q(said: object) -> str | None:
    """What a citation does, and what becomes of the files of a deleted store."""
    return chosen(
        said,
        {"points", "stay"},
        {
            "proves": "what if the file itself is wrong?",
            "answers": "what was cited when somebody asked about sumo?",
            "go": "which file was still there when the spare store was deleted?",
        },
        "two words are asked for: what a citation does, and what the files do?",
    )


def _words(question: str) -> list[str]:
    """What is left of a question that was only written in another way."""
    return re.findall(r"\w+", question.casefold())


def _not_searched(client: OpenAI, run: Run) -> str | None:
    """Why no search of this run showed anything to the model."""
    searches = [
        call
        for step in client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id)
        if step.step_details.type == "tool_calls"
        for call in step.step_details.tool_calls
        if isinstance(call, FileSearchToolCall)
    ]
    if not searches:
        return "this run did not search the files; ask for something that Tabi has to look up"
    if not any(call.file_search.results for call in searches):
        return "the search had no results at all; does Tabi still have the store of the guide, and no threshold?"
    return None


def _quoted(client: OpenAI, run: Run) -> str | None:
    """Why this run's answer came from a file."""
    for message in client.beta.threads.messages.list(run.thread_id, run_id=run.id):
        for part in message.content:
            if part.type == "text" and part.text.annotations:
                marker = part.text.annotations[0].text
                said = brief(part.text.value)
                return (
                    f'the answer cites a file, {marker}: "{said}"; Tabi took that for an answer, so ask something else'
                )
    return None


def _not_filled(store: VectorStore, names: set[str]) -> str | None:
    """Why this store does not hold each file of the guide once, ready."""
    counts = store.file_counts
    if counts.total != _FILES:
        return f"the store holds {counts.total} files, and the guide has {_FILES}"
    if len(names) != _FILES:
        return f"of the {_FILES} files in the store, some have the same name: it holds {len(names)} different ones"
    if counts.in_progress:
        return f"{counts.in_progress} files were still in progress; which form of the call waits for them?"
    return None if counts.completed == _FILES else f"only {counts.completed} of its files are completed"


def _not_cut(files: list[VectorStoreFile]) -> str | None:
    """Why these files are not cut as the task says."""
    for file in files:
        if not isinstance(file.chunking_strategy, StaticFileChunkingStrategyObject):
            return "a file does not say how it was cut; put it in again, with the sizes of its chunks"
        sizes = file.chunking_strategy.static
        if sizes.max_chunk_size_tokens > _MOST_TOKENS:
            tokens = f"a file has pieces of up to {sizes.max_chunk_size_tokens} tokens"
            given = sizes.max_chunk_size_tokens != _USUAL_TOKENS
            return f"{tokens}; {f'at most {_MOST_TOKENS} are asked for' if given else 'which call takes the strategy?'}"
        if sizes.chunk_overlap_tokens:
            return f"neighbours have {sizes.chunk_overlap_tokens} tokens in common; which of the two sizes says that?"
    return None


def _not_ending(store: VectorStore) -> str | None:
    """Why this store does not end a day after its last use."""
    if store.expires_after is None:
        return "the store has no end; which argument gives it one?"
    days = store.expires_after.days
    return None if days == _DAYS else f"the store ends {days} days after its last use, not {_DAYS}"


def _not_numbered(answer: object, text: str, names: list[str]) -> str | None:
    """Why this is not the text with its numbers, and the list of names."""
    if answer is None:
        return "footnotes returned nothing; a text and a list are asked for"
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return f"footnotes returned {type(answer).__name__}; two things are asked for, a text and a list"
    if answer[0] != text:
        return f'the text is "{answer[0]}", and should be "{text}"'
    if not isinstance(answer[1], (tuple, list)):
        return f"the names came as {type(answer[1]).__name__}; a list is asked for"
    return None if list(answer[1]) == names else f"the names are {list(answer[1])}, and should be {names}"


@contextmanager
def _two_files(client: OpenAI) -> Iterator[tuple[str, str]]:
    """The ids of two files, which are deleted afterwards."""
    made = [client.files.create(file=(name, b"Ueno"), purpose="assistants").id for name in (_GATE, _MAP)]
    try:
        yield made[0], made[1]
    finally:
        for file_id in made:
            client.files.delete(file_id)


def _message(text: str, cited: list[tuple[str, int, str]]) -> Message:
    """An answer with citations: the marker, which of its like in the text it is, and the id of its file."""
    annotations = []
    for marker, nth, file_id in cited:
        start = -1
        for _ in range(nth + 1):
            start = text.index(marker, start + 1)
        annotations.append(
            {
                "type": "file_citation",
                "text": marker,
                "start_index": start,
                "end_index": start + len(marker),
                "file_citation": {"file_id": file_id},
            }
        )
    return Message.model_validate(
        {
            "id": f"msg_{'0' * 24}",
            "object": "thread.message",
            "created_at": 1_700_000_000,
            "thread_id": f"thread_{'0' * 24}",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "text", "text": {"value": text, "annotations": annotations}}],
        }
    )
