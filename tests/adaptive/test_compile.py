"""A spec becomes an optimizer, and the same optimizer as a file of its own; nothing but names of parts and numbers gets in."""

from __future__ import annotations

import ast
import copy
import functools
import importlib.util
import itertools
import math
import random
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptive import parts
from adaptive.compile import class_name, compile_spec, knobs_of, needs, spec_for
from adaptive.contract.world import backward, batches, live, network, observe, same, weights
from adaptive.knobs import Knob
from adaptive.standalone import comments, standalone
from kg.errors import NotFound, Refused
from kg.model import Concept, Mapping, Profile, Spec

HEAT = Spec(name="heat", sense="loss_spike", respond="titration", act="weight_decay", knobs=(("respond.capacity", 3.0),))
MARKS = Spec(name="marks", sense="gradient_agreement", respond="bistable_mark", act="learning_rate")
EACH_WEIGHT = Spec(name="signs", sense="sign_agreement", respond="leaky_memory", act="learning_rate")
LABELS = Spec(name="labels", sense="label_effect", respond="integral", act="learning_rate")
CLIP = Spec(name="clip", sense="gradient_norm_outlier", respond="hill", act="gradient_clip")
PULL = Spec(name="pull", sense="loss_spike", respond="leaky_memory", act="pull_to_init")

MECHANISM = Concept(
    kind="mechanism", name="heat shock response", profile=Profile(sense="loss_spike", respond="titration", act="weight_decay")
)
UNBOUND = Concept(kind="mechanism", name="moulting")
TECHNIQUE = Concept(kind="technique", name="dynamic regularization")
MAPPING = Mapping(mechanism=MECHANISM.key, relation="inspires", technique=TECHNIQUE.key)


@functools.cache
def fitting():
    every = itertools.product(*(parts.names(role) for role in parts.ROLES))
    return [names for names in every if parts.fits(*names)]


@functools.cache
def sample():
    """Circuits drawn by a fixed seed until every part, and every kind of action in every scope, has been in one."""
    drawn = list(fitting())
    random.Random(0).shuffle(drawn)
    met, chosen = set(), []
    for sense, respond, act in drawn:
        new = {(parts.part("sense", sense).SCOPE, parts.part("act", act).CHANGES), sense, respond, act}
        if not new <= met:
            met |= new
            chosen.append(Spec(name="any", sense=sense, respond=respond, act=act))
    return chosen


def recorded(steps=100):
    """Weights, and for each step gradients that are sometimes alike and what may be observed; a unit falls silent."""
    generator = torch.Generator().manual_seed(1)
    shapes = ((16, 6), (16,), (10, 16), (10,))
    start, life = [torch.randn(shape, generator=generator) * 0.3 for shape in shapes], []
    for step in range(steps):
        gradients = [0.1 * torch.randn(shape, generator=generator) for shape in shapes]
        gradients[0][3] *= 1e-3
        if step % 3:
            gradients = [0.3 * new + old for new, old in zip(gradients, life[-1][0], strict=True)]
        loss, chance = (
            float(torch.rand((), generator=generator)) + (3.0 if 60 < step < 70 else 0.0),
            float(torch.rand((), generator=generator)),
        )
        targets = torch.randint(10, (10,), generator=generator)
        signals = {
            "loss": loss,
            "held_out": 1.5 * loss + chance,
            "errors": chance * (0.3 if step < 50 else 0.9),
            "targets": targets,
        }
        life.append((gradients, signals))
    return start, life


def trajectory(build, start, life, **options):
    """Weights and responses after each step."""
    weights_, seen = [torch.nn.Parameter(p.clone()) for p in start], []
    optimizer = build(weights_, lr=0.01, **options)
    for gradients, signals in life:
        for p, gradient in zip(weights_, gradients, strict=True):
            p.grad = gradient.clone()
        optimizer.observe(**{name: signals[name] for name in ("loss", *optimizer.OBSERVES) if name in signals})
        optimizer.step()
        seen.append((optimizer.responses, torch.cat([p.detach().flatten() for p in weights_])))
    return seen


def module_of(source, path):
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def end_of(build, life, **options):
    model = network()
    optimizer = build(model.parameters(), lr=0.05, **options)
    live(model, optimizer, life)
    return weights(model), optimizer.responses


