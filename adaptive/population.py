"""Many lives at once: networks of every seed and every setting in one batch, each life what it would have been alone.

``run(jobs)`` gives what ``[trial.run(job) for job in jobs]`` gives, within float error, many times faster where networks are
small. All networks of a baseline are one tensor with the members as its first axis; the settings lie on the same axis, as one
number a member; gradients are written out by hand. Settings of one seed meet the same samples, so the first layer of all of them
is one matrix product.

This works for baselines that say their step as a rule (``rule`` and ``OPTIONS``) and for circuits of parts, on tasks whose
network is a stack of linear and rectified layers, judged by squared error or cross-entropy.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy
import torch
from torch import Tensor

from adaptive import circuit_rule
from adaptive.baselines._rule import Draw
from adaptive.by_hand import layers_of
from adaptive.population_network import Network
from adaptive.race import Run
from adaptive.tasks import Block, Episode, correct, squared_error
from adaptive.trial import (
    BACKWARD,
    CHECKPOINTS,
    FORWARD,
    HASHED,
    TRACE,
    WINDOWS,
    Job,
    _means,
    effective_rank,
    noise_seed,
    plugin_module,
)
from adaptive.trial import run as trial_run
from kg.errors import Refused
from kg.plugins import load

CHUNK = 200
"""Steps taken from the streams at a time."""
TRIED = 40
"""Steps over which a circuit is tried out."""
Make = Callable[..., Episode]
Done = tuple[Run, numpy.ndarray]


def able(job: Job) -> bool:
    """Whether ``job`` can be part of a population; of a circuit of parts that is tried out first, over a few steps."""
    module = plugin_module(job.plugin)
    if not _simple(job, module):
        return False
    try:
        stated = rule_in(module)
    except Exception:
        return False
    if stated is None or not _fits(load("adaptive.tasks", job.task, kind="task").make(job.seed, steps=1)):
        return False
    return hasattr(module, "rule") or _agrees(job)


def _simple(job: Job, module: ModuleType) -> bool:
    """Whether nothing is asked of ``job`` that a population has not: a circuit can be off, or be handed its response."""
    circuit = not hasattr(module, "rule")
    known = {"mechanism", "replay", "constant"} if circuit else set()
    return {name for name, _ in job.options} <= known and not 0 < job.limit < job.steps


def rule_in(module: ModuleType) -> tuple[Callable[..., None], Any, bool] | None:
    """The rule of a baseline or of a circuit of parts, its options, and whether it does the same to every weight."""
    if hasattr(module, "rule") and hasattr(module, "OPTIONS"):
        return module.rule, module.OPTIONS, bool(module.ALIKE)
    made = circuit_rule.rule_of(module)
    return (*made, False) if made else None


def _agrees(job: Job) -> bool:
    """Whether three settings of a circuit, lived together for :data:`TRIED` steps, end where they do when lived alone."""
    space = plugin_module(job.plugin).KNOBS
    defaults = {name: float(knob.default) for name, knob in space.items()}
    # Gains well above the usual, so that what the mechanism does is seen.
    strong = {name: knob.at(0.8) for name, knob in space.items() if name.startswith("act_")}
    settings = [defaults, defaults | strong, {name: float(knob.at(0.4)) for name, knob in space.items()} | strong]
    plain = dataclasses.replace(job, steps=TRIED, phase="tuning", options=(), limit=0, reorder=False)
    jobs = [dataclasses.replace(plain, knobs=tuple(knobs.items())) for knobs in settings]
    try:
        together, alone = run(jobs), [trial_run(one) for one in jobs]
    except Exception:
        return False
    pairs = [
        (
            mine[0].value,
            theirs[0].value,
            dict(mine[0].extra).get("weight norm", 0.0),
            dict(theirs[0].extra).get("weight norm", 0.0),
        )
        for mine, theirs in zip(together, alone, strict=True)
    ]
    # A sample or two may fall on the other side by rounding; the weights may not.
    return all(
        numpy.isclose(mine, theirs, rtol=1e-2, atol=1e-2, equal_nan=True) and numpy.isclose(norm, own, rtol=1e-4)
        for mine, theirs, norm, own in pairs
    )


def _fits(episode: Episode) -> bool:
    known = {torch.nn.functional.mse_loss: squared_error, torch.nn.functional.cross_entropy: correct}
    return known.get(episode.loss) is episode.score and layers_of(episode.model) is not None


def run(jobs: Sequence[Job], *, make: Make | None = None) -> list[Done]:
    """Does all ``jobs`` together, in their order.

    Args:
        jobs: of one task, one number of steps, one phase and one order of the data; of any baselines, knobs and seeds.
        make: in place of the task's own, for a variant of it.

    Raises:
        Refused: the jobs differ in what they must share, or one cannot be part of a population.
    """
    if len({(job.task, job.steps, job.phase, job.reorder) for job in jobs}) != 1:
        raise Refused("a population has one task, one number of steps, one phase and one order of the data")
    if not all(_simple(job, plugin_module(job.plugin)) for job in jobs):
        raise Refused("a control can be part of a population where it is a circuit of parts that lives to the end")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        # What has no batched form in vmap warns that it is slow, which is known.
        with torch.no_grad(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*performance drop.*")
            return _Population(jobs, make).run()
    finally:
        torch.set_num_threads(threads)


class _Population:
    """The streams of all seeds, and the crews that live through them."""

    def __init__(self, jobs: Sequence[Job], make: Make | None) -> None:
        self.jobs, first = jobs, jobs[0]
        self.task = load("adaptive.tasks", first.task, kind="task")
        self.steps, self.phase = first.steps, first.phase
        self.seeds = sorted({job.seed for job in jobs})
        build: Make = make or self.task.make
        self.episodes = [build(seed, steps=first.steps, reorder=first.reorder) for seed in self.seeds]
        if not _fits(self.episodes[0]):
            raise Refused(f"task {first.task} cannot be lived by a population")
        plugins = dict.fromkeys(job.plugin for job in jobs)
        self.crews = [_Crew(self, plugin, [job for job in jobs if job.plugin == plugin]) for plugin in plugins]

    def run(self) -> list[Done]:
        digests, began, step, cost = [hashlib.sha256() for _ in self.seeds], time.process_time(), 0, 0
        for chunks in zip(*(_chunks(episode) for episode in self.episodes), strict=True):
            inputs = torch.stack([chunk.inputs for chunk in chunks], dim=1)  # (steps, seeds, batch, features)
            targets = torch.stack([chunk.targets for chunk in chunks], dim=1)
            for digest, chunk in zip(digests, chunks, strict=True):
                for ids, target in zip(chunk.ids[: HASHED - step], chunk.targets[: max(0, HASHED - step)], strict=False):
                    digest.update(numpy.ascontiguousarray(ids).tobytes())
                    digest.update(target.numpy().tobytes())
            cost = inputs.shape[2] * (FORWARD + BACKWARD)
            for crew in self.crews:
                crew.live(inputs, targets, step)
            step += len(inputs)
        seconds = (time.process_time() - began) / len(self.jobs)
        found: dict[int, Done] = {}
        for crew in self.crews:
            for job, done in zip(crew.jobs, crew.done(digests, cost, seconds), strict=True):
                found[id(job)] = done
        return [found[id(job)] for job in self.jobs]


def _chunks(episode: Episode) -> Iterator[Block]:
    if episode.blocks is not None:
        yield from episode.blocks
        return
    waiting = []
    for batch in episode.batches:
        waiting.append(batch)
        if len(waiting) == CHUNK:
            yield _stacked(waiting)
            waiting = []
    if waiting:
        yield _stacked(waiting)


def _stacked(batches: Sequence[Any]) -> Block:
    return Block(
        inputs=torch.stack([batch.inputs for batch in batches]),
        targets=torch.stack([batch.targets for batch in batches]),
        ids=numpy.stack([batch.ids for batch in batches]),
    )


class _Crew:
    """All lives of one baseline: one member for each job, members of one seed side by side."""

    def __init__(self, population: _Population, plugin: str, jobs: Sequence[Job]) -> None:
        stated = rule_in(plugin_module(plugin))
        if stated is None:
            raise Refused(f"{plugin} does not say its step as a rule; run it one life at a time")
        self.population = population
        self.rule, options, alike = stated
        self.jobs = sorted(jobs, key=lambda job: job.seed)
        self.places = [population.seeds.index(job.seed) for job in self.jobs]
        counts = {place: self.places.count(place) for place in self.places}
        # Where every seed has as many settings, a seed's samples serve all of them; else each member gets a copy.
        self.settings = counts[self.places[0]] if len(set(counts.values())) == 1 else 1
        rows = self.places[:: self.settings]
        self.rows = None if rows == list(range(len(population.seeds))) else torch.tensor(rows)
        models = [population.episodes[place].model for place in self.places]
        self.network = Network(models, self.settings, _numbers(options, self.jobs), alike=alike)
        self.draw = Draw([noise_seed(job.task, job.seed) for job in self.jobs])
        self.whole: dict[str, Any] = {"step": 0, "steps": population.steps}
        if any(job.options for job in self.jobs):
            self.whole["given"] = [_given(dict(job.options)) for job in self.jobs]
        size = len(self.jobs)
        self.failed: dict[int, tuple[int, float]] = {}
        steps = population.steps
        windows = min(WINDOWS, steps)
        lengths = [steps // windows + (window < steps % windows) for window in range(windows)]
        self.window = numpy.repeat(numpy.arange(windows), lengths)
        self.lengths = numpy.array(lengths)[:, None]
        self.sums, self.last = numpy.zeros((windows, size)), numpy.zeros(size)
        self.tail = max(1, steps // 10)
        self.curves: list[list[float]] = [[] for _ in self.jobs]
        self.probe: list[Tensor] = []
        self.squared = population.episodes[0].score is squared_error

    def live(self, inputs: Tensor, targets: Tensor, done: int) -> None:
        """Takes the steps of one chunk: inputs (steps, seeds, batch, features)."""
        if self.rows is not None:
            inputs, targets = inputs[:, self.rows], targets[:, self.rows]
        losses, scores = [], []
        for number, (batch, target) in enumerate(zip(inputs, targets, strict=True), start=done + 1):
            loss, score = self.network.backward(batch, target, squared=self.squared)
            losses.append(loss)
            scores.append(score)
            self.whole |= {"step": number, "loss": loss, "score": score}
            self.rule(self.network.slots, self.network.units(), self.draw.at(number), self.whole)
            if self.population.episodes[0].held_out is not None and self.population.phase == "evaluation":
                while (
                    len(self.curves[0]) < CHECKPOINTS
                    and number * CHECKPOINTS >= (len(self.curves[0]) + 1) * self.population.steps
                ):
                    self.judge()
        self.count(torch.stack(losses).double().numpy(), torch.stack(scores).double().numpy(), done)
        self.probe = [*self.probe, *inputs][-20:]

    def count(self, losses: numpy.ndarray, scores: numpy.ndarray, done: int) -> None:
        """Adds the scores of a chunk, (steps, members), and notes which members came to grief."""
        for member in numpy.flatnonzero(~numpy.isfinite(losses).all(axis=0)).tolist():
            at = int(numpy.flatnonzero(~numpy.isfinite(losses[:, member]))[0])
            self.failed.setdefault(member, (done + at + 1, float(losses[at, member])))
        here = slice(done, done + len(scores))
        numpy.add.at(self.sums, self.window[here], scores)
        self.last += scores[max(0, self.population.steps - self.tail - done) :].sum(axis=0)

    def judge(self) -> None:
        """The score of every member on data never trained on."""
        for member, place in enumerate(self.places):
            episode = self.population.episodes[place]
            assert episode.held_out is not None
            self.network.into(episode.model, member)
            self.curves[member].append(episode.held_out(episode.model))

    def done(self, digests: Sequence[Any], cost: int, seconds: float) -> list[Done]:
        """The records of all members."""
        population, records = self.population, []
        online = population.episodes[0].held_out is None
        if not online:
            self.judge()
        dead, norms = self.network.dead(torch.cat(self.probe, dim=1)), self.network.norms()
        ranks = [[("effective rank", effective_rank(h))] for h in self.network.activity[-1]] if self.network.activity else None
        for member, (job, place) in enumerate(zip(self.jobs, self.places, strict=True)):
            curve = (self.sums[:, member : member + 1] / self.lengths).ravel().tolist() if online else self.curves[member]
            value = float(self.sums[:, member].sum() / population.steps) if online else curve[-1]
            note, spent = "", population.steps * cost
            if member in self.failed:
                at, loss = self.failed[member]
                note = f"FloatingPointError: the loss is {loss} at step {at} of {population.steps}"
                curve, spent = [], (at - 1) * cost
            elif not math.isfinite(value):
                note = f"the {population.task.METRIC} is not finite"
            extra = [("last tenth", self.last[member] / self.tail), ("dead units", dead[member]), ("weight norm", norms[member])]
            extra += ranks[member] if ranks else []
            path, sensed = self.path(member)
            record = Run(
                task=job.task, arm=job.arm, phase=job.phase, seed=job.seed, knobs=job.knobs, value=math.nan if note else value,
                budget=float(spent), seconds=seconds, curve=tuple(curve), note=note, stream_sha256=digests[place].hexdigest(),
                extra=() if note else tuple((name, float(number)) for name, number in extra),
                init_sha256=self.network.first[member],
                response=_means((path.mean(axis=1) if path.ndim > 1 else path).tolist(), TRACE),
                sensed=_means(sensed.tolist(), TRACE),
            )  # fmt: skip
            records.append((record, path))
        return records

    def path(self, member: int) -> tuple[numpy.ndarray, numpy.ndarray]:
        """The response of one member over its life, (steps,) or (steps, tensors), and what it sensed; empty for a baseline."""
        if "every" not in self.whole:
            told = ("responses", "sensed")
            self.whole["every"] = [numpy.asarray(self.whole.get(name, ()), dtype=numpy.float64) for name in told]
        responses, sensed = (kept[..., member] if kept.size else kept for kept in self.whole["every"])
        return (responses[:, 0] if responses.ndim > 1 and responses.shape[1] == 1 else responses), sensed


def _given(options: dict[str, Any]) -> Any:
    """The response that a control is handed: off is none at all, which is a response of 0."""
    if options.get("mechanism") == "off":
        return 0.0
    replay = options.get("replay")
    return float(options["constant"]) if replay is None else list(replay)


def _numbers(options: Any, jobs: Sequence[Job]) -> dict[str, Any]:
    """Each option as a float where all members share it, else as (members,).

    Raises:
        Refused: a knob that the baseline has not, or a value that it does not accept.
    """
    numbers: dict[str, Any] = {}
    for job in jobs:
        for name, value in job.knobs:
            if name not in options or not options[name].accepts(value):
                raise Refused(f"{job.plugin} takes no {name} of {value!r}")
    for name, knob in options.items():
        values = [float(dict(job.knobs).get(name, knob.default)) for job in jobs]
        numbers[name] = values[0] if len(set(values)) == 1 else torch.tensor(values)
    return numbers
