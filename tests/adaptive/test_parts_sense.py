"""Every sense keeps to its bounds, rests at rest, and turns what is not finite into something defined."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptive import parts
from adaptive.knobs import defaults
from adaptive.parts.elementwise import HUGE, calm, deviation
from adaptive.parts.sense import (
    dormant_share,
    error_rate,
    generalisation_gap,
    gradient_agreement,
    gradient_change,
    gradient_noise,
    gradient_norm_outlier,
    gradient_novelty,
    label_effect,
    loss_spike,
    loss_stagnation,
    loss_trend,
    loss_turbulence,
    sign_agreement,
    unit_dormancy,
    update_ratio,
    weight_drift,
    weight_surprise,
)

BY_SIGNAL = {}
for _name in parts.names("sense"):
    BY_SIGNAL.setdefault((_part := parts.part("sense", _name)).SIGNAL, []).append(_part)
ANYTHING = st.floats(allow_nan=True, allow_infinity=True)
SQUARE = st.one_of(st.floats(0.0, 1e6), st.sampled_from([0.0, 1e-40, 1e35, math.inf, math.nan]))


def fed(part, signals, **knobs):
    """Values that a sense gives for ``signals`` in turn, and its last state."""
    state, values = part.START, []
    for signal in signals:
        value, state = part.sense(signal, state, **(defaults(part.KNOBS) | knobs))
        values.append(value)
    return values, state


def trailed(part, gradients, **knobs):
    """The same for gradients, with the trail that an optimizer keeps for it."""
    knobs = defaults(part.KNOBS) | knobs
    memory, trail, signals = knobs.get("memory", 0.0), torch.zeros_like(gradients[0]), []
    for gradient in gradients:
        g, d = gradient.flatten().double(), trail.flatten().double()
        known = calm(gradient)
        signals.append((float(g @ g), float(g @ d), float(d @ d)) if part.SIGNAL == "products" else (known, trail))
        if part.SIGNAL != "products" or float(g @ g) < HUGE * HUGE:
            trail = memory * trail + (1.0 - memory) * known
    return fed(part, signals, **knobs)


def in_range(part, values):
    low, high = part.RANGE
    return all(bool(((low <= (v := torch.as_tensor(value))) & (v <= high)).all()) for value in values)


def finite(state):
    return all(bool(torch.as_tensor(number).isfinite().all()) for number in state.values())


@settings(max_examples=60, deadline=None)
@given(signals=st.lists(ANYTHING, max_size=40))
def test_senses_of_one_number_stay_in_range_and_finite(signals):
    for sense in (*BY_SIGNAL["loss"], *BY_SIGNAL["errors"], *BY_SIGNAL["norm"], *BY_SIGNAL["length"]):
        given_ = [abs(signal) for signal in signals] if sense.SIGNAL in ("norm", "length") else signals
        values, state = fed(sense, given_)
        assert in_range(sense, values), sense.__name__
        assert finite(state), sense.__name__


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(SQUARE, ANYTHING, st.floats(0.0, 1e6)), max_size=20))
def test_senses_of_products_and_pairs_of_numbers_stay_in_range(products):
    for sense in BY_SIGNAL["products"]:
        known = [(square, 0.0 if math.isnan(along) else along, trail) for square, along, trail in products]
        assert in_range(sense, fed(sense, known)[0]), sense.__name__
    for sense in (*BY_SIGNAL["held_out"], *BY_SIGNAL["displacement"]):
        values, state = fed(
            sense, [(square, along if sense.SIGNAL == "held_out" else trail) for square, along, trail in products]
        )
        assert in_range(sense, values) and finite(state), sense.__name__


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.floats(width=32), min_size=6, max_size=6), min_size=1, max_size=8))
def test_senses_of_gradients_survive_any_gradient(rows):
    gradients = [torch.tensor(row).view(3, 2) for row in rows]
    for sense in (*BY_SIGNAL["products"], *BY_SIGNAL["pair"]):
        assert in_range(sense, trailed(sense, gradients)[0]), sense.__name__
    for sense in BY_SIGNAL["gradient"]:
        values, state = fed(sense, [calm(g) for g in gradients])
        assert in_range(sense, values) and finite(state), sense.__name__


@pytest.mark.parametrize("sense", [loss_spike, gradient_norm_outlier])
def test_stress_is_felt_above_the_usual_and_grows_with_it(sense):
    calm_ = [1.0, 1.2, 0.9, 1.1, 1.0, 0.8] * 4
    grades = [fed(sense, [*calm_, jump])[0][-1] for jump in (1.0, 1.5, 2.0, 4.0, 1e9, math.inf)]
    assert grades[0] == 0.0
    assert grades == sorted(grades)
    assert grades[2] > 0.0
    assert grades[-1] == 10.0 - sense.KNOBS["threshold"].default
    assert fed(sense, [*calm_, math.nan])[0][-1] == grades[-1]


def test_stress_does_not_depend_on_the_scale_of_the_loss():
    losses = [1.0, 1.2, 0.9, 1.1, 1.0, 0.8] * 4 + [1.6]
    for sense in (loss_spike, loss_turbulence):
        stress = fed(sense, losses)[0][-1]
        assert stress > 0.0
        for scale in (1e-3, 1e4):
            assert fed(sense, [scale * loss for loss in losses])[0][-1] == pytest.approx(stress, rel=1e-5)


def test_what_is_not_finite_teaches_the_baseline_nothing():
    before = fed(loss_spike, [1.0, 1.2, 0.9] * 8)[1]
    assert deviation(math.nan, before, memory=0.9) == (10.0, before)
    assert deviation(math.inf, before, memory=0.9) == (10.0, before)


def test_a_falling_loss_is_good_news_and_a_rising_one_bad():
    falling = [10.0 * 0.97**step for step in range(80)]
    rising = [1.0 + 0.05 * step for step in range(80)]
    assert fed(loss_trend, falling)[0][-1] > 0.2
    assert fed(loss_trend, rising)[0][-1] < -0.2
    assert abs(fed(loss_trend, [1.0] * 80)[0][-1]) < 1e-6
    assert fed(loss_trend, [1.0, math.nan])[0][-1] == -1.0
    assert fed(loss_stagnation, falling)[0] == [0.0] * 80
    assert fed(loss_turbulence, falling)[0] == [0.0] * 80


def test_waiting_in_vain_is_counted_in_patiences():
    waits = fed(loss_stagnation, [1.0] * 101, patience=20.0)[0]
    assert waits == sorted(waits)
    assert waits[20] == 0.0
    assert waits[100] == pytest.approx(4.0)
    assert fed(loss_stagnation, [1.0] * 50 + [math.nan] * 11, patience=20.0)[0][-1] == pytest.approx(2.0)


def test_a_loss_that_goes_nowhere_is_turbulent():
    assert fed(loss_turbulence, [1.0, 2.0] * 60, tolerance=0.2)[0][-1] == pytest.approx(0.8, abs=0.06)


def test_the_gap_is_a_share_of_the_loss():
    assert fed(generalisation_gap, [(1.0, 1.5)] * 5)[0] == pytest.approx([0.5 / 1.001 - 0.1] * 5)
    assert fed(generalisation_gap, [(1.0, 0.5)])[0] == [0.0]
    assert fed(generalisation_gap, [(1.0, math.nan)])[0] == [9.9]


def test_more_mistakes_than_usual_are_stress():
    usual = [0.1, 0.2] * 30
    assert fed(error_rate, usual)[0][-1] == 0.0
    grades = [fed(error_rate, [*usual, *[errors] * 5])[0][-1] for errors in (0.1, 0.25, 0.5, 1.0)]
    assert grades == sorted(grades) and grades[-1] > 1.0
    assert fed(error_rate, [*usual, 7.0])[1] == fed(error_rate, usual)[1]


def test_agreement_is_the_cosine_with_the_trail_and_novelty_its_distance():
    g = torch.tensor([3.0, 4.0])
    for other, cosine in ((g, 1.0), (-g, -1.0), (torch.tensor([-4.0, 3.0]), 0.0)):
        assert trailed(gradient_agreement, [g, other])[0] == pytest.approx([0.0, cosine], abs=1e-6)
        assert trailed(gradient_novelty, [g, other])[0] == pytest.approx([0.0, 1.0 - cosine], abs=1e-6)
    assert trailed(gradient_agreement, [g, torch.zeros(2)])[0][-1] == 0.0


def test_noise_and_change_are_measured_against_what_was():
    g = torch.tensor([3.0, 4.0])
    assert trailed(gradient_noise, [g, 2 * g], memory=0.0)[0] == pytest.approx([0.0, math.log(2.0)])
    assert trailed(gradient_change, [g, g])[0] == pytest.approx([0.0, 0.0])
    assert trailed(gradient_change, [g, -g], tolerance=0.25)[0][-1] == pytest.approx(0.75)


def test_the_ratio_of_update_to_weight_has_a_target():
    assert fed(update_ratio, [(4.0, 4.0 * 1e-6)], target=1e-3)[0] == pytest.approx([0.0])
    ratios = [fed(update_ratio, [(4.0, moved)])[0][0] for moved in (1e-9, 1e-5, 1e-3, 1.0)]
    assert ratios == sorted(ratios, reverse=True)
    assert fed(update_ratio, [(0.0, 1.0), (1.0, 0.0)])[0] == [0.0, 0.0]


def test_drift_is_the_logarithm_of_growth():
    assert fed(weight_drift, [4.0, 4.0 * math.e**2, 4.0], tolerance=0.25)[0] == pytest.approx([0.0, 0.75, 0.0])
    assert fed(weight_drift, [4.0, 4.0 / math.e**2], tolerance=0.25)[0][-1] == pytest.approx(0.75)
    assert fed(weight_drift, [0.0, 9.0, 9.0])[0] == [0.0, 0.0, 0.0]


def test_silent_units_are_found():
    gradient = torch.ones(4, 5)
    gradient[1] = 1e-6
    assert fed(dormant_share, [gradient])[0] == [0.25]
    assert fed(unit_dormancy, [gradient])[0][0].flatten().tolist() == pytest.approx([0.0, 1.0, 0.0, 0.0], abs=1e-4)
    assert fed(unit_dormancy, [gradient[:, 0]])[0][0].shape == (4,)
    for sense in (dormant_share, unit_dormancy):
        assert not torch.as_tensor(fed(sense, [torch.zeros(4, 5)])[0][0]).any()


def test_agreement_and_surprise_are_felt_by_each_weight():
    g, other = torch.tensor([1.0, -2.0, 0.0]), torch.tensor([1.0, 5.0, 5.0])
    assert trailed(sign_agreement, [g, other])[0][-1].tolist() == [1.0, -1.0, 0.0]
    assert trailed(weight_surprise, [g, other], memory=0.0)[0][-1].tolist() == [0.0, 1.0, 1.0]
    assert trailed(weight_surprise, [torch.zeros(3)])[0][-1].tolist() == [0.0] * 3


def test_labels_excite_or_inhibit():
    assert fed(label_effect, [torch.tensor([9, 5, 0, 1])])[0] == [0.0]
    assert fed(label_effect, [torch.tensor([9, 5])])[0] == [1.0]
    assert fed(label_effect, [torch.tensor([9.0, math.nan])])[0] == [1.0]
    assert fed(label_effect, [torch.tensor([])])[0] == [0.0]