def test_the_sample_of_circuits_has_every_part_in_it():
    assert len(fitting()) > 2000
    for role in parts.ROLES:
        assert {getattr(spec, role) for spec in sample()} == set(parts.names(role))


RECORDED = recorded()


@pytest.mark.parametrize(("base", "spec"), [(("sgd", "adamw")[i % 2], spec) for i, spec in enumerate(sample())],
                         ids=lambda it: it if isinstance(it, str) else f"{it.sense}-{it.respond}-{it.act}")  # fmt: skip
def test_a_circuit_that_fits_compiles_and_its_file_follows_it_bit_for_bit_for_100_steps(base, spec):
    written = {"__name__": "made"}
    exec(compile(standalone(spec), "made", "exec"), written)
    ours = trajectory(compile_spec(spec), *RECORDED, base=base, weight_decay=1e-4)
    theirs = trajectory(written["build"], *RECORDED, base=base)
    for (response, weights_), (same_response, same_weights) in zip(ours, theirs, strict=True):
        assert response == same_response
        assert torch.equal(weights_, same_weights)
        assert bool(weights_.isfinite().all())
    assert written["NEEDS"] == needs(spec)
    assert {"lr"} <= set(written["KNOBS"]) <= {"lr", "momentum", "weight_decay", *knobs_of(spec)}
    for name, knob in written["KNOBS"].items():
        assert Knob(*knob).at(0.3) == pytest.approx(knob.at(0.3)), name


@pytest.mark.parametrize("spec", [HEAT, MARKS, EACH_WEIGHT, LABELS, CLIP, PULL], ids=lambda s: s.name)
def test_the_file_follows_the_class_bit_for_bit_for_100_steps(spec, tmp_path):
    written = module_of(standalone(spec), tmp_path / "made.py")
    ours = end_of(compile_spec(spec), batches(100), weight_decay=1e-4)
    theirs = end_of(written.build, batches(100))
    assert same(ours[0], theirs[0])
    off = end_of(compile_spec(spec), batches(100), weight_decay=1e-4, mechanism="off")
    assert not same(ours[0], off[0])


@pytest.mark.parametrize("spec", [EACH_WEIGHT, LABELS, CLIP, PULL], ids=lambda s: s.name)
@pytest.mark.parametrize("base", ["sgd", "adamw"])
def test_neutral_is_the_base_bit_for_bit(spec, base):
    gain = {name: 0.0 for name in knobs_of(spec) if name == "act_gain"}
    ours = end_of(compile_spec(spec), batches(40), base=base, weight_decay=0.01, **gain)[0]
    model = network()
    if base == "sgd":
        plain = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=0.01, foreach=False)
    else:
        plain = torch.optim.AdamW(model.parameters(), lr=0.05, weight_decay=0.01, foreach=False)
    live(model, plain, batches(40))
    assert same(ours, weights(model))


def test_the_file_needs_torch_alone_and_shows_itself(tmp_path):
    source = standalone(HEAT, mapping_note="heat shock response → dynamic regularization")
    roots = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports(source)}
    assert roots == {"__future__", "collections.abc", "math", "torch", "typing"}
    path = tmp_path / "heat.py"
    path.write_text(source, encoding="utf-8")
    shown = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert "step  300" in shown.stdout
    assert shown.stderr == ""


def imports(source):
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.Import, ast.ImportFrom))]


def test_the_file_says_where_it_comes_from():
    source = standalone(HEAT, mapping_note="heat shock response → dynamic regularization\narxiv:2508.00098 Stress-aware learning")
    assert "# heat shock response → dynamic regularization\n# arxiv:2508.00098 Stress-aware learning\n" in source
    assert "# Reference: Hsp70 titration of Hsf1" in source
    assert '"respond_capacity": (3.0, 0.01, 1000000.0)' in source


@settings(max_examples=4, deadline=None)
@given(st.text(max_size=300))
def test_no_text_of_a_paper_becomes_code(text):
    plain = ast.dump(ast.parse(standalone(MARKS)))
    for note in (text, f'"""\nimport os\n{text}', f"# coding: utf-7\n{text}", f"a\r{text}\x0cb\x00\u2028import os\u202e"):
        source = standalone(MARKS, mapping_note=note)
        assert ast.dump(ast.parse(source.encode("utf-8"))) == plain
        assert all(c.isprintable() or c == "\n" for c in source)


