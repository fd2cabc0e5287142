"""From a mapping to an optimizer: bind its mechanism to parts, check that they fit, and make a torch class of them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from adaptive import parts
from adaptive.knobs import Knob
from kg.errors import NotFound, Refused
from kg.model import Concept, Mapping, Spec, slug

if TYPE_CHECKING:
    from adaptive.frame import RegulatedOptimizer


def spec_for(
    mapping: Mapping,
    mechanism: Concept,
    technique: Concept,
    *,
    sense: str | None = None,
    respond: str | None = None,
    act: str | None = None,
    knobs: Iterable[tuple[str, float]] = (),
    nearest: Iterable[str] = (),
) -> Spec:
    """The parts that ``mechanism``'s regulatory profile (else ``technique``'s) binds; names given here win over it.

    Args:
        nearest: names of similar mechanisms that have a profile, for the message.

    Raises:
        Refused: a role stays unbound; says which mechanisms are bound and how to bind parts by hand. Or parts do not fit.
        NotFound: no such part.
    """
    profile = mechanism.profile or technique.profile
    bound = {
        role: given or (getattr(profile, role) if profile else None)
        for role, given in zip(parts.ROLES, (sense, respond, act), strict=True)
    }
    if missing := [role for role, name in bound.items() if name is None]:
        near = ", ".join(nearest)
        by_hand = " ".join(f"--{role} {'|'.join(parts.names(role))}" for role in missing)
        raise Refused(
            f"{mechanism.name} has no regulatory profile that says what to {', '.join(missing)}"
            + (f"; nearest that have one: {near}" if near else "")
            + f"; or bind parts by hand: exapt prototype make {mapping.key} {by_hand}"
        )
    named = {role: str(name).replace("-", "_") for role, name in bound.items()}
    inherited = profile.knobs if profile and named == {role: getattr(profile, role) for role in parts.ROLES} else ()
    spec = Spec(
        name=slug(technique.name) or slug(mechanism.name) or mapping.key,
        sense=named["sense"],
        respond=named["respond"],
        act=named["act"],
        knobs=tuple(sorted((dict(inherited) | dict(knobs)).items())),
        mapping=mapping.key,
    )
    settings(spec)
    return spec


def knobs_of(spec: Spec) -> dict[str, Knob]:
    """All knobs of the spec's parts, as ``optimizer`` options: ``respond_capacity`` for ``respond.capacity``."""
    circuit = parts.join(spec.sense, spec.respond, spec.act)
    return {
        f"{role}_{name}": knob
        for role, part in zip(parts.ROLES, (circuit.sense, circuit.respond, circuit.act), strict=True)
        for name, knob in part.KNOBS.items()
    }


def settings(spec: Spec) -> dict[str, float]:
    """The spec's own values of all knobs.

    Raises:
        NotFound: a knob that none of its parts has. Refused: a value out of range, or parts that do not fit.
    """
    knobs = knobs_of(spec)
    values = {name: knob.default for name, knob in knobs.items()}
    for name, value in spec.knobs:
        flat = name.replace(".", "_", 1)
        if flat not in knobs:
            raise NotFound("knob of these parts", name, [known.replace("_", ".", 1) for known in knobs])
        if not isinstance(value, (int, float)) or not knobs[flat].accepts(value):
            raise Refused(f"{name} must be a finite number from {knobs[flat].least:g} to {knobs[flat].most:g}, not {value!r}")
        values[flat] = float(value)
    return values


def limits(spec: Spec) -> dict[str, tuple[float, float, float]]:
    """For each knob its value in ``spec``, the least and the most that it accepts."""
    knobs = knobs_of(spec)
    return {name: (value, knobs[name].least, knobs[name].most) for name, value in settings(spec).items()}


def class_name(spec: Spec) -> str:
    """``"LossSpikeTitrationWeightDecay"``: made of part names alone, never of a paper's words."""
    return "".join(
        word.capitalize() for name in (spec.sense, spec.respond, spec.act) for word in name.replace("-", "_").split("_")
    )


@functools.cache
def compile_spec(spec: Spec) -> type[RegulatedOptimizer]:
    """The optimizer class of ``spec``; the same spec gives the same class.

    Raises:
        NotFound, Refused: as :func:`settings`.
    """
    from adaptive.frame import RegulatedOptimizer

    circuit = parts.join(spec.sense, spec.respond, spec.act)
    body: dict[str, Any] = {
        "__doc__": f"{circuit.sense.EQUATION}\n\n{circuit.respond.EQUATION}\n\n{circuit.act.EQUATION}",
        "__module__": __name__,
        "SPEC": spec,
        "SENSE": staticmethod(circuit.sense.sense),
        "RESPOND": staticmethod(circuit.respond.respond),
        "ACT": staticmethod(circuit.act.act),
        "SIGNAL": circuit.sense.SIGNAL,
        "SCOPE": circuit.scope,
        "CHANGES": circuit.act.CHANGES,
        "READS": tuple(getattr(circuit.act, "READS", ())),
        "START": {"sense": circuit.sense.START, "respond": circuit.respond.START},
        "LIMITS": limits(spec),
        "OBSERVES": observes(circuit.sense.SIGNAL),
        # A class made at run time cannot be found by its name when it is unpickled: it is compiled again.
        "__reduce__": lambda self: (_revive, (spec,), self.__getstate__()),
    }
    return type(class_name(spec), (RegulatedOptimizer,), body)


def observes(signal: str) -> tuple[str, ...]:
    """What ``observe`` takes for a sense of ``signal``; gradients and weights need not be handed over."""
    return ("loss", "held_out") if signal == "held_out" else (signal,) if signal in ("loss", "targets", "errors") else ()


def needs(spec: Spec) -> tuple[str, ...]:
    """What a task must reveal besides the loss."""
    revealed = {"targets": ("labels",), "held_out": ("held_out",), "errors": ("errors",)}
    return revealed.get(parts.part("sense", spec.sense).SIGNAL, ())


def _revive(spec: Spec) -> RegulatedOptimizer:
    made = compile_spec(spec)
    return made.__new__(made)
