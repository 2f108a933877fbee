"""Runs Python code for a model: a Jupyter kernel for each thread or container, in a folder of its own, behind walls."""
