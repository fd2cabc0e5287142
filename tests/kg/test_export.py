"""Exports: the same graph gives the same bytes, and other programs can read them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from kg import plugins
from kg.formats import graphml, jsonl
from kg.graph import graph
from kg.model import Concept, Mapping, Pair, Paper, Profile, Result
from kg.store import Store

State = Callable[..., str]
MakePaper = Callable[..., Paper]
FORMATS = [plugins.load("kg.formats", name) for name in plugins.names("kg.formats")]


@pytest.fixture
def filled(store: Store, state: State, paper: MakePaper) -> Store:
    store.add_concept(Concept(kind="function", name="protect"))
    store.add_concept(Concept(kind="family", name="stress response"))
    profile = Profile(sense="loss_spike", respond="titration", act="weight_decay", knobs=(("respond.capacity", float("inf")),))
    store.add_concept(
        Concept(
            kind="mechanism", name="heat shock", parent="family:stress-response", functions=("function:protect",), profile=profile
        )
    )
    key = state(store, "heat shock", "weight decay", paper=paper(1, authors=("Ö. Öst",)))
    state(store, "heat \x00\x08\x1b shock\ufffe <b>&\"'", "drop\N{PILE OF POO}out", paper=paper(2))
    roles = Pair(mechanism_role="load", technique_role="loss")
    store.add_mapping(
        Mapping(mechanism="mechanism:heat-shock", relation="inspires", technique="technique:weight-decay", pairs=(roles,))
    )
    store.add_concept(Concept(kind="technique", name="L2"))
    store.merge_concepts("technique:l2", "technique:weight-decay")
    result = {"race": "r", "prototype": "p", "task": "t", "arm": "sgd", "metric": "loss", "mapping": key}
    store.add_result(Result(seed=0, value=float("nan"), note="diverged", **result))  # type: ignore[arg-type]
    store.add_result(Result(seed=1, value=0.5, **result))  # type: ignore[arg-type]
    return store


def written(form: ModuleType, store: Store) -> bytes:
    out = io.BytesIO()
    assert form.write(store, out) > 0
    return out.getvalue()


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.__name__)
def test_every_format_describes_itself_and_is_stable(form: ModuleType, filled: Store) -> None:
    assert form.DESCRIPTION and form.SUFFIX.startswith(".")
    assert written(form, filled) == written(form, filled)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.__name__)
def test_every_format_can_write_an_empty_store(form: ModuleType, store: Store) -> None:
    assert form.write(store, io.BytesIO()) == 0


def test_jsonl_holds_every_record_in_order(filled: Store) -> None:
    lines = written(jsonl, filled).decode().splitlines()
    rows = [json.loads(line) for line in lines]
    assert rows == list(filled.export())
    kinds = [str(row["type"]) for row in rows]
    assert list(dict.fromkeys(kinds)) == ["paper", "concept", "mapping", "evidence", "merge", "result"]
    assert lines == [json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows]
    (failed,) = (row for row in rows if row.get("note") == "diverged")
    assert "value" not in failed
    evidence = next(row for row in rows if row["type"] == "evidence")
    assert evidence["passages"] == [["abstract", 0, 35]]
    assert "Ö. Öst" in lines[0]


def test_jsonl_makes_the_same_store_again(tmp_path: Path, filled: Store) -> None:
    lines = written(jsonl, filled)
    with Store.open(tmp_path / "again.db") as again:
        assert again.restore(map(json.loads, lines.splitlines())) == lines.count(b"\n")
        assert written(jsonl, again) == lines


def test_no_row_tells_where_or_when_it_was_written(tmp_path: Path, paper: MakePaper) -> None:
    exports = []
    for name in ("one.db", "other.db"):
        with Store.open(tmp_path / name) as store:
            if name == "other.db":
                store.add_paper(paper(5))
            for number in (range(9), reversed(range(9)))[name == "other.db"]:
                store.add_paper(paper(number))
            exports.append(written(jsonl, store))
    assert exports[0] == exports[1]


def test_the_graph_has_concepts_for_nodes_and_mappings_for_edges(filled: Store) -> None:
    view = graph(filled)
    assert dict(view.nodes["mechanism:heat-shock"]) == {
        "name": "heat shock", "kind": "mechanism", "family": "stress response", "domain": "", "status": "proposed",
    }  # fmt: skip
    assert "technique:l2" not in view
    edges = [data for *_, data in view.edges("mechanism:heat-shock", data=True)]
    assert sorted(data["label"] for data in edges) == ["in_family", "inspires", "serves"]
    (mapping,) = (data for data in edges if data["label"] == "inspires")
    assert (mapping["belief"], mapping["papers"]) == (0.8, 1)
    assert view.nodes.keys() == {concept.key for concept in filled.concepts()}


def test_graphml_is_read_back_by_networkx(filled: Store) -> None:
    import networkx

    read = networkx.read_graphml(io.BytesIO(written(graphml, filled)), force_multigraph=True)
    ids = re.findall(rb'<edge [^>]*id="([^"]*)"', written(graphml, filled))
    assert len(set(ids)) == len(ids) == read.number_of_edges()
    view = graph(filled)
    assert read.nodes.keys() == view.nodes.keys() and read.number_of_edges() == view.number_of_edges()
    assert read.nodes["mechanism:heat-shock"] == view.nodes["mechanism:heat-shock"]
    names = {data["name"] for _, data in read.nodes(data=True)}
    assert "drop\N{PILE OF POO}out" in names
    assert any(name.startswith("heat ") and name.endswith(" <b>&\"'") for name in names)
