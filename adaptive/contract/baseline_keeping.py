"""Points on what a baseline keeps: its state survives saving and copying, dies with its unit, takes the room that it declares."""

from __future__ import annotations

import copy
import io
import pickle
from types import ModuleType

import torch

from adaptive.contract.baseline_world import live, lively, make, only_ours, ours
from adaptive.contract.keeping import equal, tensors_in
from adaptive.contract.world import NotApplicable, batches, network, refuses, require, same, weights


def saving(module: ModuleType) -> str:
    """A saved state, loaded into a fresh optimizer, goes on as if nothing had happened."""
    for dtype in (torch.float32, torch.bfloat16) if ours(module) else (torch.float32,):
        life = [(inputs.to(dtype), targets) for inputs, targets in batches(40)]
        model = network(dtype=dtype)
        optimizer = make(module, model, **lively(module))
        live(model, optimizer, life[:20])
        file = io.BytesIO()
        torch.save(optimizer.state_dict(), file)
        file.seek(0)
        saved = torch.load(file, weights_only=True)
        # Hooks on the first network belong to the first optimizer: the second gets a fresh one.
        other, untouched = network(dtype=dtype), copy.deepcopy(saved)
        other.load_state_dict(model.state_dict())
        fresh = make(module, other, **(lively(module) | {"lr": 0.9}))
        fresh.load_state_dict(saved)
        for batch in life[20:]:
            live(model, optimizer, [batch])
            live(other, fresh, [batch])
            require(same(weights(model), weights(other)), f"the loaded optimizer goes another way ({dtype})")
        require(not ours(module) or equal(saved, untouched), "loading or stepping changed the saved state")
        require(all(bool(p.isfinite().all()) for p in weights(model)), f"{dtype} weights are not finite after 40 steps")
    return "20 steps, saved, read with weights_only=True, loaded: 20 more in lock-step bit for bit"


def copying(module: ModuleType) -> str:
    """Copies and pickles go on as the original; hooks fire in order."""
    life = batches(40)
    for how in ("deepcopy", "pickle"):
        model = network()
        optimizer = make(module, model, **lively(module))
        live(model, optimizer, life[:20])
        pair = (optimizer, model)
        twin, other = copy.deepcopy(pair) if how == "deepcopy" else pickle.loads(pickle.dumps(pair))
        if hasattr(twin, "attach"):
            twin.attach(other)
        live(model, optimizer, life[20:])
        live(other, twin, life[20:])
        require(same(weights(model), weights(other)), f"after {how} it goes another way")
    require(type(optimizer).__name__ in repr(optimizer), "repr does not name the class")
    seen: list[str] = []
    optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
    optimizer.register_step_post_hook(lambda *_: seen.append("after"))
    live(model, optimizer, life[:1])
    require(seen == ["before", "after"], f"hooks fired as {seen}")
    return "deepcopy and pickle of a primed optimizer go on bit for bit for 20 steps; hooks fire in order"


def units(module: ModuleType) -> str:
    """A unit that is reset loses all its state."""
    if "units" not in getattr(module, "NEEDS", ()) or not getattr(module, "RESETS", True):
        raise NotApplicable("it resets no units")
    model = network()
    optimizer = make(module, model, **(lively(module) | {"momentum": 0.9}))
    found = 0
    for batch in batches(200):
        live(model, optimizer, [batch])
        reset = torch.eq(model[2].weight, 0).all(dim=0)
        found += int(reset.sum())
        kept = [tensors_in(optimizer.state[p]) for p in (model[0].weight, model[0].bias)]
        clean = [bool((memory[0, reset] == 0).all()) for memories in kept for memory in memories]
        clean += [bool((memory[0, :, reset] == 0).all()) for memory in tensors_in(optimizer.state[model[2].weight])]
        require(all(clean), "a unit was born with the optimizer state of a dead one")
    require(found, "no unit was reset in 200 steps")
    lone = module.build(network().parameters(), lr=0.1)
    for p in lone.param_groups[0]["params"]:
        p.grad = torch.ones_like(p)
    refuses(lone.step, RuntimeError, "a step without a network attached")
    return f"{found} units reset in 200 steps, each without effect on the output and without momentum at first"


def room(module: ModuleType) -> str:
    """It keeps no more buffers than it declares."""
    only_ours(module)
    model = network()
    optimizer = make(module, model, **({"momentum": 0.9} if "momentum" in module.OPTIONS else {}))
    live(model, optimizer, batches(40))
    size = sum(p.numel() for p in model.parameters())
    kept = sum(t.numel() for p in model.parameters() for t in tensors_in(optimizer.state[p])) / size
    require(kept <= module.BUFFERS, f"it keeps {kept:.2f} buffers, and declares {module.BUFFERS}")
    return f"{kept:.2f} buffers of the weights' size, {module.BUFFERS} declared"


POINTS = (
    ("5", "state survives saving and loading", saving),
    ("6", "copies, pickles, repr and hooks", copying),
    ("16", "reset of units", units),
    ("17", "room that it takes", room),
)