def test_a_comment_is_wrapped_and_blank_lines_stay():
    lines = list(comments("word " * 60 + "\n\nend"))
    assert all(line.startswith("#") and len(line) <= 120 for line in lines)
    assert lines[-2:] == ["#", "# end"]


def test_a_spec_comes_from_the_mechanisms_profile():
    spec = spec_for(MAPPING, MECHANISM, TECHNIQUE)
    assert (spec.sense, spec.respond, spec.act) == ("loss_spike", "titration", "weight_decay")
    assert spec.name == "dynamic-regularization"
    assert spec.mapping == MAPPING.key
    assert class_name(spec) == compile_spec(spec).__name__ == "LossSpikeTitrationWeightDecay"
    assert compile_spec(spec) is compile_spec(copy.copy(spec))


def test_parts_given_by_hand_win_and_bind_a_mechanism_without_a_profile():
    assert spec_for(MAPPING, MECHANISM, TECHNIQUE, act="pull-to-init").act == "pull_to_init"
    spec = spec_for(MAPPING, UNBOUND, TECHNIQUE, sense="loss_trend", respond="hill", act="learning_rate", knobs=[("act.gain", 1)])
    assert compile_spec(spec).LIMITS["act_gain"][0] == 1.0


def test_a_mechanism_without_a_profile_is_refused_with_the_nearest_and_the_way_to_bind_it():
    with pytest.raises(Refused) as refusal:
        spec_for(MAPPING, UNBOUND, TECHNIQUE, sense="loss_trend", nearest=["heat shock response", "epigenetic memory"])
    text = str(refusal.value)
    assert "moulting has no regulatory profile that says what to respond, act" in text
    assert "heat shock response, epigenetic memory" in text
    assert f"exapt prototype make {MAPPING.key} --respond adaptation|bistable_mark|" in text
    assert "\n" not in text


@pytest.mark.parametrize(("name", "value", "error"), [
    ("respond.capacities", 1.0, NotFound), ("respond.capacity", math.nan, Refused), ("respond.capacity", -1.0, Refused),
    ("act.gain", "0); import os", Refused),
])  # fmt: skip
def test_knobs_of_a_spec_are_checked(name, value, error):
    with pytest.raises(error, match=name.replace(".", r"\.")):
        compile_spec(Spec(name="x", sense="loss_spike", respond="titration", act="weight_decay", knobs=((name, value),)))


def test_a_missing_signal_is_named():
    model, (batch,) = network(), batches(1)
    for spec, signal in ((HEAT, "loss"), (LABELS, "targets")):
        optimizer = compile_spec(spec)(model.parameters())
        backward(model, optimizer, batch)
        with pytest.raises(RuntimeError, match=rf"observe\({signal}=\.\.\.\) before step"):
            optimizer.step()


def test_a_signal_serves_one_step_only():
    model, (batch,) = network(), batches(1)
    optimizer = compile_spec(HEAT)(model.parameters())
    live(model, optimizer, [batch])
    backward(model, optimizer, batch)
    with pytest.raises(RuntimeError, match="observe"):
        optimizer.step()


def test_groups_may_differ_in_what_is_done_but_not_in_what_the_network_senses():
    p, q = torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.ones(1))
    compile_spec(HEAT)([{"params": [p], "act_gain": 0.5}, {"params": [q]}])
    with pytest.raises(ValueError, match="whole network"):
        compile_spec(HEAT)([{"params": [p], "sense_memory": 0.5}, {"params": [q]}])
    compile_spec(MARKS)([{"params": [p], "sense_memory": 0.5}, {"params": [q]}])


def test_a_group_may_be_added_midway():
    model = network()
    for spec in (HEAT, MARKS):
        optimizer = compile_spec(spec)(model[0].parameters(), lr=0.05)
        live(model, optimizer, batches(5))
        optimizer.add_param_group({"params": list(model[2].parameters()), "lr": 0.01})
        live(model, optimizer, batches(5))


