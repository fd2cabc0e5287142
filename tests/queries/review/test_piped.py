"""``exapt review`` as a script drives it: keys and words are piped in, and text of others comes out escaped."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from kg.model import Concept, Evidence, Mapping, Paper, Span, sha256
from kg.store import Store
from tests.queries.review.findings import decided, exported, key_of

Run = Callable[..., Result]


def test_piped_keys_drive_a_review(run: Run, papers: Callable[..., Path]) -> None:
    path = papers(1, 2, 3)
    result = run("--store", path, "review", input="a\nr\ns\n")
    assert result.exit_code == 0, result.output
    assert "1 accepted, 1 rejected, 1 skipped; 0 of 3 left" in result.stderr
    assert run("--store", path, "review", input="aq").exit_code == 0
    assert len(decided(path)) == 3
    assert "nothing to decide" in run("--store", path, "review").stderr


def test_the_mapping_nearest_to_doubt_comes_first(run: Run, papers: Callable[..., Path]) -> None:
    path = papers(1, 2, 3, 4, 5)
    shown = run("--store", path, "review", input="sssss").stdout
    assert re.findall(r"belief ([\d.]+)", shown) == ["0.40", "0.36", "0.48", "0.56", "0.72"]
    sure = run("--store", path, "review", "--least", "0.5", "--limit", "1", input="s").stdout
    assert re.findall(r"(\d+ of \d+), \w+, belief ([\d.]+)", sure) == [("1 of 1", "0.56")]
    assert key_of(2) in run("--store", path, "review", "--paper", key_of(2), "--relation", "inspires", input="q").stdout
    assert "nothing to decide" in run("--store", path, "review", "--relation", "contrasts").stderr
    assert run("--store", path, "review", "--paper", "arxiv:9").exit_code == 1


def test_undo_goes_back_in_a_sitting_and_across_sittings(run: Run, papers: Callable[..., Path]) -> None:
    path = papers(1, 2)
    before = exported(path)
    result = run("--store", path, "review", input="auruuq")
    assert result.stdout.count("taken back:") == 2 and "there is nothing to take back" in result.stdout
    assert "nothing decided; 2 of 2 left" in result.stderr
    assert exported(path) == before
    run("--store", path, "review", input="ar")
    assert "taken back: rejected octopus arm -> optimizer" in run("--store", path, "review", "--undo").stderr
    assert decided(path) == {key_of(1): "accept"}
    assert "accepted cell stress -> decay" in run("--store", path, "review", "--undo").stderr
    assert "no decision" in run("--store", path, "review", "--undo").stderr
    assert exported(path) == before


def test_words_are_fixed_by_name_or_number_and_checked(run: Run, papers: Callable[..., Path]) -> None:
    path = papers(1)
    wrong = run("--store", path, "review", input="f\nno such words\n\nq")
    assert "does not hold the words 'no such words'" in " ".join(wrong.stdout.split())
    assert decided(path) == {} and wrong.exit_code == 0
    right = run("--store", path, "review", input="f\n3\n\n")
    assert "fixed: chaperones -> decay" in right.stdout, right.stdout
    with Store.open(path, write=False) as store:
        (word,) = (one for one in store.evidence() if one.by == "curator" and one.stance == "for")
        assert (store.quote(word).mechanism, store.quote(word).technique) == ("chaperones", "weight decay")
        assert store.open_findings() == []
    half = run("--store", papers(2), "review", input="f\nOctopus")
    assert half.exit_code == 0 and len(decided(path)) == 1, "half an answer decides nothing"


def test_concepts_are_renamed_and_merged_on_the_way(run: Run, papers: Callable[..., Path]) -> None:
    path = papers(1, 2)
    before = exported(path)
    keys = "n\nt\nweight regularisation\nm\nm\noctopus arm\nm\nm\nno such concept\nn\nx\na\nq\n"
    result = run("--store", path, "review", input=keys)
    assert "renamed: weight regularisation" in result.stdout
    assert "shown as octopus arm" in result.stdout
    assert "no mechanism is called 'no such concept'" in result.stdout
    assert "1 accepted, 1 renamed, 1 merged" in result.stderr
    with Store.open(path, write=False) as store:
        (mapping,) = store.mappings(technique="technique:weight-regularisation")
        assert mapping.mechanism == "mechanism:octopus-arm"
        assert store.belief_of(mapping.key).value == 0.8
    for _ in range(3):
        run("--store", path, "review", "--undo")
    assert exported(path) == before


def test_text_of_others_is_escaped_in_what_is_piped_too(run: Run, papers: Callable[..., Path]) -> None:
    path = papers(5)
    result = run("--store", path, "review", input="f\n\n\nuaq")
    assert "fixed:" in result.stdout and "taken back: fixed" in result.stdout
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", result.stdout + result.stderr)
    undone = run("--store", path, "review", "--undo")
    assert "\x1b" not in undone.stderr and "\\x1b" in undone.stderr


def test_an_end_that_is_named_where_no_text_is_can_be_kept(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    with Store.open(path) as store:
        key, _ = store.add_paper(Paper(key=key_of(9), title="Ants find the way", abstract_sha256=sha256("unseen")))
        mechanism = store.add_concept(Concept(kind="mechanism", name="ants"))
        technique = store.add_concept(Concept(kind="technique", name="tsp"))
        mapping = store.add_mapping(Mapping(mechanism=mechanism, relation="inspires", technique=technique))
        store.add_evidence(
            Evidence(
                mapping=mapping, paper=key, passages=(Span("title", 0, 17),), text_sha256=sha256("Ants find the way"), by="atlas",
                mechanism_span=Span("title", 0, 4), technique_span=Span("abstract", 2, 5), score=0.5,
            )
        )  # fmt: skip
    result = run("--store", path, "review", input="f\n1-2\n\nq")
    assert "the technique is named in the abstract, whose text is not here" in result.stdout
    assert "fixed: Ants find -> tsp" in result.stdout
