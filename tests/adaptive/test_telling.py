"""The words follow from the numbers: races whose numbers are known, judged by the real statistics, and what is said of them."""

from __future__ import annotations

import dataclasses
import math
import re
import types

import numpy
import pytest

from adaptive import stats, telling, telling_shams, telling_words
from adaptive.campaign import Finding, module_of
from adaptive.likeness import Likeness
from adaptive.race import CANDIDATE
from kg.errors import Refused
from tests.adaptive.told_races import CASES, HELPS, KNOBS, REQUIRED, SEEDS, STANDINGS, finding, plainly, told


@pytest.mark.parametrize("case", CASES)
def test_the_standing_is_what_the_judge_said_unless_the_method_is_a_known_one(case: str) -> None:
    assert telling.standing([plainly(), CASES[case]]) == STANDINGS[case]


@pytest.mark.parametrize("case", CASES)
def test_a_paragraph_is_neither_short_nor_long_and_one_line(case: str) -> None:
    text = told(case)
    assert 60 <= len(text.split()) <= 140, text
    assert "\n" not in text and "  " not in text and text.endswith(".") and ".." not in text and "nan" not in text.split()


@pytest.mark.parametrize("case", CASES)
def test_no_difference_is_claimed_where_none_is_shown(case: str) -> None:
    one, text = CASES[case], told(case)
    gained = re.search(r"it gains .{5,99}? over the best tuned baseline", text)
    assert bool(gained) == (telling_words.shown(one, one.verdict.baseline) == "gain" and case != "failed")
    assert ("is ahead of it" in text) == (telling_words.shown(one, one.verdict.baseline) == "loss")
    if telling_words.shown(one, "off") != "gain":
        assert "Over itself switched off" not in text
    if STANDINGS[case] != "better":
        assert "better" not in text.lower().replace(module_of("adaptive_eta").REFUTED_BY, "")
        assert not telling.headline([one]).startswith("Better")
    if case == "failed":
        assert "it gains" not in text and "ahead" not in text


@pytest.mark.parametrize("case", CASES)
def test_every_interval_that_is_told_is_one_of_the_numbers(case: str) -> None:
    other = plainly()
    for low, high in re.findall(r"\((?:95 % interval )?(\S+) to (\S+?)\)", told(case, other)):
        ends = (float(low), float(high))
        places = max(len(end.partition(".")[2]) for end in (low, high))
        known = [
            tuple(sorted((sign * factor * c.low, sign * factor * c.high)))
            for one in (CASES[case], other) for c in one.comparisons
            for factor in (1, 100) for sign in (1, -1)
        ]  # fmt: skip
        assert any(ends == (round(a, places), round(b, places)) for a, b in known)


def test_a_gain_that_needs_its_own_timing_is_told_so() -> None:
    assert "over the best tuned baseline, AdamW" in told("helps")
    assert "that it answers to its own run matters" in told("helps")
    assert telling.headline([CASES["helps"]]).startswith("Better than AdamW on digits (labels swapped): +")


def test_a_gain_that_a_sham_has_too_is_not_the_mechanisms_timing() -> None:
    text = told("sham")
    assert "its timing does not matter, only how much there is of it" in text
    assert "answers to its own run" not in text
    assert "none shown over a replay of another run's response" in telling.headline([CASES["sham"]])
    bare = finding(HELPS | {"bare": 0.0})
    assert telling.headline([bare]).endswith("none shown over itself switched off at the same settings")
    mixed = told("order")
    assert telling.headline([CASES["order"]]).endswith("none shown over its response shuffled in time")
    assert "Its response shuffled in time does as well as far as can be told, but not a replay" in mixed
    assert "its order in time" not in mixed, "a replay in order does worse"
    steady = finding(HELPS | {"yoked": 0.0, "shuffled": 0.0})
    assert "its order in time does not matter, only how much and how often; it gains over its average" in telling.paragraph(
        [steady]
    )


def test_a_sham_that_could_be_either_is_left_open() -> None:
    assert telling_words.shown(CASES["open"], "yoked") != "loss"
    text = told("open")
    assert "stays open" in text and "as well as far as can be told" not in text


def test_where_being_on_adds_nothing_tuning_gets_the_credit() -> None:
    assert "nothing shows that its mechanism has a part in that gain" in told("tuning")
    assert "makes no difference that could be shown" in told("nothing")


