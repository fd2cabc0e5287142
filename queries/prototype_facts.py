"""What there is to say of a prototype: what it is, its equations, its analogy, and its mapping with quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

from kg.errors import NotFound
from kg.model import Mapping, Spec
from queries.cite import best, cited
from queries.constants import constants

if TYPE_CHECKING:
    from kg.store import Store

ROLES = ("sense", "respond", "act")
QUOTES = 3
"""How many passages are shown for a mapping."""
Fact = tuple[str, object]
NEAR, NEAREST = 0.3, 0.5
"""Share of words that both sides of two mappings must have in common, or their mechanisms alone, to be called near."""
NOT_SHIPPED = "none in this store: no paper that ships with exapt states it, nor any that was taken in here"
NOT_YET = "none in this store; what ships with exapt may hold it or one near it: exapt ingest atlas"
COMMON = frozenset("of the a an in and to for by on with as from that its model models learning machine biological".split())
"""Words that make no two names alike."""


def facts(module: ModuleType) -> Iterator[Fact]:
    """What the file of a prototype says of itself."""
    spec = getattr(module, "SPEC", None)
    yield "title", module.TITLE
    yield "mechanism", module.MECHANISM
    yield "technique", module.TECHNIQUE
    yield "description", " ".join(module.DESCRIPTION.split())
    if said := " ".join((module.__doc__ or "").split()):
        yield "what it is", said
    if isinstance(spec, Spec):
        for role in ROLES:
            part = constants(f"adaptive.parts.{role}", getattr(spec, role))
            first = str(part["doc"]).partition("\n")[0]
            yield role, f"{getattr(spec, role)}: {first}"
            yield "equation", part.get("EQUATION", "")
    for equation in getattr(module, "EQUATIONS", ()):
        yield "equation", equation
    for mechanism, technique in getattr(module, "PAIRS", ()):
        yield "pair", f"{mechanism} ~ {technique}"
    for what, constant in (
        ("function", "FUNCTION"), ("proposed as", "PROPOSED_AS"), ("follows", "REFERENCE"), ("closest prior art", "PRIOR_ART"),
        ("should help on", "TASK"), ("because", "BECAUSE"), ("refuted if", "REFUTED_BY"), ("leaves out", "LEAVES_OUT"),
    ):  # fmt: skip
        if value := getattr(module, constant, ""):
            yield what, value


def raced(name: str) -> Iterator[Fact]:
    """What the races that ship with exapt showed of the prototype; nothing where it is not among them."""
    from adaptive import campaign, telling

    found = [finding for finding in campaign.load() if finding.prototype == name]
    if found:
        yield "raced", telling.standing(found)
        yield "what the races showed", telling.paragraph(found)


def carried_out(store: Store, module: ModuleType) -> Iterator[Fact]:
    """The mapping in ``store`` that the prototype carries out, else the nearest by name, with its best passages."""
    found, how = _mapping(store, module.MECHANISM, module.TECHNIQUE)
    if found is None:
        yield "mapping", NOT_SHIPPED if _holds_the_atlas(store) else NOT_YET
        return
    mechanism, technique = store.concept(found.mechanism).name, store.concept(found.technique).name
    belief = store.belief_of(found.key)
    yield how, f"{mechanism} {found.relation} {technique} ({found.key}, belief {belief.value:.2f})"
    for item in best(store.evidence(mapping=found.key), QUOTES):
        yield "evidence", cited(store, item)["text"]


def _holds_the_atlas(store: Store) -> bool:
    from ingest import atlas

    return next(store.papers(source=atlas.READER), None) is not None


def _mapping(store: Store, mechanism: str, technique: str) -> tuple[Mapping | None, str]:
    try:
        between = store.mappings(
            mechanism=store.resolve_concept(mechanism, "mechanism").key,
            technique=store.resolve_concept(technique, "technique").key,
        )
    except NotFound:
        between = []
    if between:
        return max(between, key=lambda m: (len(store.evidence(mapping=m.key)), m.key)), "mapping"
    wanted = _words(mechanism), _words(technique)
    likeness = {}
    for found in store.mappings():
        sides = zip(wanted, (store.concept(found.mechanism).name, store.concept(found.technique).name), strict=True)
        mechanisms, techniques = (_alike(words, name) for words, name in sides)
        if mechanisms >= NEAREST or min(mechanisms, techniques) >= NEAR:
            likeness[found.key] = mechanisms + 0.5 * techniques
    nearest = max(likeness, key=lambda key: (likeness[key], key), default=None)
    return (store.mapping(nearest), "nearest mapping") if nearest else (None, "")


def _words(name: str) -> frozenset[str]:
    return frozenset(word.rstrip("s") for word in re.findall(r"[a-z]+", name.lower())) - COMMON


def _alike(words: frozenset[str], name: str) -> float:
    """Share of words that both have, 0 to 1."""
    others = _words(name)
    return len(words & others) / len(words | others) if words | others else 0.0
