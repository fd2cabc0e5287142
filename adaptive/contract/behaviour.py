"""Points on what an optimizer does: it learns, its mechanism acts, and where it must not differ from its base it does not."""

from __future__ import annotations

import math
import random
from types import ModuleType
from typing import Any

import torch

from adaptive.contract import Twin
from adaptive.contract.world import (
    NotApplicable,
    Record,
    attach,
    backward,
    batches,
    live,
    lived,
    lively,
    make,
    network,
    observe,
    require,
    same,
    weights,
)

FIRES = 5
"""Steps with a response, of 200, below which a mechanism counts as silently off."""


def descent(prototype: ModuleType) -> str:
    """The loss falls, or rises when asked to."""
    life = batches(240)[:120]

    def mean_change(**options: Any) -> float:
        model = network()
        if options.pop("strided", False):
            with torch.no_grad():
                for p in model.parameters():
                    if p.dim() == 2:
                        p.set_(p.t().contiguous().t())  # type: ignore[call-overload]
                        require(not p.is_contiguous(), "the weights were meant to be strided")
        scheduled = options.pop("scheduled", False)
        optimizer = make(prototype, model, **options)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=120) if scheduled else None
        losses = []
        for batch in life:
            losses += live(model, optimizer, [batch])
            if schedule:
                schedule.step()
        return sum(losses[-20:]) / 20 - sum(losses[:20]) / 20

    plain, strided, scheduled = mean_change(), mean_change(strided=True), mean_change(scheduled=True)
    require(max(plain, strided, scheduled) < -0.2, f"the loss changed by {plain:.3g}, {strided:.3g}, {scheduled:.3g}")
    require(abs(plain - strided) < 1e-3, f"strided weights end elsewhere: {plain:.6g} and {strided:.6g}")
    climbed = mean_change(maximize=True, lr=0.005)
    require(climbed > 0.2, f"with maximize the loss changed by {climbed:.3g}")
    adamw = mean_change(base="adamw", lr=0.01)
    require(adamw < -0.2, f"on AdamW the loss changed by {adamw:.3g}")
    others = f"strided the same, with a schedule {scheduled:.2f}, AdamW {adamw:.2f}"
    return f"loss changes in 120 steps: {plain:.2f} ({others}); maximized {climbed:+.2f}"


def twin_agrees(prototype: ModuleType, twin: Twin | None) -> str:
    """A slow readable form gives the same weights."""
    if twin is None:
        raise NotApplicable("no twin was handed over; the tests hand one over for every prototype")
    model, generator = network(), torch.Generator().manual_seed(5)
    optimizer = make(prototype, model, **(lively(prototype) | {"weight_decay": 0.01}))
    record = Record(start=weights(model), knobs=dict(optimizer.param_groups[0]), model=network())
    record.seed = getattr(optimizer, "seed", 0)
    active = 0
    for step, batch in enumerate(batches(100)):
        gradients = [0.1 * torch.randn(p.shape, generator=generator) for p in model.parameters()]
        if step % 3:
            # Successive gradients that are alike, or no agreement would ever be sensed.
            gradients = [0.3 * new + old for new, old in zip(gradients, record.gradients[-1], strict=True)]
        for p, gradient in zip(model.parameters(), gradients, strict=True):
            p.grad = gradient.clone()
        loss = float(torch.rand((), generator=generator)) + (3.0 if 60 < step < 70 else 0.0)
        observe(optimizer, loss, batch)
        optimizer.step()
        active += optimizer.response != 0.0
        record.gradients.append(gradients)
        record.losses.append(loss)
        record.batches.append(batch)
    expected = twin(record)
    gap = max(float((p - q).abs().max()) for p, q in zip(weights(model), expected, strict=True))
    scale = max(float(p.abs().max()) for p in weights(model))
    require(gap <= 1e-5 * scale, f"the twin ends {gap:.3g} away, with weights up to {scale:.3g}")
    require(active, "the mechanism was at rest, so the twin proves nothing")
    return f"100 random gradients: largest gap {gap:.1e} at weights up to {scale:.2g}, mechanism active in {active} of them"


