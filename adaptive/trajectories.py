"""What a mechanism sensed, how it responded and what that made of the quantity it acts on, over the lives of a race."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy

from adaptive.race import CANDIDATE, Race, Run
from kg import plugins
from kg.errors import NotFound

NAMES = {"rate": "learning rate", "momentum": "momentum", "decay": "weight decay"}
"""Quantities of the base step that an action changes, where its change is a number that follows from the response alone."""
OPTIONS = {"rate": "lr", "momentum": "momentum", "decay": "weight_decay"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """One quantity over the life, a row a seed."""

    name: str
    """What the axis says."""
    caption: str
    values: numpy.ndarray
    """(seeds, points); windows of equal length, each the mean of its steps."""


def trajectories(race: Race, task: str) -> tuple[Trajectory, ...]:
    """What the candidate sensed, its response and what it acted on; those that it does not tell are left out."""
    runs = race.evaluations(task, CANDIDATE)
    fired = race.verdict(task).fired
    told = f" It responded at {fired:.0%} of the steps." if math.isfinite(fired) else ""
    found = [
        Trajectory(
            name="sensed", caption="What the candidate senses, in its own units.", values=aligned([r.sensed for r in runs])
        ),
        Trajectory(
            name="response",
            caption="How strongly it responds; the band is the middle half of the seeds, thin: single seeds." + told,
            values=aligned([r.response for r in runs]),
        ),
    ]
    if (acted := _acted(race, runs)) is not None:
        found.append(acted)
    return tuple(one for one in found if one.values.size)


def _acted(race: Race, runs: Sequence[Run]) -> Trajectory | None:
    """What the response made of the quantity under control; none where it is no circuit of parts, or only a limit is set."""
    from adaptive import parts

    try:
        spec = plugins.load("adaptive.prototypes", race.prototype, kind="prototype").SPEC
        act = parts.part("act", spec.act) if spec is not None else None
    except NotFound:
        return None  # A user's own file, or a prototype that is not here any more.
    if act is None or "gain" not in act.KNOBS:
        return None
    options = {name.replace(".", "_", 1): value for name, value in spec.knobs}
    kept = [run for run in runs if run.response]
    values = aligned([_quantity(act, options | dict(run.knobs), numpy.array(run.response)).tolist() for run in kept])
    name = NAMES.get(act.CHANGES, "") if _plain(act) else ""
    return Trajectory(
        name=name or "gain × response",
        caption=f"What the response makes of it: {act.EQUATION} ({act.UNITS}), from the mean response of each window.",
        values=values,
    )


def _plain(act: ModuleType) -> bool:
    """Whether the change is a number that needs no gradient, weight or draw."""
    return act.CHANGES in NAMES and set(getattr(act, "READS", ())) <= {"decay"}


def _quantity(act: ModuleType, options: dict[str, Any], response: numpy.ndarray) -> numpy.ndarray:
    gain = float(options.get("act_gain", act.KNOBS["gain"].default))
    if not _plain(act):
        return gain * response
    base = float(options.get(OPTIONS[act.CHANGES], 0.0))
    reads = [base] if getattr(act, "READS", ()) else []
    changes = numpy.array([float(act.act(float(value), *reads, gain=gain)) for value in response])
    return base + changes if act.CHANGES == "decay" else base * changes


def aligned(curves: Sequence[Sequence[float]]) -> numpy.ndarray:
    """Curves as (runs, points), cut to the shortest; a run that failed early has none."""
    kept = [curve for curve in curves if len(curve)]
    longest = max(map(len, kept), default=0)
    whole = [curve for curve in kept if len(curve) >= longest * 0.9]
    points = min(map(len, whole), default=0)
    return numpy.asarray([list(curve[:points]) for curve in whole], dtype=numpy.float64)
