"""Prototypes at the command line: parts listed, bound by hand, brought along; what a prototype is and where it comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from kg import plugins
from kg.store import Store

Run = Callable[..., Result]
PARTS = ("--sense", "loss_stagnation", "--respond", "refractory", "--act", "shrink_and_perturb")
OWN = '''
"""Nothing but noise of the loss: how far it is from what it was."""

from adaptive.knobs import Knob

EQUATION = "U = min(10, |loss_t - loss_{t-1}|)"
UNITS = "units of the loss"
RANGE = (0.0, 10.0)
REFERENCE = "the user"
KNOBS = {"scale": Knob(1.0, 0.1, 10.0)}
NEUTRAL = {}
SIGNAL, SCOPE, QUANTITY = "loss", "network", "stress"
START = {"before": 0.0}


def sense(loss, state, *, scale):
    """The way that the loss went, 0 to 10."""
    return min(10.0, scale * abs(loss - state["before"])), {"before": loss}
'''


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with a part of a user's own."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "loss_jump.py").write_text(OWN, encoding="utf-8")
    return folder


def test_parts_bound_by_hand_are_shown_or_written(run: Run, tmp_path: Path) -> None:
    shown = run("prototype", "compose", *PARTS)
    assert shown.exit_code == 0, shown.stderr
    compile(shown.stdout, "shown", "exec")
    file = tmp_path / "renewal.py"
    written = run("prototype", "compose", *PARTS, "-o", file)
    assert written.exit_code == 0, written.stderr
    assert file.read_text(encoding="utf-8") == shown.stdout
    assert "needs torch alone" in written.stderr
    again = run("prototype", "compose", *PARTS, "-o", file)
    assert (again.exit_code, len(again.stderr.splitlines())) == (1, 1)
    assert "--force" in again.stderr
    assert run("prototype", "compose", *PARTS, "-o", file, "--force", "--knob", "act.gain=0.25").exit_code == 0
    assert '"act_gain": (0.25, ' in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--sense", "loss_stagnation", "--respond", "refractory", "--act", "unit_reset"), "unit_reset acts on each unit"),
        (("--sense", "loss_stagnatio", "--respond", "refractory", "--act", "unit_reset"), "did you mean loss_stagnation"),
        ((*PARTS, "--knob", "act.gane=1"), "act.gane"),
        ((*PARTS, "--knob", "act.gain=much"), "NAME=NUMBER"),
    ],
)
def test_what_does_not_fit_is_one_line(run: Run, arguments: tuple[str, ...], complaint: str) -> None:
    refused = run("prototype", "compose", *arguments)
    assert refused.exit_code == 1
    assert len(refused.stderr.splitlines()) == 1
    assert complaint in refused.stderr


def test_parts_are_listed_by_role(run: Run) -> None:
    for role in ("sense", "respond", "act"):
        listed = json.loads(run("prototype", "parts", "--role", role, "--format", "json").stdout)
        assert [row["part"] for row in listed] == list(plugins.names(f"adaptive.parts.{role}"))
        assert all(row["role"] == role and row["takes"] and row["gives"] and row["equation"] for row in listed)
    assert run("prototype", "parts", "--role", "dance").exit_code == 2


def test_a_part_of_a_users_own_is_listed_and_bound(run: Run, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from adaptive import parts

    monkeypatch.setattr(parts, "_OWN", {})
    listed = json.loads(run("prototype", "parts", "--role", "sense", "--path", own, "--format", "json").stdout)
    assert "loss_jump" in {row["part"] for row in listed}
    bound = run("prototype", "compose", "--path", own, "--sense", "loss_jump", "--respond", "hill", "--act", "weight_decay")
    assert bound.exit_code == 0, bound.stderr
    assert "def sense(loss, state, *, scale)" in bound.stdout
    assert run("prototype", "parts", "--path", own / "nowhere").exit_code == 2


def shown(run: Run, *arguments: object) -> dict[str, list[str]]:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, list[str]] = {}
    for row in json.loads(result.stdout):
        found.setdefault(row["what"], []).append(row["value"])
    return found


def test_a_prototype_is_shown_with_its_analogy_and_the_quotes_of_its_mapping(run: Run, graph: Path) -> None:
    facts = shown(run, "--store", graph, "prototype", "show", "heat_shock_regularization")
    assert {"what it is", "equation", "pair", "closest prior art", "should help on", "because", "refuted if"} <= facts.keys()
    assert len(facts["equation"]) == 3 and len(facts["pair"]) >= 2
    assert "heat shock response proposes dynamic regularization" in facts["mapping"][0]
    assert "raise its penalty when the loss jumps" in facts["evidence"][0]


def test_a_prototype_whose_mapping_is_not_in_the_graph_shows_the_nearest_or_says_so(
    run: Run, graph: Path, tmp_path: Path
) -> None:
    near = shown(run, "--store", graph, "prototype", "show", "synaptic_pruning")
    assert "evidence" in near and "mapping" not in near and len(near["nearest mapping"]) == 1
    none = shown(run, "--store", graph, "prototype", "show", "mate_choice")["mapping"][0]
    assert "no paper that ships with exapt states it" in none
    Store.open(tmp_path / "bare.db").close()
    bare = shown(run, "--store", tmp_path / "bare.db", "prototype", "show", "mate_choice")["mapping"][0]
    assert "exapt ingest atlas" in bare
    assert "no graph here" in shown(run, "--store", tmp_path / "none.db", "prototype", "show", "mate_choice")["mapping"][0]


@pytest.mark.parametrize("name", plugins.names("adaptive.prototypes"))
def test_every_prototype_is_shown(run: Run, tmp_path: Path, name: str) -> None:
    facts = shown(run, "--store", tmp_path / "none.db", "prototype", "show", name)
    assert facts["equation"] and facts["pair"] and facts["refuted if"]


def test_check_holds_a_prototype_and_a_file_to_the_contract(run: Run, tmp_path: Path) -> None:
    shipped = run("prototype", "check", "heat_shock_regularization", "--format", "json")
    assert shipped.exit_code == 0, shipped.stderr
    assert all(row["holds"] in ("yes", "does not apply") for row in json.loads(shipped.stdout))
    composed = tmp_path / "renewal.py"
    assert run("prototype", "compose", *PARTS, "-o", composed).exit_code == 0
    checked = run("prototype", "check", composed, "--format", "json")
    assert checked.exit_code == 0, checked.stdout
    lines = composed.read_text(encoding="utf-8")
    spoiled = tmp_path / "spoiled.py"
    only_one = "\n_right = build\n\n\ndef build(params, **knobs):\n    return _right(list(params)[:1], **knobs)\n"
    spoiled.write_text(lines + only_one, encoding="utf-8")
    failed = run("prototype", "check", spoiled, "--format", "json")
    assert failed.exit_code == 1
    assert any(row["holds"] == "NO" and row["seen"] for row in json.loads(failed.stdout))
    assert "do not" in failed.stderr


def test_check_says_what_a_file_lacks(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.py"
    empty.write_text("x = 1\n", encoding="utf-8")
    told = run("prototype", "check", empty)
    assert told.exit_code == 1
    assert "KNOBS" in told.stderr and len(told.stderr.splitlines()) == 1
