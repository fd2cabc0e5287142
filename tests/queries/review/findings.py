"""Papers with one finding each, in several scripts and one that means harm, and what became of them."""

from __future__ import annotations

from pathlib import Path

from kg.model import Concept, Evidence, Mapping, Paper, Span, sha256
from kg.store import Store

TEXTS = {
    1: "Cells make chaperones under stress. We tie the weight decay of a network to its loss in the same way.",
    2: "Octopus arms decide for themselves. Each layer gets an optimizer of its own.",
    3: "睡眠中の海馬リプレイは記憶を固定する。我々はこれを経験再生として深層強化学習に用い、"
    "忘却を防ぐ方法を提案し、長い文でも折り返すことを確かめる。",
    4: "تستجيب الخلايا للصدمة الحرارية. نضبط معدل التعلم بالطريقة نفسها.",
    5: "Hostile \x1b[2J\x1b]0;owned\x07 cells \u202eevil\u202c act. We prune \x9b31m weights.",
}
FOUND = {
    1: ("cell stress", "decay", 0.5, "stress", "weight decay"),
    2: ("octopus arm", "optimizer", 0.9, "Octopus arms", "optimizer"),
    3: ("海馬リプレイ", "経験再生", 0.45, "海馬リプレイ", "経験再生"),
    4: ("الصدمة الحرارية", "معدل التعلم", 0.6, "للصدمة الحرارية", "معدل التعلم"),
    5: ("hostile \x1b[31m cell", "weight pruning", 0.7, "cells", "prune"),
}


def key_of(number: int) -> str:
    return f"arxiv:2401.{number:05d}"


def fill(store: Store, *numbers: int) -> dict[int, str]:
    keys = {}
    for number in numbers:
        mechanism, technique, score, at, to = FOUND[number]
        text, title = TEXTS[number], f"Paper \x1b[5m number {number}" if number == 5 else f"Paper number {number}"
        store.add_paper(Paper(key=key_of(number), title=title, abstract=text, published="2024", label="bio_inspired"))
        ends = [
            store.add_concept(Concept(kind="mechanism", name=mechanism)),
            store.add_concept(Concept(kind="technique", name=technique)),
        ]
        keys[number] = store.add_mapping(Mapping(mechanism=ends[0], relation="inspires", technique=ends[1]))
        spans = [Span("abstract", text.index(words), text.index(words) + len(words)) for words in (at, to)]
        store.add_evidence(
            Evidence(
                mapping=keys[number], paper=key_of(number), passages=(Span("abstract", 0, len(text)),), by="abstract",
                score=score, text_sha256=sha256(text), mechanism_span=spans[0], technique_span=spans[1],
            )
        )  # fmt: skip
    return keys


def decided(path: Path) -> dict[str, str]:
    with Store.open(path, write=False) as store:
        return {str(one.paper): one.action for one in store.decisions()}


def exported(path: Path) -> list[dict[str, object]]:
    with Store.open(path, write=False) as store:
        return list(store.export())
