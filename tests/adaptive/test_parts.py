"""Every part keeps to its bounds, rests at rest, and treats what is not a number in a defined way."""

from __future__ import annotations

import inspect
import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptive import parts
from adaptive.knobs import Knob, defaults
from adaptive.parts.act import gradient_clip, learning_rate, pull_to_init, weight_decay
from adaptive.parts.elementwise import deviation
from adaptive.parts.respond import bistable_mark, hill, integral, leaky_memory, titration
from adaptive.parts.sense import (
    gradient_agreement,
    gradient_norm_outlier,
    label_effect,
    loss_spike,
    loss_trend,
    sign_agreement,
)
from kg.errors import NotFound, Refused

EVERY = [(role, name) for role in parts.ROLES for name in parts.names(role)]
RESPONSES = parts.names("respond")
ANYTHING = st.floats(allow_nan=True, allow_infinity=True)
STRESS, AGREEMENT = st.floats(0.0, 10.0), st.floats(-1.0, 1.0)


def fed(part, signals):
    """Values that a sense gives for ``signals`` in turn, and its last state."""
    state, values = part.START, []
    for signal in signals:
        value, state = part.sense(signal, state, **defaults(part.KNOBS))
        values.append(value)
    return values, state


def answered(part, values, **knobs):
    """Responses to ``values`` in turn."""
    state, responses = part.START, []
    for value in values:
        response, state = part.respond(value, state, **(defaults(part.KNOBS) | knobs))
        responses.append(response)
    return responses


@pytest.mark.parametrize(("role", "name"), EVERY)
def test_a_part_says_what_it_is(role, name):
    part = parts.part(role, name)
    for constant in ("EQUATION", "UNITS", "REFERENCE"):
        assert getattr(part, constant)
    assert part.RANGE[0] < part.RANGE[1]
    function = getattr(part, role)
    keywords = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    assert keywords == list(part.KNOBS)
    assert all(part.KNOBS[knob].accepts(value) for knob, value in part.NEUTRAL.items())
    assert part.__doc__ and function.__doc__


@pytest.mark.parametrize("sense", [loss_spike, loss_trend, gradient_norm_outlier])
@settings(max_examples=60, deadline=None)
@given(signals=st.lists(ANYTHING, max_size=40))
def test_senses_of_one_number_stay_in_range_and_finite(sense, signals):
    if sense is gradient_norm_outlier:
        signals = [abs(signal) for signal in signals]
    values, state = fed(sense, signals)
    assert all(sense.RANGE[0] <= value <= sense.RANGE[1] for value in values)
    assert all(math.isfinite(number) for number in state.values())


@pytest.mark.parametrize("sense", [loss_spike, gradient_norm_outlier])
def test_stress_is_felt_above_the_usual_and_grows_with_it(sense):
    calm = [1.0, 1.2, 0.9, 1.1, 1.0, 0.8] * 4
    grades = [fed(sense, [*calm, jump])[0][-1] for jump in (1.0, 1.5, 2.0, 4.0, 1e9, math.inf)]
    assert grades[0] == 0.0
    assert grades == sorted(grades)
    assert grades[2] > 0.0
    assert grades[-1] == 10.0 - sense.KNOBS["threshold"].default
    assert fed(sense, [*calm, math.nan])[0][-1] == grades[-1]


def test_stress_does_not_depend_on_the_scale_of_the_loss():
    losses = [1.0, 1.2, 0.9, 1.1, 1.0, 0.8] * 4 + [1.6]
    stress = fed(loss_spike, losses)[0][-1]
    assert stress > 0.0
    for scale in (1e-3, 1e4):
        assert fed(loss_spike, [scale * loss for loss in losses])[0][-1] == pytest.approx(stress, rel=1e-5)


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


def test_agreement_is_the_cosine_with_the_trail():
    g = torch.tensor([3.0, 4.0])
    assert fed(gradient_agreement, [g, g])[0] == pytest.approx([0.0, 1.0])
    assert fed(gradient_agreement, [g, -g])[0][-1] == pytest.approx(-1.0)
    assert fed(gradient_agreement, [g, torch.tensor([-4.0, 3.0])])[0][-1] == pytest.approx(0.0, abs=1e-6)
    assert fed(gradient_agreement, [g, torch.zeros(2)])[0][-1] == 0.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.floats(width=32), min_size=3, max_size=3), max_size=8))
def test_agreement_survives_any_gradient(rows):
    for sense in (gradient_agreement, sign_agreement):
        values, state = fed(sense, [torch.tensor(row) for row in rows])
        assert all(bool(((-1.0 <= torch.as_tensor(v)) & (torch.as_tensor(v) <= 1.0)).all()) for v in values)
        assert bool(torch.as_tensor(state["trail"]).isfinite().all())


def test_sign_agreement_is_felt_by_each_weight():
    g = torch.tensor([1.0, -2.0, 0.0])
    assert fed(sign_agreement, [g, torch.tensor([5.0, 5.0, 5.0])])[0][-1].tolist() == [1.0, -1.0, 0.0]


