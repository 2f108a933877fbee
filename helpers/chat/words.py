"""What the chat box says: every sentence of its interface, in one table."""

from collections.abc import Mapping

Words = Mapping[str, str]

ENGLISH: Words = {
    "you": "You",
    "assistant": "Assistant",
    "problem": "Problem",
    "placeholder": "Write a question",
    "send": "Send",
    "hint": "Click Send, or press Tab and then Space.",
    "busy": "…",
    "answering": "{name} is answering. Send works again when the answer is there.",
    "empty": "Write a question first.",
    "closed": "This chat box is closed.",
    "closed.fix": "Make a new one: chat = ChatBox(client, assistant).",
    "no_client": "ChatBox was given {given} where it needs a client.",
    "no_client.fix": "Give it the client first, then the assistant: ChatBox(connect(), assistant).",
    # A question without words.
    "no_question": "There is nothing to ask: the question is empty.",
    "no_question.fix": "Write some words.",
    # The ends of a run that are not `completed`, and the pause.
    "failed": "The run failed: {detail}",
    "failed.fix": "Send the question again.",
    "expired": "The run took too long and expired.",
    "expired.fix": "Send the question again.",
    "cancelled": "The run was cancelled.",
    "cancelled.fix": "Send the question again.",
    "incomplete": "The answer is cut off: {detail}",
    "incomplete.fix": "Ask for a shorter answer.",
    "requires_action": "The run wants {detail} to be called, which this box cannot do. The run was told to stop.",
    "requires_action.fix": "Use an assistant without functions, or answer the run by hand.",
    "no_detail": "the service gives no reason",
    "no_text": "The run is completed, but it wrote no text.",
    "no_text.fix": "Ask in other words.",
    # What may happen to a request, from the narrowest kind of error to the widest.
    "key": "The service refused the key.",
    "key.fix": "Put the right key into .env and restart the kernel; `python -m helpers doctor` tells more.",
    "not_found": "The service cannot find it: {detail}",
    "not_found.fix": "If it was deleted, run the cell that creates it again, then the cell of the box.",
    "too_many": "The service has too much to do: {detail}",
    "too_many.fix": "Wait a moment, then send the question again.",
    "no_answer": "The service does not answer.",
    "no_answer.fix": "See whether it runs (`python -m helpers doctor` looks), then send the question again.",
    "refused": "The service refused ({status}): {detail}",
    "refused.fix": "Change what the sentence names, then send the question again.",
    "unexpected": "Something unexpected happened: {detail}",
    "unexpected.fix": "Restart the kernel and run the cells from the top.",
}
"""`name` says what happened, `name.fix` what to do about it."""
