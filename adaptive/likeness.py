"""Whether a technique is a known method under another name: told by trajectories, not by opinion.

The candidate and each known method train the same network on the same batches, with the candidate's own learning rate, momentum
and weight decay. How far apart their weights are, against how far the candidate has come from the start, is their distance: 0 is
the same method, 1 about as far from each other as from where they began.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy
import torch

from adaptive import field
from adaptive.race import Knobs
from adaptive.tasks import Batch, Episode
from adaptive.trial import Learner, noise_seed
from kg import plugins

SAME = 1e-3
"""A distance below which two trajectories are one: rounding grows along a life."""
POINTS = 10
"""Moments of a life, equally far apart and the last step among them, at which weights are compared."""
TINY = 1e-12
"""Least length of the candidate's way: who never moved is compared with who never moved."""
SHARED = ("lr", "momentum", "weight_decay")
"""Settings that a known method takes over from the candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """The nearest known method."""

    method: str
    """A baseline, "off" (the base step alone) or "constant" (the base step with one fixed change); empty where there is none."""
    distance: float
    """The largest of all seeds and moments compared; infinite where the candidate did not live to the end."""

    @property
    def same(self) -> bool:
        """Whether it is that method, as far as numbers can tell."""
        return self.distance < SAME


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """What all lives of one seed share."""

    task: ModuleType
    name: str
    seed: int
    batches: Sequence[Batch]
    """Weights and samples do not depend on who lives: what is drawn once serves all."""

    @contextmanager
    def same_draws(self) -> Iterator[None]:
        """Every life draws the same random numbers, and the caller's generator stays as it was."""
        with torch.random.fork_rng(devices=()), numpy.errstate(all="ignore"):
            torch.manual_seed(noise_seed(self.name, self.seed))
            yield


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """The candidate's life of one seed."""

    world: _World
    weights: Sequence[numpy.ndarray]
    """At each moment compared, (weights,)."""
    way: Sequence[float]
    """How far from the start that is."""
    response: float
    """The mean of steps and tensors; NaN where the candidate does not tell."""
    settings: Mapping[str, float]
    """``SHARED`` as its optimizer took them, as far as its first group tells."""
    directed: bool
    """It follows a direction that the network gives anew in each step; its response is only how far."""


def known_methods(prototype: str, task: str, knobs: Knobs, *, steps: int, seeds: tuple[int, ...] = (100, 101, 102)) -> Likeness:
    """The known method whose trajectory lies nearest to the candidate's.

    Of several that are the same as the candidate it is SGD; else another baseline, the nearest; else "off"; else "constant". This
    last does not count for a candidate that follows a direction of the network: its response may be 1 all the time, and yet what
    it changes is not fixed.

    Args:
        prototype: name of a prototype, or path of a Python file with ``KNOBS`` and ``build``.
        task: name of a task.
        knobs: the candidate's; what is not named is as usual.
        steps: length of a life, at least 1. A candidate that would pay for look-ahead with steps in a race takes all of them.
        seeds: of the lives compared, at least one.

    Raises:
        NotFound: no such prototype or task.
        Unreadable: the file of the prototype cannot be loaded, or holds no ``KNOBS`` and ``build``.
        Refused: it imports what judges it.
    """
    far = distances(prototype, task, knobs, steps=steps, seeds=seeds, only_nearest=True)
    rank = {field.BASE: 0, "off": 2, "constant": 3}
    nearest = min(far, key=lambda name: (max(far[name], SAME), rank.get(name, 1), far[name]), default="")
    if not nearest or math.isinf(far[nearest]):
        return Likeness(method="", distance=math.inf)
    return Likeness(method=nearest, distance=far[nearest])


def distances(
    prototype: str,
    task: str,
    knobs: Knobs,
    *,
    steps: int,
    seeds: tuple[int, ...] = (100, 101, 102),
    only_nearest: bool = False,
) -> dict[str, float]:
    """The distance of every known method that can live in ``task``; infinite for one that failed, none if the candidate did.

    Other arguments and errors are those of :func:`known_methods`.

    Args:
        only_nearest: leave a method as soon as it is farther than another one; its number is then what it was at that moment.
    """
    module, where = field.candidate(prototype), plugins.load(field.TASKS, task, kind="task")
    methods = {field.BASE: _baseline(field.BASE), "off": module, "constant": module}
    methods |= {name: _baseline(name) for name in plugins.names(field.BASELINES) if _able(name, where)}
    far: dict[str, float] = {}
    with _one_thread():
        try:
            lives = [_own(module, knobs, _world(where, task, seed, steps)) for seed in seeds]
        except Exception:
            return far
        if any(own.directed for own in lives):
            del methods["constant"]
        for name, method in methods.items():
            limit = max(SAME, min(far.values(), default=math.inf)) if only_nearest else math.inf
            far[name] = 0.0
            for own in lives:
                if far[name] <= limit and math.isfinite(far[name]):
                    far[name] = max(far[name], _distance(own, method, _told(name, method, knobs, own), limit))
    return far


