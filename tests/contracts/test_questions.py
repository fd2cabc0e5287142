"""What every question must do, run on every file in ``queries/ask``."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from kg import plugins
from kg.store import Store
from queries.cli import cli
from queries.show import FORMATS

QUESTIONS = plugins.names("queries.ask")
EXAMPLES = {
    "analogies": ["how do cells survive heat stress"],
    "explain": ["heat shock response -> dynamic regularization"],
    "transfer": ["respond to stress"],
    "compare": ["heat shock response", "dynamic regularization"],
    "path": ["heat shock response", "dynamic regularization"],
    "related": ["Heat"],
}
"""What to ask a question that cannot be asked without words."""
NAMING = ("explain", "transfer", "compare", "path", "related")
"""Questions about something that must be there."""


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    from kg.model import Concept, Evidence, Mapping, Paper, Span, sha256

    path, text = tmp_path / "graph.db", "Cells make chaperones under heat. Nets could raise a penalty."
    with Store.open(path) as store:
        served = (store.add_concept(Concept(kind="function", name="respond_to_stress", status="curated")),)
        paper, _ = store.add_paper(Paper(key="arxiv:1234.00001", title="Heat", abstract=text, published="2024"))
        ends = [
            store.add_concept(Concept(kind="mechanism", name="heat shock response", status="curated", functions=served)),
            store.add_concept(Concept(kind="technique", name="dynamic regularization", status="curated")),
        ]
        for relation in ("proposes", "contrasts"):
            mapping = store.add_mapping(Mapping(mechanism=ends[0], relation=relation, technique=ends[1]))  # type: ignore[arg-type]
            span = (Span("abstract", 0, 33),)
            store.add_evidence(Evidence(mapping=mapping, paper=paper, passages=span, text_sha256=sha256(text), by="essay"))
    return path


def ask(store: Path, question: str, *options: str) -> Result:
    return CliRunner().invoke(cli, ["--store", str(store), "ask", question, *options, "--", *EXAMPLES.get(question, [])])


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_form_can_be_parsed(graph: Path, question: str, form: str) -> None:
    result = ask(graph, question, "--format", form)
    assert result.exit_code == 0, result.stderr
    text = result.stdout
    if form == "json":
        assert all(isinstance(row, dict) for row in json.loads(text))
    elif form == "ndjson":
        assert all(isinstance(json.loads(line), dict) for line in text.splitlines())
    elif form == "csv":
        header, *rows = csv.reader(io.StringIO(text))
        assert header and all(len(row) == len(header) for row in rows)
    elif form == "md":
        lines = text.strip().splitlines()
        assert len({line.replace("\\|", "").count("|") for line in lines}) == 1


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_mapping_shown_carries_its_evidence(graph: Path, question: str) -> None:
    rows: list[dict[str, Any]] = json.loads(ask(graph, question, "--format", "json").stdout)
    for row in rows:
        if row.get("mapping"):
            assert row["evidence"], row
            assert all(item["text"] for item in row["evidence"])


@pytest.mark.parametrize("question", NAMING)
def test_what_is_not_there_is_named_in_one_line(tmp_path: Path, question: str) -> None:
    path = tmp_path / "empty.db"
    with Store.open(path):
        pass
    result = ask(path, question)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("exapt: no ")


@pytest.mark.parametrize("question", [name for name in QUESTIONS if name not in NAMING])
def test_an_empty_graph_is_an_empty_answer(tmp_path: Path, question: str) -> None:
    path = tmp_path / "empty.db"
    with Store.open(path):
        pass
    result = ask(path, question, "--format", "json")
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)
    assert not any(row.get("mapping") for row in rows)
    assert result.stderr.strip(), "an empty answer says what to do"


@pytest.mark.parametrize("question", QUESTIONS)
def test_help_shows_an_example_that_names_the_question(question: str) -> None:
    result = CliRunner().invoke(cli, ["ask", question, "--help"])
    assert "Example:" in result.stdout
    assert f"exapt ask {question}" in result.stdout


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_made_of_help_parameters_and_a_function(question: str) -> None:
    module = plugins.load("queries.ask", question)
    assert module.__doc__ and len(module.__doc__.splitlines()[0]) < 125
    assert all(isinstance(parameter, click.Parameter) for parameter in module.PARAMS)
    assert callable(module.ask)
