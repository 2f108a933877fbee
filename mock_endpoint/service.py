"""What all requests share."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_endpoint.engine import BuiltInTool
from mock_endpoint.models.base import Model
from mock_endpoint.state.lease import Lease
from mock_endpoint.state.store import Store
from mock_endpoint.tools.code_interpreter.interpreter import Interpreter


@dataclass
class Service:
    """What all requests share."""

    store: Store
    model: Model
    lease: Lease
    """By which this process moves runs."""
    pace: float = 0.0
    """Seconds of simulated thinking in a run."""
    run_ttl: int | None = None
    """Seconds until a run that has not ended expires; None: as many as the service gives it."""
    deployments: tuple[str, ...] = ()
    """Names that may stand as `model`; empty: any name."""
    tools: Mapping[str, BuiltInTool] = field(default_factory=dict)
    """The built-in tools that the endpoint can run, by their type."""
    code: Interpreter | str = "The code interpreter is off here."
    """What runs code; or why nothing does."""
    workers: dict[str, Any] = field(default_factory=dict)
    """The tasks that move runs, by run id; a run whose process has none here is moved elsewhere."""
    indexing: "asyncio.Task[None] | None" = None
    """The task that puts files into the index of file search."""
    indexing_again: bool = False
    """Whether more has come since it looked."""
    shelves: dict[Any, Any] = field(default_factory=dict)
    """Passages in memory, see `tools/file_search/search.py`."""

    def bound(
        self, declared: Iterable[Mapping[str, Any]], make: Mapping[str, Callable[[], BuiltInTool]]
    ) -> dict[str, BuiltInTool]:
        """The built-in tools among the declared ones, by their type: those that the service was given come first, the
        others are made for what uses them."""
        kinds = {tool["type"] for tool in declared}
        return {kind: self.tools.get(kind) or make[kind]() for kind in make if kind in kinds}
