"""``exapt bench all`` and ``exapt bench verdicts``: every prototype raced, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kg import plugins
from kg.errors import NotFound
from queries.race_options import FOLDER, JOBS, SEEDS, STEPS, TIER, TRIALS
from queries.session import progress_line, session
from queries.show import Answer, output_options
from queries.writing import whole

if TYPE_CHECKING:
    from adaptive.campaign import Finding

COLUMNS = ("prototype", "task", "verdict", "gain", "over off", "fired")
ASIDE = ("role", "baseline", "chance", "likeness", "distance", "race")
BRIEF = ("prototype and task", "verdict", "gain (95 %)")
"""The columns of a table to read, few enough for 80 letters a line; all other forms have the full ones."""


@click.command("all")
@click.argument("prototypes", nargs=-1, metavar="[PROTOTYPE]...")
@TIER
@SEEDS
@TRIALS
@STEPS
@JOBS
@FOLDER
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the findings as JSON lines, for bench verdicts --from.",
)
@output_options
def every(prototypes: tuple[str, ...], folder: Path, jobs: int | None, output: Path | None, **settings: Any) -> Answer:
    """Race all prototypes (or those named), each where it should help and where no benefit is expected.

    Controls that replay a response run where a candidate did better than switched off, since there is no other gain to explain.
    Verdicts go into the graph as with run. It takes hours; stopped, it goes on where it was.

    \b
    Example:
      exapt bench all --output findings.jsonl
      exapt bench all chemotaxis synaptic_pruning --tier quick
    """
    known = plugins.names("adaptive.prototypes")
    for name in prototypes:
        if name.replace("-", "_") not in known:
            raise NotFound("prototype", name, known)
    with session().open(write=True):  # a store that cannot be written is told before the races, not after them
        pass
    from adaptive import campaign
    from adaptive.record import record_findings

    wanted = [name.replace("-", "_") for name in prototypes] or list(known)
    found: list[Finding] = []

    def progress(name: str) -> Any:
        return progress_line(f"{name} ({wanted.index(name) + 1} of {len(wanted)})")

    for race, findings in campaign.run(wanted, folder=folder, n_jobs=jobs, progress=progress, **settings):
        found += findings
        with session().open(write=True) as store:
            record_findings(store, findings)
        session().detail(f"{race.prototype}: {', '.join(f'{f.task}: {f.verdict.word}' for f in findings)}")
        if output is not None:
            campaign.save(found, output)
    return _answer(found)


@click.command("verdicts")
@click.argument("prototypes", nargs=-1, metavar="[PROTOTYPE]...")
@click.option(
    "--from", "source", type=click.Path(dir_okay=False, path_type=Path), help="Findings of your own, of bench all --output."
)
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="Write a page that tells each race.")
@click.option("--tell", is_flag=True, help="What the races showed, and why, in words.")
@click.option("--record", "keep", is_flag=True, help="Keep the verdicts in the graph, as evidence on its mappings.")
@output_options
def verdicts(prototypes: tuple[str, ...], source: Path | None, page: Path | None, tell: bool, keep: bool) -> Answer:
    """Show what the races of all prototypes came to, those that ship with exapt or your own.

    A table has each gain over the best tuned baseline. Other formats have the gain over being off, too, at what share of the
    steps the mechanism fired, the nearest known method, and the race.

    \b
    Example:
      exapt bench verdicts
      exapt bench verdicts synaptic_pruning --tell
      exapt bench verdicts --page verdicts.html
      exapt bench verdicts --record && exapt ask leaderboard
    """
    from adaptive import campaign

    found = campaign.load(source)
    known = sorted({finding.prototype for finding in found})
    for name in prototypes:
        if name.replace("-", "_") not in known:
            raise NotFound("verdict", name, known)
    wanted = {name.replace("-", "_") for name in prototypes} or set(known)
    chosen = [finding for finding in found if finding.prototype in wanted]
    if keep:
        from adaptive.record import record_findings

        with session().open(write=True) as store:
            borne, alone = record_findings(store, chosen)
        session().say(f"{borne + alone} verdicts kept; {borne} bear on a mapping of the graph, {alone} on none that it has")
    if page is not None:
        from adaptive import gallery

        with whole(page) as half:
            gallery.write(chosen, half)
        session().say(f"{page}: open it in a browser")
    return _answer(chosen, tell=tell, others=sum(map(campaign.is_of_other_code, chosen)))


def _answer(found: Sequence[Finding], *, tell: bool = False, others: int = 0) -> Answer:
    from adaptive import telling

    by_prototype: dict[str, list[Finding]] = {}
    for finding in found:
        by_prototype.setdefault(finding.prototype, []).append(finding)
    brief = click.get_current_context().params["form"] == "table"
    rows = []
    for findings in by_prototype.values():
        stands = telling.standing(findings)
        for finding in findings:
            row = (_brief if brief else _row)(finding, stands if finding.role == "own" else finding.verdict.word)
            if tell and finding.role == "own":
                row["told"] = telling.paragraph(findings)
            rows.append(row)
    note = _note(by_prototype.values())
    if others:
        note += f"; {others} of these {len(found)} were raced with other code than is here: exapt bench all runs them anew"
    below = ("told",) if tell else ()
    return Answer(columns=(*(BRIEF if brief else (*COLUMNS, *ASIDE)), *below), rows=rows, below=below, note=note)


def _note(each: Iterable[Sequence[Finding]]) -> str:
    """How many of each verdict on the tasks where they should help."""
    from collections import Counter

    from adaptive import telling

    every = list(each)
    counts = Counter(telling.standing(findings) for findings in every)
    chance = telling.expected_by_chance([finding for findings in every for finding in findings])
    told = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    return f"{len(every)} prototypes where they should help: {told}; better by chance at most {chance:.2g}"


def _brief(finding: Finding, word: str) -> dict[str, object]:
    from adaptive.telling_words import decimals

    best, gain = finding.against(finding.verdict.baseline), ""
    if best:
        middle, low, high = decimals((best.difference, best.low, best.high))
        gain = f"{middle} ({low} to {high}) over {best.arm}"
    return dict(zip(BRIEF, (f"{finding.prototype} on {finding.task}", word, gain), strict=True))


def _row(finding: Finding, word: str) -> dict[str, object]:
    from adaptive.standings import between, short

    best, off = finding.against(finding.verdict.baseline), finding.against("off")
    return {
        "prototype": finding.prototype,
        "task": finding.task,
        "role": finding.role,
        "verdict": word,
        "baseline": finding.verdict.baseline,
        "gain": f"{short(best.difference, sign=True)} ({between(best.low, best.high, sign=True)}) over {best.arm}"
        if best
        else "",
        "over off": f"{short(off.difference, sign=True)} ({between(off.low, off.high, sign=True)})" if off else "",
        "fired": _fired(finding.verdict.fired),
        "chance": round(best.chance, 3) if best else None,
        "likeness": finding.likeness.method if finding.likeness else "",
        "distance": finding.likeness.distance if finding.likeness else None,
        "race": finding.race,
    }


def _fired(share: float) -> str:
    """In whole percent; a mechanism that fired at all never reads like one that did not. Empty where it does not tell."""
    if share != share:
        return ""
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"
