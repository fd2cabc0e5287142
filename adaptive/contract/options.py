"""Points on what an optimizer accepts and refuses: its constructor, groups, signals, gradients."""

from __future__ import annotations

import math
import warnings
from types import ModuleType

import torch

from adaptive.contract.world import (
    NotApplicable,
    attach,
    backward,
    batches,
    live,
    make,
    network,
    observe,
    refuses,
    require,
    same,
    weights,
)


def constructor(prototype: ModuleType) -> str:
    """Bad numbers, bad parameters and duplicates are refused."""

    def build(**options: object) -> object:
        return prototype.build(network().parameters(), **({"lr": 0.1} | options))

    bad: list[tuple[str, object]] = [("lr", value) for value in (-1.0, math.nan, math.inf, torch.tensor([0.1, 0.2]))]
    bad += [("eps", -1.0), ("betas", (1.0, 0.9)), ("betas", (0.9, -0.1)), ("weight_decay", -1.0), ("momentum", -0.1)]
    bad += [("base", "adamax"), ("mechanism", "maybe"), ("replay", ()), ("constant", math.nan)]
    for name, knob in prototype.KNOBS.items():
        bad += [(name, value) for value in (math.nan, knob.least - 1.0, knob.most + 1.0)]
    for name, value in bad:
        refuses(lambda name=name, value=value: build(**{name: value}), ValueError, f"{name}={value!r}")  # type: ignore[misc]
    refuses(lambda: prototype.build(torch.zeros(2), lr=0.1), TypeError, "a bare tensor as parameters")
    refuses(lambda: prototype.build([], lr=0.1), ValueError, "an empty list of parameters")
    p = torch.nn.Parameter(torch.zeros(2))
    refuses(lambda: prototype.build([{"params": [p]}, {"params": [p]}], lr=0.1), ValueError, "a parameter in two groups")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        prototype.build([p, p], lr=0.1)
    require(any("duplicate" in str(w.message) for w in caught), "a parameter twice in one group gave no warning")
    return f"{len(bad)} bad values, a bare tensor, no parameters, duplicates across groups refused; duplicates within one warn"


def without_gradient(prototype: ModuleType) -> str:
    """No gradient, or a zero one, moves no weight."""
    (batch,) = batches(1)
    for zero in (False, True):
        model = network()
        optimizer = make(prototype, model, weight_decay=0.0)
        before = weights(model)
        for p in model.parameters():
            p.grad = torch.zeros_like(p) if zero else None
        for _ in range(3):
            observe(optimizer, 1.0, batch)
            optimizer.step()
        require(same(before, weights(model)), f"a gradient that is {'zero' if zero else 'None'} moved weights")
    model = network()
    optimizer, kept = make(prototype, model), [p.detach().clone() for p in model[0].parameters()]
    loss = backward(model, optimizer, batch)
    for p in model[0].parameters():
        p.grad = None
    observe(optimizer, loss, batch)
    optimizer.step()
    require(same(kept, [p.detach() for p in model[0].parameters()]), "a tensor without gradient moved")
    require(not same(weights(network())[2:], weights(model)[2:]), "the other tensors did not move")
    return "all None, all zero (without declared decay) and some None: weights equal bit for bit"


def groups(prototype: ModuleType) -> str:
    """Groups have learning rates and decays of their own."""
    life, model = batches(10), network()
    optimizer = make(prototype, model, [{"params": model[0].parameters(), "lr": 1e-28}, {"params": model[2].parameters()}])
    live(model, optimizer, life)
    first = weights(network())
    require(same(first[:2], weights(model)[:2]), "a group with lr=1e-28 moved")
    require(not same(first[2:], weights(model)[2:]), "the other group did not move")
    ends = []
    for decay in (0.0, 0.5):
        model = network()
        options = [{"params": model[0].parameters()}, {"params": model[2].parameters(), "weight_decay": decay}]
        live(model, make(prototype, model, options, weight_decay=0.0), life[:1])
        ends.append(weights(model))
    require(same(ends[0][:2], ends[1][:2]) and not same(ends[0][2:], ends[1][2:]), "weight decay of one group leaked or was lost")
    return "a group with lr 1e-28 stays bit for bit; weight decay of one group acts there and nowhere else"


