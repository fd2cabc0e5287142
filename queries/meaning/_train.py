"""Learn the table of words: ``python -m queries.meaning._train ABSTRACTS.jsonl.gz ANNOTATED.jsonl`` writes ``words.bin``.

Word vectors come from the abstracts; on them, and on the words themselves, one classifier of functions is fitted to definitions,
lay words, names, titles and sentences. Being linear, it falls apart into one row of numbers for each word. Takes about three
minutes on one core; needs scipy.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from queries.meaning import _texts
from queries.meaning._vectors import Vectors, learn
from queries.meaning.table import FILE, FORMAT
from queries.words import telling

BY_VECTOR, BY_WORD = 3e-5, 5e-5
"""How much large weights cost: those on a word's vector, which like words share, and those on the word alone."""
ROUNDS = 80
WORDS = 22_000
NEAR = 6
SHARPNESS = 1.4
"""By how much the fitted sums are stretched, as worked best on half of the test questions."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Learn the table of words.")
    parser.add_argument("abstracts", type=Path)
    parser.add_argument("annotated", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=FILE)
    arguments = parser.parse_args()
    texts = [*_texts.made(), *_texts.of_the_atlas(), *_texts.of_sentences(arguments.annotated)]
    texts += _texts.of_abstracts(arguments.abstracts)
    write(arguments.output, learn(arguments.abstracts), texts)


def write(path: Path, vectors: Vectors, texts: list[_texts.Text]) -> None:
    """Fit the classifier on ``texts`` and keep one row for each word."""
    import numpy

    functions = list(_texts.definitions())
    said = [list(dict.fromkeys(telling(text.words))) for text in texts]
    known = set(vectors.words)
    # Lay words and names that no abstract holds have no vector, and stand for themselves.
    added = sorted({word for words in said for word in words} - known)
    words = [*vectors.words, *added]
    rows = numpy.vstack([vectors.rows, numpy.zeros((len(added), vectors.rows.shape[1]))])
    counts = numpy.append(vectors.counts, numpy.ones(len(added)))
    # Told by how rare it is: a word of every abstract 0.2, one of few 1.4.
    weights = numpy.clip(numpy.log(counts.sum() / 120 / (counts + 30)) / 6, 0.2, 1.4)
    bags = _bags(said, words, weights)
    classes = numpy.array([functions.index(text.function) for text in texts])
    table = _fitted(bags, rows, classes, numpy.array([text.weight for text in texts]), len(functions))
    spoken = {word for words_ in said for word in words_}
    kept = [place for place, word in enumerate(words) if word in spoken]
    kept += [place for place, word in enumerate(words) if word not in spoken and telling(word) == [word]]
    kept = sorted(kept[:WORDS])
    near = _near(rows[kept], numpy.array([place < len(vectors.words) for place in kept]))
    _save(path, [words[place] for place in kept], weights[kept], table[kept], near, functions)


def _bags(said: list[list[str]], words: list[str], weights: Any) -> Any:
    """One row of unit length for each text, its words by weight."""
    import numpy
    from scipy import sparse

    number = {word: place for place, word in enumerate(words)}
    values, columns, starts = list[float](), list[int](), [0]
    for text in said:
        places = [number[word] for word in text]
        length = float(numpy.linalg.norm(weights[places])) or 1.0
        values += [float(weights[place]) / length for place in places]
        columns += places
        starts.append(len(columns))
    return sparse.csr_matrix((values, columns, starts), shape=(len(said), len(words)))


def _fitted(bags: Any, rows: Any, classes: Any, worth: Any, size: int) -> Any:
    """For each word what it says for each function, shape ``(words, functions)``: softmax regression on vectors and words."""
    import numpy
    from scipy.optimize import minimize

    dense, turned = bags @ rows, bags.T.tocsr()
    shapes = (rows.shape[1], size), (rows.shape[0], size)
    cut = shapes[0][0] * size
    worth = worth / worth.sum()
    texts = numpy.arange(len(classes))

    def loss(flat: Any) -> tuple[float, Any]:
        shared, own = flat[:cut].reshape(shapes[0]), flat[cut:].reshape(shapes[1])
        sums = dense @ shared + bags @ own
        sums -= sums.max(1, keepdims=True)
        powers = numpy.exp(sums)
        totals = powers.sum(1, keepdims=True)
        cost = (worth * (numpy.log(totals[:, 0]) - sums[texts, classes])).sum()
        slope = powers / totals
        slope[texts, classes] -= 1
        slope *= worth[:, None]
        slopes = dense.T @ slope + 2 * BY_VECTOR * shared, turned @ slope + 2 * BY_WORD * own
        cost += BY_VECTOR * (shared**2).sum() + BY_WORD * (own**2).sum()
        return float(cost), numpy.concatenate([part.ravel() for part in slopes])

    start = numpy.zeros(cut + shapes[1][0] * size)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS, "maxcor": 6}).x
    return rows @ found[:cut].reshape(shapes[0]) + found[cut:].reshape(shapes[1])


def _near(rows: Any, known: Any) -> Any:
    """Places of the words most used like each, shape ``(words, NEAR)``; a word without a vector has none (65535)."""
    import numpy

    found = numpy.full((len(rows), NEAR), 65535, numpy.uint16)
    for start in range(0, len(rows), 1000):
        alike = rows[start : start + 1000] @ rows.T
        alike[:, ~known] = -1
        alike[numpy.arange(len(alike)), numpy.arange(start, start + len(alike))] = -1
        found[start : start + 1000] = numpy.argsort(-alike, axis=1, kind="stable")[:, :NEAR]
    found[~known] = 65535
    return found


def _save(path: Path, words: list[str], weights: Any, table: Any, near: Any, functions: list[str]) -> None:
    import numpy

    # Only differences between functions count: the mean of a row goes.
    table = table - table.mean(1, keepdims=True)
    scale = float(numpy.quantile(numpy.abs(table), 0.9999)) / 127
    listed = ("\n" + "\n".join(words) + "\n").encode()
    head = {
        "format": FORMAT, "bytes": len(listed), "scale": scale, "sharpness": SHARPNESS, "near": NEAR, "functions": functions,
        "made by": "python -m queries.meaning._train; see CARD.md",
    }  # fmt: skip
    body = numpy.hstack([
        numpy.round(100 * weights).astype(numpy.uint8)[:, None],
        numpy.clip(numpy.round(table / scale), -127, 127).astype(numpy.int8).view(numpy.uint8),
        near.astype("<u2").view(numpy.uint8).reshape(len(words), 2 * NEAR),
    ])  # fmt: skip
    path.write_bytes(json.dumps(head).encode() + b"\n" + listed + body.tobytes())


if __name__ == "__main__":
    main()
