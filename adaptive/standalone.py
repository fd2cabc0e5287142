"""A compiled prototype as the text of one file that needs torch and nothing else.

Only names of parts and checked numbers become code. Words that come from the literature are comments: one line each, printable
characters only, and never among the first two lines, where a comment could name an encoding.
"""

from __future__ import annotations

import ast
import functools
import inspect
import math
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import FunctionType, ModuleType

from adaptive import base_step, frame, mechanism, parts
from adaptive.compile import class_name, knobs_of, limits, needs, observes
from adaptive.knobs import Knob
from adaptive.parts import elementwise
from kg.errors import Refused
from kg.model import Spec

WIDTH = 118
KNOWN = {"math", "torch", "Tensor", "Any", "Callable", "Sequence"} | {
    name for name in vars(elementwise) if not name.startswith("_") and name != "annotations"
}
"""What the function of a part may use, beside what Python has."""


def standalone(spec: Spec, *, mapping_note: str = "") -> str:
    """Source of a module with the optimizer class of ``spec``, ``KNOBS``, ``build`` and a demonstration.

    Args:
        mapping_note: which mapping and evidence it comes from; any text, shown as comments.

    Raises:
        NotFound, Refused: as :func:`adaptive.compile.compile_spec`; or a part of a user's own that does not stand alone.
    """
    below = [*map(after_imports, (base_step, mechanism, frame)), _class(spec), _BUILD.replace("CLASS", class_name(spec))]
    return assembled(spec, "An optimizer", mapping_note, _IMPORTS, below)


def assembled(spec: Spec, what: str, mapping_note: str, imports: str, below: Iterable[str]) -> str:
    """A file: what it is, where it comes from, the parts of ``spec`` with what they are made of, and ``below`` them the rest."""
    circuit = parts.join(spec.sense, spec.respond, spec.act)
    named = [(part.__name__.rpartition(".")[2], part) for part in (circuit.sense, circuit.respond, circuit.act)]
    opening = [_opening(spec, what), "\n".join(comments(mapping_note)), imports, after_imports(elementwise)]
    pieces = [
        "\n\n".join(piece.strip("\n") for piece in opening if piece.strip()),
        *(_part(role, name, part) for role, (name, part) in zip(parts.ROLES, named, strict=True)),
        *below,
    ]
    return "\n\n\n".join(piece.strip("\n") for piece in pieces) + "\n"


def comments(text: str) -> Iterable[str]:
    """``text`` as comment lines that nothing in it can end or give a meaning."""
    for line in text.splitlines():
        shown = "".join(c if c.isprintable() else " " for c in line)
        for row in textwrap.wrap(shown, WIDTH - 2, break_long_words=True) or [""]:
            yield f"# {row}".rstrip()


def _opening(spec: Spec, what: str) -> str:
    return (
        f'"""{what} that senses ({spec.sense}), responds ({spec.respond}) and acts ({spec.act}).\n\n'
        "Made by exapt; where a mapping of a biological mechanism to a technique of machine learning stands behind it, comments\n"
        "say which.\n"
        'It needs torch alone. Run this file for a demonstration.\n"""'
    )


@functools.cache
def after_imports(module: ModuleType) -> str:
    """Source of ``module`` from the line after its last import."""
    source = inspect.getsource(module)
    last = max(node.end_lineno or 0 for node in ast.parse(source).body if isinstance(node, (ast.Import, ast.ImportFrom)))
    return "\n".join(source.splitlines()[last:])


def _part(role: str, name: str, part: ModuleType) -> str:
    function: FunctionType = getattr(part, role)
    if foreign := sorted(inspect.getclosurevars(function).globals.keys() - KNOWN):
        raise Refused(f"{name} uses {', '.join(foreign)}, which its own file defines; a file that stands alone has {_listed()}")
    facts = f"{role}: {name}\n{part.EQUATION}\nUnits: {part.UNITS}\nReference: {part.REFERENCE}"
    return "\n".join(comments(facts)) + "\n" + inspect.getsource(function)


def _listed() -> str:
    return ", ".join(sorted(KNOWN))


def _class(spec: Spec) -> str:
    base = (
        '    "lr": Knob(0.03, 0.001, 1.0, True, 0.0, math.inf),',
        '    "momentum": Knob(0.9, 0.0, 0.95, False, 0.0, 1.0),',
        '    "weight_decay": Knob(0.0001, 1e-06, 0.01, True, 0.0, math.inf),',
    )
    return "\n".join(
        [
            f"class {class_name(spec)}(RegulatedOptimizer):",
            f'    """{spec.sense}, then {spec.respond}, then {spec.act}."""',
            "",
            *bound(spec),
            *constants(spec, base),
        ]
    )


