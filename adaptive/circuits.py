"""Circuits of parts on either base step, as files that can race: what a search over bindings tries.

A file says which parts, on which base, and nothing else; the names are checked against the parts that exist, and no word of a
paper comes near it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adaptive import parts
from adaptive.compile import compile_spec, knobs_of, settings
from adaptive.frame import RegulatedOptimizer
from adaptive.knobs import Knob
from kg import plugins
from kg.errors import Refused
from kg.model import Spec

BASES = ("sgd", "adamw")
PLACEBO = "placebo__"


@dataclass(frozen=True, slots=True, order=True)
class Circuit:
    """What is sensed, how it is answered, what is acted on, and the step that is acted on."""

    sense: str
    respond: str
    act: str
    base: str = "sgd"

    def __post_init__(self) -> None:
        if self.base not in BASES:
            raise Refused(f"the base is {' or '.join(BASES)}, not {self.base!r}")

    @property
    def name(self) -> str:
        """Also that of its file."""
        return "__".join((self.sense, self.respond, self.act, self.base))

    @property
    def words(self) -> str:
        """For people."""
        return f"{self.sense} > {self.respond} > {self.act} on {self.base}"

    @property
    def spec(self) -> Spec:
        """Its parts; the base is not theirs."""
        return Spec(name=self.name.replace("_", "-"), sense=self.sense, respond=self.respond, act=self.act)


def searched(circuit: Circuit) -> dict[str, Knob]:
    """The knobs of the base step, in the ranges in which that baseline is searched, and one or two of each part.

    Of a sense the last knob, which says how much is much; of a response and an action the first, which says how strong it is.
    """
    own, values = knobs_of(circuit.spec), settings(circuit.spec)
    wanted = []
    for role, place in zip(parts.ROLES, (-1, 0, 0), strict=True):
        mine = [name for name in own if name.startswith(f"{role}_")]
        wanted += mine[place : place + 1 or None]
    base: dict[str, Knob] = plugins.load("adaptive.baselines", circuit.base, kind="baseline").KNOBS
    return base | {name: replace(own[name], default=values[name]) for name in wanted}


def builder(circuit: Circuit, *, mechanism: str = "on") -> Callable[..., RegulatedOptimizer]:
    """``build`` of a prototype made of ``circuit``; with ``mechanism`` "off" its knobs do nothing, whatever it is told."""
    kind, decay = compile_spec(circuit.spec), {"sgd": 1e-4, "adamw": 1e-2}[circuit.base]

    def build(params: Any, *, lr: float, beta1: float | None = None, **knobs: Any) -> RegulatedOptimizer:
        told: dict[str, Any] = {"base": circuit.base, "weight_decay": decay} | knobs
        if beta1 is not None:
            told["betas"] = (beta1, 0.999)
        if mechanism == "off":
            told["mechanism"] = "off"
        return kind(params, lr, **told)

    return build


def write(circuit: Circuit, folder: Path, *, placebo: bool = False) -> Path:
    """The file of ``circuit`` in ``folder``; a ``placebo`` is that circuit with its mechanism off for good.

    Raises:
        NotFound, Refused: no such part, or parts that do not fit.
    """
    parts.join(circuit.sense, circuit.respond, circuit.act)
    path, text = folder / f"{PLACEBO * placebo}{circuit.name}.py", _text(circuit, placebo=placebo)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path


def is_ours(path: str) -> bool:
    """Whether ``path`` is a file as :func:`write` writes it, to the letter, so that nothing in it need be feared."""
    file = Path(path)
    words = file.stem.removeprefix(PLACEBO).split("__")
    if file.suffix != ".py" or len(words) != 4 or words[3] not in BASES or not file.is_file():
        return False
    try:
        return file.read_text(encoding="utf-8") == _text(Circuit(*words), placebo=file.stem.startswith(PLACEBO))
    except UnicodeDecodeError:
        return False


def _text(circuit: Circuit, *, placebo: bool) -> str:
    return _TEXT.format(
        words=circuit.words + (", switched off for good: a placebo" if placebo else ""),
        values=", ".join(f'"{value}"' for value in (circuit.sense, circuit.respond, circuit.act, circuit.base)),
        mechanism=', mechanism="off"' if placebo else "",
    )


_TEXT = '''"""{words}."""

from adaptive import parts
from adaptive.circuits import Circuit, builder, searched
from adaptive.compile import needs

CIRCUIT = Circuit({values})
TITLE = CIRCUIT.words
SPEC, BASE = CIRCUIT.spec, CIRCUIT.base
KNOBS = searched(CIRCUIT)
NEUTRAL = {{f"act_{{name}}": value for name, value in parts.part("act", CIRCUIT.act).NEUTRAL.items()}}
NEEDS, BUFFERS = needs(SPEC), 4
build = builder(CIRCUIT{mechanism})
'''
