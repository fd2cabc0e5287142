"""The overlay of mechanisms and techniques by impact: what is counted, and a picture that is the same each time."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kg.model import Concept, Evidence, Mapping, Paper, Span, sha256, title_key
from kg.store import Store
from queries.cli import cli

TEXT = "Cells do this, and so could a machine."
HOSTILE = "$\\frac{a}{$ <b> \x1b[31m \N{PILE OF POO} \u05d0\u05d1 \u4e2d"


def state(store: Store, mechanism: str, technique: str, number: int, *, score: float = 1.0, function: str = "regulate") -> None:
    ends = [
        store.add_concept(Concept(kind="mechanism", name=mechanism)),
        store.add_concept(Concept(kind="technique", name=technique)),
    ]
    served = (f"function:{function.replace('_', '-')}",)
    key = store.add_mapping(Mapping(mechanism=ends[0], relation="inspires", technique=ends[1], functions=served))
    title = f"Paper {number}"
    paper, _ = store.add_paper(Paper(key=title_key(title), title=title, abstract=TEXT, published="2020"))
    spans = (Span("abstract", 0, 20),)
    store.add_evidence(Evidence(mapping=key, paper=paper, passages=spans, text_sha256=sha256(TEXT), by="abstract", score=score))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "graph.db"
    with Store.open(path) as store:
        store.add_concept(Concept(kind="function", name="regulate", domain="regulating"))
        store.add_concept(Concept(kind="function", name="see far", domain="sensing"))
        state(store, "homeostasis", "normalization", 1)
        state(store, "homeostasis", "normalization", 2)
        state(store, "homeostasis", "weight decay", 3)
        state(store, HOSTILE, "weight decay", 4)
        state(store, "doubtful thing", "weight decay", 5, score=0.2)
        state(store, "homeostasis", "camera", 6, function="see_far")
    return path


def plot(path: Path, *options: object) -> Result:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return CliRunner().invoke(cli, ["--store", str(path), "plot", "overlay", *map(str, options)])


def counts(path: Path, what: str, *options: object) -> dict[tuple[str, int], int]:
    result = plot(path, "--format", "json", *options)
    assert result.exit_code == 0, result.output
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    return {(row["side"], row["impact"]): row["at_least"] for row in rows if row["what"] == what}


def test_impact_is_the_papers_that_state_a_believed_mapping_of_that_function(path: Path) -> None:
    assert counts(path, "regulatory") == {
        ("biology", 1): 2, ("biology", 3): 1, ("machine learning", 2): 2
    }  # homeostasis 3 papers, the hostile name 1; both techniques 2; the doubtful paper counts nowhere  # fmt: skip
    assert counts(path, "all")["biology", 4] == 1, "all that is said of homeostasis"


def test_other_functions_and_a_lower_belief_count_more(path: Path) -> None:
    assert counts(path, "sensing", "--functions", "sensing") == {("biology", 1): 1, ("machine learning", 1): 1}
    assert counts(path, "see far", "--functions", "see_far") == counts(path, "sensing", "--functions", "sensing")
    assert counts(path, "regulatory", "--least-belief", 0)["machine learning", 3] == 1


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_same_graph_gives_the_same_picture(path: Path, tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    pictures = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for picture in pictures:
        result = plot(path, "-o", picture)
        assert result.exit_code == 0, result.output
        assert str(picture) in result.stderr
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    assert pictures[0].read_bytes().startswith({".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix])
    assert {file.name for file in tmp_path.iterdir()} == {"graph.db", f"a{suffix}", f"b{suffix}"}, "no half picture is left"


def test_the_picture_says_what_impact_is(path: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "overlay.svg"
    assert plot(path, "-o", picture).exit_code == 0
    said = picture.read_text(encoding="utf-8")  # matplotlib keeps each text as a comment beside its outlines
    for words in ("Impact of a mechanism: papers", "no measured effect", "reported impact", "biology", "machine learning"):
        assert words in said


def test_what_cannot_be_drawn_is_one_line(path: Path, tmp_path: Path) -> None:
    for options, words in ((("-o", tmp_path / "x.gif"), ".png"), (("--functions", "no such"), "no such")):
        result = plot(path, *options)
        assert result.exit_code == 1 and words in result.stderr and len(result.stderr.splitlines()) == 1
    missing = plot(path, "-o", tmp_path / "none" / "x.png")
    assert missing.exit_code == 1 and "cannot" in missing.stderr


def test_an_empty_graph_draws_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    with Store.open(path):
        pass
    result = plot(path, "-o", tmp_path / "x.png", "--format", "json")
    assert json.loads(result.stdout) == [] and "exapt ingest atlas" in result.stderr
    assert not (tmp_path / "x.png").exists()
