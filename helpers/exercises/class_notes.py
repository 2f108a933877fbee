"""What an instructor should know beforehand: minutes and usual mistakes of each exercise, and routes for a class."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Note:
    """About one exercise; texts are Markdown."""

    minutes: int
    mistakes: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """A part of a route: a lesson, or a pause."""

    minutes: int
    lesson: str = ""
    """Its number; empty for a pause."""
    pause: str = ""
    """What the pause is for."""
    exercises: bool = True
    """Whether the lesson is done with its exercises."""


@dataclass(frozen=True)
class Route:
    """Lessons and pauses, in the order of a class."""

    title: str
    about: str
    steps: tuple[Step, ...]

    @property
    def minutes(self) -> int:
        """From the first word to the last."""
        return sum(step.minutes for step in self.steps)


@dataclass(frozen=True)
class ClassNotes:
    """All of it."""

    exercises: dict[str, Note]
    routes: tuple[Route, ...]


@cache
def class_notes() -> ClassNotes:
    """What `class_notes.toml` holds, read once a process."""
    found = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    exercises = {name: Note(note["minutes"], tuple(note["mistakes"])) for name, note in found["exercises"].items()}
    routes = (
        Route(route["title"], route["about"], tuple(Step(**step) for step in route["steps"]))
        for route in found["routes"]
    )
    return ClassNotes(exercises, tuple(routes))