def test_replay_starts_again_at_its_end_and_knows_each_tensor():
    model, seen = network(), []
    optimizer = compile_spec(MARKS)(model.parameters(), replay=[(0.0, 0.5, 1.0, -1.0), 0.25])
    for batch in batches(3):
        live(model, optimizer, [batch])
        seen.append(optimizer.responses)
    assert seen == [(0.0, 0.5, 1.0, -1.0), (0.25,) * 4, (0.0, 0.5, 1.0, -1.0)]
    optimizer = compile_spec(MARKS)(model.parameters(), replay=[(0.0, 0.5)])
    backward(model, optimizer, batches(1)[0])
    with pytest.raises(ValueError, match="2 responses in a step, and there are 4 tensors"):
        optimizer.step()


def test_the_clip_holds_the_norm_of_the_whole_gradient():
    p = torch.nn.Parameter(torch.zeros(2))
    optimizer = compile_spec(CLIP)([p], lr=1.0, momentum=0.0, constant=1.0, act_limit=2.0)
    p.grad = torch.tensor([3.0, 4.0])
    optimizer.step()
    assert p.tolist() == pytest.approx([-1.2, -1.6])


def test_the_pull_goes_to_the_first_weights():
    p = torch.nn.Parameter(torch.ones(1))
    for base, end in (("sgd", 1.0 + 0.1 * 0.5 * -2.0), ("adamw", 1.0 + 0.1 * 0.5 * -2.0)):
        optimizer = compile_spec(PULL)([p], lr=0.1, momentum=0.0, base=base, constant=1.0, act_gain=0.5)
        p.data.fill_(3.0)
        p.grad = torch.zeros(1)
        observe(optimizer, 1.0, batches(1)[0])
        optimizer.step()
        p.data.fill_(1.0)
        optimizer.step()
        assert p.item() == pytest.approx(1.0 - (end - 1.0))
        p.data.fill_(1.0)


@pytest.mark.parametrize("base", ["sgd", "adamw"])
@pytest.mark.parametrize("act", parts.names("act"))
def test_every_action_is_the_base_bit_for_bit_when_neutral(act, base):
    sense = next(s for s in ("loss_spike", "unit_dormancy") if parts.fits(s, "hill", act))
    knobs = {f"act_{name}": value for name, value in parts.part("act", act).NEUTRAL.items()}
    build = compile_spec(Spec(name="any", sense=sense, respond="hill", act=act))
    start, life = RECORDED
    ours = trajectory(build, start, life[:80], base=base, weight_decay=0.01, **knobs)
    assert any(any(response) for response, _ in ours)
    off = trajectory(build, start, life[:80], base=base, weight_decay=0.01, mechanism="off")
    assert all(torch.equal(mine, base_) for (_, mine), (_, base_) in zip(ours, off, strict=True))


def test_a_reset_unit_forgets_its_moments_and_the_others_do_not():
    spec = Spec(name="any", sense="unit_dormancy", respond="ramp", act="unit_reset")
    p = torch.nn.Parameter(torch.ones(3, 4))
    for base, moments in (("sgd", ["momentum_buffer"]), ("adamw", ["exp_avg", "exp_avg_sq"])):
        optimizer = compile_spec(spec)([p], lr=0.1, base=base)
        p.grad = torch.ones(3, 4)
        p.grad[1] = 0.0
        optimizer.step()
        for name in moments:
            assert not optimizer.state[p][name][1].any()
            assert bool(optimizer.state[p][name][[0, 2]].all())
    assert optimizer.responses[0] > 0.0


def test_noise_is_repeatable_differs_by_seed_and_survives_saving():
    spec = Spec(name="any", sense="loss_spike", respond="ramp", act="gradient_noise")
    start, life = RECORDED
    build = compile_spec(spec)
    before = torch.get_rng_state()
    runs = [trajectory(build, start, life, seed=seed)[-1][1] for seed in (0, 0, 1)]
    assert torch.equal(runs[0], runs[1]) and not torch.equal(runs[0], runs[2])
    assert torch.equal(before, torch.get_rng_state())


def test_the_fused_form_of_adamw_stays_close_to_the_plain_one():
    start, life = RECORDED
    plain, fused = (trajectory(compile_spec(HEAT), start, life, base="adamw", fused=fused)[-1][1] for fused in (False, True))
    assert torch.allclose(plain, fused, atol=1e-5)
    with pytest.raises(ValueError, match="fused"):
        compile_spec(HEAT)(network().parameters(), fused=True)
