"""A made-up graph of any size, the same each time: the rows of an export, as a store takes them in.

It has what real graphs have: functions and families that many share, a technique that very much came of, quotes and references,
texts that changed meanwhile, contrasts, readings spoken against or rejected, races, concepts merged and renamed, papers without
a date, and names that could break out of SQL, Cypher, HTML or a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kg.model import concept_key, mapping_key, sha256

Row = dict[str, Any]
_RELATIONS = ("inspires",) * 14 + ("analogous",) * 4 + ("proposes",)
_TRAITS = (
    "adaptive cortical dormant early folded guarded hidden inner lateral membrane neural open paired rapid slow tidal".split()
)
_THINGS = (
    "replay pruning clock gradient memory signal spike scaffold repair switch budget defence growth tagging foraging swarm"
).split()
_DEEDS = "protect find keep build sense share repair balance explore predict compress recover route select bind time".split()
_HOSTILE = (
    "`}) DETACH DELETE n //", "Robert'); DROP TABLE paper;--", "<script>alert(1)</script>", "\u202eright to left \u05d0\u05d1",
    "tab\there and\nline", "🧬 emoji & «quotes» \"double\" 'single'", "null\x00byte", "back\\slash \\u0041",
)  # fmt: skip
_AREAS = ("neuro", "molecular", "ecology", None)


def mixed(number: int, salt: int) -> int:
    """A number that looks like chance and is the same each time."""
    value = (number * 0x9E3779B97F4A7C15 + salt * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    return (value ^ (value >> 27)) >> 11


def rows(mappings: int) -> Iterator[Row]:
    """The rows of a graph with so many mappings."""
    return MadeGraph(mappings).rows()


class MadeGraph:
    """``mappings`` mappings between about a fifth as many concepts, from half as many papers."""

    def __init__(self, mappings: int) -> None:
        self.mappings = mappings
        self.ends = max(8, mappings // 10)
        self.papers = max(4, mappings // 2)
        self.functions = min(90, max(6, mappings // 100))
        self.families = min(600, max(4, mappings // 200))

    def function(self, number: int) -> str:
        return f"{_DEEDS[number % len(_DEEDS)]}_{_THINGS[number // len(_DEEDS) % len(_THINGS)]}"

    def family(self, kind: str, number: int) -> str:
        return f"{kind} family {number}"

    def concept(self, kind: str, number: int) -> str:
        if number < len(_HOSTILE):
            return f"{_HOSTILE[number]} {kind}"
        of = mixed(number, 3)
        return f"{_TRAITS[of % 16]} {_THINGS[of // 16 % 16]} {'of' if kind == 'mechanism' else 'by'} {kind} {number}"

    def rows(self) -> Iterator[Row]:
        """All of it, in the order in which a store takes it."""
        for number in range(self.papers):
            yield self._paper(number)
        for number in range(self.functions):
            name = self.function(number)
            yield {"type": "concept", "kind": "function", "name": name, "status": "curated", "definition": f"to {name}, in short"}
        for kind in ("mechanism", "technique"):
            for number in range(self.families):
                yield {"type": "concept", "kind": "family", "name": self.family(kind, number), "status": "curated"}
            for number in range(self.ends):
                yield self._concept(kind, number)
        for number in range(self.mappings):
            yield self._mapping(number)
        for number in range(self.mappings):
            yield from self._evidence(number)
        yield from self._by_hand()
        yield from self._results()

    def text(self, number: int) -> str:
        """The abstract of a paper: one sentence for each mapping that it states."""
        told = (number * 2, number * 2 + 1)
        return " ".join(self._sentence(mapping) for mapping in told if mapping < self.mappings)

    def _sentence(self, mapping: int) -> str:
        mechanism, _, technique = self.ends_of(mapping)
        return f"We take {self.concept('mechanism', mechanism)} as {self.concept('technique', technique)}."

    def ends_of(self, mapping: int) -> tuple[int, str, int]:
        """(mechanism, relation, technique): no two mappings have the same three."""
        turn, mechanism = divmod(mapping, self.ends)
        if turn == 0 and mixed(mechanism, 5) % 20 == 0:
            return mechanism, "inspires", 0  # what very much came of
        if turn and mixed(mapping, 6) % 25 == 0:
            before = self.ends_of(mapping - self.ends)
            if before[1] != "contrasts":
                return mechanism, "contrasts", before[2]
        technique = (mixed(mechanism, 7) + 1 + turn * 3) % (self.ends - 1) + 1
        return mechanism, _RELATIONS[mixed(mapping, 8) % len(_RELATIONS)], technique

    def key(self, mapping: int) -> str:
        mechanism, relation, technique = self.ends_of(mapping)
        ends = self._key("mechanism", mechanism), self._key("technique", technique)
        return mapping_key(ends[0], relation, ends[1])  # type: ignore[arg-type]

    def _key(self, kind: Any, number: int) -> str:
        return concept_key(kind, self.concept(kind, number))

    def paper_key(self, number: int) -> str:
        return f"arxiv:{1000 + number // 90_000:04}.{number % 90_000:05}"

    def _paper(self, number: int) -> Row:
        text, of = self.text(number), mixed(number, 11)
        row: Row = {"type": "paper", "key": self.paper_key(number), "title": f"On {_THINGS[of % 16]}, {number}", "source": "made"}
        row["ids"] = [["arxiv", row["key"].partition(":")[2]]]
        if of % 3 == 0:
            return row | {"abstract_sha256": sha256(text), "published": f"{1990 + of % 36}"}
        row |= {"abstract": f"{text} It changed." if of % 40 == 1 else text, "authors": ["A. Made", "B. Up"]}
        return row if of % 17 == 1 else row | {"published": f"{1990 + of % 36}-{1 + of % 12:02}-{1 + of % 28:02}"}

    def _concept(self, kind: str, number: int) -> Row:
        of = mixed(number, 13 if kind == "mechanism" else 17)
        functions = {concept_key("function", self.function((of >> shift) % self.functions)) for shift in (0, 20)[: 1 + of % 2]}
        row: Row = {
            "type": "concept", "kind": kind, "name": self.concept(kind, number), "status": "curated" if of % 3 else "proposed",
            "functions": sorted(functions) if of % 5 else [], "domain": _AREAS[of % 4],
            "aliases": [f"{kind[0]}{number} of old"] if of % 7 == 0 else [],
        }  # fmt: skip
        if of % 11:
            row["parent"] = concept_key("family", self.family(kind, (of >> 9) % self.families))
        return row

    def _mapping(self, number: int) -> Row:
        mechanism, relation, technique = self.ends_of(number)
        of = mixed(number, 19)
        functions = {concept_key("function", self.function((of >> shift) % self.functions)) for shift in (0, 20)[: of % 3]}
        return {
            "type": "mapping", "mechanism": self._key("mechanism", mechanism), "relation": relation,
            "technique": self._key("technique", technique), "functions": sorted(functions),
            "pairs": [{"mechanism_role": f"part {of % 9}", "technique_role": f"unit {of % 7}"}] if of % 4 == 0 else [],
        }  # fmt: skip

    def _evidence(self, number: int) -> Iterator[Row]:
        of, key = mixed(number, 23), self.key(number)
        paper = number // 2
        text, sentence = self.text(paper), self._sentence(number)
        start = text.index(sentence)
        row: Row = {
            "type": "evidence", "mapping": key, "paper": self.paper_key(paper), "by": "abstract", "version": "1",
            "passages": [["abstract", start, start + len(sentence)]], "text_sha256": sha256(text),
            "score": round(0.5 + of % 50 / 100, 2), "stance": "against" if of % 60 == 0 else "for", "hedged": of % 9 == 0,
        }  # fmt: skip
        yield row
        if of % 8 == 0:  # another paper says so too, by reference to a text of which no more is known
            other = (paper + 1 + of % 97) % self.papers
            if other != paper:
                elsewhere = {"paper": self.paper_key(other), "passages": [["title", 0, 2]], "hedged": False}
                yield row | elsewhere | {"text_sha256": sha256(f"On {_THINGS[mixed(other, 11) % 16]}, {other}")}
        if of % 150 == 7:
            yield row | {"by": "curator", "version": "", "score": 1.0, "stance": "against" if of % 2 else "for", "hedged": False}

    def _by_hand(self) -> Iterator[Row]:
        for number in range(10, min(self.ends, 400) - 1, 40):
            for kind in ("mechanism", "technique"):
                yield {
                    "type": "merge", "source": self._key(kind, number), "target": self._key(kind, number + 1), "by": "curator",
                }  # fmt: skip
        if self.ends > 20:
            name = self.concept("mechanism", 15)
            yield {"type": "rename", "concept": concept_key("mechanism", name), "name": name.upper(), "by": "curator"}

    def _results(self) -> Iterator[Row]:
        for race in range(min(12, self.mappings // 10)):
            mapping = self.key(race * 7 + 40 if self.mappings > 200 else race)
            row = {
                "type": "result", "race": f"race{race:02}", "prototype": f"made_{race % 3}", "task": "digits", "metric": "score",
                "mapping": mapping, "budget": 1.0, "seconds": 1.0,
            }  # fmt: skip
            for arm, value in (("candidate", 0.5 + race / 20), ("sgd", 0.8), ("adamw", 0.7)):
                for seed in (1, 2):
                    yield row | {"arm": arm, "seed": seed, "value": value + seed / 100}
            yield row | {"arm": "verdict", "metric": "verdict", "seed": 0, "value": None if race == 11 else float(race % 3 - 1)}
