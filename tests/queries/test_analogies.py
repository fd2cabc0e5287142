from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kg.model import Concept, Evidence, Mapping, Pair, Paper, Span, concept_key, sha256
from kg.store import Store
from queries.cli import cli
from queries.words import stem, stems

FORGETS = "my network forgets the first task when I train it on the second"
Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("analogies") / "atlas.db"
    assert CliRunner().invoke(cli, ["--store", str(path), "ingest", "atlas"]).exit_code == 0
    return path


@pytest.fixture
def asked(known: Path) -> Ask:
    def ask(*words: str) -> list[dict[str, Any]]:
        result = CliRunner().invoke(cli, ["--store", str(known), "ask", "analogies", *words, "--format", "json"])
        assert result.exit_code == 0, result.output
        found = json.loads(result.stdout)
        assert isinstance(found, list)
        return found

    return ask


def test_a_complaint_finds_what_protects_the_old(asked: Ask) -> None:
    rows = asked(FORGETS, "--limit", "5")
    assert all("protect old" in row["shared"] for row in rows[:3])
    assert all(row["evidence"] for row in rows)


def test_far_is_another_family_that_does_the_same_and_shares_no_word(asked: Ask, known: Path) -> None:
    about = concept_key("mechanism", "memory consolidation")
    rows = asked("memory consolidation", "--far")
    said = {stem("memory"), stem("consolidation")}
    with Store.open(known, write=False) as store:
        family, served = store.concept(about).parent, set(store.concept(about).functions)
        assert rows and family and served
        for row in rows:
            mapping = store.mapping(row["mapping"])
            assert store.concept(mapping.mechanism).parent != family
            assert said.isdisjoint(stems(f"{row['mechanism']} {row['technique']}"))
        assert served & set(store.mapping(rows[0]["mapping"]).functions)


def test_near_is_the_same_family_or_a_word_in_common(asked: Ask, known: Path) -> None:
    rows = asked("memory consolidation", "--near")
    said = {stem("memory"), stem("consolidation")}
    with Store.open(known, write=False) as store:
        family = store.concept(concept_key("mechanism", "memory consolidation")).parent
        families = {row["mapping"]: store.concept(store.mapping(row["mapping"]).mechanism).parent for row in rows}
    assert rows[0]["mechanism"] == "memory consolidation"
    for row in rows:
        assert families[row["mapping"]] == family or not said.isdisjoint(stems(f"{row['mechanism']} {row['technique']}"))


def test_far_and_near_share_no_row(asked: Ask) -> None:
    far, near = ({row["mapping"] for row in asked(FORGETS, way)} for way in ("--far", "--near"))
    assert far and near and far.isdisjoint(near)


def test_far_and_near_together_are_refused(known: Path) -> None:
    result = CliRunner().invoke(cli, ["--store", str(known), "ask", "analogies", "sleep", "--far", "--near"])
    assert result.exit_code == 1
    assert "exclude each other" in result.stderr


def test_suggested_roles_say_where_they_come_from_and_are_not_named_already(asked: Ask, known: Path) -> None:
    rows = asked(FORGETS)
    suggested = [(row, role) for row in rows for role in row["suggested"]]
    assert suggested
    with Store.open(known, write=False) as store:
        for row, role in suggested:
            donor = store.mapping(role["from"])
            pair = Pair(mechanism_role=role["mechanism_role"], technique_role=role["technique_role"])
            assert pair in donor.pairs
            assert set(donor.functions) & set(store.mapping(row["mapping"]).functions)
            assert f"{role['mechanism_role']} ~ {role['technique_role']}" not in row["roles"]
            assert role["text"].startswith("only a suggestion")


def test_an_empty_answer_names_the_nearest_terms(known: Path) -> None:
    result = CliRunner().invoke(cli, ["--store", str(known), "ask", "analogies", "hippocampsu", "--relation", "proposes"])
    assert result.exit_code == 0
    assert "nearest terms in the graph: " in result.stderr and "hippocamp" in result.stderr.partition("nearest")[2]


def test_what_serves_an_unnamed_function_is_found_by_its_names(tmp_path: Path) -> None:
    """A graph that says of no concept what it serves, as extraction leaves it, is still asked in other words."""
    path, text = tmp_path / "graph.db", "Two things are said here, the one about walking and the other about sleep."
    with Store.open(path) as store:
        paper, _ = store.add_paper(Paper(key="arxiv:1234.00001", title="Two", abstract=text, published="2024"))
        for mechanism, technique in (("memory consolidation", "continual learning"), ("insect gait", "legged controller")):
            ends = [
                store.add_concept(Concept(kind="mechanism", name=mechanism, status="proposed")),
                store.add_concept(Concept(kind="technique", name=technique, status="proposed")),
            ]
            mapping = store.add_mapping(Mapping(mechanism=ends[0], relation="inspires", technique=ends[1]))
            span = (Span("abstract", 0, 24),)
            store.add_evidence(Evidence(mapping=mapping, paper=paper, passages=span, text_sha256=sha256(text), by="essay"))
    result = CliRunner().invoke(cli, ["--store", str(path), "ask", "analogies", FORGETS, "--format", "json"])
    first = json.loads(result.stdout)[0]
    assert first["mechanism"] == "memory consolidation"
    assert any(why.startswith("like it in meaning") for why in first["why"])