def activity(prototype: ModuleType) -> str:
    """The mechanism fires on a world that changes, and matters."""
    on, responses, _ = lived(prototype, 200, **lively(prototype))
    off, silent, _ = lived(prototype, 200, mechanism="off", **lively(prototype))
    fired = sum(abs(response) > 1e-3 for response in responses)
    require(fired >= FIRES, f"it fired in {fired} of 200 steps")
    require(not same(on, off), "switching it off changes nothing")
    require(not any(silent), "it responds although it is off")
    return f"fired in {fired} of 200 steps, response {min(responses):.3f} to {max(responses):.3f}; off is another trajectory"


def neutrality(prototype: ModuleType) -> str:
    """Neutral or off, it is its base optimizer bit for bit."""
    sgd, adamw = torch.optim.SGD, torch.optim.AdamW
    bases: list[tuple[dict[str, Any], Any]] = [
        ({"momentum": 0.0, "weight_decay": 0.0}, lambda p: sgd(p, lr=0.05, foreach=False)),
        ({"momentum": 0.9, "weight_decay": 0.01}, lambda p: sgd(p, lr=0.05, momentum=0.9, weight_decay=0.01, foreach=False)),
        ({"base": "adamw", "weight_decay": 0.05}, lambda p: adamw(p, lr=0.05, weight_decay=0.05, foreach=False)),
    ]
    # A prototype on another base step has to be told to take this one.
    told = {"base": "sgd"} if hasattr(prototype, "BASE") else {}
    for asked, base in bases:
        model, options = network(), told | asked
        live(model, base(model.parameters()), batches(40))
        for how in (prototype.NEUTRAL, {"mechanism": "off"}):
            ours = lived(prototype, 40, **(options | dict(how)))[0]
            require(same(weights(model), ours), f"with {options | dict(how)} it differs from its base")
    return "40 steps of SGD, plain and with momentum and decay, and of AdamW, neutral and off: weights equal bit for bit"


def not_a_number(prototype: ModuleType) -> str:
    """A loss that is not finite does not spread; a gradient that is not finite goes where it goes in the base optimizer."""
    life = batches(30)
    for bad in (math.nan, math.inf, -math.inf, 1e300):
        model = network()
        optimizer = make(prototype, model)
        for step, batch in enumerate(life):
            loss = backward(model, optimizer, batch)
            observe(optimizer, bad if step % 7 == 3 else loss, batch)
            optimizer.step()
            require(math.isfinite(optimizer.response), f"after a loss of {bad} the response is {optimizer.response}")
        require(all(bool(p.isfinite().all()) for p in weights(model)), f"a loss of {bad} spread to the weights")
    for bad in (math.nan, math.inf):
        ends = []
        for mechanism in ("on", "off"):
            model = network()
            optimizer = make(prototype, model, mechanism=mechanism)
            for step, batch in enumerate(life[:20]):
                loss = backward(model, optimizer, batch)
                for p in model.parameters():
                    # The loss after the accident would be NaN everywhere; the gradients of the others are kept finite.
                    p.grad = torch.nan_to_num(p.grad, nan=0.1, posinf=0.1, neginf=0.1) if p.grad is not None else None
                accident = list(model.parameters())[1].grad
                if step == 10 and accident is not None:
                    accident[0] = bad
                observe(optimizer, loss, batch)
                optimizer.step()
                require(math.isfinite(optimizer.response), f"after a gradient of {bad} the response is {optimizer.response}")
            ends.append([bool(p.isfinite().all()) for p in weights(model)])
        require(not all(ends[1]), f"a gradient of {bad} spoilt nothing in the base, so it proves nothing")
        require(ends[0] == ends[1], f"a gradient of {bad} leaves tensors finite as {ends[0]}, in the base as {ends[1]}")
    return (
        "losses of NaN, ±Inf and 1e300 leave weights and response finite; "
        "a NaN or Inf gradient spoils the tensors that it spoils in the base"
    )


def repeatability(prototype: ModuleType) -> str:
    """Same seed, same run; who draws random numbers draws others under another seed; nobody else's are used."""
    before, python = torch.get_rng_state(), random.getstate()
    first, second = (lived(prototype, 60, **lively(prototype)) for _ in range(2))
    require(torch.equal(before, torch.get_rng_state()), "torch's global generator was used")
    require(python == random.getstate(), "Python's global generator was used")
    require(same(first[0], second[0]) and first[1] == second[1], "the same seed gives another run")
    told = "60 steps twice: weights and responses equal bit for bit; both global generators untouched"
    return f"{told}; {_drawing(prototype)}"


