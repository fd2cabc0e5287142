"""Search for what works: race mappings and new bindings of parts, keep what survives twice"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg import plugins
from kg.errors import NotFound
from queries.race_options import JOBS, STEPS, TRIALS
from queries.session import progress_line, session
from queries.show import Answer, output_options

if TYPE_CHECKING:
    from adaptive.discovery import Discovery, Gate, Outcome
    from adaptive.race import Race

COLUMNS = ("number", "candidate", "from", "contract", "first seeds", "over off", "second seeds", "outcome", "why")
ASIDE = ("mapping", "races", "seconds", "baseline")
WORDS = {
    "mapping": "a mapping",
    "binding": "a new binding",
    "placebo": "a placebo",
}


@click.command()
@click.option(
    "--function",
    required=True,
    metavar="NAME",
    help="What the mechanisms do, such as respond_to_stress; `exapt ask functions` lists them.",
)
@click.option(
    "--budget", type=click.FloatRange(min=0.0), required=True, metavar="MINUTES", help="How long to search, by the clock."
)
@click.option("--most", type=click.IntRange(1), metavar="N", help="Stop when so many candidates have been tried in all.")
@click.option("--task", metavar="TASK", help="Where to race; by default where most prototypes of the function say they help.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed is another search.")
@click.option("--seeds", type=click.IntRange(6), help="Paired evaluation seeds a race; 20 by default.")
@TRIALS
@STEPS
@JOBS
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("discoveries"),
    show_default=True,
    help="Where searches are kept.",
)
@output_options
def command(
    function: str,
    budget: float,
    most: int | None,
    task: str | None,
    seed: int,
    folder: Path,
    jobs: int | None,
    seeds: int | None,
    trials: int | None,
    steps: int | None,
) -> Answer:
    """Search for circuits that help: propose, compile, hold to the contract, race, and race again on other seeds.

    Half of the candidates are mappings of the graph that nobody raced yet and whose mechanism has a regulatory profile; the
    others are new bindings of what is sensed, how it is answered and what is acted on, chosen by what did well so far. Every
    eighth is a placebo, whose mechanism is off for good. Who beats the best tuned baseline and its own base step goes on to a
    second set of seeds and to shams. Verdicts are written into the graph, as evidence on the mapping where there is one.
    The same command again goes on where it was, also after Ctrl-C; a budget of 0 only shows what was found.

    \b
    Example:
      exapt ingest atlas
      exapt discover --function tune_plasticity --budget 30
      exapt discover --function protect_old --task class_incremental_digits --budget 480 --format md > night.md
    """
    if task is not None and task.replace("-", "_") not in plugins.names("adaptive.tasks"):
        raise NotFound("task", task, plugins.names("adaptive.tasks"))
    with session().open(write=True) as store:
        key = _function(store, function)
        from adaptive.proposals import bound_in

        bound = bound_in(store, key)
    from adaptive.discovery import Discovery, task_for

    chosen = (task or task_for(key)).replace("-", "_")
    mappings = len({one.mapping for one in bound if one.mapping})
    session().say(
        f"{function} on {chosen}: {mappings} unraced mappings, {len({one.parts for one in bound})} circuits in the graph"
    )
    line = progress_line("searching")
    search = Discovery(
        function=key,
        task=chosen,
        bound=bound,
        seed=seed,
        folder=folder,
        n_jobs=jobs,
        seeds=seeds,
        trials=trials,
        steps=steps,
        tell=lambda text: line(len(search.outcomes), None, text),
        keep=_keep,
    )
    try:
        search.run(budget, most=most)
    except KeyboardInterrupt:
        session().say("stopped; the same command goes on where it was")
    return _answer(search)


def _function(store: object, name: str) -> str:
    from kg.store import Store

    assert isinstance(store, Store)
    return store.resolve_concept(name.replace("_", " "), "function").key


def _keep(race: Race, mapping: str) -> None:
    """Every run and the verdict; they bear on the mapping that was compiled, where one was."""
    from adaptive.record import results

    with session().open(write=True) as store, store.transaction():
        for result in results(race, mapping=mapping or None):
            store.add_result(result)


def _answer(search: Discovery) -> Answer:
    from adaptive.discovery import expected
    from adaptive.standings import short

    outcomes = search.outcomes
    rows = [_row(outcome) for outcome in outcomes]
    placebos = [outcome for outcome in outcomes if outcome.proposal.origin == "placebo"]
    real = [outcome for outcome in outcomes if outcome.proposal.origin != "placebo"]
    kept = [outcome for outcome in real if not outcome.contract]
    passed = [outcome for outcome in kept if outcome.first and outcome.first.passed]
    lucky = sum(bool(outcome.first and outcome.first.passed) for outcome in placebos)
    lines = [
        f"{len(real)} candidates tried, {len(kept)} kept the contract, {len(passed)} passed the first seeds, "
        f"{sum(outcome.survived for outcome in real)} survived the second; expected by chance: at most {expected(outcomes):.2g} "
        f"(of {len(placebos)} placebos, {lucky} passed the first seeds)",
    ]
    best = max((o for o in kept if o.first), key=lambda o: o.first.over_off if o.first else -math.inf, default=None)
    if best is not None and best.first is not None:
        over = short(best.first.over_off, sign=True)
        lines.append(f"most over its base step: {best.proposal.circuit.words}, {over} on the first seeds")
    effects = search.proposer.effects(search.tried)
    if effects:
        ends = effects if len(effects) <= 6 else [*effects[:3], *effects[-3:]]
        told = [f"{name} {value:+.1f} ± {sd:.1f}" for _, name, value, sd in ends]
        lines.append(f"what parts add, in standard errors, best and worst: {', '.join(told)}")
    for circuit, gain, why in search.proposer.ranked(search.tried):
        lines.append(f"next: {circuit.words} (expected {gain:+.1f} standard errors): {why}")
    return Answer(
        columns=(*COLUMNS, *ASIDE),
        rows=rows,
        below=("outcome", "why"),
        aside=ASIDE,
        note="\n".join(lines),
    )


def _row(outcome: Outcome) -> dict[str, object]:
    proposal = outcome.proposal
    gates = [gate for gate in (outcome.first, outcome.second) if gate]
    return {
        "number": outcome.number,
        "candidate": proposal.circuit.words,
        "from": WORDS[proposal.origin],
        "contract": outcome.contract or ("" if proposal.origin == "placebo" else "kept"),
        "first seeds": _gain(outcome.first),
        "over off": _over_off(outcome.first),
        "second seeds": _gain(outcome.second),
        "outcome": _word(outcome),
        "why": proposal.why,
        "baseline": gates[0].baseline if gates else "",
        "mapping": proposal.mapping,
        "races": [gate.race for gate in gates],
        "seconds": round(outcome.seconds, 1),
    }


def _gain(gate: Gate | None) -> str:
    from adaptive.standings import between, short

    return f"{short(gate.gain, sign=True)} ({between(gate.low, gate.high, sign=True)})" if gate else ""


def _over_off(gate: Gate | None) -> str:
    from adaptive.standings import between, short

    return f"{short(gate.over_off, sign=True)} ({between(gate.off_low, gate.off_high, sign=True)})" if gate else ""


def _word(outcome: Outcome) -> str:
    if outcome.contract:
        return f"not raced: {outcome.contract}"
    last = outcome.second or outcome.first
    assert last is not None
    if outcome.survived:
        return f"survived both, against {last.baseline} and its shams"
    return ("fell on the second seeds: " if outcome.second else "fell on the first seeds: ") + last.why
