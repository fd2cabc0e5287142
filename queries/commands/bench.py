"""Race a prototype against tuned baselines and sham controls, and report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kg import plugins
from kg.errors import NotFound
from queries.commands._bench_all import every, verdicts
from queries.commands._bench_races import kept, report
from queries.constants import constants
from queries.engine_options import ENGINES
from queries.plugin_group import KnownGroup
from queries.race_options import FIRST_SEED, FOLDER, JOBS, SEEDS, STEPS, TIER, TRIALS
from queries.session import progress_line, session
from queries.show import Answer, output_options

if TYPE_CHECKING:
    from adaptive.race import Race
    from adaptive.sweep import Pool

ASIDE = ("interval", "iqm", "budget", "seconds")
KINDS = ("prototype", "task", "baseline", "control")


@click.group(
    cls=KnownGroup,
    noun="bench command",
    epilog="""\b
Example:
  exapt bench list
  exapt bench run heat_shock_regularization --tier quick
  exapt bench races
  exapt bench verdicts
""",
)
def command() -> None:
    """Fair races: equal tuning, paired seeds, sham controls, and a verdict that goes back into the graph."""


@command.command("list")
@output_options
def list_all() -> Answer:
    """List what can race, on what, and against what.

    \b
    Example:
      exapt bench list --format csv
    """
    rows = []
    for kind in KINDS:
        for name in plugins.names(f"adaptive.{kind}s"):
            stated = constants(f"adaptive.{kind}s", name)
            rows.append({"kind": kind, "name": name, "what": stated.get("TITLE") or str(stated["doc"]).partition("\n")[0]})
    return Answer(columns=("kind", "name", "what"), rows=rows)


@command.command("run")
@click.argument("prototype")
@click.option("--task", "tasks", metavar="TASK", multiple=True, help="A task; may be given again. By default the tier's own.")
@click.option(
    "--baseline", "baselines", metavar="NAME", multiple=True, help="May be given again. By default those that fit each task."
)
@SEEDS
@FIRST_SEED
@TRIALS
@TIER
@STEPS
@click.option("--limit-seconds", type=click.FloatRange(1), help="Processor seconds of one run; by default 60 and 20 ms a step.")
@click.option("--limit-memory", type=click.IntRange(64), default=2048, show_default=True, help="Megabytes that one run may take.")
@JOBS
@click.option("--engine", type=click.Choice(ENGINES), help="Who does the runs: by default processes here; or a cluster.")
@click.option("--scheduler", metavar="ADDRESS", help="Of the Dask scheduler or the Ray head.")
@FOLDER
@output_options
def run(prototype: str, tasks: tuple[str, ...], folder: Path, jobs: int | None, **settings: Any) -> Answer:
    """Race PROTOTYPE (a name, or a Python file with KNOBS and build) and keep what came of it.

    Every arm gets the same number of tuning trials on tuning seeds; all run on the same other seeds. A difference is the
    candidate's, turned so that above 0 is better. Every run has a process of its own; one that hangs, takes too much memory or
    gives no number has failed, and the race goes on. A race that was stopped goes on where it was. The verdict is kept in the
    graph as evidence where the graph has the prototype's mapping.

    \b
    Example:
      exapt bench run heat_shock_regularization --task small_data_digits --seeds 20 --trials 16
      exapt bench run heat_shock_regularization --tier quick --jobs 2
      exapt bench run manifold_capacity --task small_data_digits --first-seed 120
      exapt bench run my_prototype.py --task digits --baseline sgd --baseline prodigy --limit-seconds 30
    """
    _check(prototype, tasks, settings["baselines"])
    engine, scheduler = settings.pop("engine"), settings.pop("scheduler")
    _check_engine(engine, scheduler)
    with session().open(write=True):  # a store that cannot be written is told before the race, not after it
        pass
    from adaptive import bench
    from adaptive.isolated import Limits

    limits = Limits(seconds=settings.pop("limit_seconds") or 0.0, memory=settings.pop("limit_memory"))
    with _others(engine, jobs, scheduler) as pool:
        race = bench.run(
            prototype, tasks, n_jobs=jobs, folder=folder, progress=progress_line("runs"), limits=limits, pool=pool, **settings
        )
    _keep(race)
    from adaptive.standings import COLUMNS

    note = f"race {race.key}, kept in {folder / race.key}; a page of it: exapt bench report {race.key} -o report.html"
    return Answer(columns=("task", *COLUMNS, "verdict"), rows=_rows(race), below=("verdict",), aside=ASIDE, note=note)


for one in (kept, report, every, verdicts):
    command.add_command(one)


def _check(prototype: str, tasks: tuple[str, ...], baselines: tuple[str, ...]) -> None:
    """Unknown names are told before PyTorch is loaded."""
    asked = [("task", task) for task in tasks] + [("baseline", baseline) for baseline in baselines]
    if not prototype.endswith(".py"):
        asked.append(("prototype", prototype))
    for kind, name in asked:
        known = plugins.names(f"adaptive.{kind}s")
        if name.replace("-", "_") not in known:
            raise NotFound(kind, name, known)


def _check_engine(engine: str | None, scheduler: str | None) -> None:
    if scheduler and engine in (None, "loky"):
        raise click.UsageError("--scheduler goes with --engine dask or ray")
    if engine == "dask" and not scheduler:
        raise click.UsageError("--engine dask needs --scheduler ADDRESS, such as tcp://127.0.0.1:8786")


@contextmanager
def _others(engine: str | None, jobs: int | None, scheduler: str | None) -> Iterator[Pool | None]:
    """The engine that was asked for, as long as the race takes; none where processes here do."""
    if engine is None:
        yield None
        return
    from ingest.engines import opened

    with opened(engine, jobs=jobs, scheduler=scheduler) as pool:
        yield pool


def _keep(race: Race) -> None:
    from adaptive.record import record

    with session().open(write=True) as store:
        mapping = record(store, race)
    if mapping is None:
        session().say(f"no mapping {race.mechanism} -> {race.technique} is in the graph, so the verdict bears on none")


def _rows(race: Race) -> list[dict[str, object]]:
    """One row an arm and task; the candidate's carries the verdict."""
    from adaptive.standings import table

    rows: list[dict[str, object]] = []
    for course in race.courses:
        candidate, *others = table(race, course.name)
        verdict = race.verdict(course.name)
        rows.append({"task": course.name, **candidate, "verdict": f"{verdict.word}: {verdict.reason}"})
        rows += [{"task": course.name, **other} for other in others]
    return rows
