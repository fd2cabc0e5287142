"""One life of one arm: make the task's episode, train through it, keep score. What goes wrong is noted, never hidden."""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import importlib.util
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy

from adaptive.race import Knobs, Phase, Run
from adaptive.tasks import Batch, Episode, correct, seed_of
from adaptive.tasks._missed import Missed
from kg.errors import NotFound, Unreadable
from kg.plugins import load

if TYPE_CHECKING:
    import torch

HASHED = 1000
"""How many batches of the stream are hashed."""
WINDOWS, CHECKPOINTS = 40, 20
TRACE = 200
"""Points kept of a response for a picture."""
FORWARD, BACKWARD = 1, 2
"""Forward-equivalents a sample."""
Trajectory = numpy.ndarray
"""A response over a life: (steps,), or (steps, tensors) where every parameter tensor has its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A run to be done: enough for any process on any machine to do it, and always with the same result."""

    task: str
    steps: int
    arm: str
    plugin: str
    """Where ``build`` is: "adaptive.baselines:sgd", or the path of a file."""
    knobs: Knobs
    options: tuple[tuple[str, Any], ...] = ()
    """What a control changes: ("mechanism", "off"), ("replay", (…)), ("constant", 1.0)."""
    seed: int
    phase: Phase = "evaluation"
    reorder: bool = False
    limit: int = 0
    """Steps after which to stop, where a control must not live longer than the life whose response it replays; 0: none."""


@dataclass(slots=True)
class Life:
    """What is measured while an arm lives."""

    score: list[float] = field(default_factory=list)
    curve: list[float] = field(default_factory=list)
    response: list[float] = field(default_factory=list)
    responses: list[tuple[float, ...]] = field(default_factory=list)
    """The response of every parameter tensor, step by step, where the mechanism works tensor by tensor."""
    sensed: list[float] = field(default_factory=list)
    spent: float = 0.0
    judged: float = 0.0
    """Seconds taken by judging, which no arm has to pay for."""
    probe: collections.deque[torch.Tensor] = field(default_factory=lambda: collections.deque(maxlen=20))
    value: float = math.nan


