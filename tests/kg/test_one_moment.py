"""What is read of the whole graph is of one moment, though another process writes meanwhile."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kg.formats import jsonl
from kg.graph import graph
from kg.model import Concept, Evidence, Mapping, Paper, Span, sha256
from kg.page.contents import contents
from kg.store import Store

TEXT = "The lateral line inspires our sensor array."


def add(path: Path, name: str) -> None:
    """One mapping with its paper and evidence, by a connection of its own."""
    with Store.open(path) as store, store.transaction():
        paper, _ = store.add_paper(Paper(key=f"title:{sha256(name)[:16]}", title=name, abstract=TEXT, source="made"))
        mechanism = store.add_concept(Concept(kind="mechanism", name=f"zz {name} line"))
        technique = store.add_concept(Concept(kind="technique", name=f"zz {name} array"))
        mapping = store.add_mapping(Mapping(mechanism=mechanism, relation="inspires", technique=technique))
        passages = (Span("abstract", 0, len(TEXT)),)
        store.add_evidence(
            Evidence(mapping=mapping, paper=paper, passages=passages, text_sha256=sha256(TEXT), by="abstract", version="1")
        )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    add(tmp_path / "graph.db", "first")
    return tmp_path / "graph.db"


def test_an_export_that_is_overtaken_still_restores(path: Path, tmp_path: Path) -> None:
    class Slow(io.BytesIO):
        """Another process writes after the first line."""

        def write(self, line: Any) -> int:
            if not self.tell():
                add(path, "second")
            return super().write(line)

    out = Slow()
    with Store.open(path, write=False) as store:
        jsonl.write(store, out)
    with Store.open(tmp_path / "restored.db") as restored:
        assert restored.restore(map(json.loads, out.getvalue().splitlines())) == len(out.getvalue().splitlines())
        assert [concept.name for concept in restored.concepts("mechanism")] == ["zz first line"]


@pytest.mark.parametrize(
    "read",
    [lambda store: len(contents(store, limit=10)["mappings"]), lambda store: graph(store).number_of_edges()],
    ids=["page", "networkx"],
)
def test_a_graph_that_is_overtaken_is_the_one_of_the_beginning(
    path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Store], int]
) -> None:
    with Store.open(path, write=False) as store:
        beliefs = store.beliefs

        def overtaken() -> Any:
            found = beliefs()
            add(path, "second")
            return found

        monkeypatch.setattr(store, "beliefs", overtaken)
        assert read(store) == 1
