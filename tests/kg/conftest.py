"""A store in memory, and a small graph to put in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from kg.model import Concept, Evidence, Kind, Mapping, Paper, Relation, Span, sha256
from kg.store import Store

# The same examples on every run, and no limit of time that a busy machine could miss.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

TEXT = "Cells make chaperones under stress. We tie the weight decay of a network to its loss in the same way."


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as opened:
        yield opened


@pytest.fixture
def paper() -> Callable[..., Paper]:
    """``paper(3)`` is a paper of its own for each number."""

    def make(number: int, **fields: object) -> Paper:
        plain: dict[str, object] = {
            "key": f"arxiv:2401.{number:05d}",
            "title": f"Stress in networks, part {number}",
            "abstract": TEXT,
        }
        return Paper(**(plain | fields))  # type: ignore[arg-type]

    return make


@pytest.fixture
def state() -> Callable[..., str]:
    """``state(store, "heat shock", "weight decay", paper=…)`` stores the mapping with one evidence and gives its key."""

    def tell(
        store: Store,
        mechanism: str,
        technique: str,
        *,
        paper: Paper | None = None,
        relation: Relation = "inspires",
        start: int = 0,
        end: int = 35,
        **fields: object,
    ) -> str:
        ends = [store.add_concept(_concept(kind, name)) for kind, name in (("mechanism", mechanism), ("technique", technique))]
        key = store.add_mapping(Mapping(mechanism=ends[0], relation=relation, technique=ends[1]))
        if paper is not None:
            known, _ = store.add_paper(paper)
            plain: dict[str, object] = {"by": "abstract", "text_sha256": sha256(paper.abstract or "")}
            passages = (Span("abstract", start, end),)
            store.add_evidence(Evidence(mapping=key, paper=known, passages=passages, **(plain | fields)))  # type: ignore[arg-type]
        return key

    return tell


def _concept(kind: str, name: str) -> Concept:
    known: dict[str, Kind] = {"mechanism": "mechanism", "technique": "technique"}
    return Concept(kind=known[kind], name=name)