def bound(spec: Spec) -> Iterable[str]:
    """The lines of a class that say which parts it is made of, and with which knobs."""
    circuit = parts.join(spec.sense, spec.respond, spec.act)
    starts = {"sense": circuit.sense.START, "respond": circuit.respond.START}
    start = ", ".join(f"{_word(role)}: {_table(state)}" for role, state in starts.items())
    yield "    SENSE, RESPOND, ACT = staticmethod(sense), staticmethod(respond), staticmethod(act)"
    yield f"    SIGNAL, SCOPE, CHANGES = {_word(circuit.sense.SIGNAL)}, {_word(circuit.scope)}, {_word(circuit.act.CHANGES)}"
    yield f"    READS = ({''.join(f'{_word(name)}, ' for name in getattr(circuit.act, 'READS', ()))})"
    yield f"    OBSERVES = {observes(circuit.sense.SIGNAL)!r}"
    yield f"    START = {{{start}}}"
    yield "    LIMITS = {"
    yield from (f"        {_word(name)}: ({', '.join(map(number, values))})," for name, values in limits(spec).items())
    yield "    }"


def constants(spec: Spec, base: Iterable[str] = ()) -> Iterable[str]:
    """The lines that say what is worth tuning, after the knobs of the ``base``, what is neutral, and what a task must reveal."""
    neutral = parts.part("act", spec.act).NEUTRAL
    yield from ("", "", _KNOB.strip("\n"), "", "", "KNOBS = {", *base)
    yield from (_searched(name, knob) for name, knob in _tuned(spec).items())
    yield "}"
    yield f"NEUTRAL = {_table({f'act_{name}': value for name, value in neutral.items()})}"
    yield f"NEEDS = {needs(spec)!r}"


def _tuned(spec: Spec) -> dict[str, Knob]:
    """Knobs of the action, with the spec's own values, where those lie in the range to search."""
    bounds = limits(spec)
    own = {name: replace(knob, default=bounds[name][0]) for name, knob in knobs_of(spec).items() if name.startswith("act_")}
    return {name: knob for name, knob in own.items() if knob.low <= knob.default <= knob.high}


def _searched(name: str, knob: Knob) -> str:
    low, high, least, most = (number(value) for value in (knob.low, knob.high, knob.least, knob.most))
    return f"    {_word(name)}: Knob({number(knob.default)}, {low}, {high}, {bool(knob.log)}, {least}, {most}),"


def _table(values: Mapping[str, float]) -> str:
    return "{" + ", ".join(f"{_word(name)}: {number(value)}" for name, value in values.items()) + "}"


def number(value: float) -> str:
    """A number as source; anything else is refused, so that nothing but a number can come out."""
    value = float(value)
    if math.isinf(value):
        return "math.inf" if value > 0 else "-math.inf"
    if math.isnan(value):
        raise ValueError("not a number")
    return repr(value)


def _word(name: str) -> str:
    if not name.isidentifier() or not name.isascii():
        raise ValueError(f"{name!r} is not the name of a part or knob")
    return f'"{name}"'


_IMPORTS = """
from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor
"""

_KNOB = '''
class Knob(NamedTuple):
    """A number worth tuning: its usual value, the range to search, on a logarithmic scale or not, and what is accepted."""

    default: float
    low: float
    high: float
    log: bool
    least: float
    most: float

    def at(self, position):
        """The value at position (0 to 1) of the range to search."""
        return self.low * (self.high / self.low) ** position if self.log else self.low + position * (self.high - self.low)
'''

_BUILD = '''

def build(params, *, lr, **knobs):
    """The optimizer; options of torch.optim.SGD and of the parts are accepted."""
    return CLASS(params, lr, **({"weight_decay": 1e-4} | knobs))


def demonstrate(steps=300):
    """Ten classes told apart by a small network; halfway the classes change their names, and the mechanism answers."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(512, 8, generator=generator)
    names = (inputs @ torch.randn(8, 10, generator=generator)).argmax(dim=1)
    shapes = ((8, 32), (32,), (32, 10), (10,))
    w1, b1, w2, b2 = (torch.randn(*shape, generator=generator).mul_(0.2).requires_grad_() for shape in shapes)
    optimizer = CLASS([w1, b1, w2, b2], lr=0.1)
    for step in range(1, steps + 1):
        chosen = torch.randint(512, (32,), generator=generator)
        targets = names[chosen] if step <= steps // 2 else (names[chosen] + 1) % 10
        loss = torch.nn.functional.cross_entropy((inputs[chosen] @ w1 + b1).relu() @ w2 + b2, targets)
        optimizer.zero_grad()
        loss.backward()
        offered = {"targets": targets}
        with torch.no_grad():
            if "errors" in optimizer.OBSERVES:
                guesses = ((inputs[chosen] @ w1 + b1).relu() @ w2 + b2).argmax(dim=1)
                offered["errors"] = (guesses != targets).double().mean()
            if "held_out" in optimizer.OBSERVES:
                others = torch.randint(512, (32,), generator=generator)
                classes = names[others] if step <= steps // 2 else (names[others] + 1) % 10
                offered["held_out"] = torch.nn.functional.cross_entropy((inputs[others] @ w1 + b1).relu() @ w2 + b2, classes)
        optimizer.observe(loss=loss, **{name: offered[name] for name in offered if name in optimizer.OBSERVES})
        optimizer.step()
        if step % 25 == 0 or step - 1 == steps // 2:
            seen = f"sensed {optimizer.sensed:7.3f}   response {optimizer.response:7.3f}"
            print(f"step {step:4d}   loss {loss.item():7.4f}   {seen}")


if __name__ == "__main__":
    demonstrate()
'''
