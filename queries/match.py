"""How well mappings answer a question: by what is to be done, by names, by passages; then belief, and turns between meanings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from kg.model import Concept, Kind, Pair, concept_key
from queries.meaning import table
from queries.named import function_named, names
from queries.roles import Concepts, alike_roles
from queries.words import content_words, functions_in, stem, stems, telling, used_alike, weight

if TYPE_CHECKING:
    from pathlib import Path

    from kg.view import Edge, View

FUNCTION, NAME, PASSAGE = 0.82, 0.15, 0.03
"""What a match of each kind is worth; they add up to 1."""
ALIKE = 0.4
"""What a word counts that is only used like one of the question's, where the functions leave open what is meant."""
UNSURE = 0.3
"""Below this probability of the likeliest function, words that are used alike are searched for too."""
STRUCTURE, COMPARED = 0.1, 40
"""What it is worth where all roles of what is asked about have their like; mappings whose roles are compared."""
CONTRAST = 0.5
"""A paper that says how two things differ is half an answer to what is alike."""
TURNS = 0.75
"""What a function still counts after each mapping that serves it, so that another meaning of the question gets its turn."""
EXACT = 100.0
"""From here on a search score says that the words are the concept's very name."""
LEAST, SHARE = 0.03, 0.15
"""Below this, or below this share of the best score, a mapping does not speak to the question."""
FUNCTIONS, MAPPINGS, RANKED = 8, 1500, 150
"""Most functions that are looked at, mappings of each, and mappings whose belief is asked for."""
CALLED_SO = 0.8
"""What a mapping serves at least, as a function would count, where its mechanism or technique has the name that is asked for."""
EXACTLY, IN_FULL = 2, 1
"""A concept whose very name the text is goes before one whose name holds all its words, and that before all others."""
NEARLY = 2 / 3
"""A name that holds so much of the question is one that the question may mean."""
BOTH: tuple[Kind, ...] = ("mechanism", "technique")
Reach = Literal["far", "near"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a text points to, each with a strength from 0 to 1."""

    text: str
    concepts: Concepts
    functions: dict[str, float]
    """Keys of functions and how likely each is what is to be done."""
    names: dict[str, float] = field(default_factory=dict)
    """Keys of mechanisms and techniques whose names the text shares words with."""
    passages: dict[str, float] = field(default_factory=dict)
    """Keys of mappings whose papers do."""
    called: dict[str, int] = field(default_factory=dict)
    """Keys of mechanisms and techniques that are called so: :data:`EXACTLY` or :data:`IN_FULL`."""
    unclear: bool = False
    """Whether no name holds its words and no function is likely: what is found then hangs on words that are used alike."""
    about: Concept | None = None
    """The mechanism or technique that the text is the very name of."""
    pairs: tuple[Pair, ...] = ()
    """Roles in the mappings of what it is about."""

    @classmethod
    def of(cls, store: View, text: str, *, model: Path | None = None) -> Question:
        """What ``text`` points to in ``store``; ``model`` is the folder of a sentence-embedding model to read it with."""
        concepts = Concepts(store)
        functions = {concept_key("function", name): found for name, found in _functions(text, model).items()}
        strengths, named_functions, called = _names(store, concepts, text)
        for key, score in named_functions.items():
            functions[key] = max(functions.get(key, 0.0), 0.5 * score)
        if named := function_named(store, text):
            functions = {key: 0.5 * found for key, found in functions.items()} | {named.key: 1.0}
        exact = [found for kind in BOTH if (found := store.find_concept(text, kind))]
        called |= {concept.key: EXACTLY for concept in exact}
        about = exact[0] if exact else None
        pairs: tuple[Pair, ...] = ()
        if about:
            # What is known of a concept says more than the words of its name.
            functions = {key: 0.5 * found for key, found in functions.items()}
            functions |= {key: functions.get(key, 0.0) + 0.5 / len(about.functions) for key in about.functions}
            of_it = store.mappings(**{about.kind: about.key})  # type: ignore[arg-type]
            pairs = tuple(dict.fromkeys(pair for mapping in of_it for pair in mapping.pairs))
        words = " ".join(content_words(text))
        passages = _to_one(store.search_passages(words, limit=40))
        unsure, known = max(functions.values(), default=0.0) < UNSURE, bool(strengths)
        if unsure and (other := " ".join(used_alike(text))):
            for key, score in _to_one(store.search(other, kinds=BOTH, limit=20)).items():
                strengths.setdefault(key, ALIKE * score)
            for key, score in _to_one(store.search_passages(other, limit=20)).items():
                passages.setdefault(key, ALIKE * score)
        return cls(
            text=text, concepts=concepts, functions=functions, names=strengths, passages=passages, called=called,
            unclear=unsure and not known, about=about, pairs=pairs,
        )  # fmt: skip


class Match(NamedTuple):
    """A mapping, how well it answers, and what speaks for it."""

    mapping: str
    score: float
    why: tuple[str, ...]


@dataclass(slots=True)
class _Candidate:
    edge: Edge
    functions: set[str] = field(default_factory=set)
    guessed: float = 0.0
    """By its names alone, where nothing says what it serves."""
    structure: float = 0.0
    """Share of the roles of what is asked about that it has too."""
    called: int = 0
    """Whether one of its ends has the name that is asked for: :data:`EXACTLY`, :data:`IN_FULL` or 0."""

    def score(self, question: Question, left: dict[str, float] | None = None) -> float:
        """Its worth; ``left`` says what each function still counts."""
        by_function = sum(question.functions[key] * (left or {}).get(key, 1.0) for key in self.functions)
        by_function = max(by_function, self.guessed)
        if self.called:
            by_function = CALLED_SO + (1 - CALLED_SO) * min(1.0, by_function)
        total = FUNCTION * by_function + NAME * self.named(question)
        total += PASSAGE * question.passages.get(self.edge.mapping, 0.0) + STRUCTURE * self.structure
        return total * (CONTRAST if self.edge.relation == "contrasts" else 1.0)

    def named(self, question: Question) -> float:
        ends = question.names.get(self.edge.mechanism, 0.0), 0.8 * question.names.get(self.edge.technique, 0.0)
        return min(1.0, max(ends) + 0.5 * min(ends))

    def why(self, question: Question) -> tuple[str, ...]:
        served = sorted(self.functions, key=lambda key: (-question.functions[key], key))
        said = [f"{key.partition(':')[2].replace('-', ' ')} {question.functions[key]:.2f}" for key in served]
        parts = (("like it in meaning", self.guessed), ("names", self.named(question)))
        said += [f"{what} {value:.2f}" for what, value in parts if value >= 0.01]
        if (passage := question.passages.get(self.edge.mapping, 0.0)) >= 0.01:
            said.append(f"passages {passage:.2f}")
        return tuple(said)


def matches(store: View, question: Question, *, reach: Reach, relation: str | None, limit: int) -> list[Match]:
    """The mappings that answer best, at most ``limit``, in the order in which they are shown."""
    found = [one for one in _candidates(store, question) if relation in (None, one.edge.relation)]
    if question.called:
        rejected = set(store.rejected())  # what a curator rejected has no name that would put it first
        for one in found:
            ends = () if one.edge.mapping in rejected else (one.edge.mechanism, one.edge.technique)
            one.called = max((question.called.get(key, 0) for key in ends), default=0)
    if reach:
        found = _within(question, found, reach)
    scored = {one.edge.mapping: one.score(question) for one in found}
    least = max(LEAST, SHARE * max(scored.values(), default=0.0))
    found = [one for one in found if one.called or scored[one.edge.mapping] >= least]
    found.sort(key=lambda one: (-one.called, -scored[one.edge.mapping], one.edge.mapping))
    for one in found[:COMPARED] if question.pairs else ():
        one.structure = alike_roles(question.pairs, store.mapping(one.edge.mapping).pairs) / len(question.pairs)
    return _in_turns(store, question, found[: max(RANKED, 3 * limit)], limit)


def _in_turns(store: View, question: Question, found: list[_Candidate], limit: int) -> list[Match]:
    # Belief settles the order among what matches about equally, so it is worked out for the best matches alone.
    beliefs = store.beliefs([one.edge.mapping for one in found])
    left = dict.fromkeys(question.functions, 1.0)
    chosen: list[Match] = []
    while found and len(chosen) < limit:
        worth = [one.score(question, left) * (0.6 + 0.4 * beliefs[one.edge.mapping].value) for one in found]
        best = max(range(len(found)), key=lambda place: (found[place].called, worth[place]))
        one = found.pop(best)
        chosen.append(Match(one.edge.mapping, worth[best], one.why(question)))
        for key in one.functions:
            left[key] *= TURNS
    return chosen


def _candidates(store: View, question: Question) -> list[_Candidate]:
    """Every mapping that a function, a name or a passage points to."""
    found: dict[str, _Candidate] = {}
    for function in sorted(question.functions, key=lambda key: (-question.functions[key], key))[:FUNCTIONS]:
        for edge in store.edges(function=function, limit=MAPPINGS):
            found.setdefault(edge.mapping, _Candidate(edge)).functions.add(function)
    others = [edge for key in sorted(question.names) for edge in store.edges(concept=key, limit=MAPPINGS)]
    others += store.edges_of(sorted(question.passages))
    if not found and not others and question.functions:
        others = store.edges(limit=MAPPINGS)
    unknown = [found.setdefault(edge.mapping, _Candidate(edge)) for edge in others if edge.mapping not in found]
    _guess(question, unknown)
    return list(found.values())


def _guess(question: Question, unknown: Iterable[_Candidate]) -> None:
    """Where nothing says what a mapping serves, its names are read as the question is."""
    words = table.shipped()
    asked = table.evidence(telling(question.text), words)
    likeness: dict[str, float] = {}
    for one in unknown:
        ends = [question.concepts[key] for key in (one.edge.mechanism, one.edge.technique)]
        for concept in ends:
            if concept.key not in likeness:
                # What is known to serve other functions is not guessed about.
                said = () if concept.functions else telling(concept.name)
                likeness[concept.key] = max(0.0, table.likeness(asked, table.evidence(said, words)))
        one.guessed = 0.5 * max(likeness[concept.key] for concept in ends)


def _within(question: Question, found: list[_Candidate], reach: Literal["far", "near"]) -> list[_Candidate]:
    """Far: of another family, and no word in common with what is asked; near: all others that serve it."""
    about = question.about
    if about is None and found:
        best = max(found, key=lambda one: (one.score(question), one.edge.mapping))
        about = question.concepts[best.edge.mechanism]
    if about is None:
        return []
    side = 1 if about.kind == "mechanism" else 3
    said = {stem(word) for word in content_words(" ".join((question.text, about.name)))}

    def is_near(one: _Candidate) -> bool:
        concept, other = question.concepts[one.edge[side]], question.concepts[one.edge[4 - side]]
        same = concept.key == about.key or (concept.parent is not None and concept.parent == about.parent)
        return same or not said.isdisjoint(stems(f"{concept.name} {other.name}"))

    return [one for one in found if (one.functions or one.guessed) and is_near(one) == (reach == "near")]


def _functions(text: str, model: Path | None) -> dict[str, float]:
    if model is None:
        return functions_in(text)
    from queries.meaning import embed

    return embed.functions_in(text, model)


def _names(store: View, concepts: Concepts, text: str) -> tuple[dict[str, float], dict[str, float], dict[str, int]]:
    """Strengths of mechanisms and techniques, and of functions, whose names share words with ``text``, and what is called so."""
    words = content_words(text)
    wanted = {stem(word): weight(stem(word)) for word in words}
    strengths, functions, called = dict[str, float](), dict[str, float](), dict[str, int]()
    for key, score in _to_one(store.search(" ".join(words), kinds=(*BOTH, "function"), limit=40)).items():
        # One common word of many asked for must not make a match: what counts is how much of the question a name covers.
        strength = score * _covered(wanted, concepts[key])
        if key.startswith("function:"):
            functions[key] = strength
            continue
        strengths[key] = strength
        if _in_full(text, concepts[key]):
            called[key] = IN_FULL
    return strengths, functions, called


def _in_full(text: str, concept: Concept) -> bool:
    """Whether one name of ``concept`` holds every word of ``text`` that tells something; words that half the graph has do not."""
    asked = set(telling(text))
    return any(weight(word) == 1 for word in asked) and any(asked <= set(telling(name)) for name in names(concept))


def unmapped(store: View, question: Question, *, most: int = 10) -> list[Concept]:
    """Mechanisms and techniques that the question names, in full or nearly, and that no mapping speaks of, the nearest first."""
    near = {key: _nearness(question, key) for key in {*question.names, *question.called}}
    keys = sorted((key for key, nearness in near.items() if nearness), key=lambda key: (-near[key], key))
    return [question.concepts[key] for key in keys[:most] if not store.edges(concept=key, limit=1)]


def _nearness(question: Question, key: str) -> float:
    """How much of the question one name of the concept holds; 0 where that is too little to say that it is meant."""
    if called := question.called.get(key, 0):
        return float(called)
    asked = {word: weight(word) for word in telling(question.text)}
    nearest = 0.0
    for name in names(question.concepts[key]):
        words = set(telling(name))
        both = words & asked.keys()
        share = sum(asked[word] for word in both) / sum(asked.values()) if both else 0.0
        whole_name = words <= asked.keys() and max((asked[word] for word in both), default=0.0) == 1
        if share >= NEARLY or (whole_name and (len(words) > 1 or share >= 0.5)):
            nearest = max(nearest, share)
    return nearest


def _covered(wanted: dict[str, float], concept: Concept) -> float:
    """Share of the ``wanted`` stems that the concept's names hold; never nothing, since the search knows other forms too."""
    held = {word for name in names(concept) for word in stems(name)}
    return max(sum(worth for word, worth in wanted.items() if word in held), 0.3) / sum(wanted.values())


def _to_one(found: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Scores of a full-text search as shares of the best one; the very name that was asked for is 1 and crowds out no other."""
    top = max((score for _, score in found if score < EXACT), default=1.0)
    return {key: min(1.0, score / top) for key, score in found}
