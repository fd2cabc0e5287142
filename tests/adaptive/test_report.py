"""The page stands alone, says the verdict in words, and lets nothing in that could run."""

from __future__ import annotations

import dataclasses
import math
import re
import statistics
from html.parser import HTMLParser
from pathlib import Path

import numpy

from adaptive import aggregate, drawing, report, standings, stats
from adaptive import race as races_of
from adaptive.race import CANDIDATE, Race
from adaptive.remains import remains

VOID = {"meta", "br", "line", "rect", "circle", "polygon", "polyline"}


class Balanced(HTMLParser):
    """Raises where tags do not nest; keeps names and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(text: str) -> Balanced:
    parser = Balanced()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser


def test_the_page_is_well_formed_and_loads_nothing(race: Race) -> None:
    text = report.html(race)
    page = parsed(text)
    tags = {tag for tag, _ in page.seen}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "a"})
    assert not any(
        name.startswith("on") or name in ("src", "href", "xlink:href") for _, attributes in page.seen for name in attributes
    )
    assert "http" not in text and "url(" not in text and "@import" not in text


def test_text_from_outside_is_escaped(race: Race) -> None:
    assert "Follower <script>" not in report.html(race)
    assert "Follower &lt;script&gt;alert(1)&lt;/script&gt;" in report.html(race)
    bad = '"><script>x</script>'
    runs = tuple(dataclasses.replace(run, value=math.nan, note=bad) if run.arm == CANDIDATE else run for run in race.runs)
    verdicts = tuple(dataclasses.replace(verdict, reason=bad) for verdict in race.verdicts)
    courses = tuple(dataclasses.replace(course, title=bad, metric=bad, description=bad) for course in race.courses)
    nasty = dataclasses.replace(race, prototype=bad, mechanism=bad, technique=bad, runs=runs, verdicts=verdicts, courses=courses)
    assert "<script" not in report.html(nasty)
    parsed(report.html(nasty))


def test_the_verdict_comes_first_and_in_words(race: Race) -> None:
    text = report.html(race)
    for verdict in race.verdicts:
        assert verdict.word in text
        assert text.index(verdict.word) < text.index("<table")


def test_every_arm_task_and_knob_is_shown(race: Race) -> None:
    words = " ".join(parsed(report.html(race)).text)
    for shown in (*race.arms()[1:], race.prototype, race.key, "gain 0.5", "weight_decay", "95 % interval", "torch"):
        assert shown in words
    for course in race.courses:
        assert course.title in words and course.metric in words


def test_there_are_four_pictures_a_task_and_one_of_all_together(race: Race) -> None:
    titles = re.findall(r'role="img" aria-label="([^"]+)"', report.html(race))
    single = ["Paired differences", "Learning curves", "sensed of the candidate", "response of the candidate"]
    assert titles == [*(single * len(race.courses)), "Performance profiles"]


def test_all_tasks_together_come_after_the_table_of_each(race: Race) -> None:
    text = report.html(race)
    assert all(text.index(course.title) < text.index("All tasks together") for course in race.courses)


def test_a_profile_counts_every_task_the_same_and_a_failed_run_as_nothing(race: Race) -> None:
    whole = {one.arm: one for one in aggregate.overall(race)}
    assert set(whole) == set(race.arms())
    for one in whole.values():
        assert list(one.profile) == sorted(one.profile, reverse=True)
        assert one.tasks == len(race.courses)
    chances = [c.chance for c in race.comparisons if c.arm == "sgd"]
    assert whole["sgd"].chance == sum(chances) / len(chances)
    failed = tuple(
        dataclasses.replace(run, value=math.nan) if (run.arm, run.task) == ("sgd", "slow_regression") else run
        for run in race.runs
    )
    half = {one.arm: one for one in aggregate.overall(dataclasses.replace(race, runs=failed))}
    assert half["sgd"].profile[0] <= 0.5


def test_an_arm_that_ran_on_some_tasks_only_is_left_out_of_the_whole(race: Race) -> None:
    runs = tuple(run for run in race.runs if (run.arm, run.task) != ("adamw", "slow_regression"))
    courses = tuple(
        dataclasses.replace(course, baselines=("sgd",) if course.name == "slow_regression" else ("sgd", "adamw"))
        for course in race.courses
    )
    some = dataclasses.replace(race, runs=runs, courses=courses)
    assert "adamw" not in {one.arm for one in aggregate.overall(some)}
    assert "adamw" not in {row.arm for row in standings.standings(some, "slow_regression")}
    parsed(report.html(some))


def test_what_tuning_gained_is_told_for_every_arm(race: Race) -> None:
    words = " ".join(parsed(report.html(race)).text)
    assert "gain by tuning" in words
    for course in race.courses:
        sign = 1.0 if course.direction == "higher" else -1.0
        for arm in (CANDIDATE, "sgd", "adamw", "off"):
            tuning = race.tuning(course.name, arm)
            assert tuning is not None
            best = next(trial for trial in tuning.trials if trial.knobs == tuning.knobs)
            gain = sign * (best.value - tuning.trials[0].value)
            assert gain >= 0 and standings.short(gain, sign=True) in words


def test_what_became_of_the_network_is_told_for_every_arm(race: Race) -> None:
    for course in race.courses:
        for row in remains(race, course.name):
            runs = [dict(run.extra) for run in race.evaluations(course.name, row.arm)]
            assert row.norm == statistics.median(one["weight norm"] for one in runs)
            assert row.rank == statistics.median(one["effective rank"] for one in runs)
            assert 1.0 <= row.rank and 0.0 <= row.dead <= 1.0
        assert [row.arm for row in remains(race, course.name)] == list(race.arms(course.name))
    tables = re.findall(r"What became of the network</h3>.*?</table>", report.html(race))
    assert len(tables) == len(race.courses)
    assert all("–" not in table for table in tables)
    assert f"<td>{standings.short(remains(race, race.courses[0].name)[0].rank)}</td>" in tables[0]


def test_a_race_saved_before_the_rank_was_measured_shows_a_dash(race: Race, tmp_path: Path) -> None:
    runs = tuple(
        dataclasses.replace(run, extra=tuple(pair for pair in run.extra if pair[0] != "effective rank")) for run in race.runs
    )
    races_of.save(dataclasses.replace(race, runs=runs), tmp_path / "race.json")
    old = races_of.load(tmp_path)
    (table, *_) = re.findall(r"What became of the network</h3>.*?</table>", report.html(old))
    assert table.count("<td>–</td>") == len(race.arms(race.courses[0].name))
    assert math.isnan(remains(old, race.courses[0].name)[0].rank) and math.isfinite(remains(old, race.courses[0].name)[0].norm)


def test_a_race_in_which_all_failed_still_has_a_page(race: Race) -> None:
    runs = tuple(dataclasses.replace(run, value=math.nan, note="burnt", curve=(), response=(), sensed=()) for run in race.runs)
    comparisons = tuple(
        dataclasses.replace(c, seeds=0, difference=math.nan, low=math.nan, high=math.nan) for c in race.comparisons
    )
    text = report.html(dataclasses.replace(race, runs=runs, comparisons=comparisons))
    parsed(text)
    assert "8 of 8: burnt" in text


def test_an_arm_that_failed_on_every_seed_has_no_numbers_on_the_page(race: Race) -> None:
    runs = tuple(dataclasses.replace(run, value=math.nan, note="burnt") if run.arm == "sgd" else run for run in race.runs)
    comparisons = tuple(
        stats.compare([math.nan], [math.nan], task=c.task, arm=c.arm, direction="higher", generator=numpy.random.default_rng(0))
        if c.arm == "sgd"
        else c
        for c in race.comparisons
    )
    words = " ".join(parsed(report.html(dataclasses.replace(race, runs=runs, comparisons=comparisons))).text)
    assert "8 of 8: burnt" in words
    assert not re.search(r"\bnan\b", words)


def test_the_page_is_the_same_every_time(race: Race, tmp_path: Path) -> None:
    path = report.write(race, tmp_path / "deep" / "page.html")
    assert path.read_text(encoding="utf-8") == report.html(race)


def test_ticks_are_round_numbers() -> None:
    assert drawing.ticks(0.0, 1.0) == [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
    assert drawing.ticks(-0.3, 0.31, about=4) == [-0.2, 0.0, 0.2]
    assert drawing.ticks(2.0, 2.0) == [2.0]


def test_nothing_to_draw_draws_nothing() -> None:
    assert drawing.chart([], title="t", across="a", up="u") == ""
    assert drawing.strips([], title="t", across="a", floor=1.0) == ""


def test_numbers_are_short_and_the_ends_of_an_interval_agree() -> None:
    assert [standings.short(v) for v in (0.96781, 0.0, 1234567.0, -0.0042, math.nan, 123.456)] == [
        "0.9678",
        "0",
        "1.23e+06",
        "-0.0042",
        "–",
        "123.5",
    ]
    assert standings.between(-0.0008048, 0.0042, sign=True) == "-0.0008 to +0.0042"
    assert standings.between(math.nan, 1.0) == "–"


def test_controls_that_were_not_run_are_named_and_not_given_a_row_of_dashes(race: Race) -> None:
    without = dataclasses.replace(race, runs=tuple(run for run in race.runs if run.arm != "shuffled"))
    text = report.html(without)
    assert "Not run, as the candidate gained nothing over being off: shuffled." in text
    assert "Not run" not in report.html(race)
