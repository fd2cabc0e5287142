"""The plain steps that mechanisms regulate: SGD with momentum, and AdamW, many small tensors at a time.

Each is that of ``torch.optim`` (single-tensor form) bit for bit: the same operations in the same order. Tensors are taken
together in lots small enough to stay in a processor's cache, which spares the time between operations, not the arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

LOT = 1 << 17
"""Numbers that go through one operation together, on a processor with a cache; a larger tensor goes alone."""


class Move(NamedTuple):
    """What happens to one tensor in one step."""

    group: dict[str, Any]
    weight: Tensor
    gradient: Tensor
    state: dict[str, Any]
    rate: float
    decay: float
    inertia: float
    """Momentum of SGD, or the first beta of AdamW."""
    pull: Tensor | None
    """Added to the gradient of SGD; with AdamW it acts outside the adapted step, as decay does."""
    factor: Tensor | None
    """On the step of single weights or units."""


def lots(moves: list[Move]) -> Iterable[list[Move]]:
    """``moves`` in order, cut where their numbers differ or a lot is full."""
    lot: list[Move] = []
    size, kind = 0, None
    for move in moves:
        weight = move.weight
        sort = (id(move.group), move.inertia, move.pull is None, move.factor is None, weight.dtype, weight.device)
        count = weight.numel()
        if lot and (sort != kind or (size + count > LOT and weight.device.type == "cpu")):
            yield lot
            lot, size = [], 0
        lot.append(move)
        size, kind = size + count, sort
    if lot:
        yield lot


def alike(numbers: Sequence[float]) -> bool:
    """Whether all of ``numbers`` are the same."""
    return len(numbers) == 1 or all(number == numbers[0] for number in numbers)


def sgd(lot: list[Move]) -> None:
    """One step of SGD: ``g + decay w + pull``, momentum, then ``w -= rate g``."""
    first, weights, gradients = lot[0], [move.weight for move in lot], [move.gradient for move in lot]
    decays, rates = [move.decay for move in lot], [move.rate for move in lot]
    if not alike(decays):
        gradients = [g.add(w, alpha=d) if d != 0.0 else g for g, w, d in zip(gradients, weights, decays, strict=True)]
    elif decays[0] != 0.0:
        gradients = list(torch._foreach_add(gradients, weights, alpha=decays[0]))
    if first.pull is not None:
        gradients = list(torch._foreach_add(gradients, [move.pull for move in lot if move.pull is not None]))
    if first.group["momentum"] != 0.0:
        buffers, known, taken = [], [], []
        for move, gradient in zip(lot, gradients, strict=True):
            buffer = move.state.get("momentum_buffer")
            if buffer is None:
                buffer = move.state["momentum_buffer"] = gradient.clone()
            else:
                known.append(buffer)
                taken.append(gradient)
            buffers.append(buffer)
        if known:
            torch._foreach_mul_(known, first.inertia)
            torch._foreach_add_(known, taken)
        gradients = buffers
    if first.factor is not None:
        gradients = list(torch._foreach_mul(gradients, [move.factor for move in lot if move.factor is not None]))
    if alike(rates):
        torch._foreach_add_(weights, gradients, alpha=-rates[0])
    else:
        for weight, gradient, rate in zip(weights, gradients, rates, strict=True):
            weight.add_(gradient, alpha=-rate)


def adamw(lot: list[Move]) -> None:
    """One step of AdamW. Decay and pull act outside the adapted step, a factor on the adapted step alone."""
    first, weights, gradients = lot[0], [move.weight for move in lot], [move.gradient for move in lot]
    (beta1, beta2), eps = first.group["betas"], first.group["eps"]
    steps, means, squares = [], [], []
    for move in lot:
        state = move.state
        if "exp_avg" not in state:
            state.update(step=0, exp_avg=torch.zeros_like(move.weight), exp_avg_sq=torch.zeros_like(move.weight))
        step = state["step"] = int(state["step"]) + 1
        steps.append(step)
        means.append(state["exp_avg"])
        squares.append(state["exp_avg_sq"])
    plain = first.pull is None and first.factor is None and first.inertia == beta1
    if first.group["fused"] and plain and alike(steps) and alike([m.rate for m in lot]) and alike([m.decay for m in lot]):
        _fused(first, weights, gradients, means, squares, steps[0])
        return
    kept = [1 - move.rate * move.decay for move in lot]
    if any(move.decay != 0.0 for move in lot):
        torch._foreach_mul_(weights, kept[0] if alike(kept) else kept)
    if first.pull is not None:
        pulls = [move.pull for move in lot if move.pull is not None]
        torch._foreach_sub_(weights, list(torch._foreach_mul(pulls, [move.rate for move in lot])))
    torch._foreach_lerp_(means, gradients, 1 - first.inertia)
    torch._foreach_mul_(squares, beta2)
    torch._foreach_addcmul_(squares, gradients, gradients, 1 - beta2)
    spreads = torch._foreach_sqrt(squares)
    roots = [(1 - beta2**step) ** 0.5 for step in steps]
    torch._foreach_div_(spreads, roots[0] if alike(roots) else roots)
    torch._foreach_add_(spreads, eps)
    if first.factor is not None:
        means = list(torch._foreach_mul(means, [move.factor for move in lot if move.factor is not None]))
    lengths = [-move.rate / (1 - beta1**step) for move, step in zip(lot, steps, strict=True)]
    if alike(lengths):
        torch._foreach_addcdiv_(weights, means, spreads, lengths[0])
    else:
        torch._foreach_addcdiv_(weights, means, spreads, lengths)


def _fused(
    move: Move, weights: list[Tensor], gradients: list[Tensor], means: list[Tensor], squares: list[Tensor], step: int
) -> None:
    """The same in one kernel; rounding differs from the other form as it does in torch."""
    count = torch.tensor(float(step), device=weights[0].device)
    torch._fused_adamw_(
        weights, gradients, means, squares, [], [count] * len(weights),
        lr=move.rate, beta1=move.inertia, beta2=move.group["betas"][1], weight_decay=move.decay, eps=move.group["eps"],
        amsgrad=False, maximize=False,
    )  # fmt: skip
