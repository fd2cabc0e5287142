"""What prototypes made of parts have in common: the knobs worth turning, and how they are built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from adaptive.compile import compile_spec, knobs_of, settings
from adaptive.frame import RegulatedOptimizer
from adaptive.knobs import Knob
from kg.model import Spec

BASE = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "momentum": Knob(0.9, 0.0, 0.95, most=1.0),
    "weight_decay": Knob(1e-4, 1e-6, 1e-2, log=True),
}
"""Knobs of the base step, with the ranges in which all candidates and baselines are searched."""


SMALLEST = 0.02
"""Share of a range that crosses 0 at which the side that is searched begins."""


def searched(spec: Spec, *names: str) -> dict[str, Knob]:
    """The knobs of the base step and those of the parts called ``names``, with the spec's own values as the usual ones.

    A knob that may be turned round is searched on the side of its usual value: the other side is another claim.
    """
    knobs, values = knobs_of(spec), settings(spec)
    return BASE | {name: _one_sided(replace(knobs[name], default=values[name])) for name in names}


def _one_sided(knob: Knob) -> Knob:
    if knob.low >= 0.0 or knob.high <= 0.0 or knob.default == 0.0:
        return knob
    return replace(knob, low=SMALLEST * knob.high) if knob.default > 0.0 else replace(knob, high=SMALLEST * knob.low)


def builder(spec: Spec) -> Callable[..., RegulatedOptimizer]:
    """``build`` of a prototype of ``spec``; options of ``torch.optim.SGD`` and of the parts are accepted."""

    def build(params: Any, *, lr: float, **knobs: Any) -> RegulatedOptimizer:
        return compile_spec(spec)(params, lr, **({"weight_decay": 1e-4} | knobs))

    return build
