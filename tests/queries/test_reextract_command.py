"""``exapt reextract``: which papers are read again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from kg.model import Paper, sha256
from kg.store import Store

Run = Callable[..., Result]
TITLE = "Network pruning inspired by synaptic pruning in the brain, part {}"
ABSTRACT = "Inspired by synaptic pruning in the brain, we propose network pruning for convolutional neural networks."


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A paper of the atlas without its abstract, one that has gained it, and one of another source with no more than a title."""
    path = tmp_path / "graph.db"
    digest = sha256(ABSTRACT)
    with Store.open(path) as store:
        store.add_paper(Paper(key="arxiv:2001.00001", title=TITLE.format("one"), source="atlas", abstract_sha256=digest))
        store.add_paper(
            Paper(key="arxiv:2001.00002", title=TITLE.format("two"), source="atlas", abstract=ABSTRACT, abstract_sha256=digest)
        )
        store.add_paper(Paper(key="arxiv:2001.00003", title=TITLE.format("three"), source="bibtex"))
    return path


def readings(run: Run, store: Path, *arguments: str) -> tuple[int, set[str], str]:
    """How many papers were read, which state something then, and what was said."""
    result = run("--store", store, "reextract", "--format", "json", *arguments)
    assert result.exit_code == 0, result.stderr
    with Store.open(store, write=False) as opened:
        stating = {item.paper for item in opened.evidence()}
    return json.loads(result.stdout)["read"], stating, result.stderr


def test_a_title_of_the_atlas_alone_is_not_read_for_mappings(run: Run, store: Path) -> None:
    read, stating, said = readings(run, store)
    assert (read, "arxiv:2001.00001" in stating, "arxiv:2001.00002" in stating) == (2, False, True)
    assert "1 paper of the atlas was not read, as its abstract is not here" in said
    assert "was not read" in run("--store", store, "reextract").stderr


def test_notes_of_races_are_not_read(run: Run, store: Path) -> None:
    with Store.open(store) as opened:
        opened.add_paper(Paper(key="race:r0:digits", title=TITLE.format("four"), abstract=ABSTRACT, source="race"))
    read, stating, _ = readings(run, store)
    assert read == 2 and "race:r0:digits" not in stating


def test_a_paper_that_is_named_is_read_in_any_case(run: Run, store: Path) -> None:
    read, stating, said = readings(run, store, "--papers", "arxiv:2001.00001")
    assert (read, stating) == (1, {"arxiv:2001.00001"})
    assert "not read" not in said
