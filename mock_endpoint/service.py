"""What all requests share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_endpoint.engine import BuiltInTool
from mock_endpoint.models.base import Model
from mock_endpoint.state.lease import Lease
from mock_endpoint.state.store import Store


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
    workers: dict[str, Any] = field(default_factory=dict)
    """The tasks that move runs, by run id; a run whose process has none here is moved elsewhere."""