def plugin_module(plugin: str) -> ModuleType:
    """The module that ``plugin`` names: "package:name", or the path of a Python file."""
    if not plugin.endswith(".py"):
        package, _, name = plugin.rpartition(":")
        return load(package, name, kind=package.rpartition(".")[2].rstrip("s"))
    path = Path(plugin)
    if not path.is_file():
        raise NotFound("prototype file", plugin)
    spec = importlib.util.spec_from_file_location(f"raced_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise Unreadable(plugin, "it is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its classes are looked up there when they are copied or pickled
    spec.loader.exec_module(module)
    return module


def plugin_file(plugin: str) -> str:
    """The file that :func:`plugin_module` loads."""
    package, _, name = plugin.rpartition(":")
    return plugin if plugin.endswith(".py") else str(Path(__file__).parent / package.rpartition(".")[2] / f"{name}.py")


def noise_seed(task: str, seed: int) -> int:
    """What an arm draws in a life comes from here, the same for every arm.

    A control then differs from its candidate by what it tampers with and by nothing else: the replay of a response that is always
    the same is the candidate, bit for bit, and pairs of arms that both draw differ by less that is mere chance.
    """
    return seed_of(task, "noise of an arm", seed)


def run(job: Job, *, before: Callable[[str], None] | None = None) -> tuple[Run, Trajectory]:
    """Does ``job``; returns its record and the whole trajectory of the arm's response (empty for an arm that has none).

    ``before`` is called with the file of the arm when all is ready and no code of the arm has run.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        # The fourth generator: whatever the arm draws, it draws from here, and the caller's generator stays as it was.
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(noise_seed(job.task, job.seed))
            return _run(job, before)
    finally:
        torch.set_num_threads(threads)


def _run(job: Job, before: Callable[[str], None] | None) -> tuple[Run, Trajectory]:
    task = load("adaptive.tasks", job.task, kind="task")
    episode: Episode = task.make(job.seed, steps=job.steps, reorder=job.reorder)
    initial = weights_sha256(episode.model)
    stream, life, note = hashlib.sha256(), Life(), ""
    started = time.process_time()
    batches = _hashed(episode, stream)
    try:
        if before is not None:
            before(plugin_file(job.plugin))
        _live(job, task, episode, batches, life)
    except Exception as error:
        # Whatever a candidate does wrong is a result: the table says so.
        note = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    seconds = time.process_time() - started - life.judged
    # An arm that stopped early has seen less of the stream; what it would have seen is hashed all the same.
    collections.deque(batches, maxlen=0)
    if not note and not math.isfinite(life.value):
        note = f"the {task.METRIC} is not finite"
    done = Run(
        task=job.task, arm=job.arm, phase=job.phase, seed=job.seed, knobs=job.knobs,
        value=math.nan if note else life.value, budget=life.spent, seconds=seconds, curve=tuple(life.curve),
        response=_means(life.response, TRACE), sensed=_means(life.sensed, TRACE),
        extra=() if note else _extra(episode, life), init_sha256=initial, stream_sha256=stream.hexdigest(), note=note,
    )  # fmt: skip
    return done, numpy.asarray(life.responses or life.response, dtype=numpy.float64)


def _live(job: Job, task: ModuleType, episode: Episode, batches: Sequence[Batch] | Any, life: Life) -> None:
    with numpy.errstate(all="ignore"):  # A life may well end in numbers that are none, and then its record says so.
        _live_on(job, task, episode, batches, life)


def _live_on(job: Job, task: ModuleType, episode: Episode, batches: Sequence[Batch] | Any, life: Life) -> None:
    learner = Learner(plugin_module(job.plugin), dict(job.knobs) | dict(job.options), task, episode)
    budget, optimizer = 0.0, learner.optimizer
    for step, batch in enumerate(batches, start=1):
        cost = len(batch.inputs) * (FORWARD + BACKWARD)
        budget = budget or float(cost * episode.steps)
        if (not task.STREAM and life.spent + cost > budget) or 0 < job.limit < step:
            break
        score, aside = learner.step(batch, step)
        life.score.append(score)
        life.spent = step * (cost + aside) + float(getattr(optimizer, "forward_equivalents", 0.0))
        _note(optimizer, life, batch)
        if episode.held_out is not None and job.phase == "evaluation":
            while len(life.curve) < CHECKPOINTS and life.spent >= (len(life.curve) + 1) / CHECKPOINTS * budget:
                _judge(episode, life, optimizer)
    if episode.held_out is not None:
        _judge(episode, life, optimizer)
    else:
        life.value = float(numpy.mean(life.score)) if life.score else math.nan
        life.curve = list(_means(life.score, WINDOWS))


class Learner:
    """An arm at work on an episode: what it does in a step and what it is told, the same whoever keeps the score.

    Args:
        arm: the module with ``build``.
        options: what ``build`` is given.
    """

    def __init__(self, arm: ModuleType, options: Mapping[str, Any], task: ModuleType, episode: Episode) -> None:
        from adaptive.by_hand import both_passes, step_of

        self.task, self.episode = task, episode
        self.optimizer: Any = arm.build(episode.model.parameters(), **options)
        if {"lookahead", "units"} & set(getattr(arm, "NEEDS", ())):
            self.optimizer.attach(episode.model, episode.loss)
        if hasattr(self.optimizer, "plan"):
            self.optimizer.plan(episode.steps)
        if hasattr(self.optimizer, "train"):
            self.optimizer.train()
        told = "errors" in getattr(self.optimizer, "OBSERVES", ()) and "labels" in task.REVEALS
        # Where the score is no accuracy, 1 - score is no share of errors.
        self._missed = Missed(episode.score) if told and episode.score is not correct else None
        seen = dataclasses.replace(episode, score=self._missed) if self._missed else episode
        self._passes, self._advance = both_passes(seen), step_of(self.optimizer)
        self._apart = episode.held_out is None and bool(getattr(arm, "ANSWERS_APART", False))

    def step(self, batch: Batch, number: int) -> tuple[float, int]:
        """Learns from ``batch``, the ``number``-th; the score before that, and the forward passes that telling the arm took.

        Raises:
            FloatingPointError: the loss is no number. Whatever else the optimizer raises.
        """
        loss, score = self._passes(batch)
        if self._apart:
            score = _answered(self.episode, self.optimizer, batch)
        value = float(loss)
        if not math.isfinite(value):
            raise FloatingPointError(f"the loss is {value} at step {number} of {self.episode.steps}")
        errors = self._missed.share if self._missed else 1.0 - score
        _observe(self.optimizer, loss, batch, self.task.REVEALS, errors)
        aside = _held_out(self.optimizer, self.task, self.episode) + self._apart * FORWARD * len(batch.inputs)
        self._advance()
        return score, aside


def _answered(episode: Episode, optimizer: Any, batch: Batch) -> float:
    """The score of ``batch`` in a pass of its own, switched as for judging."""
    import torch

    optimizer.eval()
    with torch.no_grad():
        score = episode.score(episode.model(batch.inputs), batch.targets)
    optimizer.train()
    return score


def _observe(optimizer: Any, loss: torch.Tensor, batch: Batch, reveals: Sequence[str], errors: float | None) -> None:
    """Tells ``optimizer`` what it asks for, and of that no more than the task reveals."""
    wanted = getattr(optimizer, "OBSERVES", None)
    if wanted is None:
        return
    offered: dict[str, Any] = {"loss": loss}
    if "lookahead" in reveals:
        offered["inputs"] = batch.inputs
    if "lookahead" in reveals or "labels" in reveals:
        offered["targets"] = batch.targets
    if "labels" in reveals and errors is not None:
        offered["errors"] = errors
    optimizer.observe(**{name: offered[name] for name in offered if name in wanted})


def _held_out(optimizer: Any, task: ModuleType, episode: Episode) -> int:
    """Tells the loss of the batch set aside to who asks for it, where the task reveals it; the forward passes that it took."""
    if episode.aside is None or "held_out" not in task.REVEALS or "held_out" not in getattr(optimizer, "OBSERVES", ()):
        return 0
    inputs = episode.aside.inputs
    optimizer.observe(held_out=float(episode.loss(episode.model(inputs).detach(), episode.aside.targets)))
    return FORWARD * len(inputs)


def _note(optimizer: Any, life: Life, batch: Batch) -> None:
    life.probe.append(batch.inputs)
    for name, kept in (("response", life.response), ("sensed", life.sensed)):
        if (value := getattr(optimizer, name, None)) is not None:
            kept.append(float(value))
    each = getattr(optimizer, "responses", ())
    if len(each) > 1:
        life.responses.append(tuple(float(value) for value in each))


def _judge(episode: Episode, life: Life, optimizer: Any) -> None:
    assert episode.held_out is not None
    began = time.process_time()
    # Some optimizers train other weights than those that they are judged by.
    if hasattr(optimizer, "eval"):
        optimizer.eval()
    life.value = episode.held_out(episode.model)
    if hasattr(optimizer, "train"):
        optimizer.train()
    life.curve.append(life.value)
    life.judged += time.process_time() - began


def _hashed(episode: Episode, digest: Any) -> Any:
    """The episode's batches; the samples and targets of the first ``HASHED`` go into ``digest``."""
    for number, batch in enumerate(episode.batches):
        if number < HASHED:
            digest.update(numpy.ascontiguousarray(batch.ids).tobytes())
            digest.update(batch.targets.numpy().tobytes())
        yield batch


def weights_sha256(model: torch.nn.Module) -> str:
    """Hash of all parameters of ``model``, in order."""
    digest = hashlib.sha256()
    for parameter in model.parameters():
        digest.update(parameter.detach().numpy().tobytes())
    return digest.hexdigest()


def _means(values: Sequence[float], windows: int) -> tuple[float, ...]:
    """Means of ``values`` in at most ``windows`` nearly equal windows."""
    if not values:
        return ()
    parts = numpy.array_split(numpy.asarray(values, dtype=numpy.float64), min(windows, len(values)))
    return tuple(float(part.mean()) for part in parts)


def _extra(episode: Episode, life: Life) -> Knobs:
    """Score in the last tenth, share of hidden units that no recent sample excites, norm of all weights, effective rank.

    The rank is that of what the last hidden layer makes of the recent samples; only a stack of layers has one to look at.
    """
    import torch

    with torch.no_grad():
        probe = torch.cat(list(life.probe))
        silent: list[torch.Tensor] = []
        features: torch.Tensor | None = None
        # Only a stack of layers can be walked through one after the other.
        for layer in episode.model.children() if isinstance(episode.model, torch.nn.Sequential) else ():
            probe = layer(probe)
            if isinstance(layer, torch.nn.ReLU):
                silent.append((probe <= 0).all(dim=0))
                features = probe
        norm = math.sqrt(sum(float(p.square().sum()) for p in episode.model.parameters()))
        rank = (("effective rank", effective_rank(features)),) if features is not None else ()
    last = life.score[-max(1, len(life.score) // 10) :]
    dead = float(torch.cat(silent).float().mean()) if silent else 0.0
    return (("last tenth", float(numpy.mean(last))), ("dead units", dead), ("weight norm", norm), *rank)


def effective_rank(features: torch.Tensor) -> float:
    """How many directions ``features`` (samples, units) really use: from 1 to the number of units, 0 where all are 0.

    The exponential of the entropy of their singular values, taken as shares of the sum; NaN where a feature is not finite.

    *Reference:* Roy and Vetterli, "The effective rank: a measure of effective dimensionality", EUSIPCO 2007, definition 1.
    """
    import torch

    if not bool(features.isfinite().all()):
        return math.nan
    values = torch.linalg.svdvals(features.double())
    shares = values[values > 0] / values.sum()
    return float((-shares * shares.log()).sum().exp()) if len(shares) else 0.0
