"""The graph in Neo4j as a question reads it: the twin of :class:`kg.store_view.StoreView`, for one question.

What was read is kept until the question is answered, and what will be asked for one by one is fetched at once by
:meth:`MirrorView.gather`, since each call to a server takes its time. Words are looked up in :mod:`kg.mirror.local_search`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, LiteralString, Self

from kg import concepts, search
from kg.belief import Belief
from kg.evidence import Quote, quote_from, told_once
from kg.mappings import START
from kg.mirror import lookup, overview, shown
from kg.mirror.believed import believed
from kg.mirror.layout import mark
from kg.mirror.local_search import LocalSearch, chunks
from kg.mirror.overview import LABEL, label_of
from kg.mirror.push import Progress
from kg.mirror.server import Server
from kg.model import KINDS, Concept, Evidence, Kind, Mapping, Paper, Relation, Result, concept_key
from kg.rows import folded
from kg.view import Appearance, Dispute, Edge, FunctionCount, Link

LOT = 1000


class MirrorView:
    """Reads the graph that a push has left in ``server``; a context manager that closes what it opened, not the server.

    Args:
        search_folder: where stores for looking up words are kept from one question to the next; ``None`` keeps none.
        progress: called while such a store is made, which the first question after a push may need.

    Raises:
        Refused: no graph is there.
        StoreError: the server does not answer, now or later.
    """

    def __init__(self, server: Server, *, search_folder: Path | None = None, progress: Progress | None = None) -> None:
        self._server = server
        self._words = LocalSearch(server, search_folder, progress=progress)
        self._concepts: dict[str, Concept] = {}
        self._named: set[str] = set()
        """Keys of concepts that were read of and will likely be asked for."""
        self._mappings: dict[str, Mapping] = {}
        self._papers: dict[str, Paper] = {}
        self._sources: dict[str, tuple[str, ...]] = {}
        self._evidence: dict[str, list[Evidence]] = {}
        self._quotes: dict[Evidence, Quote] = {}
        self._beliefs: dict[str, Belief] = {}

    def close(self) -> None:
        self._words.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def paper(self, key: str) -> Paper:
        if key not in self._papers:
            self._papers[key] = self._take_paper(lookup.paper_node(self._server, key))
        return self._papers[key]

    def sources(self, key: str) -> tuple[str, ...]:
        return self._sources[self.paper(key).key]

    def _take_paper(self, node: dict[str, Any]) -> Paper:
        paper = shown.paper_of(node)
        self._papers[paper.key] = paper
        self._sources[paper.key] = shown.also_from(node)
        return paper

    def concept(self, key: str) -> Concept:
        if key not in self._concepts and key in self._named:
            self._read_named()
        if key not in self._concepts:
            rows = self._server.run(
                f"MATCH (c:{label_of(key)} {{exapt: $mark}}) RETURN properties(c) AS c UNION {lookup.MERGED} properties(c) AS c",
                {"mark": mark(key)},
            )
            # Where there is none, the names that are near are found as a store finds them.
            self._concepts[key] = shown.concept_of(rows[0]["c"]) if rows else concepts.get(self._words.names(), key)
        return self._concepts[key]

    def _read_named(self) -> None:
        """Read all concepts at once that were named, instead of each when its turn comes."""
        by_label: dict[LiteralString, list[str]] = defaultdict(list)
        for key in sorted(self._named - self._concepts.keys()):
            by_label[label_of(key)].append(mark(key))
        for label, marks in by_label.items():
            for lot in chunks(marks, LOT):
                for (node,) in self._server.each(
                    f"UNWIND $marks AS mark MATCH (c:{label} {{exapt: mark}}) RETURN properties(c)", {"marks": lot}
                ):
                    concept = shown.concept_of(node)
                    self._concepts[concept.key] = concept
        self._named.clear()

    def _name(self, mappings: Iterable[Mapping]) -> None:
        for mapping in mappings:
            self._named |= {mapping.mechanism, mapping.technique, *mapping.functions}

    def concepts(self, kind: Kind | None = None) -> list[Concept]:
        found = []
        for one in (kind,) if kind else KINDS:
            rows = self._server.each(f"MATCH (c:{LABEL[one]}) WHERE c.exapt IS NOT NULL RETURN properties(c)")
            found += [shown.concept_of(node) for (node,) in rows]
        self._concepts |= {concept.key: concept for concept in found}
        return sorted(found, key=lambda concept: concept.key)

    def resolve_concept(self, text: str, kind: Kind | None = None) -> Concept:
        return self.find_concept(text, kind) or concepts.resolve(self._words.names(), text, kind)

    def find_concept(self, text: str, kind: Kind | None = None) -> Concept | None:
        named = [concept_key(one, text) for one in ((kind,) if kind else KINDS)] if folded(text) else []
        rows = self._server.run(
            "UNWIND $marks AS mark MATCH (c:Mechanism|Technique|Function|Family {exapt: mark}) RETURN properties(c) AS c"
            " UNION UNWIND $marks AS mark MATCH (:Merged {exapt: mark})-[:MERGED_INTO {exapt: true}]->(c)"
            " WHERE c.exapt IS NOT NULL RETURN properties(c) AS c",
            {"marks": [mark(key) for key in named]},
        )
        if len(rows) == 1:
            return shown.concept_of(rows[0]["c"])
        # An alias, a key, a name that two kinds share, or none at all: as a store finds it.
        return concepts.called_so(self._words.names(), text, kind)

    def near_names(self, text: str, *, limit: int = 5) -> list[str]:
        return concepts.near_names(self._words.names(), text, limit=limit)

    def search(self, text: str, *, kinds: Sequence[Kind] = KINDS, limit: int = 20) -> list[tuple[str, float]]:
        found = search.concepts(self._words.names(), text, kinds=kinds, limit=limit)
        self._named |= {key for key, _ in found}
        return found

    def search_passages(self, text: str, *, limit: int = 20) -> list[tuple[str, float]]:
        return search.passages(self._words.texts(), text, limit=limit)

    def mapping(self, key: str) -> Mapping:
        if key not in self._mappings:
            name = self._shown(key)
            (row,) = self._server.run("MATCH (m:Mapping {exapt: $key}) RETURN properties(m) AS m", {"key": name})
            self._mappings[key] = self._mappings[name] = shown.mapping_of(row["m"])
        return self._mappings[key]

    def _shown(self, key: str) -> str:
        """The key that the mapping of this key, or of the one key that starts so, is shown under."""
        if key in self._mappings:
            return self._mappings[key].key
        return lookup.shown(self._server, key)

    def mappings(
        self,
        *,
        relation: Relation | None = None,
        mechanism: str | None = None,
        technique: str | None = None,
        function: str | None = None,
    ) -> list[Mapping]:
        ends = {
            name: self._key(key)
            for name, key in (("mechanism", mechanism), ("technique", technique), ("function", function))
            if key is not None
        }
        found = [shown.mapping_of(node) for node in lookup.mapping_nodes(self._server, relation, ends)]
        self._mappings |= {mapping.key: mapping for mapping in found}
        self._name(found)
        return sorted(found, key=lambda mapping: mapping.key)

    def _key(self, key: str) -> str:
        """The key of the concept that is shown for the one of this key; a filter that nothing has gives nothing."""
        if key in self._concepts:
            return self._concepts[key].key
        rows = self._server.run(f"{lookup.MERGED} c.key AS key", {"mark": mark(key)})
        return str(rows[0]["key"]) if rows else key

    def evidence(
        self, mapping: str | None = None, paper: str | None = None, *, stance: Literal["for", "against"] | None = None
    ) -> list[Evidence]:
        if mapping is not None:
            key = self._shown(mapping)
            if key not in self._evidence:
                self._evidence[key] = self._read(
                    "MATCH (e:Evidence)-[:OF {exapt: true}]->(:Mapping {exapt: $mark})", {"mark": key}
                )
            found = self._evidence[key]
        elif paper is not None:
            found = self._read(
                "MATCH (e:Evidence)-[:IN_PAPER {exapt: true}]->(:Paper {exapt: $mark})", {"mark": mark(self.paper(paper).key)}
            )
        elif stance is not None:
            found = self._read("MATCH (e:Evidence {stance: $stance})", {"stance": stance})
        else:
            found = self._read("MATCH (e:Evidence)", {})
        its_paper = None if paper is None else self.paper(paper).key
        return [one for one in found if its_paper in (None, one.paper) and stance in (None, one.stance)]

    def evidence_in(self, papers: Iterable[str]) -> list[Evidence]:
        return told_once(
            one
            for lot in chunks([mark(key) for key in dict.fromkeys(papers)], LOT)
            for one in self._read(
                "UNWIND $marks AS mark MATCH (:Paper {exapt: mark})<-[:IN_PAPER {exapt: true}]-(e:Evidence)", {"marks": lot}
            )
        )

    def mismatches(self) -> list[Evidence]:
        return self._read("MATCH (e:Evidence {state: 'mismatch'})", {})

    def _read(self, match: LiteralString, given: dict[str, object]) -> list[Evidence]:
        read = [
            shown.evidence_of(node)
            for (node,) in self._server.each(f"{match} WHERE e.exapt IS NOT NULL RETURN properties(e)", given)
        ]
        self._quotes |= dict(read)
        return told_once(one for one, _ in read)

    def quote(self, evidence_: Evidence) -> Quote:
        if evidence_ not in self._quotes:
            self._quotes[evidence_] = quote_from(self.paper(evidence_.paper), evidence_)
        return self._quotes[evidence_]

    def results(
        self, *, race: str | None = None, prototype: str | None = None, mapping: str | None = None, arm: str | None = None
    ) -> list[Result]:
        shown_as = None if mapping is None else self._shown(mapping)
        nodes = lookup.result_nodes(self._server, {"race": race, "prototype": prototype, "arm": arm, "shown": shown_as})
        found = [shown.result_of(node) for node in nodes]
        return sorted(found, key=lambda one: (one.race, one.task, one.arm, one.metric, one.seed))

    def belief_of(self, mapping: str) -> Belief:
        return self.beliefs([mapping])[mapping]

    def beliefs(self, keys: Iterable[str] | None = None) -> dict[str, Belief]:
        if keys is None:
            keys = [edge.mapping for edge in self.edges()]
        wanted = {key: key if key in self._beliefs else self._shown_fast(key) for key in keys}
        for lot in chunks(sorted({key for key in wanted.values() if key not in self._beliefs}), LOT):
            self._beliefs |= believed(self._server, lot)
        return {key: self._beliefs[name] if name in self._beliefs else self._beliefs_of(key) for key, name in wanted.items()}

    def _shown_fast(self, key: str) -> str:
        """``key`` where it looks whole: whether it is shown is seen when its belief is read."""
        return key if len(key) == 11 and START.fullmatch(key) else self._shown(key)

    def _beliefs_of(self, key: str) -> Belief:
        name = self._shown(key)
        return (self._beliefs | believed(self._server, [name]))[name]

    def counts(self) -> dict[str, int]:
        return overview.counts(self._server)

    def gather(self, mappings: Iterable[str]) -> None:
        keys = [key for key in dict.fromkeys(mappings) if key not in self._mappings or key not in self._evidence]
        for lot in chunks(keys, LOT):
            read: dict[str, list[tuple[Evidence, Quote]]] = {}
            for mapping, ends, parents, evidence in self._server.each(
                "UNWIND $keys AS key MATCH (m:Mapping {exapt: key})"
                " RETURN properties(m), [(m)-[:FROM|TO {exapt: true}]->(c) WHERE c.exapt IS NOT NULL | properties(c)],"
                " [(m)-[:FROM|TO {exapt: true}]->(c)-[:IN_FAMILY {exapt: true}]->(f)"
                " WHERE c.exapt IS NOT NULL AND f.exapt IS NOT NULL | properties(f)],"
                " [(m)<-[:OF {exapt: true}]-(e:Evidence) WHERE e.exapt IS NOT NULL | properties(e)]",
                {"keys": lot},
            ):
                found = shown.mapping_of(mapping)
                self._mappings[found.key] = found
                self._name([found])
                for node in (*ends, *parents):
                    concept = shown.concept_of(node)
                    self._concepts[concept.key] = concept
                    self._named |= {*concept.functions}
                read[found.key] = [shown.evidence_of(node) for node in evidence]
            for key, pairs in read.items():
                self._quotes |= dict(pairs)
                self._evidence[key] = told_once(one for one, _ in pairs)
            papers = {one.paper for pairs in read.values() for one, _ in pairs} - self._papers.keys()
            for papers_lot in chunks(sorted(papers), LOT):
                marks = [mark(key) for key in papers_lot]
                for (node,) in self._server.each(
                    "UNWIND $marks AS mark MATCH (p:Paper {exapt: mark}) RETURN properties(p)", {"marks": marks}
                ):
                    self._take_paper(node)
        self.beliefs(keys)

    def edges(
        self,
        *,
        relation: Relation | None = None,
        concept: str | None = None,
        function: str | None = None,
        limit: int | None = None,
    ) -> list[Edge]:
        asked, served = (None if key is None else self._key(key) for key in (concept, function))
        found = overview.edges(self._server, relation=relation, concept=asked, function=served, limit=limit)
        self._named |= {end for edge in found for end in (edge.mechanism, edge.technique)}
        return found

    def edges_of(self, mappings: Iterable[str]) -> list[Edge]:
        found = overview.edges_of(self._server, mappings)
        self._named |= {end for edge in found for end in (edge.mechanism, edge.technique)}
        return found

    def rejected(self) -> list[str]:
        return overview.rejected(self._server)

    def serving(self, function: str) -> list[str]:
        found = overview.serving(self._server, self._key(function))
        self._named |= {*found}
        return found

    def unanswered(self, function: str | None = None) -> list[str]:
        found = overview.unanswered(self._server, None if function is None else self._key(function))
        self._named |= {*found}
        return found

    def function_counts(self) -> list[FunctionCount]:
        return overview.function_counts(self._server)

    def neighbours(self, keys: Iterable[str]) -> list[Link]:
        found = overview.neighbours(self._server, keys)
        self._named |= {link.target for link in found}
        return found

    def disputes(self) -> list[Dispute]:
        found = overview.disputes(self._server)
        self._named |= {end for edge in found for end in (edge.mechanism, edge.technique)}
        return found

    def appearances(
        self,
        *,
        mappings: Iterable[str] | None = None,
        first: str | None = None,
        last: str | None = None,
        limit: int | None = None,
    ) -> list[Appearance]:
        return overview.appearances(self._server, mappings=mappings, first=first, last=last, limit=limit)

    def statements(self, mappings: Iterable[str]) -> list[tuple[str, str]]:
        return overview.statements(self._server, mappings)

    def papers_stating(self, relation: Relation, *, at_least: int) -> list[str]:
        return overview.papers_stating(self._server, relation, at_least=at_least)
