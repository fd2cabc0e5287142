from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from kg.store import Store

Run = Callable[..., Result]
BRIEF = ("--task", "small_data_digits", "--seeds", 6, "--trials", 1, "--steps", 15, "--jobs", 2)


def test_a_search_tries_the_graph_s_mapping_keeps_evidence_and_goes_on(run: Run, graph: Path, tmp_path: Path) -> None:
    arguments = ("--store", graph, "discover", "--function", "respond_to_stress", *BRIEF, "--folder", tmp_path / "found")
    first = run(*arguments, "--budget", 60, "--most", 1, "--format", "json")
    assert first.exit_code == 0, first.stderr
    tried = json.loads(first.stdout)
    assert len(tried) == 1
    assert tried[0]["from"] == "a mapping"
    assert "heat shock" in tried[0]["why"]
    assert tried[0]["candidate"].startswith("loss_spike > titration > weight_decay on ")
    assert tried[0]["contract"] == "kept"
    assert tried[0]["first seeds"]
    assert "expected by chance" in first.stderr
    assert "next: " in first.stderr
    with Store.open(graph) as store:
        verdicts = [result for result in store.results() if result.arm == "verdict"]
    assert [(one.mapping, one.race) for one in verdicts[:1]] == [(tried[0]["mapping"], tried[0]["races"][0])]
    again = run(*arguments, "--budget", 0, "--format", "json")
    assert json.loads(again.stdout) == tried, "no budget: what was found is shown"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--function", "respond_to_stres", "--budget", 1), "respond_to_stress"),
        (("--function", "respond_to_stress", "--task", "digit", "--budget", 1), "digits"),
    ],
)
def test_what_does_not_exist_is_one_line_that_says_what_does(
    run: Run, graph: Path, arguments: tuple[object, ...], said: str
) -> None:
    result = run("--store", graph, "discover", *arguments)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert said in result.stderr
