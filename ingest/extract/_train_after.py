"""Train what comes after the encoder: ``python -m ingest.extract._train_after TRAIN TOLD LEFT_OUT CORPUS...``.

The files are those that :mod:`ingest.extract._train_label` takes. From the encoder as it ships: the words by which the relation
is told, learned from nine tenths of the annotated papers and checked by cross-validation; the names of concepts, learned from the
tenth that was held out and from papers annotated since; the sentences to quote, learned from all of them; and the trust in a
reading, fitted on that tenth. Writes ``_relation.json``, ``_naming.json.gz``, ``_quote.json`` and ``_trust.json`` beside this
file. Needs scikit-learn and torch; takes some fifteen minutes on one core.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ingest.extract import _annotations, _relation, _train_label, _train_naming, _train_quote, _trust
from ingest.extract._encoder import Weights, weights
from kg.model import sha256

HELD = 10
"""One document in so many is held out."""


def parted(documents: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The documents to learn from, and the held-out ones, by a hash of the title."""
    held = [int(sha256(document["title"])[:8], 16) % HELD == 0 for document in documents]
    both = list(zip(documents, held, strict=True))
    return [document for document, out in both if not out], [document for document, out in both if out]


def fit(documents: list[dict[str, Any]], encoder: Weights, told: Path, left_out: Path, corpora: list[Path]) -> str:
    """Write the weights that follow ``encoder``, learned from the annotated ``documents``, and say how good they are."""
    folder = Path(__file__).parent
    known, later = _annotations.parted(documents)
    learning, held = parted(known)
    _relation.fit(learning, folder / "_relation.json")
    right, plain = _relation.checked(known)
    look = _train_label.fit(learning, _train_label.told(told, corpora, [*known, *_train_label.documents(left_out)]))
    namer = _train_naming.fit(learning, [*held, *later], encoder, folder / "_naming.json.gz")
    quoted = _train_quote.fit(learning, [*held, *later], encoder, namer, folder / "_quote.json")
    trusted = _trust.fit([d for d in held if "stratum" in d], encoder, look, namer, folder / "_trust.json")
    return f"relation right {right:.3f} by cross-validation, {plain:.3f} if always inspires; {quoted}; {trusted}"


def main() -> None:
    train, told, left_out, *corpora = map(Path, sys.argv[1:])
    documents = [*_train_label.documents(train), *_annotations.documents(corpora)]
    sys.stderr.write(fit(documents, weights(), told, left_out, corpora) + "\n")


if __name__ == "__main__":
    main()
