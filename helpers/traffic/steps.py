"""The steps of a run, found in what went over the wire."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from helpers.traffic.log import Exchange, parsed

Facts = Mapping[str, Any]
_STEP = "thread.run.step"


@dataclass
class SeenStep:
    """A run step as a watched client saw it last."""

    facts: Facts
    seen: list[tuple[float, str]] = field(default_factory=list)
    """Each status it was seen in, with the seconds since the run was first seen."""

    @property
    def was_watched(self) -> bool:
        """Whether the client saw it begin, so that its times are finer than the object's whole seconds."""
        return self.seen[0][1] == "in_progress"


def seen_steps(exchanges: Sequence[Exchange], run_id: str, since: float) -> list[SeenStep]:
    """The steps of the run in these exchanges, oldest first; `since` is where its time begins."""
    found: dict[str, SeenStep] = {}
    for exchange in exchanges:
        for at, facts in _bodies(exchange, run_id):
            if facts.get("object") == _STEP and facts.get("run_id") == run_id:
                step = found.setdefault(str(facts.get("id")), SeenStep(facts))
                step.facts = facts
                status = str(facts.get("status"))
                if not step.seen or step.seen[-1][1] != status:
                    step.seen.append((at - since, status))
    return sorted(found.values(), key=_created)


def _created(step: SeenStep) -> int:
    made = step.facts.get("created_at")
    return made if isinstance(made, int) else 0


def _bodies(exchange: Exchange, run_id: str) -> Iterator[tuple[float, Facts]]:
    """Every object that may be a step, with the moment when it came."""
    for event in exchange.events:
        if event.name.startswith(_STEP) and not event.name.endswith(".delta") and run_id in event.data:
            yield from ((exchange.started + event.seconds, one) for one in _objects(parsed(event.data)))
    if _STEP in exchange.response_body and run_id in exchange.response_body:
        at = exchange.started + (exchange.seconds or 0)
        objects = _objects(parsed(exchange.response_body))
        yield from ((at, one) for one in (objects if "order=asc" in exchange.url else reversed(objects)))


def _objects(body: object) -> list[Facts]:
    found = body.get("data", [body]) if isinstance(body, dict) else []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
