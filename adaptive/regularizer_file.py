"""A compiled regularizer as the text of one file that needs torch and nothing else."""

from __future__ import annotations

import textwrap

from adaptive import mechanism, penalty
from adaptive.compile import class_name
from adaptive.regularizer import circuit_of, degree, scale
from adaptive.standalone import WIDTH, after_imports, assembled, bound, constants, number
from kg.model import Spec


def regularizer_file(spec: Spec, *, mapping_note: str = "") -> str:
    """Source of a module with the regularizer class of ``spec``, ``KNOBS``, ``build`` and a demonstration.

    Args:
        mapping_note: which mapping and evidence it comes from; any text, shown as comments.

    Raises:
        NotFound, Refused: as :func:`adaptive.regularizer.compile_regularizer`; or a user's own part that does not stand alone.
    """
    act, name = circuit_of(spec).act, f"{class_name(spec)}Penalty"
    on_decay = "decay" in getattr(act, "READS", ())
    made = [
        f"class {name}(Regularizer):",
        f'    """{spec.sense}, then {spec.respond}, then {spec.act}.',
        "",
        *textwrap.wrap(scale(spec), WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 4),
        '    """',
        "",
        *bound(spec),
        f"    DEGREE = {number(degree(act))}",
        *constants(spec),
        'FORM = "regularizer"',
        'LIVELY = {"weight_decay": 0.01}' if on_decay else "LIVELY = {}",
    ]
    build = _BUILD.replace("CLASS", name).replace("OPTIONS", ", **LIVELY" if on_decay else "")
    build = build.replace("DECAY", ', weight_decay=LIVELY["weight_decay"]' if on_decay else "")
    below = [after_imports(mechanism), after_imports(penalty), "\n".join(made), build]
    return assembled(spec, "A regularizer", mapping_note, _IMPORTS, below)


_IMPORTS = """
from __future__ import annotations

import copy
import functools
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor
"""

_BUILD = '''
def build(params, **options):
    """The regularizer of the weights ``params``; add what it returns for the loss to the loss, in every step."""
    return CLASS(params, **options)


def demonstrate(steps=300):
    """Ten classes told apart by a small network; halfway the classes change their names, and the mechanism answers."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(512, 8, generator=generator)
    names = (inputs @ torch.randn(8, 10, generator=generator)).argmax(dim=1)
    shapes = ((8, 32), (32,), (32, 10), (10,))
    w1, b1, w2, b2 = (torch.randn(*shape, generator=generator).mul_(0.2).requires_grad_() for shape in shapes)
    regularizer = build([w1, b1, w2, b2]OPTIONS)
    optimizer = torch.optim.SGD([w1, b1, w2, b2], lr=0.1, momentum=0.9DECAY)

    def loss_of(chosen, targets):
        return torch.nn.functional.cross_entropy((inputs[chosen] @ w1 + b1).relu() @ w2 + b2, targets)

    for step in range(1, steps + 1):
        chosen, others = (torch.randint(512, (32,), generator=generator) for _ in range(2))
        shift = 0 if step <= steps // 2 else 1
        targets = (names[chosen] + shift) % 10
        loss = loss_of(chosen, targets)
        offered = {"targets": targets}
        with torch.no_grad():
            if "errors" in regularizer.OBSERVES:
                guesses = ((inputs[chosen] @ w1 + b1).relu() @ w2 + b2).argmax(dim=1)
                offered["errors"] = (guesses != targets).double().mean()
            if "held_out" in regularizer.OBSERVES:
                offered["held_out"] = loss_of(others, (names[others] + shift) % 10)
        penalty = regularizer(loss, **{name: offered[name] for name in offered if name in regularizer.OBSERVES})
        optimizer.zero_grad()
        (loss + penalty).backward()
        optimizer.step()
        if step % 25 == 0 or step - 1 == steps // 2:
            seen = f"sensed {regularizer.sensed:7.3f}   response {regularizer.response:7.3f}"
            print(f"step {step:4d}   loss {loss.item():7.4f}   penalty {penalty.item():9.6f}   {seen}")


if __name__ == "__main__":
    demonstrate()
'''
