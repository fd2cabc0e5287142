"""From a mapping to a regularizer: parts whose action is a pull on the weights, as a penalty that any optimizer can be given."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import TYPE_CHECKING, Any

from adaptive import parts
from adaptive.compile import class_name, compile_spec
from kg.errors import Refused
from kg.model import Spec

if TYPE_CHECKING:
    from adaptive.penalty import Regularizer

CHANGES = ("pull", "decay")
"""Changes that are the gradient of something: added to the gradient, as decay is."""
SHARED = ("SPEC", "SENSE", "RESPOND", "ACT", "SIGNAL", "SCOPE", "CHANGES", "READS", "START", "LIMITS", "OBSERVES")
"""What the regularizer and the optimizer of the same parts have in common."""
READS = {"weight", "anchor", "average", "importance", "decay"}
"""What a penalty knows when it is worked out, which is before the step: no gradient, rate or noise of the step."""


def can_be_penalty(act: ModuleType) -> bool:
    """Whether what ``act`` changes is the gradient of a penalty."""
    return act.CHANGES in CHANGES and set(getattr(act, "READS", ())) <= READS


def penalties() -> tuple[str, ...]:
    """Names of the actions that can be a penalty."""
    return tuple(name for name in parts.names("act") if can_be_penalty(parts.part("act", name)))


def circuit_of(spec: Spec) -> parts.Circuit:
    """The parts of ``spec``, after checking that they fit and that the action can be a penalty.

    Raises:
        NotFound, Refused: as :func:`adaptive.parts.join`; or the action is none: says which of those that would fit are.
    """
    circuit = parts.join(spec.sense, spec.respond, spec.act)
    if can_be_penalty(circuit.act):
        return circuit
    fitting = [name for name in penalties() if parts.fits(spec.sense, spec.respond, name)]
    reads = set(getattr(circuit.act, "READS", ())) - READS
    why = (
        f"changes the {circuit.act.CHANGES} of a step" if circuit.act.CHANGES not in CHANGES else f"reads the step's {min(reads)}"
    )
    raise Refused(
        f"{spec.act} {why}, which no penalty on the loss can; what acts after {spec.sense} and {spec.respond} and can: "
        f"{' or '.join(fitting) or 'nothing yet'}"
    )


def degree(act: ModuleType) -> float:
    """The power of the weights' way with which the penalty of ``act`` grows; an action of a user's own may say DEGREE.

    2, the usual, is that of a pull in proportion to the way; 1 that of a pull that is the same everywhere, as the lasso's.

    Raises:
        Refused: it is not a number above 0.
    """
    stated = getattr(act, "DEGREE", 2.0)
    if not isinstance(stated, (int, float)) or not 0.0 < stated < float("inf"):
        raise Refused(f"DEGREE of {act.__name__} must be a number above 0, not {stated!r}")
    return float(stated)


def scale(spec: Spec) -> str:
    """How large the penalty of ``spec`` is, as one line for its docstring."""
    act = circuit_of(spec).act
    reads = getattr(act, "READS", ()) if act.CHANGES == "pull" else ()
    centre = "the first weights" if "anchor" in reads else "the slow average of the weights" if "average" in reads else "0"
    share = "half" if degree(act) == 2.0 else f"1/{degree(act):g}"
    return (
        f"Scale: {share} of the sum over all weights of what is added to the weight's gradient times its way from {centre}; "
        "a sum and no mean, so that its gradient is what the equation adds."
    )


@functools.cache
def compile_regularizer(spec: Spec) -> type[Regularizer]:
    """The regularizer class of ``spec``; the same spec gives the same class.

    Raises:
        NotFound, Refused: as :func:`circuit_of` and :func:`adaptive.compile.settings`.
    """
    from adaptive.penalty import Regularizer

    circuit, optimizer = circuit_of(spec), compile_spec(spec)
    body: dict[str, Any] = {name: vars(optimizer)[name] for name in SHARED} | {
        "__doc__": f"{optimizer.__doc__}\n\n{scale(spec)}",
        "__module__": __name__,
        "DEGREE": degree(circuit.act),
        # A class made at run time cannot be found by its name when it is unpickled: it is compiled again.
        "__reduce__": lambda self: (_revive, (spec,), self.__dict__.copy()),
    }
    return type(f"{class_name(spec)}Penalty", (Regularizer,), body)


def _revive(spec: Spec) -> Regularizer:
    made = compile_regularizer(spec)
    return made.__new__(made)
