"""An export taken into a store, whatever that holds: nothing is lost, and nothing is there twice.

An empty store is made anew of the rows (:mod:`kg.restore`), so that exporting it gives them again. To one that holds something
the rows are added as if their sources had been taken in here: papers are told apart as ever, lists join, and where a machine says
two things of the same (how sure a reader was, what a run of a race gave), what is here stays. Where two curators contradict each
other there is no such rule, so the whole is refused.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from kg import concepts, decisions, evidence, intake, mappings, merges, restore, results
from kg.belief import CURATOR
from kg.database import Database
from kg.errors import ExaptError, Refused
from kg.model import Evidence, Paper
from kg.rows import json_text

Row = dict[str, Any]
_LOT = 500


class Joined(NamedTuple):
    """What became of the rows."""

    rows: int = 0
    new: int = 0
    """Papers that are new here."""
    completed: int = 0
    """Papers that were here, and of which the rows tell more."""
    known: int = 0
    mappings: int = 0
    """Mappings that gained evidence."""
    evidence: int = 0
    """Pieces of evidence that are new here."""


def join(database: Database, rows: Iterable[Row]) -> Joined:
    """Take in the rows of an export, in the order that it has, all or none.

    Raises:
        Refused: a row does not fit, or a curator said otherwise here; the text says which and what to do.
    """
    with database.writing():
        if restore.is_empty(database):
            return _restored(database, rows)
        work = _Joining(database)
        for kind, same in itertools.groupby(rows, key=lambda row: str(row["type"])):
            while lot := list(itertools.islice(same, _LOT)):
                work.add(kind, lot)
        return work.joined()


def _restored(database: Database, rows: Iterable[Row]) -> Joined:
    count = {"paper": 0, "evidence": 0}
    stated: set[str] = set()

    def counted() -> Iterator[Row]:
        for row in rows:
            if row["type"] in count:
                count[row["type"]] += 1
            if row["type"] == "evidence":
                stated.add(row["mapping"])
            yield row

    total = restore.restore(database, counted())
    return Joined(rows=total, new=count["paper"], mappings=len(stated), evidence=count["evidence"])


def _otherwise(what: str, here: str, there: str) -> Refused:
    return Refused(
        f"{what}: here it says {here:.80}, in the file {there:.80}; take back the one here (exapt review --undo, exapt concept"
        " split), or take the file into a new store with --store"
    )


class _Joining:
    """One run: how papers of the rows are called here, and what has become of the rows until now."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: dict[str, str] = {}
        self._count = dict.fromkeys(("rows", "new", "completed", "known", "evidence"), 0)
        self._stated: set[str] = set()
        self._decided = {(one.subject, one.paper): one for one in decisions.standing(database)}
        self._put: dict[str, Callable[[Row], None]] = {
            "concept": self._concept, "mapping": self._mapping, "evidence": self._evidence, "merge": self._merge,
            "rename": self._rename, "decision": self._decision, "result": self._result,
        }  # fmt: skip

    def joined(self) -> Joined:
        return Joined(**self._count, mappings=len(self._stated))

    def add(self, kind: str, rows: list[Row]) -> None:
        with restore.as_in_an_export(kind):
            if kind == "paper":
                self._papers(rows)
            else:
                put = self._put[kind]
                for row in rows:
                    put(row)
        self._count["rows"] += len(rows)

    def _papers(self, rows: list[Row]) -> None:
        papers = [restore.paper_from(row) for row in rows]
        labelled = self._labelled(papers)
        arrivals = [intake.arrival(replace(one, label=None, label_score=None) if one.key in labelled else one) for one in papers]
        for row, paper, kept in zip(rows, papers, intake.add(self._database, arrivals, [None] * len(arrivals)), strict=True):
            if isinstance(kept, ExaptError):
                raise kept
            self._count[kept.change] += 1
            if kept.key != paper.key:
                self._keys[paper.key] = kept.key
            for source in row.get("also_from", ()):
                self._database.run(
                    "INSERT OR IGNORE INTO paper_source (paper, source) SELECT id, ?2 FROM paper WHERE key = ?1 AND source <> ?2",
                    (kept.key, source),
                )

    def _labelled(self, papers: Iterable[Paper]) -> set[str]:
        """Keys of papers that have a label here, which stays."""
        sql = "SELECT key FROM paper WHERE label IS NOT NULL AND key IN (SELECT value FROM json_each(?))"
        return {key for (key,) in self._database.all(sql, (json_text([paper.key for paper in papers]),))}

    def _here(self, paper: str | None) -> str | None:
        return None if paper is None else self._keys.get(paper, paper)

    def _concept(self, row: Row) -> None:
        concepts.add(self._database, restore.concept_from(row))

    def _mapping(self, row: Row) -> None:
        mappings.add(self._database, restore.mapping_from(row))

    def _evidence(self, row: Row) -> None:
        said = restore.evidence_from(row)
        said = replace(said, paper=self._keys.get(said.paper, said.paper))
        known = self._database.one(
            "SELECT e.stance FROM evidence e JOIN mapping m ON m.id = e.mapping JOIN paper p ON p.id = e.paper"
            " WHERE m.key = ? AND p.key = ? AND e.passages = ? AND e.reader = ?",
            (said.mapping, said.paper, json_text(said.passages), said.by),
        )
        if known is None:
            evidence.add(self._database, said)
            self._count["evidence"] += 1
            self._stated.add(said.mapping)
        elif said.by == CURATOR and known[0] != said.stance:
            raise self._decided_otherwise(said, str(known[0]))

    def _decided_otherwise(self, said: Evidence, here: str) -> Refused:
        return _otherwise(f"a curator decided whether {said.paper} states {said.mapping}", here, said.stance)

    def _merge(self, row: Row) -> None:
        source, target = row["source"], row["target"]
        found = self._database.one(
            "SELECT t.key FROM merge m JOIN concept s ON s.id = m.source JOIN concept t ON t.id = m.target WHERE s.key = ?",
            (source,),
        )
        if found is None:
            merges.merge(self._database, source, target, by=row.get("by", ""))
        elif found[0] != target:
            raise _otherwise(f"{source:.80} is merged into another concept", found[0], target)

    def _rename(self, row: Row) -> None:
        number = concepts.find(self._database, row["concept"])[0]
        found = self._database.one("SELECT name FROM rename WHERE concept = ?", (number,))
        if found is not None and found[0] != row["name"]:
            raise _otherwise(f"{row['concept']:.80} is called by another name", found[0], row["name"])
        if found is None:
            restore.rename(self._database, row)

    def _decision(self, row: Row) -> None:
        paper = self._here(row.get("paper"))
        known = self._decided.get((row["subject"], paper))
        if known is None:
            restore.decision(self._database, {**row, "paper": paper})
        elif (known.action, known.became) != (row["action"], row.get("became")):
            what = f"a curator decided on {row['subject']:.40} in {paper or 'the graph':.80}"
            raise _otherwise(what, _told(known.action, known.became), _told(row["action"], row.get("became")))

    def _result(self, row: Row) -> None:
        # The same configuration has the same race, so it is the same run that is told once more.
        result = restore.known_mapping(self._database, row)
        known = self._database.one(
            "SELECT 1 FROM result WHERE race = ? AND task = ? AND arm = ? AND seed = ? AND metric = ?",
            (result.race, result.task, result.arm, result.seed, result.metric),
        )
        if known is None:
            results.add(self._database, result)


def _told(action: str, became: str | None) -> str:
    return f"{action} {became}" if became else action
