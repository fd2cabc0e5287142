"""``exapt ask related``: a paper is known by whatever a person has at hand of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from kg.model import Paper, sha256
from kg.store import Store
from tests.queries.conftest import state

Run = Callable[..., Result]


@pytest.mark.parametrize(
    "name",
    [
        "arxiv:1234.00001", "1234.00001", "1234.00001v3", "https://arxiv.org/abs/1234.00001", "arxiv.org/pdf/1234.00001v2.pdf",
        "https://huggingface.co/papers/1234.00001", "https://arxiv.org/abs/1234.00001?context=cs.LG", "Sleep and replay",
    ],
)  # fmt: skip
def test_a_paper_goes_by_its_id_its_address_or_its_title(run: Run, graph: Path, name: str) -> None:
    with Store.open(graph) as store:
        other, _ = store.add_paper(Paper(key="arxiv:1234.00009", title="More of replay", abstract_sha256=sha256("x")))
        span = store.evidence(paper="arxiv:1234.00001")[0].passages
        state(store, "hippocampal replay", "inspires", "experience replay", other, passages=span, digest=sha256("x"))
    result = run("--store", graph, "ask", "related", *name.split(), "--format", "csv")
    assert result.exit_code == 0, result.stderr
    assert other in result.stdout


@pytest.mark.parametrize("name", ["10.1000/Sleep", "https://doi.org/10.1000/sleep", "doi:10.1000/sleep"])
def test_a_doi_may_be_bare_or_an_address(run: Run, graph: Path, name: str) -> None:
    with Store.open(graph) as store:
        store.add_paper(Paper(key="doi:10.1000/sleep", title="A study of sleep"))
    assert "'A study of sleep' states no mapping here" in run("--store", graph, "ask", "related", name).stderr


@pytest.mark.parametrize("name", ["https://example.org/abs/1234.00001", "9999.99999", "1234.1"])
def test_what_is_no_paper_here_is_not_found(run: Run, graph: Path, name: str) -> None:
    result = run("--store", graph, "ask", "related", name)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "no paper is called" in result.stderr
