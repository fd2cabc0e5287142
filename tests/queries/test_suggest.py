"""Suggestions: new pairs alone, each with its reasons and evidence, and a measure that the future does not leak into."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kg.model import Concept, Evidence, Mapping, Paper, Span, sha256, title_key
from kg.store import Store
from queries.cli import cli
from queries.suggest.duplicates import Duplicates
from queries.suggest.known import facts, known
from queries.suggest.learn import SHARP, Example, examples, fit
from queries.suggest.rank import ROUND, Weights, candidates
from queries.suggest.time_split import measure

CUTS = ("--until", "2008", "--until", "2012", "--until", "2016")
TEXT = "Cells do this, and so could a machine."


def state(
    store: Store,
    mechanism: str,
    technique: str,
    year: int,
    *,
    functions: tuple[str, ...] = (),
    families: tuple[str, str] = ("", ""),
    relation: Any = "inspires",
    aliases: tuple[str, ...] = (),
) -> str:
    """One mapping of one paper of its own; its key."""
    parents = [store.add_concept(Concept(kind="family", name=name)) if name else None for name in families]
    served = tuple(store.add_concept(Concept(kind="function", name=name)) for name in functions)
    ends = [
        store.add_concept(Concept(kind="mechanism", name=mechanism, aliases=aliases, parent=parents[0])),
        store.add_concept(Concept(kind="technique", name=technique, parent=parents[1])),
    ]
    key = store.add_mapping(Mapping(mechanism=ends[0], relation=relation, technique=ends[1], functions=served))
    title = f"{mechanism} for {technique} in {year}"
    paper, _ = store.add_paper(Paper(key=title_key(title), title=title, published=str(year), abstract=TEXT))
    spans = (Span("abstract", 0, 20),)
    store.add_evidence(Evidence(mapping=key, paper=paper, passages=spans, text_sha256=sha256(TEXT), by="abstract"))
    return key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Heat shock and osmotic shock both protect; both became a penalty; only heat shock became a brake so far."""
    path = tmp_path / "graph.db"
    with Store.open(path) as store:
        stress = ("stress response", "regularization")
        state(store, "heat shock response", "adaptive penalty", 2001, functions=("protect",), families=stress)
        state(store, "heat shock response", "learning brake", 2003, functions=("protect",), families=stress)
        state(store, "osmotic shock", "adaptive penalty", 2002, functions=("protect",), families=stress)
        state(store, "ant trail", "pheromone routing", 2004, functions=("find path",), families=("foraging", "swarm"))
        state(store, "bee dance", "beacon routing", 2005, functions=("find path",), families=("foraging", "swarm"))
    return path


