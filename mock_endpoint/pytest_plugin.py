"""The fixture `assistants_endpoint`, for the tests of every project in whose environment this one is installed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mock_endpoint.server import Running


@pytest.fixture(scope="session")
def _session_endpoint() -> "Iterator[Running]":
    import mock_endpoint

    with mock_endpoint.start() as running:
        yield running


@pytest.fixture
def assistants_endpoint(_session_endpoint: "Running") -> "Iterator[Running]":
    """A local Assistants service with an empty state: `.url` and `.key` are what a client needs."""
    yield _session_endpoint
    _session_endpoint.reset()
