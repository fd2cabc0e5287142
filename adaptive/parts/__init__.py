"""The grammar of regulation: something is **sensed**, a **response** with its own dynamics follows, something is **acted** on.

Each file in ``sense/``, ``respond/`` and ``act/`` is one part: one pure function and the constants that say what it is.

    EQUATION, UNITS, RANGE, REFERENCE   what it computes, in which units, between which bounds, after whom
    KNOBS                               {name: Knob}, keyword arguments of the function
    NEUTRAL                             knobs with which the part leaves everything as it was; empty where there is none
    sense/    sense(signal…, state, *, knobs) -> (value, state)
              SIGNAL    "loss", "targets", "norm" (of all gradients) or "gradient" (of one tensor)
              SCOPE     what one value belongs to: the whole "network", a parameter "tensor", or each single "weight"
              QUANTITY  kind of value: "stress" (0 at rest, at most 10), "agreement" (-1 to 1, signed evidence, 0 at rest)
    respond/  respond(value, state, *, knobs) -> (response, state)
              TAKES     {kind of value: kind of response}; a response is an "activation" (0 to 1) or a "tone" (-1 to 1)
    act/      act(response, norm, *, knobs) -> change
              TAKES     kinds of response that it can act on
              SCOPES    scopes in which it can act
              CHANGES   what the change is: "rate" (factor on the learning rate), "decay" (added weight decay), "scale" (factor
                        on the gradient), "pull" (strength towards the initial weights)
    START     state before the first step, of a sense or response; a state is replaced, never written into

Values of scope network and tensor are floats, those of scope weight tensors shaped like the weights; the arithmetic is the same.
A sense turns whatever is not finite into a defined value, so a response is finite always.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from kg import plugins
from kg.errors import Refused

ROLES = ("sense", "respond", "act")


@dataclass(frozen=True, slots=True)
class Circuit:
    """Three parts that fit together, and what flows between them."""

    sense: ModuleType
    respond: ModuleType
    act: ModuleType
    scope: str
    quantity: str
    response: str


def names(role: str) -> tuple[str, ...]:
    """Names of the parts that can take ``role``."""
    return plugins.names(f"adaptive.parts.{role}")


def part(role: str, name: str) -> ModuleType:
    """The part ``name`` in ``role``.

    Raises:
        NotFound: lists the parts that there are.
    """
    return plugins.load(f"adaptive.parts.{role}", name, kind=f"part to {role}")


def join(sense: str, respond: str, act: str) -> Circuit:
    """The circuit of these parts, after checking that each takes what the one before it gives.

    Raises:
        NotFound: no such part.
        Refused: two parts do not fit; names those that would.
    """
    first, second, third = part("sense", sense), part("respond", respond), part("act", act)
    if first.QUANTITY not in second.TAKES:
        fitting = [n for n in names("respond") if first.QUANTITY in part("respond", n).TAKES]
        raise Refused(
            f"{respond} responds to {_listed(second.TAKES)}, but {sense} senses {first.QUANTITY}; "
            f"what responds to that: {_listed(fitting)}"
        )
    response = second.TAKES[first.QUANTITY]
    fitting = [n for n in names("act") if _acts(part("act", n), response, first.SCOPE)]
    if response not in third.TAKES:
        raise Refused(
            f"{act} takes {_listed(third.TAKES)}, but {sense} with {respond} gives {response}; "
            f"what takes that: {_listed(fitting)}"
        )
    if first.SCOPE not in third.SCOPES:
        raise Refused(
            f"{act} acts on each {_listed(third.SCOPES)}, but {sense} senses each {first.SCOPE}; "
            f"what acts there: {_listed(fitting)}"
        )
    return Circuit(sense=first, respond=second, act=third, scope=first.SCOPE, quantity=first.QUANTITY, response=response)


def _acts(candidate: ModuleType, response: str, scope: str) -> bool:
    return response in candidate.TAKES and scope in candidate.SCOPES


def _listed(words: object) -> str:
    return " or ".join(sorted(map(str, words))) or "nothing yet"  # type: ignore[call-overload]
