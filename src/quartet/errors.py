"""The one exception that reaches the user: a line that says what is wrong, where, and how to mend it."""

from collections.abc import Iterable
from difflib import get_close_matches


class QuartetError(Exception):
    """What is wrong, where, and how to mend it, in one line; the CLI prints it and exits with 2."""

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        told = (f"{where}: " if where else "") + what + (f"; {mend}" if mend else "")
        super().__init__(" ".join(told.splitlines()))  # a name or a value in it may hold anything


def unknown(kind: str, name: object, known: Iterable[str], *, where: str = "") -> QuartetError:
    """The error for a name that does not exist, with the nearest right one suggested."""
    choices = sorted(known)
    near = get_close_matches(str(name), choices, n=1, cutoff=0.5)
    mend = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(choices)}"
    return QuartetError(f"unknown {kind} '{name}'", where=where, mend=mend)
