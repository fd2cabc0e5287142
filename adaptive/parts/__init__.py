"""The grammar of regulation: something is **sensed**, a **response** with its own dynamics follows, something is **acted** on.

Each file in ``sense/``, ``respond/`` and ``act/`` is one part: one pure function and the constants that say what it is.

    EQUATION, UNITS, RANGE, REFERENCE   what it computes, in which units, between which bounds, after whom
    KNOBS                               {name: Knob}, keyword arguments of the function
    NEUTRAL                             knobs with which the part leaves everything as it was; empty where there is none
    START                               state before the first step, of a sense or response; replaced, never written into

``sense(signal, state, *, knobs) -> (value, state)``

    SCOPE     what one value belongs to: the whole "network", a parameter "tensor", each "unit" of it (a row of a matrix, an
              entry of a vector) or each single "weight"
    SIGNAL    of a network: "loss"; "held_out", the loss and that of a batch not learned from; "errors", the share of the batch
              mistaken; "targets"; "norm" of all gradients. Of a tensor: "products" (g.g, g.d, d.d) of the gradient and its trail,
              "displacement" (w.w and the square of the way since the last step), "length" (w.w), "gradient". Of units and
              weights: "gradient"; "pair", the gradient and its trail. A trail is the exponential mean of past gradients with
              the knob ``memory``, or the last gradient where there is no such knob; the optimizer keeps it
    QUANTITY  kind of value: "stress" (0 at rest, at most 10), "agreement" (-1 to 1, signed evidence, 0 at rest)

``respond(value, state, *, knobs) -> (response, state)``

    TAKES     {kind of value: kind of response}; a response is an "activation" (0 to 1) or a "tone" (-1 to 1)
    SCOPES    scopes in which it can respond; all, where it says nothing

``act(response, what it reads in order…, *, knobs) -> change``; not asked at rest

    TAKES     kinds of response that it can act on
    SCOPES    scopes in which it can act
    READS     what it reads: "norm" of the gradient, of the network or of the tensor, by scope; "gradient", "weight"; "anchor",
              the first weights; "average", their exponential mean with the knob ``memory``; "importance", the mean square of the
              gradient; "noise" (normal) and "chance" (uniform), drawn anew; "rate" and "decay" of the base step. Nothing, where
              it says nothing
    CHANGES   what the change is: "rate" (factor on the learning rate), "momentum" (factor), "decay" (added weight decay), "scale"
              (factor on the gradient), "gradient" (the new one), "pull" (added to the gradient, as decay is), "weight" (new
              weights, after the step), "reset" (the same, and what was kept of a unit that changed is forgotten)
    DEGREE    of a pull that is to be a penalty, too: the power of the weights' way with which the penalty grows; 2, where it says
              nothing

Values of scope network and tensor are floats, those of unit and weight tensors that go with the weights; the arithmetic is the
same. A sense turns whatever is not finite into a defined value, so a response is finite always. Gradients are handed to a sense
with 0 where they are not finite.

A folder of one's own holds files of the same form, in folders of its own by role or side by side; :func:`search` adds it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from kg import plugins
from kg.errors import NotFound, Refused

ROLES = ("sense", "respond", "act")
SCOPES = ("network", "tensor", "unit", "weight")
_OWN: dict[tuple[str, str], Path] = {}
"""Parts of users' own: files by role and name."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """Three parts that fit together, and what flows between them."""

    sense: ModuleType
    respond: ModuleType
    act: ModuleType
    scope: str
    quantity: str
    response: str


def search(folder: Path) -> None:
    """Finds the parts in ``folder``, too: ``ROLE/NAME.py``, or ``NAME.py`` that defines the function of its role.

    Nothing is run until a part is used.

    Raises:
        Unreadable: no such folder, or no part in it.
        Refused: a name that is taken.
    """
    from adaptive.own_parts import parts_in

    for key, path in parts_in(folder).items():
        role, name = key
        if name in _ours(role) or _OWN.get(key, path) != path:
            raise Refused(f"a part to {role} called {name} exists; give {path} another name")
        _OWN[key] = path


def names(role: str) -> tuple[str, ...]:
    """Names of the parts that can take ``role``."""
    return tuple(sorted({*_ours(role), *(name for taken, name in _OWN if taken == role)}))


def part(role: str, name: str) -> ModuleType:
    """The part ``name`` in ``role``.

    Raises:
        NotFound: lists the parts that there are.
        Unreadable: a part of a user's own cannot be loaded, or does not have the form of one.
    """
    wanted = name.replace("-", "_")
    if path := _OWN.get((role, wanted)):
        from adaptive.own_parts import loaded

        return loaded(role, wanted, path)
    if wanted not in _ours(role):
        raise NotFound(f"part to {role}", name, names(role))
    return _our_part(role, wanted)


@functools.cache
def _ours(role: str) -> tuple[str, ...]:
    return plugins.names(f"adaptive.parts.{role}")


@functools.cache
def _our_part(role: str, name: str) -> ModuleType:
    return plugins.load(f"adaptive.parts.{role}", name, kind=f"part to {role}")


def join(sense: str, respond: str, act: str) -> Circuit:
    """The circuit of these parts, after checking that each takes what the one before it gives.

    Raises:
        NotFound: no such part.
        Refused: two parts do not fit; names those that would.
    """
    first, second, third = part("sense", sense), part("respond", respond), part("act", act)
    answering = [n for n in names("respond") if _answers(part("respond", n), first)]
    if first.QUANTITY not in second.TAKES:
        raise Refused(
            f"{respond} responds to {_listed(second.TAKES)}, but {sense} senses {first.QUANTITY}; "
            f"what responds to that: {_listed(answering)}"
        )
    if not _answers(second, first):
        raise Refused(
            f"{respond} responds for each {_listed(second.SCOPES)}, but {sense} senses each {first.SCOPE}; "
            f"what responds there: {_listed(answering)}"
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


def fits(sense: str, respond: str, act: str) -> bool:
    """Whether :func:`join` would accept them."""
    first, second, third = part("sense", sense), part("respond", respond), part("act", act)
    return _answers(second, first) and _acts(third, second.TAKES[first.QUANTITY], first.SCOPE)


def _answers(candidate: ModuleType, sense: ModuleType) -> bool:
    return sense.QUANTITY in candidate.TAKES and sense.SCOPE in getattr(candidate, "SCOPES", SCOPES)


def _acts(candidate: ModuleType, response: str, scope: str) -> bool:
    return response in candidate.TAKES and scope in candidate.SCOPES


def _listed(words: object) -> str:
    return " or ".join(sorted(map(str, words))) or "nothing yet"  # type: ignore[call-overload]
