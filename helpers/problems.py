"""The one exception root of the kit: what happened, and what to do about it."""


class KitError(Exception):
    """A mistake or an obstacle that a person can clear.

    `error.what` says what happened and `error.fix` what to do, one line each; `str(error)` shows both.
    """

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what}\n  → {self.fix}"

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows in place of a traceback: the sentence and its remedy, and what was added to them."""
        return [str(self), *getattr(self, "__notes__", ())]
