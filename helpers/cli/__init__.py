"""The commands behind `python -m helpers`, and the environment in which they run.

Standard library only, until a command runs.
"""
