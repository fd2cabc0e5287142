"""Forward and backward pass of a small network written out, several times faster than by autograd.

In networks as small as those of the tasks nearly all of a step is book-keeping: of autograd, and of each call into PyTorch. Where
a network is a stack of linear and rectified layers, judged by squared error or cross-entropy, and nobody watches it, NumPy does
the same operations on the same memory; gradients differ from autograd's by rounding alone.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy
import torch
from torch import Tensor
from torch.optim import Optimizer

from adaptive.tasks import Batch, Episode, correct, squared_error

Pass = Callable[[Batch], tuple[Tensor, float]]
"""Takes a batch; leaves its gradient in every parameter; gives the loss, detached, and the score."""


def by_autograd(episode: Episode) -> Pass:
    """The pass as PyTorch does it, for any network."""
    parameters = list(episode.model.parameters())

    def both(batch: Batch) -> tuple[Tensor, float]:
        for p in parameters:
            p.grad = None
        outputs = episode.model(batch.inputs)
        loss = episode.loss(outputs, batch.targets)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach(), episode.score(outputs.detach(), batch.targets)

    return both


def both_passes(episode: Episode) -> Pass:
    """The pass written out where that is possible, else by autograd; ask when the optimizer has been attached."""
    layers, own = layers_of(episode.model), getattr(episode.model, "written_out", None)
    parameters = list(episode.model.parameters())
    known = {torch.nn.functional.mse_loss: squared_error, torch.nn.functional.cross_entropy: correct}
    plain = all(p.requires_grad and p.dtype == torch.float32 and p.device.type == "cpu" for p in parameters)
    squared = episode.score is squared_error
    if not plain or known.get(episode.loss) is not episode.score or _watched(episode.model):
        return by_autograd(episode)
    if own is not None and squared:
        return functools.partial(_by_its_own, own, parameters)
    if layers is None:
        return by_autograd(episode)
    return _Written(parameters, squared=squared)


def _by_its_own(own: Callable[..., Any], parameters: list[torch.nn.Parameter], batch: Batch) -> tuple[Tensor, float]:
    """The pass of a network that has written it out itself, judged by squared error."""
    loss, gradients = own(batch.inputs.numpy(), batch.targets.numpy())
    for p, gradient in zip(parameters, gradients, strict=True):
        p.grad = torch.from_numpy(gradient)
    return torch.tensor(loss), loss


class _Written:
    """The pass of one network: its weights (out, in) and biases (out,) as arrays on the parameters' own memory."""

    def __init__(self, parameters: list[torch.nn.Parameter], *, squared: bool) -> None:
        self.parameters, self.squared = parameters, squared
        self.places: list[int] = []
        self.arrays: list[numpy.ndarray] = []

    def __call__(self, batch: Batch) -> tuple[Tensor, float]:
        places = [p.data_ptr() for p in self.parameters]
        if places != self.places:  # An optimizer may give a parameter other memory.
            self.places, self.arrays = places, [p.detach().numpy() for p in self.parameters]
        arrays, targets = self.arrays, batch.targets.numpy()
        activities = [batch.inputs.numpy()]
        for number in range(0, len(arrays) - 2, 2):
            h = activities[-1] @ arrays[number].T
            h += arrays[number + 1]
            activities.append(numpy.maximum(h, 0.0, out=h))
        outputs = activities[-1] @ arrays[-2].T
        outputs += arrays[-1]
        loss, score, delta = _squared(outputs, targets) if self.squared else _entropy(outputs, targets)
        for number in range(len(arrays) - 2, -1, -2):
            h = activities[number // 2]
            self.parameters[number].grad = torch.from_numpy(delta.T @ h)
            self.parameters[number + 1].grad = torch.from_numpy(delta.sum(axis=0))
            if number:
                delta = delta @ arrays[number]
                delta *= h > 0.0
        return torch.tensor(loss), score


def _squared(outputs: numpy.ndarray, targets: numpy.ndarray) -> tuple[float, float, numpy.ndarray]:
    delta = outputs - targets
    loss = float(numpy.square(delta).mean())
    delta *= numpy.float32(2.0 / delta.size)
    return loss, loss, delta


def _entropy(outputs: numpy.ndarray, targets: numpy.ndarray) -> tuple[float, float, numpy.ndarray]:
    rows = numpy.arange(len(targets))
    hit = outputs.argmax(axis=1) == targets
    outputs -= outputs.max(axis=1, keepdims=True)
    right = outputs[rows, targets]
    shares = numpy.exp(outputs, out=outputs)
    total = shares.sum(axis=1)
    loss = float((numpy.log(total) - right).mean())
    shares /= total[:, None]
    shares[rows, targets] -= 1.0
    shares /= numpy.float32(len(targets))
    return loss, int(hit.sum()) / len(targets), shares


def step_of(optimizer: Any) -> Callable[[], Any]:
    """``optimizer.step``, without what PyTorch puts around it for profilers and hooks where there are none."""
    plain = getattr(type(optimizer).step, "__wrapped__", None)
    hooks = [getattr(optimizer, f"_optimizer_step_{when}_hooks", None) for when in ("pre", "post")]
    _optimizer = sys.modules[Optimizer.__module__]
    everywhere = (_optimizer._global_optimizer_pre_hooks, _optimizer._global_optimizer_post_hooks)
    if plain is None or not getattr(type(optimizer).step, "hooked", False) or any(hooks) or any(everywhere):
        return optimizer.step  # type: ignore[no-any-return]
    return optimizer.step if "step" in vars(optimizer) else functools.partial(plain, optimizer)


def layers_of(model: torch.nn.Module) -> list[torch.nn.Linear] | None:
    """The linear layers of ``model`` where it is Linear, ReLU, Linear, …, Linear; ``None`` where it is anything else."""
    layers = list(model.children())
    if not isinstance(model, torch.nn.Sequential) or len(layers) % 2 == 0:
        return None
    linear = [layer for layer in layers[::2] if isinstance(layer, torch.nn.Linear) and layer.bias is not None]
    rectified = all(isinstance(layer, torch.nn.ReLU) for layer in layers[1::2])
    return linear if rectified and len(linear) == len(layers[::2]) else None


def _watched(model: torch.nn.Module) -> bool:
    """Whether somebody would notice that the network was not called."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks", "_post_accumulate_grad_hooks")
    seen: list[Any] = [*model.modules(), *model.parameters()]
    return any(getattr(one, kind, None) for one in seen for kind in kinds) or any("forward" in vars(m) for m in model.modules())
