"""A small graph with everything a question can meet: quotes, references, a mismatch, a contrast, proposals, layers, a race."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kg.model import Concept, Evidence, Mapping, Pair, Paper, Profile, Span, sha256
from kg.store import Store
from queries.cli import cli

Run = Callable[..., Result]
ESSAY = (
    "Cells and nets, a note.\n"
    "A cell under heat makes more chaperones, so a net could raise its penalty when the loss jumps.\n"
    "• Genes ↔ Model architecture: written once.\n"
    "• Epigenetics ↔ Hyperparameters: how the text is used.\n"
    "• Chaperones ↔ Optimization techniques: help on the way.\n"
    "A protein receives no gradient, unlike a weight."
)
HEAT = ("heat shock response", "proposes", "dynamic regularization")


@pytest.fixture
def run() -> Run:
    """The command line, called in this process."""

    def call(*arguments: object, **options: Any) -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments], **options)

    return call


@pytest.fixture
def rows(run: Run, graph: Path) -> Callable[..., list[dict[str, Any]]]:
    """The rows that a question gives on the small graph."""

    def ask(*arguments: object) -> list[dict[str, Any]]:
        result = run("--store", graph, "ask", *arguments, "--format", "json")
        assert result.exit_code == 0, result.output
        found = json.loads(result.stdout)
        assert isinstance(found, list)
        return found

    return ask


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "graph.db"
    with Store.open(path) as store:
        fill(store)
    return path


def fill(store: Store) -> None:
    functions = {
        "respond_to_stress": "detect stress and turn protection on, then off",
        "protect_old": "learn the new without losing the old",
    }
    for name, definition in functions.items():
        store.add_concept(Concept(kind="function", name=name, definition=definition, status="curated"))
    essay = Paper(
        key="title:00000000000000aa", title="Cells and nets", abstract=ESSAY, kind="essay", published="2024", source="essay"
    )
    known = Paper(
        key="arxiv:1234.00001", title="Sleep and replay", published="2019", abstract_sha256=sha256("unseen"), source="atlas"
    )
    changed = Paper(key="arxiv:1234.00002", title="Of other words", abstract="Other words than were read.", published="2020")
    keys = {name: store.add_paper(paper)[0] for name, paper in (("essay", essay), ("known", known), ("changed", changed))}
    profile = Profile(sense="loss_spike", respond="titration", act="weight_decay")
    state(store, *HEAT, keys["essay"], passage=_line(1), functions=("respond_to_stress",), profile=profile)
    for number, ends in enumerate(
        (("gene", "model architecture"), ("epigenetics", "hyperparameter"), ("chaperone", "optimization technique")), 2
    ):
        state(store, ends[0], "analogous", ends[1], keys["essay"], passage=_line(number))
    state(store, "protein folding", "contrasts", "gradient descent", keys["essay"], passage=_line(5))
    reference = (Span("abstract", 10, 60),)
    state(
        store, "hippocampal replay", "inspires", "experience replay", keys["known"],
        passages=reference, digest=sha256("unseen"), by="atlas", functions=("protect_old",),
        pairs=(Pair(mechanism_role="memory trace", technique_role="stored sample"),),
    )  # fmt: skip
    state(store, "synaptic pruning", "inspires", "weight pruning", keys["changed"], passages=reference, digest=sha256("then"))
    store.add_concept(Concept(kind="mechanism", name="hibernation", functions=("function:respond-to-stress",), status="curated"))


def state(
    store: Store,
    mechanism: str,
    relation: Any,
    technique: str,
    paper: str,
    *,
    passage: Span | None = None,
    passages: tuple[Span, ...] = (),
    digest: str = "",
    by: str = "essay",
    functions: tuple[str, ...] = (),
    pairs: tuple[Pair, ...] = (),
    profile: Profile | None = None,
) -> str:
    """State one mapping with one piece of evidence; its key."""
    served = tuple(f"function:{name.replace('_', '-')}" for name in functions)
    ends = [
        store.add_concept(Concept(kind="mechanism", name=mechanism, functions=served, status="curated", profile=profile)),
        store.add_concept(Concept(kind="technique", name=technique, functions=served, status="curated")),
    ]
    mapping = Mapping(mechanism=ends[0], relation=relation, technique=ends[1], functions=served, pairs=pairs)
    key = store.add_mapping(mapping)
    spans = (passage,) if passage else passages
    store.add_evidence(
        Evidence(mapping=key, paper=paper, passages=spans, text_sha256=digest or sha256(ESSAY), by=by, version="1", score=0.9)
    )
    return key


def _line(number: int) -> Span:
    """The words of one line of the essay, its bullet left out."""
    lines = ESSAY.split("\n")
    start = sum(len(line) + 1 for line in lines[:number])
    skip = len(lines[number]) - len(lines[number].lstrip("• "))
    return Span("abstract", start + skip, start + len(lines[number]))