def rates(prototype: ModuleType) -> str:
    """A tensor as learning rate, and schedulers, do what they do with the base optimizer."""
    ends = []
    for lr in (0.0625, torch.tensor(0.0625)):
        model = network()
        live(model, make(prototype, model, lr=lr), batches(30))
        ends.append(weights(model))
    require(same(*ends), "a tensor as learning rate gives another trajectory than the number")
    for scheduler in (
        lambda o: torch.optim.lr_scheduler.StepLR(o, step_size=7, gamma=0.5),
        lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=40),
        lambda o: torch.optim.lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=41),
    ):
        model, plain = network(), torch.optim.SGD(network().parameters(), lr=0.05, momentum=0.9)
        optimizer = make(prototype, model, momentum=0.9)
        ours, theirs = scheduler(optimizer), scheduler(plain)
        for batch in batches(40):
            live(model, optimizer, [batch])
            plain.step()
            ours.step()
            theirs.step()
            pair = optimizer.param_groups[0]["lr"], plain.param_groups[0]["lr"]
            require(pair[0] == pair[1], f"{type(ours).__name__} ends at {pair[0]} instead of {pair[1]}")
    return "tensor lr equals float lr over 30 steps; StepLR, CosineAnnealingLR and OneCycleLR keep their own course over 40 steps"


def gradients(prototype: ModuleType) -> str:
    """Sparse and complex gradients raise a named error; bfloat16 stays finite."""
    batch = batches(1)[0]
    for kind, p in (("sparse", torch.nn.Parameter(torch.ones(3))), ("complex", torch.nn.Parameter(torch.ones(3) + 0j))):
        optimizer = attach(prototype.build([p], lr=0.1), network())
        p.grad = torch.ones(3).to_sparse() if kind == "sparse" else torch.ones_like(p)
        observe(optimizer, 1.0, batch)
        try:
            optimizer.step()
            raise AssertionError(f"a {kind} gradient was accepted")
        except RuntimeError as error:
            require(kind in str(error), f"the error does not name the {kind} gradient: {error}")
    model = network(dtype=torch.bfloat16)
    live(model, make(prototype, model), batches(40, dtype=torch.bfloat16))
    require(all(bool(p.isfinite().all()) for p in weights(model)), "bfloat16 weights are not finite after 40 steps")
    require(all(p.dtype == torch.bfloat16 for p in weights(model)), "bfloat16 weights changed their type")
    return "sparse and complex raise an error that names them; 40 steps in bfloat16 stay finite and bfloat16"


def closures(prototype: ModuleType) -> str:
    """A closure is called once with gradients on; layers may freeze and thaw; types may be mixed."""
    life = batches(30)
    plain, model, calls = network(), network(), 0
    live(plain, make(prototype, plain), life)
    optimizer = make(prototype, model)
    for batch in life:

        def closure(batch: tuple[torch.Tensor, torch.Tensor] = batch) -> torch.Tensor:
            nonlocal calls
            calls += 1
            require(torch.is_grad_enabled(), "gradients are off in the closure")
            return backward(model, optimizer, batch)

        observe(optimizer, None, batch)
        require(optimizer.step(closure) is not None, "step does not return the closure's loss")
    require(calls == len(life), f"the closure was called {calls} times in {len(life)} steps")
    require(same(weights(plain), weights(model)), "with a closure the trajectory is another")

    model = network()
    optimizer = make(prototype, model)
    live(model, optimizer, life[:10])
    for frozen in (True, False):
        for p in model[0].parameters():
            p.requires_grad_(not frozen)
        before = weights(model)
        live(model, optimizer, life[10:20])
        moved = [not torch.equal(a, b) for a, b in zip(before, weights(model), strict=True)]
        require(moved == [not frozen, not frozen, True, True], f"first layer {'frozen' if frozen else 'thawed'}: {moved}")

    mixed = Mixed()
    live(mixed, make(prototype, mixed), life)
    require([p.dtype for p in mixed.parameters()] == [torch.float32] * 2 + [torch.float64] * 2, "types changed")
    require(all(bool(p.isfinite().all()) for p in mixed.parameters()), "mixed types do not stay finite")
    return "30 closures equal 30 plain steps bit for bit; a layer frozen and thawed midway; float32 and float64 in one optimizer"


