"""Runs Python code for a model: a Jupyter kernel for each thread, in a folder of its own, behind walls."""
