"""What all requests share."""

from dataclasses import dataclass, field
from typing import Any

from mock_endpoint import errors
from mock_endpoint.models.base import Model
from mock_endpoint.state.lease import Lease
from mock_endpoint.state.store import Store


@dataclass
class Service:
    """What all requests share."""

    store: Store
    model: Model
    owner: Lease
    pace: float = 0.0
    """Seconds of simulated thinking in a run."""
    run_ttl: int = 600
    """Seconds until a run that has not ended expires."""
    deployments: tuple[str, ...] = ()
    """Names that may stand as `model`; empty: any name."""
    workers: dict[str, Any] = field(default_factory=dict)
    """The tasks that move runs, by run id; a run whose process has none here is moved elsewhere."""

    def check_model(self, name: str) -> None:
        """Refuse a deployment that does not exist, where the deployments are listed."""
        if self.deployments and name not in self.deployments:
            raise errors.unsupported_model(name)
