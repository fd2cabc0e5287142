"""What questions ask of the whole graph at once, of Neo4j: the twin of :mod:`kg.overview`, which says what each gives.

Keys are those of shown concepts. What an order decides is sorted here, since Neo4j orders text by halves of characters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import LiteralString

from kg.mirror.layout import concept_end, mark
from kg.mirror.local_search import chunks
from kg.mirror.server import Server
from kg.model import Relation
from kg.view import Appearance, Dispute, Edge, FunctionCount, Link

LOT = 2000
LABEL: dict[str, LiteralString] = {
    "mechanism": "Mechanism", "technique": "Technique", "function": "Function", "family": "Family",
}  # fmt: skip
SHORT: LiteralString = "INSPIRES|ANALOGOUS|CONTRASTS|PROPOSES"
_NOT_REJECTED: LiteralString = (
    " AND (e.by = 'curator' OR NOT EXISTS { MATCH (m)<-[:OF {exapt: true}]-(o:Evidence) WHERE o.exapt IS NOT NULL"
    " AND o.by = 'curator' AND o.stance = 'against' AND o.paper = e.paper AND o.mapping = e.mapping })"
)
_OF_PAPER: LiteralString = " AND coalesce(e.by, '') <> 'race'"
"""What exapt notes of a race is evidence, but of no paper."""


def label_of(key: str) -> LiteralString:
    """The label of the node of the concept with this key."""
    return LABEL.get(key.partition(":")[0], "Mechanism")


def edges(
    server: Server, *, relation: Relation | None, concept: str | None, function: str | None, limit: int | None
) -> list[Edge]:
    match: LiteralString = "MATCH (m:Mapping)"
    if concept is not None:
        match += f"-[:FROM|TO {{exapt: true}}]->(:{label_of(concept)} {{exapt: $concept}})"
    if function is not None:
        match += " MATCH (m)-[:SERVES {exapt: true}]->(:Function {exapt: $function})"
    where: LiteralString = " WHERE m.exapt IS NOT NULL"
    if relation is not None:
        where += " AND m.relation = $relation"
    cut: LiteralString = " ORDER BY m.key LIMIT $limit" if limit is not None else ""
    given = {"concept": mark(concept or ""), "function": mark(function or ""), "relation": relation, "limit": limit}
    rows = server.each(f"{match}{where} RETURN m.key, m.mechanism, m.relation, m.technique{cut}", given)
    return sorted(Edge(*row) for row in rows)


def edges_of(server: Server, mappings: Iterable[str]) -> list[Edge]:
    found: list[Edge] = []
    for lot in chunks(list(dict.fromkeys(mappings)), LOT):
        rows = server.each(
            "UNWIND $mappings AS mark MATCH (m:Mapping {exapt: mark}) RETURN m.key, m.mechanism, m.relation, m.technique",
            {"mappings": lot},
        )
        found += [Edge(*row) for row in rows]
    return sorted(found)


def rejected(server: Server) -> list[str]:
    rows = server.each(
        "MATCH (v:Evidence {stance: 'against'})-[:OF {exapt: true}]->(m:Mapping)"
        " WHERE v.exapt IS NOT NULL AND v.by = 'curator' AND m.exapt IS NOT NULL"
        " WITH DISTINCT m WHERE NOT EXISTS { MATCH (m)<-[:OF {exapt: true}]-(e:Evidence)"
        f" WHERE e.exapt IS NOT NULL AND e.stance = 'for'{_NOT_REJECTED} }} RETURN m.key"
    )
    return sorted(key for (key,) in rows)


def serving(server: Server, function: str) -> list[str]:
    rows = server.each(
        "MATCH (c)-[:SERVES {exapt: true}]->(:Function {exapt: $function})"
        " WHERE c.exapt IS NOT NULL AND NOT c:Mapping RETURN DISTINCT c.key",
        {"function": mark(function)},
    )
    return sorted(key for (key,) in rows)


def unanswered(server: Server, function: str | None) -> list[str]:
    not_yet: LiteralString = (
        "c.exapt IS NOT NULL AND NOT EXISTS { (c)-[r:INSPIRES|ANALOGOUS]->(:Technique)"
        " WHERE r.mapping IS NOT NULL AND NOT r.mapping IN $rejected }"
    )
    given: dict[str, object] = {"rejected": rejected(server)}
    if function is None:
        rows = server.each(f"MATCH (c:Mechanism) WHERE {not_yet} RETURN c.key", given)
    else:
        rows = server.each(
            "MATCH (f:Function {exapt: $function}) CALL { WITH f MATCH (c:Mechanism)-[:SERVES {exapt: true}]->(f) RETURN c"
            " UNION WITH f MATCH (c:Mechanism)<-[:FROM {exapt: true}]-(m:Mapping)-[:SERVES {exapt: true}]->(f)"
            " WHERE m.exapt IS NOT NULL RETURN c }"
            f" WITH c WHERE {not_yet} RETURN c.key",
            {**given, "function": mark(function)},
        )
    return sorted(key for (key,) in rows)


def function_counts(server: Server) -> list[FunctionCount]:
    rows = server.each(
        "MATCH (f:Function) WHERE f.exapt IS NOT NULL"
        " CALL { WITH f MATCH (c)-[:SERVES {exapt: true}]->(f) WHERE c.exapt IS NOT NULL AND NOT c:Mapping RETURN c"
        " UNION WITH f MATCH (c)<-[:FROM|TO {exapt: true}]-(m:Mapping)-[:SERVES {exapt: true}]->(f)"
        " WHERE m.exapt IS NOT NULL AND c.exapt IS NOT NULL"
        " RETURN c }"
        " WITH f, c, EXISTS { (c)-[r:INSPIRES|ANALOGOUS]-() WHERE r.mapping IS NOT NULL AND NOT r.mapping IN $rejected }"
        " AS answered"
        " WITH f, count(CASE WHEN c:Mechanism THEN 1 END) AS mechanisms,"
        " count(CASE WHEN c:Technique AND answered THEN 1 END) AS techniques,"
        " count(CASE WHEN c:Mechanism AND NOT answered THEN 1 END) AS waiting"
        " OPTIONAL MATCH (m:Mapping)-[:SERVES {exapt: true}]->(f) WHERE m.exapt IS NOT NULL AND NOT m.exapt IN $rejected"
        " RETURN f.key, mechanisms, techniques, waiting, coalesce(min(m.key), '')",
        {"rejected": rejected(server)},
    )
    return sorted(FunctionCount(*row) for row in rows)


def neighbours(server: Server, keys: Iterable[str]) -> list[Link]:
    by_label: dict[LiteralString, list[str]] = defaultdict(list)
    for key in dict.fromkeys(keys):
        by_label[label_of(key)].append(concept_end(key).exapt)
    found: set[Link] = set()
    for label, marks in by_label.items():
        a: LiteralString = f"UNWIND $marks AS mark MATCH (a:{label} {{exapt: mark}})"
        steps: list[LiteralString] = [
            f"{a}-[r:{SHORT}]-(t) WHERE r.mapping IS NOT NULL"
            " RETURN a.key AS source, toLower(type(r)) AS how, t.key AS target, r.mapping AS mapping",
            f"{a}-[:SERVES {{exapt: true}}]->(t:Function) WHERE t.exapt IS NOT NULL"
            " RETURN a.key AS source, 'serves' AS how, t.key AS target, '' AS mapping",
            f"{a}<-[:FROM|TO {{exapt: true}}]-(m:Mapping)-[:SERVES {{exapt: true}}]->(t:Function)"
            " WHERE m.exapt IS NOT NULL AND t.exapt IS NOT NULL"
            " RETURN a.key AS source, 'serves' AS how, t.key AS target, m.key AS mapping",
            f"{a}-[:IN_FAMILY {{exapt: true}}]->(t:Family) WHERE t.exapt IS NOT NULL"
            " RETURN a.key AS source, 'in family' AS how, t.key AS target, '' AS mapping",
        ]
        if label == "Function":
            steps += [
                f"{a}<-[:SERVES {{exapt: true}}]-(t) WHERE t.exapt IS NOT NULL AND NOT t:Mapping"
                " RETURN a.key AS source, 'serves' AS how, t.key AS target, '' AS mapping",
                f"{a}<-[:SERVES {{exapt: true}}]-(m:Mapping)-[:FROM|TO {{exapt: true}}]->(t)"
                " WHERE m.exapt IS NOT NULL AND t.exapt IS NOT NULL"
                " RETURN a.key AS source, 'serves' AS how, t.key AS target, m.key AS mapping",
            ]
        if label == "Family":
            steps.append(
                f"{a}<-[:IN_FAMILY {{exapt: true}}]-(t) WHERE t.exapt IS NOT NULL"
                " RETURN a.key AS source, 'in family' AS how, t.key AS target, '' AS mapping"
            )
        for lot in chunks(marks, LOT):
            found |= {Link(*row) for row in server.each(" UNION ".join(steps), {"marks": lot})}
    return sorted(found)


def disputes(server: Server) -> list[Dispute]:
    rows = server.each(
        "CALL { MATCH (a:Mechanism)-[c:CONTRASTS]->(b:Technique) WHERE c.mapping IS NOT NULL"
        " AND EXISTS { (a)-[r:INSPIRES|ANALOGOUS|PROPOSES]->(b) WHERE r.mapping IS NOT NULL } RETURN a, b"
        " UNION MATCH (e:Evidence {stance: 'against'})-[:OF {exapt: true}]->(m:Mapping)"
        " WHERE e.exapt IS NOT NULL AND e.by <> 'curator'"
        " MATCH (m)-[:FROM {exapt: true}]->(a:Mechanism) MATCH (m)-[:TO {exapt: true}]->(b:Technique) RETURN a, b"
        " UNION MATCH (v:Result {arm: 'verdict'})-[:OF {exapt: true}]->(m:Mapping) WHERE v.exapt IS NOT NULL AND v.value < 0"
        " MATCH (m)-[:FROM {exapt: true}]->(a:Mechanism) MATCH (m)-[:TO {exapt: true}]->(b:Technique) RETURN a, b }"
        f" MATCH (a)-[r:{SHORT}]->(b) WITH DISTINCT a, r, b MATCH (m:Mapping {{exapt: r.mapping}})"
        " RETURN m.key, a.key, m.relation, b.key,"
        f" COUNT {{ MATCH (m)<-[:OF {{exapt: true}}]-(e:Evidence) WHERE e.exapt IS NOT NULL AND e.stance = 'for'"
        f"{_NOT_REJECTED}{_OF_PAPER} RETURN DISTINCT e.paper }},"
        " COUNT { MATCH (m)<-[:OF {exapt: true}]-(e:Evidence)"
        f" WHERE e.exapt IS NOT NULL AND e.stance = 'against' AND e.by <> 'curator'{_OF_PAPER}"
        " RETURN DISTINCT e.paper },"
        " COUNT { MATCH (m)<-[:OF {exapt: true}]-(v:Result) WHERE v.exapt IS NOT NULL AND v.arm = 'verdict' AND v.value < 0 },"
        " COUNT { MATCH (m)<-[:OF {exapt: true}]-(e:Evidence) WHERE e.exapt IS NOT NULL AND e.stance = 'for' AND e.by = 'race'"
        " RETURN DISTINCT e.paper }"
    )
    return sorted(Dispute(*row) for row in rows)


def appearances(
    server: Server, *, mappings: Iterable[str] | None, first: str | None, last: str | None, limit: int | None
) -> list[Appearance]:
    asked: LiteralString = (
        "MATCH (m:Mapping) WHERE m.exapt IS NOT NULL"
        if mappings is None
        else "UNWIND $mappings AS mark MATCH (m:Mapping {exapt: mark})"
    )
    cut: LiteralString = " LIMIT $limit" if limit is not None else ""
    given = {
        "mappings": None if mappings is None else list(dict.fromkeys(mappings)),
        "first": first or "",
        "last": f"{last or ''}\U0010ffff",
        "limit": limit,
    }
    rows = server.each(
        f"{asked} MATCH (m)<-[:OF {{exapt: true}}]-(e:Evidence)-[:IN_PAPER {{exapt: true}}]->(p:Paper)"
        f" WHERE e.exapt IS NOT NULL AND p.exapt IS NOT NULL AND e.stance = 'for' AND p.published IS NOT NULL{_NOT_REJECTED}"
        " WITH m, min([p.published, p.key]) AS begun WHERE begun[0] >= $first AND begun[0] < $last"
        f" RETURN begun[0] AS published, begun[1] AS paper, m.key AS mapping ORDER BY published, paper, mapping{cut}",
        given,
    )
    return sorted(Appearance(*row) for row in rows)


def statements(server: Server, mappings: Iterable[str]) -> list[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for lot in chunks(list(dict.fromkeys(mappings)), LOT):
        rows = server.each(
            "UNWIND $mappings AS mark MATCH (m:Mapping {exapt: mark})<-[:OF {exapt: true}]-(e:Evidence)"
            f" WHERE e.exapt IS NOT NULL AND e.stance = 'for'{_NOT_REJECTED}{_OF_PAPER} RETURN DISTINCT m.key, e.paper",
            {"mappings": lot},
        )
        found |= {(mapping, paper) for mapping, paper in rows}
    return sorted(found)


def papers_stating(server: Server, relation: Relation, *, at_least: int) -> list[str]:
    rows = server.each(
        "MATCH (m:Mapping {relation: $relation})<-[:OF {exapt: true}]-(e:Evidence {stance: 'for'})"
        f" WHERE m.exapt IS NOT NULL AND e.exapt IS NOT NULL{_NOT_REJECTED}"
        " WITH e.paper AS paper, count(DISTINCT m) AS stated WHERE stated >= $least RETURN paper",
        {"relation": relation, "least": at_least},
    )
    return sorted(paper for (paper,) in rows)


def counts(server: Server) -> dict[str, int]:
    """The same as :func:`kg.export.counts`."""
    from kg.evidence import STATES
    from kg.model import KINDS, RELATIONS

    def by(cypher: LiteralString) -> dict[str, int]:
        return {name: int(number) for name, number in server.each(cypher)}

    notes = by("MATCH (p:Paper) WHERE p.exapt IS NOT NULL AND p.source = 'race' RETURN 'race_notes' AS name, count(*)")
    papers = by(
        "MATCH (p:Paper) WHERE p.exapt IS NOT NULL AND coalesce(p.source, '') <> 'race'"
        " RETURN p.abstract IS NOT NULL AS held, count(*)"
    )
    relations = by("MATCH (m:Mapping) WHERE m.exapt IS NOT NULL RETURN m.relation, count(*)")
    states = by("MATCH (e:Evidence) WHERE e.exapt IS NOT NULL RETURN e.state, count(*)")
    others = by(
        "MATCH (r:Result) WHERE r.exapt IS NOT NULL RETURN 'results' AS name, count(*) AS number"
        " UNION ALL MATCH (c:Merged) WHERE c.exapt IS NOT NULL AND c.merged_into IS NOT NULL AND c.kind <> 'mapping'"
        " RETURN 'merges' AS name, count(*) AS number"
    )
    plural = {"mechanism": "mechanisms", "technique": "techniques", "function": "functions", "family": "families"}
    kinds: dict[str, int] = {}
    for kind in KINDS:
        (row,) = server.run(f"MATCH (c:{LABEL[kind]}) WHERE c.exapt IS NOT NULL RETURN count(*) AS number")
        kinds[plural[kind]] = int(row["number"])
    return {
        "papers": sum(papers.values()),
        "papers_with_text": sum(number for held, number in papers.items() if held),
        "concepts": sum(kinds.values()),
        **kinds,
        "mappings": sum(relations.values()),
        **{f"mappings_{relation}": relations.get(relation, 0) for relation in RELATIONS},
        "evidence": sum(states.values()),
        **{f"evidence_{state}": states.get(state, 0) for state in STATES},
        "results": others.get("results", 0),
        "race_notes": notes.get("race_notes", 0),
        "merges": others.get("merges", 0),
    }
