"""Many lives at once: networks of every seed and every setting in one batch, each life what it would have been alone.

``run(jobs)`` gives what ``[trial.run(job) for job in jobs]`` gives, within float error, many times faster where networks are
small. All networks of a baseline are one tensor with the members as its first axis; the settings lie on the same axis, as one
number a member; gradients are written out by hand. Settings of one seed meet the same samples, so the first layer of all of them
is one matrix product.

This works for baselines that say their step as a rule (``rule`` and ``OPTIONS``) on tasks whose network is a stack of linear and
rectified layers, judged by squared error or cross-entropy.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy
import torch
from torch import Tensor

from adaptive.baselines._rule import Draw
from adaptive.population_network import Network, layers_of
from adaptive.race import Run
from adaptive.tasks import Block, Episode, correct, seed_of, squared_error
from adaptive.trial import BACKWARD, CHECKPOINTS, FORWARD, HASHED, WINDOWS, Job, plugin_module
from kg.errors import Refused
from kg.plugins import load

CHUNK = 200
"""Steps taken from the streams at a time."""
Make = Callable[..., Episode]
Done = tuple[Run, numpy.ndarray]


def able(job: Job) -> bool:
    """Whether ``job`` can be part of a population."""
    if job.options or job.limit:
        return False
    baseline = plugin_module(job.plugin)
    if not (hasattr(baseline, "rule") and hasattr(baseline, "OPTIONS")):
        return False
    return _fits(load("adaptive.tasks", job.task, kind="task").make(job.seed, steps=1))


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
    if any(job.options or job.limit for job in jobs):
        raise Refused("controls cannot be part of a population")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
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
        baseline = plugin_module(plugin)
        if not (hasattr(baseline, "rule") and hasattr(baseline, "OPTIONS")):
            raise Refused(f"{plugin} does not say its step as a rule; run it one life at a time")
        self.population, self.rule = population, baseline.rule
        self.jobs = sorted(jobs, key=lambda job: job.seed)
        self.places = [population.seeds.index(job.seed) for job in self.jobs]
        counts = {place: self.places.count(place) for place in self.places}
        # Where every seed has as many settings, a seed's samples serve all of them; else each member gets a copy.
        self.settings = counts[self.places[0]] if len(set(counts.values())) == 1 else 1
        rows = self.places[:: self.settings]
        self.rows = None if rows == list(range(len(population.seeds))) else torch.tensor(rows)
        models = [population.episodes[place].model for place in self.places]
        self.network = Network(models, self.settings, _numbers(baseline.OPTIONS, self.jobs), alike=baseline.ALIKE)
        self.draw = Draw([seed_of(job.task, f"noise of {job.arm}", job.seed) for job in self.jobs])
        self.whole: dict[str, Any] = {"step": 0}
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
            self.whole["step"] = number
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
            extra = (("last tenth", self.last[member] / self.tail), ("dead units", dead[member]), ("weight norm", norms[member]))
            record = Run(
                task=job.task, arm=job.arm, phase=job.phase, seed=job.seed, knobs=job.knobs, value=math.nan if note else value,
                budget=float(spent), seconds=seconds, curve=tuple(curve), note=note, stream_sha256=digests[place].hexdigest(),
                extra=() if note else tuple((name, float(number)) for name, number in extra),
                init_sha256=self.network.first[member],
            )  # fmt: skip
            records.append((record, numpy.empty(0)))
        return records


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
