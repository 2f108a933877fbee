"""The life of a run: its statuses, what may follow what, and what an end means for its steps and messages.

queued → in_progress → completed | failed | incomplete | requires_action | expired
queued, in_progress, requires_action → cancelling → cancelled
requires_action → queued | expired
"""

import time
from collections.abc import Callable
from typing import Any

from mock_endpoint.http.context import RequestContext
from mock_endpoint.runs import usage
from mock_endpoint.service import Service
from mock_endpoint.state.store import Store

Json = dict[str, Any]

ACTIVE = ("queued", "in_progress", "requires_action", "cancelling")
"""A run in one of these locks its thread."""

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


def find(request: RequestContext) -> Json:
    """The run that the path names, as it stands now; or 404."""
    return current(request.service, request.find("run", "thread.run", request.ids["run_id"], request.thread()["id"]))


def active(service: Service, thread_id: str) -> Json | None:
    """The run that locks the thread, if there is one."""
    run = service.store.active_run(thread_id)
    run = run and current(service, run)
    return run if run and run["status"] in ACTIVE else None


def current(service: Service, run: Json) -> Json:
    """The run as it stands now: one whose time is over, or that nobody moves any more, has ended."""
    if run["status"] not in ACTIVE:
        return run
    waiting = run["status"] == "requires_action"
    if not waiting and _is_moved(service, run["id"]):
        return run
    if waiting and time.time() < run["expires_at"]:
        return run
    end = "cancelled" if run["status"] == "cancelling" else "expired"
    return advance(service.store, run["id"], end) or service.store.get("thread.run", run["id"]) or run


def _is_moved(service: Service, run_id: str) -> bool:
    """Whether a task of this process, or another process that is alive, will bring the run to its end."""
    owner = service.store.owner(run_id)
    return run_id in service.workers if owner == service.owner.id else service.owner.is_alive(owner)


def advance(
    store: Store,
    run_id: str,
    to: str,
    *,
    owner: str | None = None,
    tell: Callable[[Json], None] = lambda _: None,
    **changes: object,
) -> Json | None:
    """Bring a run to a status, and its open steps and messages to theirs; all at once.

    None, and nothing is written, when the run is gone, has another status than `to` may come from,
    or – with `owner` – is no longer moved by that process. Once all is written, `tell` is given each changed object,
    the run last.
    """
    with store.transaction():
        run = store.get("thread.run", run_id)
        if run is None or run["status"] not in MAY_COME_FROM[to] or (owner and store.owner(run_id) != owner):
            return None
        run |= {"status": to, "required_action": None, **changes}
        now = int(time.time())
        if to in _STAMP and run[_STAMP[to]] is None:
            run[_STAMP[to]] = now
        parts = []
        if to not in ACTIVE:
            run["expires_at"] = None
            run["usage"] = run["usage"] or usage.of_steps(store, run_id)
            parts = end_parts(store, run, to, now)
        if to == "requires_action":
            store.hand_over(run_id, None)
        store.replace(run)
    for changed in (*parts, run):
        tell(changed)
    return run


def end_parts(store: Store, run: Json, as_run: str, now: int) -> list[Json]:
    """End what is in progress in a run, as a run with the status `as_run` ends it; the ended objects come back."""
    status, stamp = _STEP_END[as_run]
    ended = []
    for step in store.all("thread.run.step", run["id"]):
        if step["status"] != "in_progress":
            continue
        created = step["step_details"].get("message_creation")
        message = created and store.get("thread.message", created["message_id"])
        if message and message["status"] == "in_progress":
            ended.append(message | _message_end(as_run, now))
        closed = {"status": status, stamp: now, "expires_at": None, "last_error": run["last_error"]}
        ended.append(step | closed | {"usage": usage.of_open_step(store, run)})
    for part in ended:
        store.replace(part)
    return ended


def _message_end(run_status: str, now: int) -> Json:
    if run_status == "completed":
        return {"status": "completed", "completed_at": now}
    return {"status": "incomplete", "incomplete_at": now, "incomplete_details": {"reason": _MESSAGE_END[run_status]}}
