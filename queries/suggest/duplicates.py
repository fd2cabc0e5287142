"""Is a pair new? Not where a known mapping says the same in other words, by an alias, or the other way round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from queries.suggest.known import Known
from queries.suggest.rank import OTHER

HALF = 0.5
"""Two concepts of one family are the same where so many of all their words are shared."""
Words = frozenset[str]


class Duplicates:
    """What ``graph`` knows already, in whatever words; each concept's likes are looked up once."""

    def __init__(self, graph: Known) -> None:
        self.graph = graph
        self._same: dict[str, set[str]] = {}

    def same(self, key: str) -> set[str]:
        """Concepts of the same kind that mean what ``key`` does, itself among them."""
        if key not in self._same:
            graph, kind = self.graph, self.graph.kinds[key]
            near = {key, *self._called(graph.names[key], kind)}
            for other in graph.holding.get((kind, graph.families[key]), ()):
                if _one_meaning(graph.names[key], graph.names[other]):
                    near.add(other)
            self._same[key] = near
        return self._same[key]

    def known_with(self, key: str) -> Callable[[str], bool]:
        """Whether a concept of the other kind makes no new pair with ``key``."""
        graph, other_kind = self.graph, OTHER[self.graph.kinds[key]]
        paired = {partner for twin in self.same(key) for partner in graph.partners.get(twin, ())}
        # The other way round: a technique called as this mechanism is, from a mechanism called as the candidate is.
        mirrored = self._called(graph.names[key], other_kind)
        told = {words for one in mirrored for back in graph.partners.get(one, ()) for words in graph.names.get(back, ())}

        def known(candidate: str) -> bool:
            return (
                not graph.pairs.isdisjoint(((key, candidate), (candidate, key)))
                or candidate in mirrored
                or not told.isdisjoint(graph.names[candidate])
                or not paired.isdisjoint(self.same(candidate))
            )

        return known

    def known_partners(self, key: str) -> set[str]:
        """All concepts of the other kind that make no new pair with ``key``."""
        return set(filter(self.known_with(key), self.graph.of_kind(OTHER[self.graph.kinds[key]])))

    def _called(self, names: Iterable[Words], kind: str) -> set[str]:
        """Concepts of ``kind`` with exactly the words of one of ``names``."""
        return {other for words in names for other in self.graph.called.get((kind, words), ())}


def _one_meaning(ours: Iterable[Words], theirs: Sequence[Words]) -> bool:
    """Of two concepts of one family: half of the words of two names are shared, or all the words of the shorter one."""
    for mine in ours:
        for other in theirs:
            both = len(mine & other)
            if both and (both == min(len(mine), len(other)) or both >= HALF * len(mine | other)):
                return True
    return False