def test_a_loss_says_whether_the_mechanism_is_to_blame() -> None:
    assert "The mechanism costs" in told("harm")
    assert "helps its base step, but not as much as the baseline does" in told("lesser")
    assert telling.headline([CASES["lesser"]]).endswith("though it gains over itself switched off")
    assert "costs" not in told("worse") and "what is lost is lost by its base step" in told("worse")
    assert "base step" not in told("harm")


def test_a_mechanism_that_never_fired_showed_nothing() -> None:
    text = told("silent")
    assert "never fired, so this says nothing about the idea" in text
    assert "switched off and tuned" not in text and "replay" not in text
    assert telling.headline([CASES["silent"]]).endswith("the mechanism never fired")
    same = dataclasses.replace(CASES["silent"], likeness=Likeness(method="off", distance=0.0))
    assert telling.standing([same]) == "no difference shown", "it was not seen at work: that makes it no metaphor"


def test_a_known_method_by_another_name_is_named() -> None:
    assert "a metaphor only, L2 Init by another name" in told("metaphor")
    assert telling.headline([CASES["metaphor"]]) == "Metaphor only: L2 Init by another name"
    assert "the nearest" in told("nothing") or "nearest to its path" in told("nothing")


def test_a_failed_candidate_is_told_from_an_unhelpful_one() -> None:
    assert "failed on 3 of 20 seeds" in told("failed") and "nothing is claimed" in told("failed")
    assert telling.headline([CASES["failed"]]).startswith("Not run to the end")


@pytest.mark.parametrize(
    ("gain", "words"),
    [(0.01, "to 0.01, 2% of its usual strength"), (0.055, "at the weak end of its range"), (-0.4, "the opposite of its model")],
)
def test_what_tuning_left_of_the_mechanism_is_told(gain: float, words: str) -> None:
    knobs = (*KNOBS[:3], ("act_gain", gain))
    text = telling.paragraph([dataclasses.replace(CASES["nothing"], knobs=knobs), plainly()])
    assert words in text
    assert "Tuning" not in told("nothing")


def test_harm_on_the_plain_task_is_told_only_where_shown() -> None:
    assert "no harm was shown" in told("nothing")
    assert "the mechanism does harm" in told("nothing", plainly(off=-0.03))
    assert "the mechanism gains 2" in told("nothing", plainly(off=0.03))
    silent = dataclasses.replace(plainly(), verdict=dataclasses.replace(plainly().verdict, fired=0.0))
    assert "it never fired" in told("nothing", silent)


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        (0.0, "That could not be ruled out: no difference from"),
        (-0.05, "That was seen:"),
        (0.05, "Of that, what was raced was not seen: it gains"),
    ],
)
def test_what_would_refute_it_is_held_against_the_arms_that_are_that(gain: float, words: str) -> None:
    one = finding({"adamw": 0.1, "off": 0.1, "multiplicative_hypergradient": gain})
    text = telling.paragraph([one])
    assert "hypergradient descent, which costs no second pass, is as good" in text
    assert words in text and "multiplicative hypergradient SGD" in text


def test_what_the_race_did_not_run_is_not_held_against_it() -> None:
    assert "refute" not in told("nothing"), "no hypergradient descent ran"


def test_errors_are_told_in_their_own_units() -> None:
    text = told("error")
    assert "in online mean squared error" in text and "points" not in text.partition("On digits,")[0]
    assert "on slowly-changing regression" in telling.headline([CASES["error"]])


def test_luck_is_counted_for_own_tasks_that_were_run_to_the_end() -> None:
    found = [CASES["helps"], CASES["nothing"], CASES["worse"], CASES["failed"], plainly()]
    assert telling.expected_by_chance(found) == pytest.approx(3 * 0.025)


def test_numbers_that_belong_together_agree_and_keep_their_sign() -> None:
    assert telling_words.decimals((1.234, -0.004, 12.0)) == ("+1.234", "-0.004", "+12.000")
    assert telling_words.decimals((0.5, 0.25, math.nan), plus=False) == ("0.50", "0.25", "–")
    assert telling_words.decimals((0.0, 0.0)) == ("0", "0")
    assert telling_words.decimals((-0.00131, -0.00272, 2.2e-17)) == ("-0.0013", "-0.0027", "0.0000")


def test_findings_without_an_own_task_are_refused() -> None:
    with pytest.raises(Refused, match="own task"):
        telling.paragraph([plainly()])


