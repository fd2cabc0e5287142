from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from adaptive import campaign
from adaptive.tasks import FIRST_EVALUATION_SEED
from queries import race_options

Run = Callable[..., Result]


def test_a_race_is_run_kept_reported_and_shown(run: Run, graph: Path, tmp_path: Path) -> None:
    folder, page = tmp_path / "races", tmp_path / "report.html"
    numbers = ("--seeds", 2, "--trials", 1, "--tier", "quick", "--steps", 30, "--jobs", 1, "--folder", folder)
    arguments = ("--store", graph, "bench", "run", "heat_shock_regularization", "--task", "small_data_digits", *numbers)
    first = run(*arguments, "--format", "json")
    assert first.exit_code == 0, first.stderr
    arms = json.loads(first.stdout)
    assert arms[0]["arm"] == "heat_shock_regularization"
    assert {"sgd", "adamw", "off", "yoked"} <= {row["arm"] for row in arms}
    assert arms[0]["verdict"]
    (row,) = json.loads(run("--store", graph, "ask", "leaderboard", "--format", "json").stdout)
    assert row["mapping"], "the race bears on the prototype's mapping"
    assert (row["prototype"], row["task"], row["seeds"]) == ("heat_shock_regularization", "small_data_digits", 2)
    assert run(*arguments, "--format", "json").stdout == first.stdout, "the same race again is the same race"
    assert run("bench", "report", "--folder", folder, "-o", page).exit_code == 0
    assert page.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    for named in (row["race"][:5], "heat-shock-regularization", folder / row["race"], folder / row["race"] / "race.json"):
        page.unlink()
        assert run("bench", "report", named, "--folder", folder, "-o", page).exit_code == 0
        assert row["race"] in page.read_text(encoding="utf-8")
    (folder / "r000").mkdir()
    (folder / "r000" / "journal.jsonl").touch()
    kept = json.loads(run("bench", "races", "--folder", folder, "--format", "json").stdout)
    assert [(one["race"], one["verdict"]) for one in kept[:1]] == [("r000", "not at its end")]
    assert (kept[1]["race"], kept[1]["prototype"], kept[1]["task"]) == (row["race"], row["prototype"], row["task"])
    assert kept[1]["verdict"] == row["verdict"]
    missing = run("bench", "report", "nothing", "--folder", folder, "-o", page)
    assert missing.exit_code == 1 and row["race"] in missing.stderr and "bench races" in missing.stderr


def test_a_folder_without_races_says_how_to_make_one(run: Run, tmp_path: Path) -> None:
    result = run("bench", "races", "--folder", tmp_path)
    assert result.exit_code == 0 and "bench run" in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (("run", "heat_shock_regularisation", "--task", "digits"), "heat_shock_regularization"),
        (("run", "heat_shok", "--task", "digits"), "did you mean heat_shock_regularization?"),
        (("run", "heat_shock_regularization", "--task", "digit"), "digits"),
        (("report", "-o", "x.html", "--folder", "no_such_folder"), "bench run"),
    ],
)
def test_what_does_not_exist_is_one_line_that_says_what_does(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], near: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("bench", *arguments)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert near in result.stderr
    assert not list(tmp_path.iterdir())


def test_what_can_race_is_listed(run: Run) -> None:
    rows = json.loads(run("bench", "list", "--format", "json").stdout)
    assert {row["kind"] for row in rows} == {"prototype", "task", "baseline", "control"}
    assert all(row["what"] for row in rows)