def suggest(path: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--store", str(path), "ask", "suggest", "--format", "json", *words])


def rows(path: Path, *words: str) -> list[dict[str, Any]]:
    result = suggest(path, *words)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_what_is_like_a_mechanism_leads_to_its_technique(path: Path) -> None:
    best = rows(path, "osmotic shock")[0]
    assert (best["mechanism"], best["technique"]) == ("osmotic shock", "learning brake")
    said = "\n".join(best["why"])
    assert "heat shock response became learning brake" in said and "both serve: protect" in said
    assert "words shock, function, family" in said, "words as they stand in the name, not their stems"


def test_the_reasons_add_up_to_the_score(path: Path) -> None:
    for row in [*rows(path), *rows(path, "osmotic shock")]:
        worth = [float(reason.split()[0]) for reason in row["why"]]
        assert sum(worth) == pytest.approx(row["score"], abs=0.005 * 5 + 0.0005), row
    said = "\n".join(rows(path, "osmotic shock")[0]["why"])
    assert "how often each was used: osmotic shock in 1 mapping and learning brake in 1 mapping" in said


def test_a_family_is_asked_by_its_name(path: Path) -> None:
    with Store.open(path) as store:
        family = store.add_concept(Concept(kind="family", name="DNA replication and repair"))
        served = store.add_concept(Concept(kind="function", name="protect"))
        waiting = Concept(kind="mechanism", name="sos response", parent=family, functions=(served,), status="curated")
        store.add_concept(waiting)
    result = suggest(path, "dna repair")
    found = json.loads(result.stdout)
    assert found and {row["mechanism"] for row in found} == {"sos response"}
    assert "those of the family DNA replication and repair were asked" in result.stderr


def test_a_technique_is_asked_for_mechanisms(path: Path) -> None:
    best = rows(path, "learning brake")[0]
    assert (best["mechanism"], best["technique"]) == ("osmotic shock", "learning brake")


def test_every_row_carries_the_evidence_of_the_mappings_behind_it(path: Path) -> None:
    with Store.open(path, write=False) as store:
        known_keys = {mapping.key for mapping in store.mappings()}
        pairs = {(store.concept(m.mechanism).name, store.concept(m.technique).name) for m in store.mappings()}
    found = rows(path)
    assert found
    for row in found:
        assert (row["mechanism"], row["technique"]) not in pairs
        assert row["why"] and row["inferred_from"] and set(row["inferred_from"]) <= known_keys
        assert [item["mapping"] for item in row["evidence"]] == row["inferred_from"]
        assert all(item["quotes"] for item in row["evidence"])


def test_words_for_what_is_to_be_done_find_mechanisms_and_say_so(path: Path) -> None:
    with Store.open(path) as store:
        state(store, "sleep replay", "memory buffer", 2006, functions=("protect old",))
        state(store, "synaptic tagging", "rehearsal buffer", 2007, functions=("protect old",))
    result = suggest(path, "my network forgets the first task")
    assert {row["mechanism"] for row in json.loads(result.stdout)} <= {"sleep replay", "synaptic tagging"}
    assert json.loads(result.stdout) and "no concept is called" in result.stderr


def test_what_nothing_is_called_and_no_function_speaks_of_is_an_empty_answer(path: Path) -> None:
    result = suggest(path, "xyzzy")
    assert json.loads(result.stdout) == [] and "xyzzy" in result.stderr


def test_a_mapping_that_a_curator_rejects_is_no_ground(path: Path) -> None:
    with Store.open(path) as store:
        for one in store.evidence():
            store.decide(one.mapping, one.paper, accept=False)
    assert rows(path) == []


@pytest.mark.parametrize(
    ("mechanism", "technique", "families", "aliases"),
    [
        ("osmotic shocks", "learning brakes", ("", ""), ()),  # the same words
        ("salt stress", "learning brake", ("", ""), ("osmotic shock",)),  # by an alias
        ("sudden osmotic shock", "learning brake", ("stress response", "regularization"), ()),  # of one family, and all its words
        ("learning brake", "osmotic shock", ("", ""), ()),  # the other way round
        ("osmotic shock", "learning brake", ("stress response", "regularization"), ()),  # the pair itself
    ],
)
def test_a_known_mapping_in_other_words_is_not_suggested(
    path: Path, mechanism: str, technique: str, families: tuple[str, str], aliases: tuple[str, ...]
) -> None:
    assert ("osmotic shock", "learning brake") in {(r["mechanism"], r["technique"]) for r in rows(path)}
    with Store.open(path) as store:
        state(store, mechanism, technique, 2008, families=families, aliases=aliases)
    found = rows(path, "osmotic shock")
    assert "learning brake" not in {row["technique"] for row in found if row["mechanism"] == "osmotic shock"}


def test_a_pair_that_papers_only_contrast_is_not_suggested(path: Path) -> None:
    with Store.open(path) as store:
        state(store, "osmotic shock", "learning brake", 2008, relation="contrasts")
    assert "learning brake" not in {row["technique"] for row in rows(path, "osmotic shock")}


def test_concepts_of_other_families_that_share_a_word_are_two_things(path: Path) -> None:
    with Store.open(path) as store:
        state(store, "culture shock", "gear change", 2008, families=("society", "mechanics"))
        graph = known(store.concepts(), facts(store))
    assert Duplicates(graph).same("mechanism:culture-shock") == {"mechanism:culture-shock"}
    assert "technique:adaptive-penalty" not in Duplicates(graph).known_partners("mechanism:culture-shock")


def test_a_pair_scores_the_same_from_both_ends(path: Path) -> None:
    with Store.open(path, write=False) as store:
        graph = known(store.concepts(), facts(store))
    for mechanism in graph.of_kind("mechanism"):
        for one in candidates(graph, mechanism):
            back = {other.key: other for other in candidates(graph, one.key)}[mechanism]
            assert back.score == pytest.approx(one.score)


def test_nothing_of_later_papers_is_known_at_the_cut(path: Path) -> None:
    with Store.open(path) as store:
        before = known(store.concepts(), facts(store, dated=True), until=2003)
        # Later papers: a new pair, a function for a known pair, an alias, a function of the concept itself.
        state(store, "osmotic shock", "learning brake", 2010, functions=("protect", "repair"), aliases=("brake",))
        state(store, "ant trail", "adaptive penalty", 2011)
        store.add_concept(Concept(kind="mechanism", name="heat shock response", functions=("function:repair",)))
        after = known(store.concepts(), facts(store, dated=True), until=2003)
    assert after == before
    assert "mechanism:ant-trail" not in after.kinds


def test_functions_of_a_mapping_that_is_stated_again_later_are_left_out(path: Path) -> None:
    with Store.open(path) as store:
        key = state(store, "ant trail", "pheromone routing", 2004, functions=("find path",))
        paper, _ = store.add_paper(Paper(key="arxiv:2001.00001", title="Again", published="2020", abstract=TEXT))
        spans = (Span("abstract", 0, 20),)
        store.add_evidence(Evidence(mapping=key, paper=paper, passages=spans, text_sha256=sha256(TEXT), by="abstract"))
        graph = known(store.concepts(), facts(store, dated=True), until=2005)
    assert graph.partners["mechanism:ant-trail"] and not graph.functions["mechanism:ant-trail"]


def test_a_later_pair_of_known_concepts_is_found_among_the_first(path: Path) -> None:
    with Store.open(path) as store:
        state(store, "osmotic shock", "learning brake", 2010)
        state(store, "osmotic shock", "learning brakes", 2011)  # only a variant: its technique is new
        concepts, stated = store.concepts(), facts(store, dated=True)
    measured = {(one.what, one.method): one for one in measure(concepts, stated, 2008)}
    ours = measured["technique or mechanism", "exapt"]
    assert ours.pairs == 1 and ours.hits == 1 and ours.reciprocal_rank > 0.4
    assert {method for _, method in measured} == {"exapt", "degree", "common neighbours", "random"}
    assert measured["technique or mechanism", "random"].auc == 0.5


def test_a_near_duplicate_is_no_test_pair(path: Path) -> None:
    with Store.open(path) as store:
        state(store, "sudden osmotic shock", "weight brake", 2003, families=("stress response", "regularization"))
        state(store, "sudden osmotic shock", "adaptive penalty", 2010)  # osmotic shock became it long ago
        concepts, stated = store.concepts(), facts(store, dated=True)
    assert {one.pairs for one in measure(concepts, stated, 2008) if one.what == "technique or mechanism"} == {0}


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from ingest import atlas as shipped

    path = tmp_path_factory.mktemp("atlas") / "atlas.db"
    with Store.open(path) as store, store.transaction():
        for concept in shipped.concepts():
            store.add_concept(concept)
        for entry in shipped.entries():
            store.add_paper(entry.paper)
            for mapping in entry.mappings:
                store.add_mapping(mapping)
            for evidence in entry.evidence:
                store.add_evidence(evidence)
    return path


def test_on_the_atlas_it_is_far_better_than_the_best_trivial_baseline(atlas: Path) -> None:
    result = CliRunner().invoke(cli, ["eval", "suggest", "--store", str(atlas), "--format", "json", *CUTS])
    assert result.exit_code == 0, result.output
    found = [row for row in json.loads(result.stdout) if row["asked"] == "technique or mechanism"]
    assert len({row["until"] for row in found}) >= 3
    ours = {row["until"]: row for row in found if row["method"] == "exapt"}
    assert all(row["pairs"] >= 15 and row["auc"] > 0.8 for row in ours.values())

    def mean(what: str, method: str) -> float:
        return sum(float(row[what]) for row in found if row["method"] == method) / len(ours)

    for what, times in (("hits_at_10", 1.8), ("mrr", 2)):
        best = max(mean(what, method) for method in ("degree", "common neighbours", "random"))
        assert mean(what, "exapt") >= times * best, what


def test_weights_are_learned_from_earlier_years_alone(path: Path) -> None:
    with Store.open(path) as store:
        before = examples(store.concepts(), facts(store, dated=True), until=2005)
        state(store, "osmotic shock", "learning brake", 2010, functions=("protect", "repair"), aliases=("brake",))
        concepts, stated = store.concepts(), facts(store, dated=True)
    after = examples(concepts, stated, until=2005)
    assert [(one.year, one.parts.tolist(), one.right) for one in after] == [
        (one.year, one.parts.tolist(), one.right) for one in before
    ]
    taught = examples(concepts, stated)
    assert [one.year for one in taught] == [2010, 2010], "one new pair of known concepts, from both ends"
    assert fit([]) == ROUND, "where nothing is taught"
    learned = fit(taught * 20)
    assert min(learned) >= 0 and learned != ROUND
    assert loss(learned, taught * 20) < loss(ROUND, taught * 20)


def loss(weights: Weights, taught: list[Example]) -> float:
    """How unlikely the pairs that came were, as a softmax has it."""
    total = 0.0
    for one in taught:
        scores = [SHARP * sum(w * p for w, p in zip(weights, row, strict=True)) for row in one.parts.tolist()]
        total += math.log(sum(map(math.exp, scores))) - scores[one.right]
    return total


def test_the_same_question_gives_the_same_answer(atlas: Path) -> None:
    assert suggest(atlas).stdout == suggest(atlas).stdout != "[]\n"


def test_eval_suggest_says_what_to_do_on_a_graph_that_cannot_be_measured(tmp_path: Path, path: Path) -> None:
    empty = tmp_path / "empty.db"
    with Store.open(empty):
        pass
    for store, words in ((empty, "exapt ingest atlas"), (path, "--until")):
        result = CliRunner().invoke(cli, ["eval", "suggest", "--store", str(store)])
        assert result.exit_code == 1 and words in result.stderr


def test_eval_of_a_file_still_works_as_before(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["eval", str(tmp_path / "missing.jsonl")])
    assert result.exit_code == 1 and "missing.jsonl" in result.stderr
    shown = CliRunner().invoke(cli, ["eval", "suggest", "--help"])
    assert "exapt eval suggest" in shown.stdout and "hits_at_10" in shown.stdout
