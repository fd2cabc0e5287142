"""The search: what it proposes, when it believes, and that a stop costs it nothing."""

from __future__ import annotations

import collections
import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import numpy
import pytest

from adaptive import bench, discovery, stats
from adaptive.circuits import Circuit
from adaptive.discovery import Discovery, Gate, Outcome, gate
from adaptive.proposals import PLACEBO, Bound, Proposal, Proposer, bound_in
from adaptive.race import Comparison, Race, Verdict
from kg.model import Concept, Mapping, Profile, Result
from kg.store import Store

TASK = "small_data_digits"
BOUND = (
    Bound(
        parts=("loss_spike", "titration", "weight_decay"), mechanism="heat shock", mapping="m1", mapping_words="heat shock -> it"
    ),
    Bound(parts=("loss_trend", "hill", "learning_rate"), mechanism="appetite"),
)


def proposer(*, seed: int = 0, offers: Sequence[str] = ("lookahead", "labels")) -> Proposer:
    return Proposer(BOUND, offers=offers, seed=seed)


def sequence(source: Proposer, count: int, gains: dict[str, float] | None = None) -> list[Proposal]:
    tried: list[tuple[Proposal, float]] = []
    for _ in range(count):
        chosen = source.next(tried)
        assert chosen is not None
        tried.append((chosen, sum((gains or {}).get(part, 0.0) for part in (chosen.circuit.act, chosen.circuit.base))))
    return [proposal for proposal, _ in tried]


def test_mappings_come_first_then_bindings_and_every_eighth_is_a_placebo() -> None:
    found = sequence(proposer(), 2 * PLACEBO)
    assert (found[0].origin, found[0].mapping) == ("mapping", "m1")
    assert [n for n, one in enumerate(found, start=1) if one.origin == "placebo"] == [PLACEBO, 2 * PLACEBO]
    assert all(one.origin == "binding" for one in found if not one.mapping and one.origin != "placebo")
    circuits = [one.circuit for one in found if one.origin != "placebo"]
    assert len(set(circuits)) == len(circuits), "nothing is tried twice"
    assert all(one.why for one in found)


def test_the_same_seed_chooses_the_same_and_another_does_not() -> None:
    assert sequence(proposer(), 10) == sequence(proposer(), 10)
    assert sequence(proposer(), 10) != sequence(proposer(seed=1), 10)


def test_it_learns_which_parts_help() -> None:
    gains = {"momentum": 4.0, "gradient_noise": -4.0, "adamw": 2.0}
    later = [one for one in sequence(proposer(), 60, gains)[30:] if one.origin != "placebo"]
    acts = collections.Counter(one.circuit.act for one in later)
    assert acts["momentum"] > len(later) / 3
    assert acts["gradient_noise"] <= 2
    assert sum(one.circuit.base == "adamw" for one in later) > 0.8 * len(later)
    tried = [(one, gains.get(one.circuit.act, 0.0)) for one in sequence(proposer(), 60, gains)]
    assert proposer().effects(tried)[0][1] == "momentum"
    (best, expected, why), *_ = proposer().ranked(tried)
    assert best.act == "momentum"
    assert expected > 0
    assert "momentum adds" in why


def test_a_task_that_tells_no_labels_gets_no_sense_of_them() -> None:
    blind = proposer(offers=("lookahead",))
    assert not {"label_effect", "error_rate", "generalisation_gap"} & {one.sense for one in blind.circuits}
    assert {"label_effect", "error_rate"} <= {one.sense for one in proposer().circuits}


def test_what_the_graph_binds_and_nobody_raced_is_proposed(tmp_path: Path) -> None:
    function = Concept(kind="function", name="respond to stress")
    profile = Profile(sense="loss-spike", respond="hill", act="learning-rate")
    with Store.open(tmp_path / "graph.db") as store:
        store.add_concept(function)
        for name in ("heat shock", "cold shock", "sleep"):
            store.add_concept(
                Concept(kind="mechanism", name=name, functions=(function.key,) * (name != "sleep"), profile=profile)
            )
        store.add_concept(Concept(kind="technique", name="regularization"))
        keys = {
            name: store.add_mapping(
                Mapping(mechanism=f"mechanism:{name}", relation="inspires", technique="technique:regularization")
            )
            for name in ("heat-shock", "cold-shock", "sleep")
        }
        store.add_mapping(Mapping(mechanism="mechanism:heat-shock", relation="contrasts", technique="technique:regularization"))
        store.add_result(
            Result(
                race="r1", prototype="p", task="t", arm="verdict", seed=0, metric="verdict", value=0.0, mapping=keys["cold-shock"]
            )
        )
        bound = bound_in(store, function.key)
    assert [one.mapping for one in bound if one.mapping] == [keys["heat-shock"]]
    assert {one.mechanism for one in bound} == {"heat shock", "cold shock"}
    assert {one.parts for one in bound} == {("loss_spike", "hill", "learning_rate")}


