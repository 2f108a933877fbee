"""The statuses of a run: what may follow what, when a run is over, and what its end means for its steps and messages.

queued → in_progress → completed | failed | incomplete | requires_action | expired
queued, in_progress, requires_action → cancelling → cancelled
requires_action → queued | expired
"""

import time
from typing import Any

from mock_endpoint.runs import usage
from mock_endpoint.runs.events import NOBODY, RunEvents
from mock_endpoint.service import Service
from mock_endpoint.state.opening import ACTIVE
from mock_endpoint.state.store import Store

Json = dict[str, Any]

MAY_COME_FROM = {
    "queued": ("requires_action",),
    "in_progress": ("queued",),
    "requires_action": ("in_progress",),
    "cancelling": ("queued", "in_progress", "requires_action"),
    "cancelled": ("cancelling",),
    "completed": ("in_progress",),
    "incomplete": ("in_progress",),
    "failed": ("queued", "in_progress"),
    "expired": ("queued", "in_progress", "requires_action"),
}

_STAMP = {
    "in_progress": "started_at",
    "completed": "completed_at",
    "incomplete": "completed_at",
    "failed": "failed_at",
    "cancelled": "cancelled_at",
}
_STEP_END = {
    "completed": ("completed", "completed_at"),
    "incomplete": ("completed", "completed_at"),
    "failed": ("failed", "failed_at"),
    "cancelled": ("cancelled", "cancelled_at"),
    "expired": ("expired", "expired_at"),
}
_MESSAGE_END = {
    "incomplete": "max_tokens",
    "failed": "run_failed",
    "cancelled": "run_cancelled",
    "expired": "run_expired",
}


async def active(service: Service, thread_id: str) -> Json | None:
    """The run that locks the thread, if there is one."""
    run = service.store.active_run(thread_id)
    run = run and await current(service, run)
    return run if run and run["status"] in ACTIVE else None


async def current(service: Service, run: Json) -> Json:
    """The run as it stands now: one whose time is over, or that nobody moves any more, has ended."""
    if run["status"] not in ACTIVE or not _is_over(service, run):
        return run
    end = "cancelled" if run["status"] == "cancelling" else "expired"
    return await advance(service.store, run, end) or stored(service.store, run) or run


def seconds_left(run: Json) -> float:
    """How long the run may still live, whoever moves it; 0 when its time is over."""
    return max(0.0, float(run["expires_at"] - time.time()))


def _is_over(service: Service, run: Json) -> bool:
    if seconds_left(run) == 0:
        return True
    # One that waits for its caller is moved by nobody. Otherwise a task of this process, or another process that is
    # alive, brings it to its end.
    if run["status"] == "requires_action":
        return False
    owner = service.store.owner("thread.run", run["id"], run["thread_id"])
    return run["id"] not in service.workers if owner == service.lease.id else not service.lease.is_alive(owner)


def stored(store: Store, run: Json) -> Json | None:
    """The run as the store has it now; None when it is gone."""
    return store.get("thread.run", run["id"], run["thread_id"])


async def advance(
    store: Store,
    run: Json,
    to: str,
    *,
    owner: str | None = None,
    events: RunEvents = NOBODY,
    **changes: object,
) -> Json | None:
    """Bring a run to a status, and its open steps and messages to theirs; all at once.

    None, and nothing is written, when the run is gone, has another status than `to` may come from,
    or – with `owner` – is no longer moved by that process. Once all is written, `events` tells of each changed object,
    the run last.
    """
    async with store.transaction():
        now = stored(store, run)
        if now is None or now["status"] not in MAY_COME_FROM[to]:
            return None
        if owner and store.owner("thread.run", run["id"], run["thread_id"]) != owner:
            return None
        parts = _change(store, now, to, changes)
        store.replace(now, now["thread_id"])
        if to == "requires_action":
            store.set_owner(now, now["thread_id"], None)
    for changed in (*parts, now):
        events.changed(changed)
    return now


def _change(store: Store, run: Json, to: str, changes: Json) -> list[Json]:
    """Give the run its new status and what goes with it; the steps and messages that end with it come back."""
    run |= {"status": to, "required_action": None, **changes}
    at = int(time.time())
    if to in _STAMP and run[_STAMP[to]] is None:
        run[_STAMP[to]] = at
    if to in ACTIVE:
        return []
    run["expires_at"] = None
    run["usage"] = run["usage"] or usage.of_steps(store, run["id"])
    return end_parts(store, run, to)


def end_parts(store: Store, run: Json, as_run: str) -> list[Json]:
    """End what is in progress in a run, as a run with the status `as_run` ends it; the ended objects come back.

    Inside a transaction.
    """
    status, stamp = _STEP_END[as_run]
    at = int(time.time())
    ended = []
    for step in store.all("thread.run.step", run["id"]):
        if step["status"] != "in_progress":
            continue
        created = step["step_details"].get("message_creation")
        message = created and store.get("thread.message", created["message_id"], run["thread_id"])
        if message and message["status"] == "in_progress":
            ended.append(message | _message_end(as_run, at))
            store.replace(ended[-1], run["thread_id"])
        closed = {"status": status, stamp: at, "expires_at": None, "last_error": run["last_error"]}
        ended.append(step | closed | {"usage": usage.of_open_step(store, run)})
        store.replace(ended[-1], run["id"])
    return ended


def _message_end(run_status: str, at: int) -> Json:
    if run_status == "completed":
        return {"status": "completed", "completed_at": at}
    return {"status": "incomplete", "incomplete_at": at, "incomplete_details": {"reason": _MESSAGE_END[run_status]}}
