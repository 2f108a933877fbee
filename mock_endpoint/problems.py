"""What keeps the endpoint from starting: what happened, and what to do about it."""


class EndpointError(Exception):
    """An obstacle that a person can clear: a port that is taken, a state file that cannot be used.

    `error.what` says what happened and `error.fix` what to do, one line each; `str(error)` shows both.
    """

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what} {self.fix}"
