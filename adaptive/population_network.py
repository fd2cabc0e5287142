"""The networks of a population: stacks of linear and rectified layers, one tensor a layer, gradients written out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from adaptive.baselines._rule import Slot, Units, spread
from adaptive.trial import weights_sha256


class Network:
    """Weights (members, out, in) and biases (members, out) of all members; ``slots`` is what a rule is given.

    Args:
        models: one for each member, members of one seed side by side; equal in shape.
        settings: how many members share each seed's samples.
        numbers: hyperparameters, each a float or (members,).
        alike: the rule does the same to every weight, whatever tensor it belongs to.
    """

    def __init__(self, models: Sequence[torch.nn.Module], settings: int, numbers: Mapping[str, Any], *, alike: bool) -> None:
        self.settings, self.rows = settings, len(models) // settings
        known: dict[int, str] = {}
        self.first = [known.setdefault(id(model), weights_sha256(model)) for model in models]
        # All weights of a member are one row; layers and gradients are views of it, so that a rule that does the same to every
        # weight does it once.
        every = [list(model.parameters()) for model in models]
        self.flat = torch.stack([torch.cat([p.detach().flatten() for p in one]) for one in every])
        gradients = torch.zeros_like(self.flat)
        whole = Slot(self.flat, gradients, {}, {name: spread(number, self.flat) for name, number in numbers.items()})
        self.parts: list[Slot] = []
        start = 0
        for p in every[0]:
            stop = start + p.numel()
            shape = (len(models), *p.shape)
            weights = self.flat[:, start:stop].view(shape)
            h = {name: spread(number, weights) for name, number in numbers.items()}
            self.parts.append(Slot(weights, gradients[:, start:stop].view(shape), {}, h, whole if alike else None, (start, stop)))
            start = stop
        self.slots = [whole] if alike else self.parts
        self.states: list[dict[str, Any]] = [{} for _ in self.parts[::2]]
        self.numbers = {name: n[:, None] if isinstance(n, Tensor) else n for name, n in numbers.items()}
        self.activity: list[Tensor] = []
        self._across = [part.p.transpose(1, 2) for part in self.parts[::2]]
        self._biases = [part.p.unsqueeze(1) for part in self.parts[1::2]]

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs (members, batch, out) for inputs (rows, batch, in); keeps what the hidden units gave."""
        self.activity = []
        if self.settings == 1:
            h = torch.baddbmm(self._biases[0], inputs, self._across[0])
        else:
            first, bias = self.parts[0].p, self.parts[1].p
            across = first.reshape(self.rows, -1, first.shape[2]).transpose(1, 2)
            h = self._apart(torch.baddbmm(bias.reshape(self.rows, 1, -1), inputs, across))
        for across, bias in zip(self._across[1:], self._biases[1:], strict=True):
            h.relu_()
            self.activity.append(h)
            h = torch.baddbmm(bias, h, across)
        return h

    def backward(self, inputs: Tensor, targets: Tensor, *, squared: bool) -> tuple[Tensor, Tensor]:
        """Loss and score of every member on its batch, (members,) each; leaves the gradients in the slots."""
        outputs = self.forward(inputs)
        if squared:
            goal = targets.repeat_interleave(self.settings, dim=0) if self.settings > 1 else targets
            delta = outputs - goal
            loss = score = delta.square().mean(dim=(1, 2))
            delta.mul_(2.0 / delta[0].numel())
        else:
            goal = (targets.repeat_interleave(self.settings, dim=0) if self.settings > 1 else targets).unsqueeze(2)
            logs = torch.log_softmax(outputs, dim=2)
            loss = -logs.gather(2, goal).mean(dim=(1, 2))
            score = (outputs.argmax(dim=2) == goal.squeeze(2)).to(loss.dtype).mean(dim=1)
            delta = logs.exp_()
            delta.scatter_add_(2, goal, torch.full_like(goal, -1, dtype=delta.dtype))
            delta.div_(outputs.shape[1])
        for number in range(len(self.parts) - 2, 0, -2):
            weight, bias, h = self.parts[number], self.parts[number + 1], self.activity[number // 2 - 1]
            weight.g.copy_(torch.bmm(delta.transpose(1, 2), h))
            torch.sum(delta, 1, out=bias.g)
            delta = torch.ops.aten.threshold_backward(torch.bmm(delta, weight.p), h, 0)
        torch.sum(delta, 1, out=self.parts[1].g)
        self.parts[0].g.copy_(torch.bmm(self._together(delta).transpose(1, 2), inputs).view_as(self.parts[0].p))
        return loss, score

    def _apart(self, wide: Tensor) -> Tensor:
        """(rows, batch, settings times out) as (members, batch, out)."""
        if self.settings == 1:
            return wide
        batch = wide.shape[1]
        return wide.view(self.rows, batch, self.settings, -1).transpose(1, 2).reshape(self.rows * self.settings, batch, -1)

    def _together(self, delta: Tensor) -> Tensor:
        if self.settings == 1:
            return delta
        batch = delta.shape[1]
        return delta.view(self.rows, self.settings, batch, -1).transpose(1, 2).reshape(self.rows, batch, -1)

    def units(self) -> list[Units]:
        """The hidden layers, with what their units gave in the last forward pass."""
        slots = self.parts
        return [
            Units(h, slots[2 * n], slots[2 * n + 1], slots[2 * n + 2], slots[2 * n + 3], self.states[n], self.numbers)
            for n, h in enumerate(self.activity)
        ]

    def into(self, model: torch.nn.Module, member: int) -> None:
        """Writes the weights of one member into ``model``."""
        for p, slot in zip(model.parameters(), self.parts, strict=True):
            p.data.copy_(slot.p[member])

    def dead(self, probe: Tensor) -> list[float]:
        """Share of hidden units that no sample of ``probe`` (rows, samples, in) excites, for each member."""
        self.forward(probe)
        if not self.activity:
            return [0.0] * (self.rows * self.settings)
        silent: list[float] = torch.cat([(h <= 0).all(dim=1) for h in self.activity], dim=1).float().mean(dim=1).tolist()
        return silent

    def norms(self) -> list[float]:
        """Norm of all weights of each member."""
        norms: list[float] = self.flat.square().sum(dim=1).sqrt().tolist()
        return norms