def test_verdicts_that_ship_are_shown_told_drawn_and_kept(run: Run, graph: Path, tmp_path: Path) -> None:
    rows = json.loads(run("bench", "verdicts", "--format", "json").stdout)
    assert {row["role"] for row in rows} == {"own", "plain"}
    assert all(row["race"] and row["verdict"] for row in rows)
    name = rows[0]["prototype"]
    told = run(
        "--store", graph, "bench", "verdicts", name, "--tell", "--record", "--page", tmp_path / "page.html", "--format", "json"
    )
    assert told.exit_code == 0, told.stderr
    own, plain = json.loads(told.stdout)
    assert len(own["told"].split()) > 30
    assert "told" not in plain or not plain["told"]
    assert name in (tmp_path / "page.html").read_text(encoding="utf-8")
    board = json.loads(run("--store", graph, "ask", "leaderboard", "--format", "json").stdout)
    assert {row["prototype"] for row in board} == {name}
    unknown = run("bench", "verdicts", "no_such_prototype")
    assert unknown.exit_code == 1
    assert len(unknown.stderr.splitlines()) == 1


@pytest.mark.parametrize("width", [80, 130])
def test_a_table_of_verdicts_fits_the_terminal_and_other_formats_keep_every_column(
    run: Run, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    head, *lines = run("bench", "verdicts").stdout.splitlines()
    rows = json.loads(run("bench", "verdicts", "--format", "json").stdout)
    assert max(map(len, (head, *lines))) <= width
    assert len(lines) < (2.1 if width == 80 else 1.1) * len(rows), "no more than two lines a race, or one, but for the longest"
    said = " ".join(" ".join(lines).split())
    for row in rows:
        assert row["prototype"] in said and row["task"] in said and row["baseline"] in said
        assert row["gain"] and row["over off"] and row["fired"] and row["race"]
    assert not re.search(r"0\.0{7}", said), "what adding leaves of nothing is told as 0"
    csv = run("bench", "verdicts", "--format", "csv").stdout.splitlines()[0]
    assert csv == "prototype,task,verdict,gain,over off,fired,role,baseline,chance,likeness,distance,race"


def test_a_mechanism_that_fired_at_all_does_not_read_as_silent(run: Run, tmp_path: Path) -> None:
    known = [one for one in campaign.load() if one.prototype == "chemotaxis"]
    for fired, told in ((2e-5, "<1%"), (0.0, "0%"), (0.006, "1%"), (1.0, "100%")):
        campaign.save(
            [dataclasses.replace(one, verdict=dataclasses.replace(one.verdict, fired=fired)) for one in known],
            tmp_path / "f.jsonl",
        )
        rows = json.loads(run("bench", "verdicts", "--from", tmp_path / "f.jsonl", "--format", "json").stdout)
        assert {row["fired"] for row in rows} == {told}


def test_findings_of_other_code_say_so(run: Run, tmp_path: Path) -> None:
    known = [one for one in campaign.load() if one.prototype == "chemotaxis"]
    for code, told in (("another", "2 of these 2 were raced with other code than is here"), ("", "")):
        campaign.save([dataclasses.replace(one, code=code) for one in known], tmp_path / "f.jsonl")
        said = run("bench", "verdicts", "--from", tmp_path / "f.jsonl").stderr
        assert "better by chance at most" in said
        assert told in said
        assert bool(told) == ("other code" in said)


def test_other_seeds_are_other_lives_and_those_for_tuning_are_refused(run: Run, graph: Path, tmp_path: Path) -> None:
    assert race_options.FIRST_EVALUATION_SEED == FIRST_EVALUATION_SEED
    numbers = ("--seeds", 2, "--trials", 1, "--tier", "quick", "--steps", 10, "--jobs", 1, "--folder", tmp_path)
    arguments = (
        "--store",
        graph,
        "bench",
        "run",
        "heat_shock_regularization",
        "--task",
        "small_data_digits",
        "--baseline",
        "sgd",
    )
    first, second = (run(*arguments, *numbers, "--first-seed", seed) for seed in (100, 120))
    assert first.exit_code == second.exit_code == 0, first.stderr + second.stderr
    told = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(tmp_path.glob("*/race.json"))]
    assert sorted(race["seeds"] for race in told) == [[100, 101], [120, 121]]
    refused = run(*arguments, *numbers, "--first-seed", 3)
    assert refused.exit_code == 2 and "100" in refused.stderr
