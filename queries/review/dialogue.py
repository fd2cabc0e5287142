"""The talk at the terminal: shows a finding, takes a key, does it, goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from kg.errors import ExaptError
from queries.review import screen
from queries.review.sitting import DONE, Side, told
from queries.review.spans import words_of

if TYPE_CHECKING:
    from kg.decisions import Finding
    from queries.review.keys import Keys
    from queries.review.sitting import Sitting

SIDES: dict[str, Side] = {"m": "mechanism", "t": "technique"}


class Dialogue:
    """Asks about each finding of ``sitting`` until there are no more, or no more keys."""

    def __init__(self, sitting: Sitting, keys: Keys, *, say: Callable[[str], None] = click.echo) -> None:
        self._sitting, self._keys, self._print = sitting, keys, say
        self._columns = screen.width()
        self._acts: dict[str, Callable[[Finding], None]] = {
            "a": self._accept, "r": self._reject, "f": self._fix, "n": self._rename, "m": self._merge, "s": self._skip,
        }  # fmt: skip

    def run(self) -> None:
        """Go through the queue; each decision is kept before the next key is asked for."""
        shown = None
        while True:
            finding = self._sitting.current()
            if finding is None:
                self._print("-- that was the last: u undo, any other key ends --"[: self._columns])
            elif finding != shown:
                self._show(finding)
                shown = finding
            if finding is not None:
                self._print(screen.keys(self._columns))
            key = self._keys.key()
            if key in ("", "q") or (finding is None and key != "u"):
                return
            if key == "u":
                self._undo()
                shown = None
            elif finding is not None:
                self._act(key, finding)

    def _act(self, key: str, finding: Finding) -> None:
        if key == "?":
            self._print(screen.HELP)
        elif key in self._acts:
            try:
                self._acts[key](finding)
            except ExaptError as error:
                self._say(str(error))
        else:
            self._say("no such key; ? says what each does")

    def _show(self, finding: Finding) -> None:
        sitting, store, evidence = self._sitting, self._sitting.store, finding.evidence
        self._columns = screen.width()
        mapping = store.mapping(evidence.mapping)
        names = store.concept(mapping.mechanism).name, store.concept(mapping.technique).name
        belief = store.belief_of(evidence.mapping).value
        head = f"{sitting.position + 1} of {len(sitting.places)}, {mapping.key}, belief {belief:.2f}"
        lines = screen.finding(
            paper=store.paper(evidence.paper), mapping=mapping, names=names, evidence=evidence, passages=finding.passages,
            columns=self._columns,
        )  # fmt: skip
        for line in ("", f"-- {head} --"[: self._columns], *lines, ""):
            self._print(line)

    def _say(self, text: str) -> None:
        for line in screen.said(text, self._columns):
            self._print(line)

    def _accept(self, finding: Finding) -> None:
        self._sitting.accept(finding)
        self._say("accepted")

    def _reject(self, finding: Finding) -> None:
        self._sitting.reject(finding)
        self._say("rejected")

    def _skip(self, finding: Finding) -> None:
        self._sitting.skip()
        self._say("skipped")

    def _undo(self) -> None:
        decision = self._sitting.undo()
        self._say(f"taken back: {told(self._sitting.store, decision)}" if decision else "there is nothing to take back")

    def _fix(self, finding: Finding) -> None:
        store, evidence = self._sitting.store, finding.evidence
        paper = store.paper(evidence.paper)
        words = [(paper.text(span.field) or "")[span.start : span.end] for span in words_of(paper, evidence.passages)]
        for line in screen.numbered(words, self._columns):
            self._print(line)
        self._say("Type the words as they stand there, or their numbers (3-5). Enter alone keeps what is marked.")
        typed = []
        for side in SIDES.values():
            if (words_typed := self._asked(f"{side}: ")) is None:
                return
            typed.append(words_typed)
        key = self._sitting.fix(finding, *typed)
        mapping = store.mapping(key)
        self._say(f"fixed: {store.concept(mapping.mechanism).name} -> {store.concept(mapping.technique).name}")

    def _rename(self, finding: Finding) -> None:
        if (side := self._side("rename")) and (name := self._asked("new name: ")):
            concept = self._sitting.rename(finding, side, name)
            self._say(f"renamed: {concept.name}")

    def _merge(self, finding: Finding) -> None:
        if (side := self._side("merge")) and (target := self._asked("into which concept (its name or key): ")):
            concept = self._sitting.merge(finding, side, target)
            self._say(f"merged: it is shown as {concept.name} now")

    def _side(self, what: str) -> Side | None:
        self._print(f"{what} m the mechanism or t the technique? (another key: neither)")
        return SIDES.get(self._keys.key())

    def _asked(self, prompt: str) -> str | None:
        """A line; ``None`` where the input ends, and then nothing is changed."""
        click.echo(prompt, nl=False)
        line = self._keys.line()
        if line is None:
            self._print("")
        return None if line is None else line.strip()


def summary(sitting: Sitting) -> str:
    """What was done in this sitting, and how much of its queue is left."""
    tally = sitting.tally
    parts = [f"{tally[action]} {word}" for action, word in DONE.items() if tally[action]]
    return f"{', '.join(parts) or 'nothing decided'}; {sitting.left} of {len(sitting.places)} left"
