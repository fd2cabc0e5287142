"""A network whose classifications act on its own learning rate: the published homeostatic learning rate.

Some classes excite (raise the learning rate), the others inhibit. Every ``every`` samples the network foresees what it would
recall of its recent past with the rate as it is, and with the rate changed in the direction of its own guess; if it would recall
more, it takes the sample in, and the *true* class decides what that does to the rate.

    A0 = accuracy on the memory of  w - lr g;   A1 = accuracy of  w - max(lr + s(guess) D, floor) g
    if A1 > A0:  lr <- max(lr + s(true) D, floor);   D = step lr0;   s(class) = 1 if class >= boundary else -1

where g is the gradient of the minibatch as far as it has been seen and the memory is the last ``memory`` samples. Then the
whole minibatch is learned with the rate reached. Foreseeing is done in evaluation mode, so that it draws no random numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.frame import MissingSignal, RegulatedOptimizer
from adaptive.knobs import Knob
from adaptive.parts.elementwise import State

TITLE = "Homeostatic learning rate"
MECHANISM, TECHNIQUE = "homeostasis", "homeostatic learning rate"
DESCRIPTION = "each class excites or inhibits; a foreseen gain in recall lets the true class raise or lower the learning rate"
REFERENCE = "Man, Damasio and Neven, arXiv 2205.08645"
PROPOSED_AS, FUNCTION = "Homeostatic learning rate", "keep_set_point"
PAIRS = (
    ("vulnerable internal state", "own learning rate"),
    ("excitatory and inhibitory effects of what is met", "classes that raise or lower the rate"),
    ("foresight of the consequences for oneself", "recall of recent samples after a tentative step"),
)
EQUATIONS = (
    "A0 = accuracy on the memory of w - lr g; A1 = accuracy of w - max(lr + s(guess) D, floor) g",
    "if A1 > A0: lr <- max(lr + s(true) D, floor); D = step lr0; s(class) = 1 if class >= boundary else -1",
)
PRIOR_ART = "hypergradient descent (arXiv 1703.04782) and line searches, which look at the loss instead of the label"
TASK = "label_swap_digits"
BECAUSE = "the paper reports that it adapts to swaps of labels, most where they are frequent"
REFUTED_BY = "a tuned constant rate is better, or accepting changes at random is as good: our own re-implementation found both"
SPEC = None
NEEDS = ("lookahead", "labels")
BUFFERS = 0
KNOBS = {"lr": Knob(0.03, 1e-3, 1.0, log=True), "act_step": Knob(0.1, 0.02, 0.5, log=True, most=1.0)}
NEUTRAL = {"act_step": 0.0}
# A foreseen gain is rare, about one occasion in a hundred; at these it is common enough to be examined.
LIVELY = {"lr": 0.5, "act_step": 0.5}


class HomeostaticLearningRate(RegulatedOptimizer):
    """SGD whose learning rate is at stake; ``response`` is the number of steps by which it lies above its start.

    Args:
        act_step: one step of the rate, as a share of the learning rate. The paper's is 0.1.
        sense_every: samples from one occasion to the next. sense_memory: samples remembered. Whole numbers; 10 and 20.
        sense_boundary: classes from here on excite; 5.
        respond_floor: the rate never sinks below it; 1e-8.
    """

    SIGNAL, SCOPE, CHANGES, OBSERVES = "batch", "network", "rate", ("inputs", "targets")
    START: ClassVar[dict[str, State]] = {"sense": {"seen": 0}, "respond": {"factor": 1.0}}
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {
        "sense_every": (10, 1, 1e6),
        "sense_memory": (20, 1, 1e6),
        "sense_boundary": (5.0, -1e6, 1e6),
        "respond_floor": (1e-8, 0.0, 1.0),
        "act_step": (0.1, 0.0, 1.0),
    }
    _model: torch.nn.Module | None = None
    _loss: Callable[[Tensor, Tensor], Tensor] = staticmethod(torch.nn.functional.cross_entropy)

    @staticmethod
    def ACT(response: float, *, step: float) -> float:
        """The factor on the learning rate."""
        return max(1.0 + step * response, 0.0)

    def attach(self, model: torch.nn.Module, loss: Callable[[Tensor, Tensor], Tensor] | None = None) -> None:
        """Says which network the parameters belong to, and its loss (a mean over the batch; cross-entropy if not given)."""
        self._model = model
        if loss is not None:
            self._loss = loss

    def _signal(self, signals: dict[str, Any], norm: float) -> tuple[Tensor, Tensor]:
        if self._model is None:
            raise MissingSignal("call optimizer.attach(model) once before step()")
        if "inputs" not in signals or "targets" not in signals:
            raise MissingSignal("call optimizer.observe(inputs=..., targets=...) before step()")
        inputs, targets = signals["inputs"], signals["targets"]
        if targets.is_floating_point() or targets.dim() != 1:
            raise ValueError("targets must be class numbers of shape (batch,): the mechanism is defined by classes")
        return inputs, targets

    def _regulate(self, signal: Any, state: State, group: dict[str, Any]) -> tuple[float, float, State]:
        (inputs, targets), model = signal, self._model
        assert model is not None
        seen, factor = (state.get(name, self.START[name]) for name in ("sense", "respond"))
        count, step = seen["seen"], group["act_step"]
        every, memory = int(group["sense_every"]), int(group["sense_memory"])
        # The batch behind what is remembered: sample j of the batch stands at j + offset, its memory just before it.
        known = torch.cat([seen["inputs"], inputs]) if count else inputs
        classes = torch.cat([seen["targets"], targets]) if count else targets
        offset, reached, effects = len(known) - len(inputs), float(factor["factor"]), 0.0
        modes = [(module, module.training) for module in model.modules()]
        model.eval()
        try:
            gradient: list[Tensor] = []
            done = 0
            for j in range(len(inputs)):
                if (count + j) % every or count + j <= memory:
                    continue
                more, guess = self._gradient(inputs[done : j + 1], targets[done : j + 1], len(inputs))
                gradient = [a + b for a, b in zip(gradient, more, strict=True)] if gradient else more
                done = j + 1
                past = slice(max(0, j + offset - memory), j + offset)
                changed = self._moved(reached, guess, group)
                now, then = (self._recalled(rate, gradient, known[past], classes[past]) for rate in (reached, changed))
                if then > now:
                    reached = self._moved(reached, int(targets[j]), group)
                    effects += self._effect(int(targets[j]), group)
        finally:
            for module, mode in modes:
                module.training = mode
        learned = {"seen": count + len(inputs), "inputs": known[-memory:].clone(), "targets": classes[-memory:].clone()}
        response = (reached - 1.0) / step if step else 0.0
        return effects, response, {"sense": learned, "respond": {"factor": reached}}

    def _effect(self, label: int, group: dict[str, Any]) -> float:
        return 1.0 if label >= group["sense_boundary"] else -1.0

    def _moved(self, factor: float, label: int, group: dict[str, Any]) -> float:
        """The factor one step on in the direction of ``label``'s effect, but no rate below the floor."""
        rate = float(group["lr"])
        least = min(1.0, group["respond_floor"] / rate) if rate > 0.0 else 1.0
        return max(factor + self._effect(label, group) * float(group["act_step"]), least)

    def _owned(self) -> list[tuple[str, Tensor, float]]:
        """Name, tensor and learning rate (negative to climb) of what this optimizer moves in the network."""
        assert self._model is not None
        rates = {id(p): float(g["lr"]) * (-1 if g["maximize"] else 1) for g in self.param_groups for p in g["params"]}
        named = self._model.named_parameters()
        return [(name, p, rates[id(p)]) for name, p in named if id(p) in rates and p.requires_grad]

    def _gradient(self, inputs: Tensor, targets: Tensor, batch: int) -> tuple[list[Tensor], int]:
        """What these samples add to the gradient of a batch of ``batch``, and the class guessed for the last of them."""
        assert self._model is not None
        with torch.enable_grad():
            outputs = self._model(inputs)
            share = self._loss(outputs, targets) * (len(inputs) / batch)
            weights = [p for _, p, _ in self._owned()]
            found = torch.autograd.grad(share, weights, allow_unused=True)
        self.forward_equivalents += 3.0 * len(inputs)
        return [torch.zeros_like(p) if g is None else g for g, p in zip(found, weights, strict=True)], int(outputs[-1].argmax())

    def _recalled(self, factor: float, gradient: list[Tensor], inputs: Tensor, targets: Tensor) -> int:
        """How many of the samples would be classified rightly after a step with ``factor``; the weights stay as they are."""
        assert self._model is not None
        moved = {name: p - factor * rate * g for (name, p, rate), g in zip(self._owned(), gradient, strict=True)}
        outputs = torch.func.functional_call(self._model, moved, (inputs,))
        self.forward_equivalents += float(len(inputs))
        return int((outputs.argmax(dim=1) == targets).sum())


def build(params: Any, *, lr: float, **knobs: Any) -> HomeostaticLearningRate:
    """The optimizer, without momentum as published; call its ``attach(model)`` once."""
    return HomeostaticLearningRate(params, lr, **({"momentum": 0.0} | knobs))