def comparison(arm: str, difference: float, width: float = 0.01) -> Comparison:
    low, high = difference - width, difference + width
    p = 0.001 if low > 0 or high < 0 else 0.5
    return Comparison(
        task="t", arm=arm, seeds=20, difference=difference, low=low, high=high, iqm=difference, iqm_low=low, iqm_high=high, p=p,
        p_holm=p, chance=0.9, chance_low=0.8, chance_high=1.0,
    )  # fmt: skip


def race(**differences: float) -> Race:
    verdict = Verdict(task="t", word="better", reason="", baseline="adamw", floor=0.001)
    return Race(
        key="r1", prototype="p", title="", mechanism="", technique="", description="", tier="quick", seeds=tuple(range(20)),
        tuning_seeds=(0, 1), trials=8, baselines=("adamw",), controls=(), courses=(), tunings=(), runs=(),
        comparisons=tuple(comparison(arm, value) for arm, value in differences.items()), verdicts=(verdict,), sources=(),
        versions=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("differences", "passed", "why"),
    [
        ({"adamw": 0.05, "off": 0.05, "bare": 0.05, "yoked": 0.05}, True, ""),
        ({"adamw": 0.05, "off": 0.05, "bare": 0.001, "yoked": 0.05}, False, "bare: the interval includes 0"),
        ({"adamw": 0.05, "off": 0.05, "bare": 0.05, "yoked": -0.05}, False, "yoked: that does better"),
        ({"adamw": -0.05, "off": 0.05, "bare": 0.05, "yoked": 0.05}, False, "adamw: that does better"),
        ({"adamw": 0.05, "off": 0.05, "bare": 0.05}, False, "yoked: it was not run"),
    ],
)
def test_a_gate_wants_every_arm_beaten(differences: dict[str, float], passed: bool, why: str) -> None:
    found = gate(race(**differences), "t", shams=("off", "bare", "yoked"))
    assert (found.passed, found.why) == (passed, why)
    assert found.errors == pytest.approx(found.gain / (0.02 / 3.92))


def test_a_replay_that_is_the_candidate_itself_says_nothing() -> None:
    told = race(adamw=0.05, off=0.05)
    same = dataclasses.replace(comparison("yoked", 0.0, 0.0), chance=0.5, chance_low=0.5, chance_high=0.5)
    told = dataclasses.replace(told, comparisons=(*told.comparisons, same))
    assert gate(told, "t", shams=("off", "yoked")).passed
    off = dataclasses.replace(same, arm="off")
    assert not gate(dataclasses.replace(told, comparisons=(told.comparisons[0], off)), "t", shams=("off",)).passed


def test_who_failed_on_a_seed_does_not_pass_whatever_the_others_say() -> None:
    generator = numpy.random.default_rng(0)
    base = generator.normal(0.9, 0.01, 20)
    mine = base + 0.02 + generator.normal(0, 0.002, 20)
    mine[:3] = math.nan
    plain = [
        stats.compare(mine, base - less, task="t", arm=arm, direction="higher", generator=generator)
        for arm, less in (("adamw", 0.0), ("off", 0.001), *((name, 0.002) for name in discovery.SHAMS[1:]))
    ]
    comparisons = stats.adjusted(plain)
    verdict = stats.judge(
        "t", comparisons={c.arm: c for c in comparisons}, baseline="adamw", controls=discovery.SHAMS, floor=0.001, failures=3,
        seeds=20, fired=0.5, spent=1.0,
    )  # fmt: skip
    told = dataclasses.replace(race(), comparisons=comparisons, verdicts=(verdict,))
    assert verdict.word == "not run to the end"
    found = gate(told, "t", shams=discovery.SHAMS)
    assert (found.passed, found.why) == (False, "the candidate failed on 3 of 20 seeds")


def test_a_mechanism_that_never_fired_passes_only_as_a_placebo() -> None:
    told = race(adamw=0.05, off=0.05)
    for fired, passed in ((0.0, False), (1e-5, True), (math.nan, True)):
        one = dataclasses.replace(told, verdicts=(dataclasses.replace(told.verdicts[0], fired=fired),))
        assert gate(one, "t", shams=("off",)).passed == passed
        assert gate(one, "t", shams=("off",), placebo=True).passed, "how far luck gets is what a placebo is for"
    silent = dataclasses.replace(told, verdicts=(dataclasses.replace(told.verdicts[0], fired=0.0),))
    assert gate(silent, "t", shams=("off",)).why == "the mechanism never fired"


def test_whoever_loses_to_any_baseline_does_not_pass() -> None:
    told = dataclasses.replace(race(adamw=0.05, sgd=-0.05, off=0.05), baselines=("adamw", "sgd"))
    found = gate(told, "t", shams=("off",))
    assert (found.passed, found.why) == (False, "sgd: that does better")
    even = dataclasses.replace(told, comparisons=tuple(comparison(c.arm, abs(c.difference)) for c in told.comparisons))
    assert gate(even, "t", shams=("off",)).passed


