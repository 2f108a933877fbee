"""Playground: two configurations of a run side by side."""

from helpers.playground.lab import Playground

__all__ = ["Playground"]
