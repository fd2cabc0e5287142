"""What in biology answers this, and what technique came of it? Free text in, ranked mappings out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kg.model import RELATIONS, Concept, Mapping, concept_key
from queries.cite import MAPPING_COLUMNS, mapping_row, shared_functions
from queries.show import Answer
from queries.words import content_words, functions_in, stem, weight

if TYPE_CHECKING:
    from kg.store import Store

QUESTION = """Rank the mappings that speak to a question in plain words, from either side.

A mapping ranks by what the question's words say is to be done (stress to be survived, an old task to be kept), by the names of
its mechanism and technique, and by the passages that state it; then by belief.

\b
Example:
  exapt ask analogies "how do cells survive heat stress"
  exapt ask analogies my network forgets the first task --format json
"""
PARAMS: list[click.Parameter] = [
    click.Argument(["text"], nargs=-1, required=True),
    click.Option(["--relation"], type=click.Choice(RELATIONS), help="Only mappings of this relation."),
    click.Option(["--limit"], type=click.IntRange(1, 1000), default=10, show_default=True, help="At most so many rows."),
]
FUNCTION, NAME, PASSAGE = 0.45, 0.35, 0.20
"""What a match of each kind is worth; they add up to 1."""
CONTRAST = 0.5
"""A paper that says how two things differ is half an answer to what is alike."""
EXACT = 100.0
"""From here on a search score says that the words are the concept's very name."""
LEAST, SHARE = 0.05, 0.3
"""Below this, or below this share of the best score, a mapping does not speak to the question."""


COLUMNS = ("match", *MAPPING_COLUMNS)


def ask(store: Store, *, text: tuple[str, ...], relation: str | None = None, limit: int = 10) -> Answer:
    said = " ".join(text)
    scored = [(score, found) for score, found in _scored(store, said) if relation in (None, found.relation)]
    least = max(LEAST, SHARE * max((score for score, _ in scored), default=0.0))
    scored = [(score, found) for score, found in scored if score >= least]
    scored.sort(key=lambda pair: (-pair[0], pair[1].key))
    rows: list[dict[str, object]] = []
    # Belief settles the order among what matches about equally, so it is worked out for the best matches alone.
    for score, mapping in scored[: 2 * limit]:
        row = mapping_row(store, mapping)
        rows.append({"match": round(score * (0.6 + 0.4 * float(str(row["belief"]))), 3), **row})
    rows.sort(key=lambda row: (-float(str(row["match"])), str(row["mapping"])))
    note = "" if rows else _nothing(store, said)
    return Answer(columns=COLUMNS, rows=rows[:limit], below=("shared", "evidence"), note=note)


def _scored(store: Store, said: str) -> list[tuple[float, Mapping]]:
    """Every mapping that a function, a name or a passage points to, with how well it answers: 0 to 1."""
    words = " ".join(content_words(said))
    functions, names, passages = _pointers(store, said, words)
    candidates: dict[str, Mapping] = {}
    for key in sorted(functions, key=lambda key: -functions[key])[:8]:
        candidates.update((mapping.key, mapping) for mapping in store.mappings(function=key))
    for key in names:
        of_it = store.mappings(mechanism=key) if key.startswith("mechanism:") else store.mappings(technique=key)
        candidates.update((mapping.key, mapping) for mapping in of_it)
    for key in passages:
        if key not in candidates:
            candidates[key] = store.mapping(key)
    scored = []
    for key, mapping in candidates.items():
        done = max((functions.get(function, 0.0) for function in _served(store, mapping)), default=0.0)
        less, more = sorted((names.get(mapping.mechanism, 0.0), 0.8 * names.get(mapping.technique, 0.0)))
        named = min(1.0, more + 0.5 * less)
        score = FUNCTION * done + NAME * named + PASSAGE * passages.get(key, 0.0)
        scored.append((score * (CONTRAST if mapping.relation == "contrasts" else 1), mapping))
    return scored


def _pointers(store: Store, said: str, words: str) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Strengths, 0 to 1, of the functions, the concepts' names and the passages that the question points to."""
    functions = {concept_key("function", name): strength for name, strength in functions_in(said).items()}
    names: dict[str, float] = {}
    wanted = {stem(word): weight(stem(word)) for word in words.split()}
    for key, score in _to_one(store.search(words, kinds=("mechanism", "technique", "function"), limit=60)).items():
        if key.startswith("function:"):
            functions[key] = max(functions.get(key, 0.0), 0.6 * score)
        else:
            # One common word of many asked for must not make a match: what counts is how much of the question a name covers.
            names[key] = score * _covered(wanted, store.concept(key))
    return functions, names, _to_one(store.search_passages(words, limit=40))


def _served(store: Store, mapping: Mapping) -> tuple[str, ...]:
    return mapping.functions or shared_functions(mapping, store.concept(mapping.mechanism), store.concept(mapping.technique))


def _covered(wanted: dict[str, float], concept: Concept) -> float:
    """Share of the ``wanted`` stems that the concept's names hold; never nothing, since the search knows other forms too."""
    held = {stem(word) for name in (concept.name, *concept.aliases) for word in re.findall(r"\w+", name)}
    return max(sum(worth for word, worth in wanted.items() if word in held), 0.3) / sum(wanted.values())


def _to_one(found: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Scores of a full-text search as shares of the best one; the very name that was asked for is 1 and crowds out no other."""
    top = max((score for _, score in found if score < EXACT), default=1.0)
    return {key: min(1.0, score / top) for key, score in found}


def _nothing(store: Store, said: str) -> str:
    """What to say where nothing matches: the nearest words that the graph knows."""
    names = {name for concept in store.concepts() for name in (concept.name.replace("_", " "), *concept.aliases)}
    if not names:
        return "the graph is empty; fill it: exapt ingest atlas"
    vocabulary = sorted({word for name in names for word in name.casefold().split() if len(word) > 3})
    near = [word for asked in content_words(said) for word in difflib.get_close_matches(asked, vocabulary, n=2, cutoff=0.7)]
    hint = "try the name of a mechanism, or of what is to be done"
    if near:
        hint = f"nearest words in the graph: {', '.join(dict.fromkeys(near))}"
    return f"nothing in the graph speaks to {said[:80]!r}; {hint}"
