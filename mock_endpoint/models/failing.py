"""A model that fails, for the faults that let a run end badly."""

from collections.abc import AsyncIterator

from mock_endpoint.models.base import Event, Failed, Model, Prompt


class FailingModel(Model):
    """A model that fails."""

    label = "a model that fails on request"

    def __init__(self, end: Failed) -> None:
        self._end = end

    async def answer(self, prompt: Prompt) -> AsyncIterator[Event]:
        """The failure, and nothing before it."""
        yield self._end
