"""The phrases of many papers as sparse matrices, and the fit of their weights; used in training only.

A paper's candidate phrases compete, with "no such phrase" as one more candidate whose score is fixed at ``NOTHING``. Weights
maximise the probability of the phrases that match an annotated one, and of "nothing" in papers that state no mapping.
"""

from __future__ import annotations

import array
from collections import Counter
from typing import Any

import numpy
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from ingest.extract._spans import LONGEST, candidates, features, length
from ingest.extract._tokens import Text, read_words
from ingest.score import bag

Floats = NDArray[numpy.float64]
Integers = NDArray[numpy.int64]

NOTHING = 8.0
RAREST = 4
_ROLES = ("start", "end", "inside", "pair", "sentence")


class Design:
    """Features of every word and sentence of ``documents``, and the candidate phrases as indices into them."""

    def __init__(self, documents: list[dict[str, Any]]) -> None:
        self.texts: list[Text] = [read_words(d["title"], d["abstract"]) for d in documents]
        counts: Counter[str] = Counter()
        for text in self.texts:
            counts.update({name for role in features(text) for row in role for name in row})
        names = {name for name, count in counts.items() if count >= RAREST} | {length(1, n) for n in range(1, LONGEST + 1)}
        self.names = sorted(names)
        self.counts = numpy.array([counts[name] for name in self.names])
        self._number = {name: i for i, name in enumerate(self.names)}
        self._matrices()
        self._phrases()

    def _matrices(self) -> None:
        columns = [array.array("i") for _ in _ROLES]
        ends = [array.array("i", [0]) for _ in _ROLES]
        for text in self.texts:
            for role, rows in enumerate(features(text)):
                for row in rows:
                    columns[role].extend(self._number[name] for name in row if name in self._number)
                    ends[role].append(len(columns[role]))
        self.by_role = [
            sparse.csr_matrix(
                (numpy.ones(len(c), numpy.float32), numpy.array(c), numpy.array(e)), shape=(len(e) - 1, len(self.names))
            )
            for c, e in zip(columns, ends, strict=True)
        ]
        self.transposed = [matrix.T.tocsr() for matrix in self.by_role]

    def _phrases(self) -> None:
        first, last, sentence, document, lengths = [], [], [], [], []
        word = line = 0
        for number, text in enumerate(self.texts):
            for a, b in candidates(text):
                first.append(word + a)
                last.append(word + b)
                sentence.append(line + text.sentence[a])
                document.append(number)
                lengths.append(self._number[length(a, b)])
            word += len(text.words)
            line += len(text.bounds)
        self.words, self.sentences = word, line
        self.first, self.last, self.sentence, self.document, self.length = map(
            numpy.array, (first, last, sentence, document, lengths)
        )
        self.edges = numpy.concatenate([[0], numpy.cumsum(numpy.bincount(self.document, minlength=len(self.texts)))])

    def scores(self, weights: Floats) -> Floats:
        """The score of every candidate phrase."""
        start, end, inside, pair, whole = (matrix @ weights for matrix in self.by_role)
        inside, pair = (numpy.concatenate([[0.0], numpy.cumsum(x)]) for x in (inside, pair))
        score = start[self.first] + end[self.last] + inside[self.last + 1] - inside[self.first]
        total: Floats = score + pair[self.last] - pair[self.first] + whole[self.sentence] + weights[self.length]
        return total

    def pull(self, slope: Floats) -> Floats:
        """The gradient by the weights of a sum whose slope by each phrase's score is ``slope``."""

        def spread(beyond: Integers) -> Floats:
            steps = numpy.bincount(self.first, slope, self.words + 1) - numpy.bincount(beyond, slope, self.words + 1)
            return numpy.cumsum(steps)[: self.words]

        parts = (
            numpy.bincount(self.first, slope, self.words),
            numpy.bincount(self.last, slope, self.words),
            spread(self.last + 1),
            spread(self.last),
            numpy.bincount(self.sentence, slope, self.sentences),
        )
        gradient: Floats = numpy.bincount(self.length, slope, len(self.names)).astype(numpy.float64)
        for matrix, part in zip(self.transposed, parts, strict=True):
            gradient = gradient + matrix @ part
        return gradient

    def mass(self, score: Floats) -> tuple[Floats, Floats]:
        """Log of the summed weight of each paper's phrases, and each phrase's share of it."""
        top = numpy.maximum.reduceat(score, self.edges[:-1])
        power = numpy.exp(score - top[self.document])
        total = numpy.add.reduceat(power, self.edges[:-1])
        return top + numpy.log(total), power / total[self.document]


def credit(text: Text, forms: list[str]) -> list[float]:
    """How well each candidate phrase matches the best of ``forms``: token F1, 0 to 1."""
    wanted = [bag(form) for form in forms]
    tokens = [list(bag(word).elements()) for word in text.lower]
    vocabulary = {token for form in wanted for token in form}
    useful = numpy.concatenate([[0], numpy.cumsum([any(t in vocabulary for t in row) for row in tokens])])
    found = []
    for first, last in candidates(text):
        if useful[last + 1] == useful[first]:
            found.append(0.0)
            continue
        phrase = Counter(t for row in tokens[first : last + 1] for t in row)
        found.append(max(2 * (phrase & form).total() / (phrase.total() + form.total()) for form in wanted))
    return found


def fit(
    design: Design, match: Floats, states: NDArray[numpy.bool_], use: Floats, *, shrink: float = 1.0, steps: int = 100
) -> Floats:
    """Weights of one kind of phrase; ``states`` says which papers state a mapping, ``use`` how much each paper counts."""
    log_match = numpy.log(numpy.where(match >= 0.5, match**2, 1e-3))

    def loss(weights: Floats) -> tuple[float, Floats]:
        score = design.scores(weights)
        mass, share = design.mass(score)
        right, right_share = design.mass(score + log_match)
        total = numpy.logaddexp(mass, NOTHING)
        value = float((use * (total - numpy.where(states, right, NOTHING))).sum() + 0.5 * shrink * weights @ weights)
        slope = share * numpy.exp(mass - total)[design.document] - right_share * states[design.document]
        return value, design.pull(slope * use[design.document]) + shrink * weights

    found = minimize(loss, numpy.zeros(len(design.names)), jac=True, method="L-BFGS-B", options={"maxiter": steps})
    weights: Floats = found.x
    return weights
