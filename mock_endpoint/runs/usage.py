"""What a run costs in tokens, counted over all its rounds.

While a run waits or works, its steps hold what the earlier rounds have cost.
"""

from typing import Any

from mock_endpoint.state.store import Store

Json = dict[str, Any]

NOTHING = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def usage(prompt: int, completion: int) -> Json:
    """Tokens as the API reports them."""
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def added(one: Json, other: Json) -> Json:
    """Both together."""
    return {name: count + other[name] for name, count in one.items()}


def of_steps(store: Store, run_id: str) -> Json | None:
    """What the steps that have ended have cost; None when there is none."""
    spent = [step["usage"] for step in store.all("thread.run.step", run_id) if step["usage"]]
    total = NOTHING
    for each in spent:
        total = added(total, each)
    return total if spent else None


def of_open_step(store: Store, run: Json) -> Json | None:
    """What is left for the step in progress, of all that its run has cost; None while that is not known."""
    if run["usage"] is None:
        return None
    spent = of_steps(store, run["id"]) or NOTHING
    return {name: count - spent[name] for name, count in run["usage"].items()}