def _drawing(prototype: ModuleType) -> str:
    """Whether it draws random numbers, which come from the seed that it is given, or from torch's where it is given none."""

    def end(of_torch: int, **options: Any) -> list[torch.Tensor]:
        model = network()
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(of_torch)
            live(model, make(prototype, model, **lively(prototype), **options), batches(100))
        return weights(model)

    plain, other = end(1), end(2)
    try:
        given = end(1, seed=5)
    except TypeError:
        return f"it takes no seed, and torch.manual_seed changes {'nothing' if same(plain, other) else 'what it does'}"
    if same(plain, given):
        require(same(plain, other), "torch.manual_seed changes the run, and a seed that is given does not")
        return "it draws no random numbers"
    require(not same(plain, other), "it draws the same random numbers under every torch.manual_seed")
    require(same(given, end(2, seed=5)), "torch.manual_seed changes the run although a seed is given")
    return "another seed, its own or torch's, gives another run"


def regularizing(prototype: ModuleType) -> str:
    """A regularizer's pull has the scale that it states, and is finite at zero."""
    spec = getattr(prototype, "SPEC", None)
    act = spec.act if spec else ""
    if act not in ("weight_decay", "pull_to_init"):
        raise NotApplicable("it is no regularizer: it adds nothing to the gradient")
    base = {"momentum": 0.0, "weight_decay": 0.25, "lr": 0.5, "act_gain": 0.5, "constant": 0.5}
    worst = 0.0
    for value in (0.0, 1.0, -3.0):
        p = torch.nn.Parameter(torch.full((4,), value))
        optimizer = attach(prototype.build([p], **base), network())
        p.grad = torch.zeros(4)
        optimizer.observe(loss=1.0)
        optimizer.step()
        pulled = 0.25 + (0.25 if act == "weight_decay" else 0.0)
        expected = value - 0.5 * pulled * value
        worst = max(worst, float((p.detach() - expected).abs().max()))
    require(worst < 1e-6, f"the pull is {worst:.3g} off its stated scale")
    return "at response 0.5 the pull is (weight decay + gain / 2) times the weight, to 1e-6, and 0 at a weight of 0"


def controls(prototype: ModuleType) -> str:
    """Its own response, replayed, gives its own trajectory; a constant 0 is the base."""
    knobs = lively(prototype)
    for steps in (60, 200):  # what acts rarely gets a longer life
        model, responses = network(), []
        optimizer = make(prototype, model, **knobs)
        for batch in batches(steps):
            live(model, optimizer, [batch])
            responses.append(optimizer.responses)
        if any(map(any, responses)):
            break
    yoked, again, _ = lived(prototype, steps, replay=responses, **knobs)
    # What each unit or weight answers is recorded as the mean of its tensor, and replayed as that.
    means = getattr(optimizer, "SCOPE", "network") in ("unit", "weight")
    require(means or same(weights(model), yoked), "replaying its own responses gives another trajectory")
    if means:
        require(
            same(lived(prototype, steps, replay=responses, **knobs)[0], yoked), "the same replay twice gives two trajectories"
        )
    require(len(again) == steps and any(again), "the replayed response is not reported")
    lone = [response[0] for response in responses]
    require(lived(prototype, steps, replay=lone, **knobs)[1] == lone, "a replayed response is not the one reported")
    off = lived(prototype, 60, mechanism="off", **knobs)[0]
    require(same(off, lived(prototype, 60, constant=0.0, **knobs)[0]), "a constant response of 0 is not the base optimizer")
    require(not same(off, lived(prototype, 60, constant=0.5, **knobs)[0]), "a constant response of 0.5 changes nothing")
    how = "of the means of tensors is repeatable" if means else "equals the original bit for bit"
    return f"{steps} steps: the replay {how}; constant 0 equals off, constant 0.5 does not"


POINTS = (
    ("2", "the loss goes the right way", descent),
    ("12", "the mechanism acts", activity),
    ("13", "neutral, it is its base bit for bit", neutrality),
    ("14", "what is not a number does not spread", not_a_number),
    ("15", "same seed, same run, and another seed another", repeatability),
    ("21", "a regularizer's scale", regularizing),
    ("22", "control experiments replay it", controls),
)