def test_a_replay_is_the_candidate_itself_only_where_it_is_on_every_seed() -> None:
    told = race(adamw=0.05, off=0.05)
    same = dataclasses.replace(comparison("yoked", 0.0, 0.0), chance=0.5, chance_low=0.5, chance_high=0.5, seeds=19)
    told = dataclasses.replace(told, comparisons=(*told.comparisons, same))
    assert gate(told, "t", shams=("off", "yoked")).why == "yoked: the interval includes 0"


def test_whoever_makes_more_passes_than_its_rival_does_not_pass() -> None:
    told = race(adamw=0.05, off=0.05)
    told = dataclasses.replace(told, verdicts=(dataclasses.replace(told.verdicts[0], spent=2.0),))
    found = gate(told, "t", shams=("off",))
    assert (found.passed, found.why) == (False, "it spent 2.0 times the passes of adamw")


def test_where_no_baseline_reached_the_end_nothing_passes() -> None:
    found = gate(race(off=0.05), "t", shams=("off",))
    assert not found.passed
    assert math.isnan(found.errors)


def test_how_many_would_survive_by_chance_counts_those_raced_and_no_placebo() -> None:
    none = Gate(passed=False, why="x", baseline="a", gain=0, low=-1, high=1, over_off=0, off_low=0, off_high=0, race="r")
    circuit = Circuit("loss_spike", "hill", "learning_rate")
    made = [
        Outcome(number=1, proposal=Proposal(circuit=circuit, origin="binding", why=""), first=none),
        Outcome(number=2, proposal=Proposal(circuit=circuit, origin="binding", why=""), contract="point 3"),
        Outcome(number=3, proposal=Proposal(circuit=circuit, origin="placebo", why=""), first=none),
    ]
    assert discovery.expected(made) == pytest.approx(0.025**2)


def search(folder: Path, kept: list[tuple[str, str]] | None = None) -> Discovery:
    def keep(race: Race, mapping: str) -> None:
        if kept is not None:
            kept.append((race.prototype, mapping))

    return Discovery(
        function="function:respond-to-stress", task="small_data_digits", bound=BOUND, folder=folder, n_jobs=2, steps=15, seeds=6,
        trials=1, tell=lambda text: None, keep=keep,
    )  # fmt: skip


def test_a_search_that_was_stopped_goes_on_as_if_it_had_not(tmp_path: Path) -> None:
    kept: list[tuple[str, str]] = []
    whole = search(tmp_path / "whole", kept)
    whole.run(60, most=2)
    assert kept[0] == ("loss_spike__titration__weight_decay__" + whole.outcomes[0].proposal.circuit.base, "m1")
    stopped = search(tmp_path / "stopped")
    stopped.run(60, most=1)
    with (stopped.home / "tried.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"number": 2, "prop')  # killed while it wrote
    again = search(tmp_path / "stopped")
    again.run(60, most=2)
    assert [o.proposal for o in again.outcomes] == [o.proposal for o in whole.outcomes]
    assert [o.first for o in again.outcomes] == [o.first for o in whole.outcomes]
    assert len(search(tmp_path / "stopped").outcomes) == 2


def test_what_the_graph_bound_is_remembered_and_half_a_file_is_none(tmp_path: Path) -> None:
    whole = search(tmp_path)
    path = whole.home / "bound.json"
    text = path.read_text(encoding="utf-8")
    assert sorted(one.name for one in whole.home.iterdir()) == ["bound.json"]
    for broken in (text[: len(text) // 2], "", "null", "{}", '[{"no": "bound"}]', "[1]"):
        path.write_text(broken, encoding="utf-8")
        assert search(tmp_path).bound == list(BOUND)
        assert path.read_text(encoding="utf-8") == text
    less = Discovery(
        function="function:respond-to-stress", task="small_data_digits", bound=(), folder=tmp_path, steps=15, seeds=6, trials=1
    )
    assert less.bound == list(BOUND), "what was raced meanwhile was part of it"


@pytest.mark.parametrize("seeds", [6, 150])
def test_the_second_set_of_seeds_has_none_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeds: int) -> None:
    asked: list[range] = []

    def raced(*_: object, first_seed: int, **__: object) -> Race:
        asked.append(range(first_seed, first_seed + seeds))
        won = race(adamw=0.05, off=0.05, bare=0.05, yoked=0.05)
        return dataclasses.replace(
            won,
            seeds=tuple(asked[-1]),
            verdicts=(dataclasses.replace(won.verdicts[0], task=TASK),),
            comparisons=tuple(dataclasses.replace(c, task=TASK) for c in won.comparisons),
        )

    monkeypatch.setattr(bench, "run", raced)
    search(tmp_path).run(60, most=1)
    first, second = asked
    assert not set(first) & set(second)
    assert second.start >= discovery.SECOND_SEEDS


def test_no_budget_tries_nothing_and_a_small_one_stops_in_time(tmp_path: Path) -> None:
    made = search(tmp_path)
    made.run(0.0)
    assert made.outcomes == []


def test_the_task_of_a_function_is_where_its_prototypes_say_they_help() -> None:
    assert discovery.task_for("function:protect-old") == "class_incremental_digits"
    assert discovery.task_for("no_prototype_does_this") == discovery.USUAL