def test_labels_excite_or_inhibit():
    assert fed(label_effect, [torch.tensor([9, 5, 0, 1])])[0] == [0.0]
    assert fed(label_effect, [torch.tensor([9, 5])])[0] == [1.0]
    assert fed(label_effect, [torch.tensor([9.0, math.nan])])[0] == [1.0]
    assert fed(label_effect, [torch.tensor([])])[0] == [0.0]


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
    if name not in ("integral", "bistable_mark"):
        assert answered(part, [0.8] * 5 + [0.0] * 600)[-1] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("name", RESPONSES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_responses_do_not_sink_when_more_is_sensed(name, data):
    part = parts.part("respond", name)
    for quantity in part.TAKES:
        kind = STRESS if quantity == "stress" else AGREEMENT
        past = data.draw(st.lists(kind, max_size=6))
        low, high = sorted(data.draw(st.tuples(kind, kind)))
        if name == "bistable_mark" and (abs(low) < 0.3) != (abs(high) < 0.3):
            continue  # weak evidence leaves the mark to itself, which may complete it faster than strong evidence writes it
        assert answered(part, [*past, low])[-1] <= answered(part, [*past, high])[-1] + 1e-12


@pytest.mark.parametrize("name", RESPONSES)
def test_a_tensor_responds_as_its_numbers_do(name):
    part, values = parts.part("respond", name), [[0.0, 0.1, 0.9], [0.5, 0.4, 0.2], [1.0, 0.0, 0.7]]
    together = answered(part, [torch.tensor(row, dtype=torch.float64) for row in values])[-1]
    alone = [answered(part, [row[i] for row in values])[-1] for i in range(3)]
    assert together.tolist() == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize(
    ("role", "name"), [(role, name) for role, name in EVERY if role != "sense" and parts.part(role, name).NEUTRAL]
)
def test_neutral_knobs_leave_everything_as_it_was(role, name):
    part = parts.part(role, name)
    if role == "respond":
        assert answered(part, [1.0, 0.5, 1.0], **part.NEUTRAL) == pytest.approx([0.0] * 3, abs=1e-12)
    else:
        rest = {"rate": 1.0, "scale": 1.0, "decay": 0.0, "pull": 0.0}[part.CHANGES]
        knobs = defaults(part.KNOBS)
        assert part.act(0.0, 5.0, **knobs) == rest
        assert part.act(0.7, 5.0, **(knobs | part.NEUTRAL)) == rest


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


@given(response=st.floats(0.0, 1.0), norm=st.floats(0.0, 1e6), gain=st.floats(0.0, 1.0), limit=st.floats(0.01, 10.0))
def test_clipping_never_lengthens_and_at_full_response_holds_the_limit(response, norm, gain, limit):
    assert 0.0 <= gradient_clip.act(response, norm, gain=gain, limit=limit) <= 1.0
    assert norm * gradient_clip.act(1.0, norm, gain=1.0, limit=limit) <= max(limit, 0.0) * (1.0 + 1e-6) + norm * 1e-9
    assert gradient_clip.act(response, limit, gain=gain, limit=limit) == 1.0


def test_clipping_of_what_is_not_a_number_is_defined():
    assert gradient_clip.act(1.0, math.nan, gain=1.0, limit=1.0) == 1.0
    assert gradient_clip.act(1.0, math.inf, gain=1.0, limit=1.0) == 0.0


@given(st.lists(AGREEMENT, min_size=2, max_size=2).map(sorted))
def test_acts_grow_with_the_response(pair):
    for part in (learning_rate, weight_decay, pull_to_init):
        low, high = (part.act(response, 0.0, gain=0.5) for response in pair)
        assert low <= high
    assert learning_rate.act(1.0, 0.0, gain=0.7) * learning_rate.act(-1.0, 0.0, gain=0.7) == pytest.approx(1.0)


def test_parts_that_do_not_fit_are_refused_with_those_that_would():
    with pytest.raises(Refused, match=r"titration responds to stress, but gradient_agreement senses agreement; .*hill"):
        parts.join("gradient_agreement", "titration", "learning_rate")
    with pytest.raises(Refused, match=r"weight_decay takes activation, but loss_trend with hill gives tone; .*learning_rate"):
        parts.join("loss_trend", "hill", "weight_decay")
    with pytest.raises(NotFound, match=r"loss_spik.*did you mean loss_spike"):
        parts.join("loss_spik", "hill", "weight_decay")


def test_every_sense_has_a_response_and_every_response_an_act():
    fitting = set()
    for names in itertools.product(*(parts.names(role) for role in parts.ROLES)):
        try:
            parts.join(*names)
        except Refused as refusal:
            assert " what " in str(refusal)
            assert "nothing yet" not in str(refusal)
        else:
            fitting |= {("sense", names[0]), ("respond", names[1]), ("act", names[2])}
    assert fitting == set(EVERY)


@pytest.mark.parametrize("numbers", [(2.0, 0.0, 1.0, False, 0.0, 1.0), (0.5, 0.0, 1.0, True), (0.5, 2.0, 1.0)])
def test_a_knob_that_contradicts_itself_is_refused(numbers):
    with pytest.raises(ValueError, match=r"knob|logarithmic"):
        Knob(*numbers)


def test_a_knob_is_searched_from_end_to_end():
    knob = Knob(0.1, 0.01, 1.0, log=True)
    assert [knob.at(x) for x in (0.0, 0.5, 1.0)] == pytest.approx([0.01, 0.1, 1.0])
    assert Knob(0.0, -1.0, 1.0, least=-2.0).at(0.25) == -0.5
    assert not knob.accepts(math.nan)
    assert knob.accepts(0.0)
