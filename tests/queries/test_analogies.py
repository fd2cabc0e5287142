from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kg.model import Concept, Evidence, Mapping, Pair, Paper, Span, concept_key, sha256
from kg.store import Store
from queries.cli import cli
from queries.match import Question, unmapped
from queries.words import stem, stems, telling

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


@pytest.mark.parametrize("name", ["dropout", "eligibility trace", "how does dropout work"])
def test_what_holds_all_the_words_in_its_name_comes_before_what_only_does_the_same(asked: Ask, name: str) -> None:
    rows = asked(name)
    wanted = set(telling(name))
    held = [any(wanted <= set(telling(row[side])) for side in ("mechanism", "technique")) for row in rows]
    assert held[0] and not all(held)
    assert held == sorted(held, reverse=True)


def test_the_very_name_comes_before_names_that_hold_it(asked: Ask) -> None:
    rows = asked("attention", "--limit", "30")
    exact = ["attention" in (row["mechanism"], row["technique"]) for row in rows]
    assert exact[0] and exact == sorted(exact, reverse=True)


def test_words_that_half_the_graph_has_are_no_name(known: Path) -> None:
    with Store.open(known, write=False) as store:
        assert Question.of(store, "how do animals learn").called == {}


def test_a_rejected_mapping_is_not_put_first_by_its_name(tmp_path: Path, known: Path) -> None:
    path = tmp_path / "rejected.db"
    shutil.copy(known, path)
    ask = ["--store", str(path), "ask", "analogies", "eligibility trace", "--format", "json"]
    first = json.loads(CliRunner().invoke(cli, ask).stdout)[0]
    with Store.open(path) as store:
        for one in store.evidence(mapping=first["mapping"]):
            store.decide(one.mapping, one.paper, accept=False)
    after = json.loads(CliRunner().invoke(cli, ask).stdout)
    assert after and after[0]["mapping"] != first["mapping"]


@pytest.mark.parametrize(
    ("asked_for", "named", "command"),
    [
        ("heat shock response", "heat shock response", "exapt ask suggest 'heat shock response'"),
        ("how do cells survive heat stress", "cellular stress", "exapt ask suggest"),
        ("sleep", "synaptic downscaling during sleep", "exapt ask suggest 'synaptic downscaling during sleep'"),
        ("repair damaged DNA", "dna damage checkpoint", "exapt ask suggest 'dna damage checkpoint'"),
        ("protein", "protein", "exapt concept show protein"),
    ],
)
def test_names_without_a_mapping_are_told_with_how_to_go_on(known: Path, asked_for: str, named: str, command: str) -> None:
    result = CliRunner().invoke(cli, ["--store", str(known), "ask", "analogies", asked_for])
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("in the graph by name, but in no mapping yet: ")]
    assert named in line and command in line
    with Store.open(known, write=False) as store:
        for concept in unmapped(store, Question.of(store, asked_for)):
            assert store.edges(concept=concept.key) == []
    go_on = CliRunner().invoke(cli, ["--store", str(known), *shlex.split(line[line.index("exapt ") :])[1:], "--format", "json"])
    assert go_on.exit_code == 0 and json.loads(go_on.stdout)


def test_a_name_that_mappings_speak_of_is_not_told_as_waiting(known: Path) -> None:
    result = CliRunner().invoke(cli, ["--store", str(known), "ask", "analogies", "synaptic pruning"])
    assert "synaptic pruning" not in result.stderr


def test_an_answer_from_words_used_alike_says_so(known: Path) -> None:
    told = CliRunner().invoke(cli, ["--store", str(known), "ask", "analogies", "mitochondria"]).stderr
    assert "no name in the graph holds a word of 'mitochondria'" in told
    assert "no name" not in CliRunner().invoke(cli, ["--store", str(known), "ask", "analogies", FORGETS]).stderr
