"""Word vectors learned from abstracts: which words stand near which, weighed by surprise and pressed into a few numbers.

*Reference:* Levy, Goldberg and Dagan (2015), Improving distributional similarity with lessons learned from word embeddings:
positive pointwise mutual information with smoothed contexts, then a truncated singular value decomposition.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from queries.words import stems

WINDOW = 6
DIMENSIONS = 200
RAREST = 4
MOST = 26_000
FREQUENT = 3e-4
"""Words of a larger share of the text are left out at random, so that they do not fill every window."""


class Vectors(NamedTuple):
    words: list[str]
    """Stems, common ones first."""
    counts: Any
    """How often each stands in the text, shape ``(words,)``."""
    rows: Any
    """Unit vectors, shape ``(words, DIMENSIONS)``."""


def learn(corpus: Path, *, seed: int = 0) -> Vectors:
    """Vectors of the words in ``corpus``, JSON lines with title and abstract."""
    import numpy

    texts = list(_texts(corpus))
    count = Counter(word for text in texts for word in text)
    words = [word for word, n in sorted(count.items(), key=lambda pair: (-pair[1], pair[0])) if n >= RAREST and len(word) > 1]
    words = words[:MOST]
    number = {word: place for place, word in enumerate(words)}
    gap = [-1] * WINDOW
    flat = numpy.array([place for text in texts for place in (*(number.get(word, -1) for word in text), *gap)], numpy.int64)
    counts = numpy.array([count[word] for word in words], float)
    kept = numpy.append(numpy.minimum(1, numpy.sqrt(FREQUENT * counts.sum() / counts)), 1.0)
    flat = flat[numpy.random.default_rng(seed).random(len(flat)) < kept[flat]]
    return Vectors(words, counts, _pressed(_surprise(flat, len(words)), seed))


def _texts(corpus: Path) -> Iterator[list[str]]:
    opened = gzip.open(corpus, "rt", encoding="utf-8") if corpus.suffix == ".gz" else corpus.open(encoding="utf-8")
    with opened as lines:
        for line in lines:
            row = json.loads(line)
            yield stems(f"{row['title']} . {row.get('abstract') or ''}")


def _surprise(flat: Any, size: int) -> Any:
    """Positive pointwise mutual information of words and their neighbours, as a sparse matrix."""
    import numpy
    from scipy import sparse

    table = sparse.csr_matrix((size, size), dtype=numpy.float32)
    for step in range(1, WINDOW + 1):
        first, second = flat[:-step], flat[step:]
        both = (first >= 0) & (second >= 0)
        pairs, times = numpy.unique(first[both] * size + second[both], return_counts=True)
        near = times * (WINDOW + 1 - step) / WINDOW
        table = table + sparse.csr_matrix((near, (pairs // size, pairs % size)), shape=(size, size), dtype=numpy.float32)
    table = (table + table.T).tocoo()
    sums = numpy.bincount(table.row, weights=table.data, minlength=size)
    smoothed = sums**0.75 / (sums**0.75).sum()
    values = numpy.log(table.data / sums[table.row] / smoothed[table.col])
    kept = values > 0
    return sparse.csr_matrix((values[kept], (table.row[kept], table.col[kept])), shape=(size, size))


def _pressed(table: Any, seed: int) -> Any:
    import numpy
    from scipy.sparse.linalg import svds

    left, strengths, _ = svds(table, k=min(DIMENSIONS, table.shape[0] - 1), rng=numpy.random.default_rng(seed))
    rows = left * numpy.sqrt(strengths)
    return rows / (numpy.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)
