"""Exercises that check themselves, what was solved so far, and the class sheet."""
