"""What can go wrong for a user, as one small tree.

    ExaptError
    ├── NotFound          a name that nothing carries: lists what exists
    ├── Unreadable        a file or record that cannot be read: says which and why
    │   └── BadRecord     one record of a file, named by its line
    ├── Unwritable        a file that cannot be written: says which and why
    ├── StoreError        the store is newer than this program, locked, or cannot be written
    ├── Mismatch          a span does not lie in the text it refers to
    └── Refused           asked for something that cannot be done as asked: says what can

Each carries its facts as attributes; its text is one line that says what to do next. The command line prints that line and
exits 1, and shows a traceback only with ``--debug``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class ExaptError(Exception):
    """Base of every error that a user can mend."""


SHOWN = 12
"""Names that an error lists, where it has none to suggest or there are no more."""


class NotFound(ExaptError):
    """No ``kind`` is called ``name``; ``known`` lists what there is."""

    def __init__(self, kind: str, name: str, known: Iterable[str] = (), *, hint: str = "") -> None:
        self.kind, self.name, self.known, self.hint = kind, name, tuple(known), hint
        super().__init__(kind, name, self.known)

    def __str__(self) -> str:
        import difflib  # only an error needs it

        shown = repr(self.name if len(self.name) <= 80 else self.name[:77] + "...")
        text = f"no {self.kind} is called {shown}"
        near = difflib.get_close_matches(self.name, self.known, n=3)
        # Who typed the beginning of a long name, and that not quite right, is told what begins like it.
        beginnings = {known: known[: len(self.name)] for known in self.known if len(self.name) > 3}
        like = set(difflib.get_close_matches(self.name, beginnings.values(), n=3, cutoff=0.8)) if not near else ()
        if near := near or [known for known, beginning in beginnings.items() if beginning in like][:3]:
            text += f"; did you mean {' or '.join(near)}?"
        if near and len(self.known) > SHOWN:
            text += f" (there are {len(self.known)})"
        elif self.known:
            rest = len(self.known) - SHOWN
            text += f" (there are: {', '.join(self.known[:SHOWN])}{f' and {rest} more' if rest > 0 else ''})"
        return text + (f"; {self.hint}" if self.hint else "")


class _Place(ExaptError):
    """``where`` does not serve because of ``why``."""

    DEED: ClassVar[str]

    def __init__(self, where: object, why: str) -> None:
        self.where, self.why = str(where), why
        super().__init__(self.where, why)

    def __str__(self) -> str:
        return f"cannot {self.DEED} {self.where}: {self.why}"


class Unreadable(_Place):
    """``where`` (a path or address) cannot be read because of ``why``."""

    DEED = "read"


class Unwritable(_Place):
    """``where`` (a path) cannot be written because of ``why``."""

    DEED = "write"


class BadRecord(Unreadable):
    """Line ``line`` of ``where`` is not a usable record; the lines around it are."""

    def __init__(self, where: object, line: int, why: str) -> None:
        self.line = line
        super().__init__(where, why)
        self.args = (self.where, line, why)

    def __str__(self) -> str:
        return f"{self.where}, line {self.line}: {self.why}"


class StoreError(ExaptError):
    """The store at ``path`` cannot be used because of ``why``."""

    def __init__(self, path: object, why: str) -> None:
        self.path, self.why = str(path), why
        super().__init__(self.path, why)

    def __str__(self) -> str:
        return f"store {self.path}: {self.why}"


class Mismatch(ExaptError):
    """A span does not lie in the text that it refers to."""


class Refused(ExaptError):
    """What was asked cannot be done as asked; the text says what can."""