def _baseline(name: str) -> ModuleType:
    return plugins.load(field.BASELINES, name, kind="baseline")


def _able(name: str, task: ModuleType) -> bool:
    return field._installed(name) and field._lives_in(name, task)


def _world(task: ModuleType, name: str, seed: int, steps: int) -> _World:
    return _World(task=task, name=name, seed=seed, batches=tuple(task.make(seed, steps=steps).batches))


def _told(name: str, method: ModuleType, knobs: Knobs, own: _Own) -> dict[str, Any]:
    """What ``build`` of the known method called ``name`` is given."""
    if name == "off":
        return dict(knobs) | {"mechanism": "off"}
    if name == "constant":
        return dict(knobs) | {"constant": own.response}
    options = getattr(method, "OPTIONS", method.KNOBS)
    # A candidate that says nothing of momentum or decay has none.
    return {setting: own.settings.get(setting, 0.0) for setting in SHARED if setting in options}


def _own(module: ModuleType, knobs: Knobs, world: _World) -> _Own:
    heard: list[float] = []
    with world.same_draws():
        learner = _begun(world, module, dict(knobs))
        settings, optimizer = _settings(learner.optimizer, dict(knobs)), learner.optimizer
        directed = "lookahead" in getattr(module, "NEEDS", ()) and getattr(optimizer, "CHANGES", "") == "gradient"
        start, *weights = _lived(world, learner, heard)
    way = [float(numpy.linalg.norm(there - start)) for there in weights]
    response = float(numpy.mean(heard)) if heard else math.nan
    return _Own(world=world, weights=weights, way=way, response=response, settings=settings, directed=directed)


def _distance(own: _Own, module: ModuleType, options: dict[str, Any], limit: float) -> float:
    """The largest distance of all moments, or the first above ``limit``; infinite where the method fails."""
    farthest = 0.0
    try:
        with own.world.same_draws():
            moments = _lived(own.world, _begun(own.world, module, options), heard=[])
            next(moments)  # The start, where all are equal.
            for there, mine, way in zip(moments, own.weights, own.way, strict=True):
                farthest = max(farthest, float(numpy.linalg.norm(there - mine)) / max(way, TINY))
                if farthest > limit:
                    break
    except Exception:
        return math.inf
    return farthest


def _begun(world: _World, module: ModuleType, options: dict[str, Any]) -> Learner:
    """Who will train a fresh network, equal to all others of this seed."""
    return Learner(module, options, world.task, world.task.make(world.seed, steps=len(world.batches)))


def _lived(world: _World, learner: Learner, heard: list[float]) -> Iterator[numpy.ndarray]:
    """One life through all batches, told what the task reveals, as in a race: the weights at the start and at each moment.

    The responses go into ``heard``.

    Raises:
        FloatingPointError: a loss or a weight is no number. Whatever else the optimizer raises.
    """
    moments = {math.ceil(len(world.batches) * point / POINTS) for point in range(1, POINTS + 1)}
    episode, optimizer = learner.episode, learner.optimizer
    yield _row(episode)
    for step, batch in enumerate(world.batches, start=1):
        learner.step(batch, step)
        if (response := _response(optimizer)) is not None:
            heard.append(response)
        if step in moments:
            yield _weights(episode, optimizer)


def _settings(optimizer: Any, options: Mapping[str, Any]) -> dict[str, float]:
    groups = getattr(optimizer, "param_groups", None) or [{}]
    return {name: float(value) for name in SHARED if (value := options.get(name, groups[0].get(name))) is not None}


def _response(optimizer: Any) -> float | None:
    """The response of the last step, the mean where every tensor has its own; ``None`` where there is none."""
    if len(each := getattr(optimizer, "responses", ())) > 1:
        return float(numpy.mean(each))
    value = getattr(optimizer, "response", None)
    return None if value is None else float(value)


def _weights(episode: Episode, optimizer: Any) -> numpy.ndarray:
    """All weights; where a task judges the network at rest, those that it would judge."""
    judged = episode.held_out is not None
    if judged and hasattr(optimizer, "eval"):
        optimizer.eval()
    row = _row(episode)
    if judged and hasattr(optimizer, "train"):
        optimizer.train()
    if not numpy.isfinite(row).all():
        raise FloatingPointError("a weight is not finite")
    return row


def _row(episode: Episode) -> numpy.ndarray:
    """All weights one after the other, (weights,), in double precision."""
    row: numpy.ndarray = torch.cat([p.detach().flatten().double() for p in episode.model.parameters()]).numpy()
    return row


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
