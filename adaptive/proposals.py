"""What to try next in a search over circuits: first what the graph proposes, then bindings that nobody wrote about.

A binding is chosen by Thompson sampling: from what has been tried, a Bayesian linear model says what each part adds, and how
unsure that is; parts that mechanisms of the function are made of start with a little credit. Every :data:`PLACEBO`-th candidate
is a placebo: it shows how far luck alone gets.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy

from adaptive import parts
from adaptive.circuits import BASES, Circuit
from adaptive.compile import needs
from adaptive.tasks import draw

if TYPE_CHECKING:
    from kg.store import Store

Origin = Literal["mapping", "binding", "placebo"]
Triple = tuple[str, str, str]
PLACEBO = 8
NOISE, PRIOR = 2.0, 1.0
"""Variances, in squared standard errors of a gain: of one race, and of what a part may add."""
CREDIT = 0.3
"""Standard errors that a part gets for each e-fold of its share among the mechanisms of the function."""
MOST = 6.0
"""Standard errors beyond which a gain counts no more, one way or the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A candidate, where it comes from, and why it is next."""

    circuit: Circuit
    origin: Origin
    why: str
    mapping: str = ""
    """Key of the mapping that it carries out; empty for what no mapping says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A circuit that the graph binds for the function, and the mapping to race first of those that it would carry out."""

    parts: Triple
    mechanism: str
    mapping: str = ""
    mapping_words: str = ""


def bound_in(store: Store, function: str) -> list[Bound]:
    """Every circuit that profiles of mechanisms bind, those of ``function`` (a key) with their unraced mappings.

    A mapping serves the function where it says so itself or its mechanism does.
    """
    raced = {result.mapping for result in store.results() if result.mapping}
    found = []
    for mechanism in store.concepts("mechanism"):
        if mechanism.profile is None:
            continue
        profile = mechanism.profile
        triple = (profile.sense.replace("-", "_"), profile.respond.replace("-", "_"), profile.act.replace("-", "_"))
        for mapping in store.mappings(mechanism=mechanism.key):
            if mapping.relation == "contrasts" or mapping.key in raced:
                continue
            if function in mapping.functions or function in mechanism.functions:
                words = f"{mechanism.name} -> {store.concept(mapping.technique).name}"
                found.append(Bound(parts=triple, mechanism=mechanism.name, mapping=mapping.key, mapping_words=words))
        if function in mechanism.functions:
            found.append(Bound(parts=triple, mechanism=mechanism.name))
    return found


class Proposer:
    """Chooses candidates; the same seed and the same outcomes give the same choice.

    Args:
        bound: what the graph binds for the function.
        offers: what the task reveals, see :mod:`adaptive.tasks`.
        tried_before: circuits that are not to be tried.
    """

    def __init__(self, bound: Sequence[Bound], *, offers: Iterable[str], seed: int, tried_before: Iterable[Circuit] = ()) -> None:
        self.bound, self.seed, self.barred = bound, seed, set(tried_before)
        able = {role: parts.names(role) for role in parts.ROLES}
        fitting = [
            triple
            for triple in itertools.product(*(able[role] for role in parts.ROLES))
            if parts.fits(*triple) and _needed(triple) <= set(offers)
        ]
        self.circuits = [Circuit(sense, respond, act, base) for sense, respond, act in fitting for base in BASES]
        counts = {role: Counter(one.parts[place] for one in bound) for place, role in enumerate(parts.ROLES)}
        self._columns = {(role, name): n for n, (role, name) in enumerate((r, n) for r in parts.ROLES for n in able[r])}
        self._columns |= {("base", base): len(self._columns) + n for n, base in enumerate(BASES)}
        self._x = numpy.stack([self._row(circuit) for circuit in self.circuits]) if self.circuits else numpy.empty((0, 0))
        self._credit = numpy.array([self._share(counts, circuit) for circuit in self.circuits])

    def next(self, tried: Sequence[tuple[Proposal, float]]) -> Proposal | None:
        """The next candidate after ``tried``, each with its gain in standard errors (NaN: none); ``None`` when all is tried."""
        number = len(tried)
        generator = draw("discover", f"proposal {self.seed}", number)
        done = self.barred | {proposal.circuit for proposal, _ in tried if proposal.origin != "placebo"}
        left = numpy.array([circuit not in done for circuit in self.circuits], dtype=bool)
        if not left.any():
            return None
        mean, covariance = self._posterior(tried)
        sampled = generator.multivariate_normal(mean, covariance, method="eigh")
        scores = numpy.where(left, self._x @ sampled + CREDIT * self._credit, -math.inf)
        if number % PLACEBO == PLACEBO - 1:
            of = self.circuits[int(generator.choice(numpy.flatnonzero(left)))]
            why = "a placebo: tuned like a candidate, its mechanism off for good"
            return Proposal(circuit=of, origin="placebo", why=why)
        if number % 2 == 0 and (from_graph := self._from_graph(scores)):
            return from_graph
        best = int(numpy.argmax(scores))
        return Proposal(circuit=self.circuits[best], origin="binding", why=self.reason(self.circuits[best], tried))

    def ranked(self, tried: Sequence[tuple[Proposal, float]], *, count: int = 3) -> list[tuple[Circuit, float, str]]:
        """What looks best among the untried: circuit, expected gain in standard errors, and why."""
        mean, _ = self._posterior(tried)
        done = self.barred | {proposal.circuit for proposal, _ in tried if proposal.origin != "placebo"}
        scores = self._x @ mean + CREDIT * self._credit
        order = [int(n) for n in numpy.argsort(-scores, kind="stable") if self.circuits[int(n)] not in done]
        return [(self.circuits[n], float(self._x[n] @ mean), self.reason(self.circuits[n], tried)) for n in order[:count]]

    def effects(self, tried: Sequence[tuple[Proposal, float]]) -> list[tuple[str, str, float, float]]:
        """(role, part, what it adds in standard errors, how unsure) of every part tried, best first."""
        mean, covariance = self._posterior(tried)
        seen = {pair for proposal, value in tried if math.isfinite(value) for pair in _pairs(proposal.circuit)}
        found = [
            (role, name, float(mean[column]), float(covariance[column, column] ** 0.5))
            for (role, name), column in self._columns.items()
            if (role, name) in seen
        ]
        return sorted(found, key=lambda effect: (-effect[2], effect[:2]))

    def reason(self, circuit: Circuit, tried: Sequence[tuple[Proposal, float]]) -> str:
        """Why ``circuit`` is worth a try, in words."""
        effects = {(role, name): (value, sd) for role, name, value, sd in self.effects(tried)}
        said = []
        for place, pair in enumerate(_pairs(circuit)):
            role, name = pair
            mechanisms = sorted({one.mechanism for one in self.bound if place < 3 and one.parts[place] == name})
            if pair in effects and abs(effects[pair][0]) > 0.2:
                said.append(f"{name} adds {effects[pair][0]:+.1f} ± {effects[pair][1]:.1f} standard errors so far")
            elif mechanisms:
                said.append(f"{name} is what {mechanisms[0]} does" + (f" and {len(mechanisms) - 1} more" * (len(mechanisms) > 1)))
            elif pair not in effects and role != "base":
                said.append(f"{name} is untried")
        return "; ".join(said) or "nothing speaks against it"

    def _from_graph(self, scores: numpy.ndarray) -> Proposal | None:
        """The mapping of the graph whose circuit looks best on its better base."""
        place = {circuit: number for number, circuit in enumerate(self.circuits)}
        best: tuple[float, str, Circuit, Bound] | None = None
        for one in self.bound:
            for base in BASES:
                circuit = Circuit(*one.parts, base)
                score = scores[place[circuit]] if circuit in place and one.mapping else -math.inf
                if score > -math.inf and (best is None or (score, one.mapping) > best[:2]):
                    best = (float(score), one.mapping, circuit, one)
        if best is None:
            return None
        return Proposal(circuit=best[2], origin="mapping", mapping=best[1], why=f"{best[3].mapping_words}, not raced yet")

    def _posterior(self, tried: Sequence[tuple[Proposal, float]]) -> tuple[numpy.ndarray, numpy.ndarray]:
        """Mean and covariance of what each part adds."""
        known = [(self._row(p.circuit), max(-MOST, min(MOST, v))) for p, v in tried if math.isfinite(v) and p.origin != "placebo"]
        size = len(self._columns)
        precision, pull = numpy.eye(size) / PRIOR, numpy.zeros(size)
        if known:
            rows, values = numpy.stack([row for row, _ in known]), numpy.array([value for _, value in known])
            precision = precision + rows.T @ rows / NOISE
            pull = rows.T @ values / NOISE
        covariance = numpy.linalg.inv(precision)
        return covariance @ pull, (covariance + covariance.T) / 2

    def _row(self, circuit: Circuit) -> numpy.ndarray:
        row = numpy.zeros(len(self._columns))
        for pair in _pairs(circuit):
            row[self._columns[pair]] = 1.0
        return row

    def _share(self, counts: dict[str, Counter[str]], circuit: Circuit) -> float:
        """Sum of the logarithms of each part's share among what the graph binds, each part counted once beforehand."""
        total = 0.0
        for role, name in _pairs(circuit)[:3]:
            total += math.log((counts[role][name] + 1) / (sum(counts[role].values()) + len(parts.names(role))))
        return total


def _pairs(circuit: Circuit) -> tuple[tuple[str, str], ...]:
    return (("sense", circuit.sense), ("respond", circuit.respond), ("act", circuit.act), ("base", circuit.base))


def _needed(triple: tuple[str, ...]) -> set[str]:
    """What a task must reveal; who may see the labels may be told how many were missed."""
    sense, respond, act = triple
    return {{"errors": "labels"}.get(need, need) for need in needs(Circuit(sense, respond, act).spec)}
