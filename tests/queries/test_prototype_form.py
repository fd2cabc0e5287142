"""A prototype as a regularizer at the command line: written, checked, refused where its action can be no penalty."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
HOME = ("--sense", "loss_spike", "--respond", "titration", "--act", "pull_to_init", "--form", "regularizer")


def test_a_regularizer_is_shown_or_written_and_keeps_the_contract(run: Run, tmp_path: Path) -> None:
    shown = run("prototype", "compose", *HOME)
    assert shown.exit_code == 0, shown.stderr
    file = tmp_path / "home.py"
    written = run("prototype", "compose", *HOME, "-o", file, "--knob", "act.gain=0.5")
    assert written.exit_code == 0, written.stderr
    assert "as a penalty by pull_to_init; needs torch alone" in written.stderr
    assert '"act_gain": (0.5, 0.0, 1000.0)' in file.read_text(encoding="utf-8")
    checked = run("prototype", "check", file, "--format", "json")
    assert checked.exit_code == 0, checked.stdout
    held = {row["point"]: row for row in json.loads(checked.stdout)}
    assert held["21"]["holds"] == "yes" and "gradcheck" in held["21"]["seen"]
    assert "15 of 15 points hold" in checked.stderr


@pytest.mark.parametrize(
    ("act", "complaint"),
    [("learning_rate", "changes the rate of a step"), ("soft_threshold", "changes the weight of a step")],
)
def test_an_action_that_is_no_penalty_is_refused_in_one_line_with_those_that_are(
    run: Run, tmp_path: Path, act: str, complaint: str
) -> None:
    arguments = ("--sense", "loss_spike", "--respond", "titration", "--act", act, "--form", "regularizer")
    refused = run("prototype", "compose", *arguments, "-o", tmp_path / "none.py")
    assert refused.exit_code == 1 and len(refused.stderr.splitlines()) == 1
    assert complaint in refused.stderr and "pull_to_init or weight_decay" in refused.stderr
    assert not (tmp_path / "none.py").exists()


def test_an_unknown_form_is_a_mistake_of_usage(run: Run) -> None:
    assert run("prototype", "compose", *HOME[:-1], "poem").exit_code == 2


def test_a_mapping_is_made_into_a_regularizer_that_stands_alone(run: Run, graph: Path, tmp_path: Path) -> None:
    file = tmp_path / "heat_penalty.py"
    pair = "heat shock response -> dynamic regularization"
    made = run("--store", graph, "prototype", "make", pair, "--form", "regularizer", "-o", file)
    assert made.exit_code == 0, made.stderr
    assert "Cells and nets" in file.read_text(encoding="utf-8"), "the file says where it comes from"
    shown = subprocess.run([sys.executable, "-I", str(file)], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert "step  300" in shown.stdout and "penalty" in shown.stdout and not shown.stderr