def test_a_mechanism_that_responds_alike_all_the_time_is_not_held_to_its_own_replay() -> None:
    gains = {"adamw": 0.05, "off": 0.05, "bare": 0.05}
    known = finding(gains)
    mine = dict(known.values)[CANDIDATE]
    generator = numpy.random.default_rng(0)
    replays = [
        stats.compare(mine, mine, task=known.task, arm=arm, direction="higher", generator=generator)
        for arm in telling_shams.SHAMS
    ]
    assert all(stats.identical(one) for one in replays) and not any(stats.identical(one) for one in known.comparisons)
    every = stats.adjusted([*known.comparisons, *replays])
    verdict = stats.judge(
        known.task, comparisons={c.arm: c for c in every}, baseline="adamw", controls=REQUIRED, floor=0.001,
        failures=0, seeds=len(SEEDS), fired=1.0,
    )  # fmt: skip
    assert verdict.word == "better" and "yoked and shuffled and constant are the candidate itself" in verdict.reason
    same = dataclasses.replace(known, comparisons=tuple(every), verdict=verdict)
    assert telling_shams.as_good(same) == []
    assert "It responds all the time and alike" in telling.paragraph([same], module=module_of(same.prototype))


def test_a_candidate_that_is_its_own_base_step_is_never_better_for_being_the_same() -> None:
    known = finding({"adamw": 0.05, "off": 0.05, "bare": 0.05})
    mine = dict(known.values)[CANDIDATE]
    off = stats.compare(mine, mine, task=known.task, arm="off", direction="higher", generator=numpy.random.default_rng(0))
    comparisons = {c.arm: c for c in known.comparisons} | {"off": off}
    verdict = stats.judge(
        known.task, comparisons=comparisons, baseline="adamw", controls=("off", "bare"), floor=0.001, failures=0, seeds=len(SEEDS)
    )
    assert verdict.word == "no difference shown" and "'off'" in verdict.reason


def test_where_the_same_settings_without_the_mechanism_stand_against_a_gain_that_is_said() -> None:
    gains = {"adamw": 0.05, "off": 0.05, "bare": 0.03, "yoked": 0.0, "shuffled": 0.0, "constant": 0.0}

    def stands_against(one: Finding) -> bool:
        shown = [telling_words.shown(one, arm) for arm in ("adamw", "off", "bare")]
        return shown == ["gain", "gain", ""] and not telling_shams.lucky(one)

    known = next(one for number in range(50) if stands_against(one := finding(gains, noise=0.04, number=number)))
    assert "which tells luck of tuning" in telling.paragraph([known], module=module_of(known.prototype))
    sure = finding(gains)
    assert telling_words.shown(sure, "bare") == "gain"
    assert "which tells luck of tuning" not in telling.paragraph([sure], module=module_of(sure.prototype))


@pytest.mark.parametrize(
    ("prototype", "placed"), [("misfold_triage", "units"), ("multi_level_feedback", "weights"), ("adaptive_eta", "")]
)
def test_a_replay_of_means_cannot_tell_when_from_where(prototype: str, placed: str) -> None:
    module = module_of(prototype)
    text = telling.paragraph([finding(HELPS, prototype=prototype)], module=module)
    assert ("that it answers to its own run matters" in text) == (not placed)
    assert (f"its timing and its choice of {placed} cannot be told apart" in text) == bool(placed)
    open_ = telling.paragraph([dataclasses.replace(CASES["open"], prototype=prototype)], module=module)
    assert (f"Whether its timing {f'or its choice of {placed} ' if placed else ''}matters stays open") in open_


@pytest.mark.parametrize("gain", [0.05, 0.0, -0.05])
def test_what_was_spent_beyond_an_equal_budget_is_told_and_what_was_not_is_not(gain: float) -> None:
    gains = HELPS | {"adamw": gain, "sgd": gain}
    dear, fair = (telling.paragraph([finding(gains, spent=spent)]) for spent in (8.0, 1.05))
    assert "8.0 times its passes" in dear and "passes" not in fair
    assert dear.count("8.0 times its passes") == 1


def test_a_gain_that_more_passes_may_have_bought_is_no_win() -> None:
    one = finding(HELPS, spent=1.67)
    assert telling.standing([one]) == "no difference shown" and "spent 1.67 times the passes of adamw" in one.verdict.reason
    assert telling.headline([one]).endswith("a gain over AdamW, but with 1.67 times its passes")
    assert "with 1.67 times its passes, so that this is no win" in telling.paragraph([one])
    assert telling.standing([finding(HELPS)]) == "better"


