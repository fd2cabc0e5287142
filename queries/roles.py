"""What plays the same part on both sides of a mapping, and which parts a mapping that names few of them may have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kg.model import Concept, Mapping, Pair
from queries.cite import readable, shared_functions
from queries.meaning import table
from queries.words import telling

if TYPE_CHECKING:
    from kg.view import View

ALIKE = 0.6
"""From this likeness on two roles are taken for one."""
ENOUGH, DONORS = 2, 40
"""Roles that a mapping needs none suggested for; mappings that are looked at for suggestions."""


class Concepts(dict[str, Concept]):
    """Concepts of a store by key, each asked for once."""

    def __init__(self, store: View) -> None:
        super().__init__()
        self._store = store

    def __missing__(self, key: str) -> Concept:
        self[key] = concept = self._store.concept(key)
        return concept


def alike_roles(first: Sequence[Pair], second: Sequence[Pair]) -> int:
    """How many pairs of ``first`` have one in ``second`` that plays the same roles."""
    return sum(any(alike(one, other) for other in second) for one in first)


def alike(first: Pair, second: Pair) -> bool:
    """Whether two pairs name the same roles: in the same words, or in words that speak of the same, on either side."""
    sides = ((first.mechanism_role, second.mechanism_role), (first.technique_role, second.technique_role))
    return any(_likeness(one, other) >= ALIKE for one, other in sides)


def _likeness(first: str, second: str) -> float:
    one, other = telling(first), telling(second)
    if one and set(one) == set(other):
        return 1.0
    words = table.shipped()
    return table.likeness(table.evidence(one, words), table.evidence(other, words))


def suggestions(
    store: View, concepts: Concepts, mapping: Mapping, donors: dict[str, list[Mapping]], said: list[Pair]
) -> list[dict[str, object]]:
    """Roles that ``mapping`` does not name and a mapping of the same function does, the one of most kinship first.

    Each says that it is a suggestion and where it comes from; none of them is evidence.

    Args:
        donors: function to the mappings of it that name roles; filled as it is needed.
        said: pairs that the answer shows already, as roles or as suggestions; those suggested here are added.
    """
    if len(mapping.pairs) >= ENOUGH:
        return []
    served = shared_functions(mapping, concepts[mapping.mechanism], concepts[mapping.technique])[:2]
    offered: dict[str, tuple[int, str, str, Mapping]] = {}
    for function in served:
        if function not in donors:
            donors[function] = _naming_roles(store, function)
        for donor in donors[function]:
            if donor.key != mapping.key:
                offered.setdefault(donor.key, (-_kinship(concepts, mapping, donor), donor.key, function, donor))
    found: list[dict[str, object]] = []
    named = list(mapping.pairs)
    for _, _, function, donor in sorted(offered.values(), key=lambda one: one[:3]):
        if len(named) >= ENOUGH:
            break
        for pair in donor.pairs[: ENOUGH - len(named)]:
            if pair not in said and not any(alike(pair, other) for other in named):
                named.append(pair)
                said.append(pair)
                found.append(_suggestion(concepts, donor, function, pair))
    return found


def _naming_roles(store: View, function: str) -> list[Mapping]:
    keys = [edge.mapping for edge in store.edges(function=function, limit=DONORS)]
    return [mapping for mapping in map(store.mapping, keys) if mapping.pairs]


def _kinship(concepts: Concepts, mapping: Mapping, donor: Mapping) -> int:
    """One for each function that both serve and each end that is of the same family, two where it is the same."""
    total = len(set(mapping.functions) & set(donor.functions))
    for key, other in ((mapping.mechanism, donor.mechanism), (mapping.technique, donor.technique)):
        family = concepts[key].parent
        total += 2 if key == other else int(family is not None and family == concepts[other].parent)
    return total


def _suggestion(concepts: Concepts, donor: Mapping, function: str, pair: Pair) -> dict[str, object]:
    ends = f"{concepts[donor.mechanism].name} -> {concepts[donor.technique].name}"
    why = f"also serves {readable(concepts[function].name)}"
    return {
        "text": f"only a suggestion: {pair.mechanism_role} ~ {pair.technique_role}, as in {donor.key} ({ends}), which {why}",
        "mechanism_role": pair.mechanism_role,
        "technique_role": pair.technique_role,
        "from": donor.key,
    }
