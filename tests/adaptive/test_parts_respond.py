"""Every response keeps to its bounds, rests at rest, and has the dynamics that its equation says."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptive import parts
from adaptive.knobs import defaults
from adaptive.parts.respond import (
    adaptation,
    bistable_mark,
    clock,
    energy_budget,
    habituation,
    hill,
    hysteresis,
    integral,
    inverted_u,
    lateral_inhibition,
    leaky_memory,
    prediction,
    proportional_integral,
    ramp,
    refractory,
    titration,
)

RESPONSES = parts.names("respond")
STRESS, AGREEMENT = st.floats(0.0, 10.0), st.floats(-1.0, 1.0)


def answered(part, values, **knobs):
    """Responses to ``values`` in turn."""
    state, responses = part.START, []
    for value in values:
        response, state = part.respond(value, state, **(defaults(part.KNOBS) | knobs))
        responses.append(response)
    return responses


@pytest.mark.parametrize("name", RESPONSES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_responses_keep_to_their_range(name, data):
    part = parts.part("respond", name)
    knobs = {k: data.draw(st.floats(knob.low, knob.high), label=k) for k, knob in part.KNOBS.items()}
    for quantity, response in part.TAKES.items():
        values = data.draw(st.lists(STRESS if quantity == "stress" else AGREEMENT, max_size=30))
        low = 0.0 if response == "activation" else -1.0
        assert all(low <= r <= 1.0 for r in answered(part, values, **knobs))


@pytest.mark.parametrize("name", RESPONSES)
def test_responses_rest_at_rest_and_return_there(name):
    part = parts.part("respond", name)
    assert answered(part, [0.0] * 50) == pytest.approx([0.0] * 50, abs=1e-12)
    if name not in ("integral", "bistable_mark", "proportional_integral"):
        assert answered(part, [0.8] * 5 + [0.0] * 600)[-1] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("name", RESPONSES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_responses_do_not_sink_when_more_is_sensed(name, data):
    part = parts.part("respond", name)
    if name == "inverted_u":
        return  # what it is for
    for quantity in part.TAKES:
        kind = STRESS if quantity == "stress" else AGREEMENT
        past = data.draw(st.lists(kind, max_size=6))
        low, high = sorted(data.draw(st.tuples(kind, kind)))
        if name == "bistable_mark" and (abs(low) < 0.3) != (abs(high) < 0.3):
            continue  # weak evidence leaves the mark to itself, which may complete it faster than strong evidence writes it
        assert answered(part, [*past, low])[-1] <= answered(part, [*past, high])[-1] + 1e-12


@pytest.mark.parametrize("name", RESPONSES)
def test_a_tensor_responds_as_its_numbers_do(name):
    if name == "lateral_inhibition":
        pytest.skip("it compares the numbers of a tensor, so that one alone is another thing")
    part, values = parts.part("respond", name), [[0.0, 0.1, 0.9], [0.5, 0.4, 0.2], [1.0, 0.0, 0.7]]
    together = answered(part, [torch.tensor(row, dtype=torch.float64) for row in values])[-1]
    alone = [answered(part, [row[i] for row in values])[-1] for i in range(3)]
    assert together.tolist() == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize("name", [name for name in RESPONSES if parts.part("respond", name).NEUTRAL])
def test_neutral_knobs_answer_nothing(name):
    part = parts.part("respond", name)
    assert answered(part, [1.0, 0.5, 1.0], **part.NEUTRAL) == pytest.approx([0.0] * 3, abs=1e-12)


def test_titration_reaches_its_fixed_points():
    risen = answered(titration, [10.0] * 400)
    assert risen == sorted(risen)
    # Under a load beyond capacity no chaperone is free, and synthesis runs at full speed up to capacity.
    assert risen[-1] == pytest.approx(1.0, abs=1e-6)
    # Under a moderate load the level is where decay balances synthesis: C (K + C - U) = capacity K.
    capacity, k, load = 4.0, 0.5, 1.0
    level = (load - k + math.sqrt((load - k) ** 2 + 4.0 * capacity * k)) / 2.0
    rest = (math.sqrt(k * k + 4.0 * k * capacity) - k) / 2.0
    assert answered(titration, [load] * 600)[-1] == pytest.approx((level - rest) / (capacity - rest), abs=1e-6)


@given(AGREEMENT)
def test_a_hill_curve_is_odd_and_half_at_the_half_dose(x):
    assert answered(hill, [x])[0] == -answered(hill, [-x])[0]
    assert answered(hill, [0.5], half=0.5)[0] == 0.5
    assert answered(hill, [10.0], half=1e-6, steepness=16.0)[0] == pytest.approx(1.0)


def test_a_homeostat_adds_up_and_stops_at_its_bounds():
    assert answered(integral, [1.0, 1.0, -1.0], rate=0.1)[-1] == pytest.approx(0.1)
    assert answered(integral, [1.0] * 30, rate=0.1)[-1] == 1.0
    assert answered(integral, [0.3] * 9, set_point=0.3) == [0.0] * 9


def test_a_leaky_memory_forgets_at_its_rate():
    trace = answered(leaky_memory, [1.0, 0.0, 0.0], memory=0.5)
    assert trace == pytest.approx([0.5, 0.25, 0.125])


def test_a_mark_is_written_fast_keeps_itself_and_yields_to_contrary_evidence():
    written = answered(bistable_mark, [1.0] * 10)
    assert written[-1] > 0.85
    kept = answered(bistable_mark, [1.0] * 10 + [0.0] * 2000)
    assert kept[-1] == pytest.approx(1.0, abs=1e-3)
    faded = answered(bistable_mark, [1.0] * 2 + [0.0] * 2000)
    assert 0.0 <= faded[-1] < 0.01 < faded[1] < 0.5
    assert answered(bistable_mark, [1.0] * 10 + [-1.0] * 10)[-1] < -0.5
    for fixed in (-1.0, -0.5, 0.0, 0.5, 1.0):
        assert bistable_mark.respond(0.0, {"mark": fixed}, **defaults(bistable_mark.KNOBS))[0] == fixed


def test_a_nerve_fires_and_rests():
    assert answered(refractory, [0.4, 2.0, 2.0, 2.0, 2.0, 0.0, -1.0], threshold=0.5, period=2.0) == [0, 1, 0, 0, 1, 0, 0]
    assert answered(refractory, [-0.9] * 3, threshold=0.5, period=0.0) == [-1.0] * 3


def test_a_clock_lets_through_by_day_and_repeats():
    day = answered(clock, [1.0] * 40, period=20.0)
    assert day[4] == pytest.approx(1.0)
    assert max(day[9:19]) == pytest.approx(0.0, abs=1e-12)
    assert day[20:] == pytest.approx(day[:20])


@given(st.floats(0.1, 5.0))
def test_arousal_helps_most_at_its_peak(peak):
    assert answered(inverted_u, [peak], peak=peak) == pytest.approx([1.0])
    rising = [answered(inverted_u, [share * peak], peak=peak)[0] for share in (0.0, 0.3, 0.6, 1.0)]
    falling = [answered(inverted_u, [share * peak], peak=peak)[0] for share in (1.0, 2.0, 5.0, 1e9)]
    assert rising == sorted(rising) and falling == sorted(falling, reverse=True)


def test_adaptation_is_perfect_and_habituation_is_not():
    assert answered(adaptation, [0.7] * 400)[-1] == pytest.approx(0.0, abs=1e-6)
    assert answered(adaptation, [0.7])[0] == pytest.approx(0.7)
    used = answered(habituation, [1.0] * 400, recovery=0.02, use=0.2)
    assert used == sorted(used, reverse=True)
    assert used[-1] == pytest.approx(0.02 / 0.22)
    assert answered(habituation, [1.0] * 50 + [0.0] * 900 + [1.0])[-1] == pytest.approx(1.0, abs=1e-6)


def test_a_purse_is_spent_and_settles_at_what_comes_in():
    spent = answered(energy_budget, [1.0] * 200, cost=0.2, refill=0.02)
    assert spent[:4] == [1.0] * 4
    assert spent[-1] == pytest.approx(0.1)


def test_a_thermostat_does_not_wind_up():
    wound = answered(proportional_integral, [1.0] * 500 + [-0.2] * 400, gain=0.5, rate=0.02)
    assert wound[499] == 1.0
    # Without anti-windup 500 steps of sums would take 2,500 steps to undo.
    assert next(i for i, r in enumerate(wound[500:]) if r < 0.0) < 350


def test_a_switch_stays_until_hardly_anything_is_sensed():
    assert answered(hysteresis, [0.4, 0.6, 0.3, 0.2, 0.4, -0.6, -0.3], high=0.5, low=0.5) == [0, 1, 1, 0, 0, -1, -1]


def test_a_ramp_has_a_dead_zone_and_a_ceiling():
    assert answered(ramp, [0.1, 0.35, 0.6, 2.0, -0.35], dead=0.1, full=0.6) == pytest.approx([0.0, 0.5, 1.0, 1.0, -0.5])
    assert answered(ramp, [0.1, 0.2], dead=0.1, full=0.05) == [0.0, 1.0]


def test_the_strongest_keep_the_others_quiet():
    values = torch.tensor([0.1, 0.2, 0.9, -0.8])
    assert answered(lateral_inhibition, [values], inhibition=1.0)[0].tolist() == pytest.approx([0.0, 0.0, 0.4, -0.3])
    assert not answered(lateral_inhibition, [torch.full((3,), 0.5)], inhibition=1.0)[0].any()


def test_prediction_runs_ahead_of_a_rise_and_equals_what_stays():
    rise = [0.1 * step for step in range(6)]
    ahead = answered(prediction, rise, lead=2.0, memory=0.0)
    assert ahead[1:] == pytest.approx([value + 0.2 for value in rise[1:]])
    assert answered(prediction, [0.5] * 60)[-1] == pytest.approx(0.5)
    assert answered(prediction, [0.9, 0.1], lead=5.0, memory=0.0)[-1] == 0.0