@pytest.mark.parametrize(
    ("off", "raced"),
    [(-0.05, "itself switched off is ahead"), (0.0, "no difference from itself switched off was found"), (0.05, "it gains over")],
)
def test_a_rival_at_the_same_budget_was_not_seen_where_budgets_differed(off: float, raced: str) -> None:
    gains = {"adamw": -0.05, "off": off}
    module = types.ModuleType("terse")
    module.REFUTED_BY = "backpropagation at its tuned rate is as good at the same forward-equivalents"  # type: ignore[attr-defined]
    dear, unknown, fair = (telling.paragraph([finding(gains, spent=spent)], module=module) for spent in (8.0, math.nan, 1.0))
    assert f"Budgets were not the same, since it made 8.0 times the passes of AdamW: as raced, {raced}" in dear
    assert f"What was spent is not on file: as raced, {raced}" in unknown
    for text in (dear, unknown):
        assert "That was" not in text and "That could" not in text and "Of that" not in text
    assert ("Of that" if off > 0 else "That ") in fair and ": as raced," not in fair


def test_alternatives_that_no_arm_stood_for_are_not_said_to_have_been_seen_or_not() -> None:
    text = telling._refuted(
        finding(HELPS | {"redo": 0.05, "shrink_perturb": 0.05}, prototype="misfold_triage"), module_of("misfold_triage")
    )
    assert text.endswith("Of that, what was raced was not seen: it gains over ReDo and shrink and perturb.")
    assert "or no unit ever falls silent" in text, "which no arm of a race can tell"


SHUFFLED = {"adamw": 0.05, "off": 0.05, "bare": 0.05, "shuffled": 0.05, "constant": 0.05}


def test_a_replay_that_was_not_run_is_told_so_and_none_is_made_up() -> None:
    one = finding(SHUFFLED)
    assert "control 'yoked': it was not run" in one.verdict.reason
    assert telling.headline([one]).endswith("a gain over AdamW, but a replay of another run's response was not run")
    text = telling.paragraph([one])
    assert "It gains over its response shuffled in time and its average response held throughout;" in text
    assert "a replay of another run's response was not run, so whether it must answer to its own run stays open" in text
    two = finding({arm: gain for arm, gain in SHUFFLED.items() if arm != "constant"})
    assert telling.headline([two]).endswith("its average response held throughout were not run")


def test_a_replay_that_never_reached_the_end_is_told_so() -> None:
    one = finding(SHUFFLED)
    empty = stats.compare(
        [math.nan], [math.nan], task=one.task, arm="yoked", direction="higher", generator=numpy.random.default_rng(0)
    )
    text = telling.paragraph([dataclasses.replace(one, comparisons=(*one.comparisons, empty))])
    assert "a replay of another run's response never reached the end" in text


def test_a_baseline_that_failed_once_and_is_ahead_on_the_other_seeds_takes_the_win() -> None:
    one = finding(HELPS | {"adamw": -0.03}, lost={"adamw": 1})
    assert one.verdict.baseline == "sgd" and one.verdict.word == telling.standing([one]) == "no difference shown"
    headline = "a gain over SGD with momentum, but AdamW, which failed on 1 of 20 seeds, is ahead on the others"
    assert telling.headline([one]).endswith(headline)
    text = telling.paragraph([one, plainly()])
    assert "; but AdamW, which failed on 1 of 20 seeds, is ahead on the others by 3" in text and "so that this is no win" in text
    assert telling.standing([finding(HELPS, lost={"adamw": 1})]) == "better", "one that failed and is not ahead takes nothing"


@pytest.mark.parametrize(
    ("fired", "told_as"), [(2e-5, "less than 0.01%"), (1e-4, "0.01%"), (0.0025, "0.25%"), (0.37, "37.0%"), (0.0, "0.0%")]
)
def test_a_mechanism_that_responded_at_all_never_reads_as_silent(fired: float, told_as: str) -> None:
    assert telling_words.rate(fired) == told_as
    text = telling.paragraph([finding(HELPS, fired=fired), plainly()])
    assert (f"It responded at only {told_as} of the steps." in text) == (0 < fired < telling.RARE)