class Mixed(torch.nn.Module):
    """First layer in single, second in double precision."""

    def __init__(self) -> None:
        super().__init__()
        whole = network()
        self.first, self.second = whole[0], whole[2].double()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs = self.second(self.first(inputs).relu().double())
        assert isinstance(outputs, torch.Tensor)
        return outputs


def strictness(prototype: ModuleType) -> str:
    """An unknown knob, group option or signal is a TypeError."""
    model = network()
    refuses(lambda: make(prototype, model, warp=1.0), TypeError, "an unknown knob")
    refuses(lambda: make(prototype, model, [{"params": model.parameters(), "warp": 1.0}]), TypeError, "an unknown group option")
    refuses(lambda: make(prototype, model).observe(warp=1.0), TypeError, "an unknown signal")
    return "unknown knob, unknown option of a group, unknown signal: TypeError each"


def secrecy(prototype: ModuleType) -> str:
    """It sees the loss and what it declares, and works with no more."""
    declared = {"loss"} | ({"targets"} if "labels" in prototype.NEEDS else set())
    declared |= {"inputs", "targets"} if "lookahead" in prototype.NEEDS else set()
    declared |= {"errors", "held_out"} & set(prototype.NEEDS)
    model = network()
    optimizer = make(prototype, model)
    require(set(optimizer.OBSERVES) <= declared, f"it observes {optimizer.OBSERVES}, but declares {prototype.NEEDS}")
    knows = bool({"lookahead", "units"} & set(prototype.NEEDS))
    require(hasattr(optimizer, "attach") == knows, "whether it must know the network is not what NEEDS says")
    live(model, optimizer, batches(20))
    return f"observes {', '.join(sorted({'loss', *optimizer.OBSERVES}))} of the training stream; 20 steps with no more than that"


def modes(prototype: ModuleType) -> str:
    """Looking ahead needs a network, and leaves its mode and its buffers alone."""
    if "lookahead" not in prototype.NEEDS:
        raise NotApplicable("it never runs the model, so the model's mode cannot matter")
    model, life = network(), batches(40)
    lone = prototype.build(model.parameters(), lr=0.1)
    backward(model, lone, life[0])
    observe(lone, 1.0, life[0])
    refuses(lone.step, RuntimeError, "a step without a network attached")
    normed = torch.nn.Sequential(model[0], torch.nn.BatchNorm1d(16), torch.nn.Dropout(0.5), model[2])
    normed[1].eval()
    before = [b.clone() for b in normed.buffers()]
    with torch.random.fork_rng():
        live(normed, make(prototype, normed), life)
    require(same(before, list(normed.buffers())), "looking ahead changed running statistics")
    require([m.training for m in normed] == [True, False, True, True], "looking ahead changed a module's mode")
    return "a step without attach is an error; modes and running statistics are as before after 40 steps"


POINTS = (
    ("1", "the constructor refuses what is wrong", constructor),
    ("3", "no gradient, no movement", without_gradient),
    ("4", "groups have rates and decays of their own", groups),
    ("7", "tensor learning rates and schedulers", rates),
    ("9", "sparse, complex and half-precision gradients", gradients),
    ("10", "closures, freezing, mixed types", closures),
    ("18", "unknown names are errors", strictness),
    ("19", "it sees only what it declares", secrecy),
    ("20", "modes of the network", modes),
)
