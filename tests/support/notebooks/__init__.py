"""How the notebooks are run, compared with what is committed, and checked: one room a question."""
