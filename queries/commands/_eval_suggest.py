"""Measure suggestions on the past: would the papers up to a year have foretold the mappings first stated after it?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import click

from kg.errors import Refused
from queries.session import progress_line, session
from queries.show import Answer, output_options
from queries.suggest.time_split import CUTS

if TYPE_CHECKING:
    from queries.suggest.rank import Weights
    from queries.suggest.time_split import Measured

COLUMNS = ("until", "asked", "pairs", "method", "hits_at_10", "mrr", "auc", "times_best_baseline")


@click.command(
    "suggest",
    epilog="""\b
Example:
  exapt ingest atlas
  exapt eval suggest
  exapt eval suggest --until 2010 --until 2015 --format json
""",
)
@click.option("--until", "cuts", type=int, multiple=True, default=CUTS, show_default=True, help="A cut year; may be repeated.")
@output_options
def command(cuts: tuple[int, ...]) -> Answer:
    """Measure `exapt ask suggest` on the graph's own past, beside degree, common neighbours and chance.

    For each cut year, all is ranked from the mappings that papers up to that year state, with the functions that they name,
    and with weights learned from these years alone. Only the families of concepts are as they stand today.
    Test pairs are mappings first stated later whose mechanism and technique were both known, but not as a pair, nor as an alias,
    an inverse or a near-duplicate of one; each is asked for from both ends, among all concepts of the other side. A second,
    looser question: from which family will the mechanism have its next technique, new ones among them? hits_at_10 is the share
    ranked among the first ten, auc the chance to rank above a pair that nobody states. A pair may count under several cut years.
    """
    from queries.suggest.known import facts
    from queries.suggest.learn import examples, fit
    from queries.suggest.time_split import measure

    with session().open() as store:
        concepts, stated = store.concepts(), facts(store, dated=True)
    if not stated:
        raise Refused("no dated mapping is in the graph; fill it: exapt ingest atlas")
    progress = progress_line("cut years")
    taught = examples(concepts, stated, until=max(cuts))
    measured: list[Measured] = []
    for number, cut in enumerate(sorted(set(cuts)), 1):
        weights = fit(one for one in taught if one.year <= cut)
        measured += measure(concepts, stated, cut, weights)
        progress(number, len(set(cuts)))
    if not any(one.pairs for one in measured):
        raise Refused("no mapping was first stated after these years between known concepts; choose other years with --until")
    rows = [_row(one, measured) for one in measured]
    return Answer(columns=COLUMNS, rows=rows, note=_said(weights, cut))


def _said(weights: Weights, cut: int) -> str:
    learned = ", ".join(f"{name} {value:.2f}" for name, value in weights._asdict().items())
    return f"weights are learned from the years up to each cut; up to {cut}: {learned}"


def _row(one: Measured, measured: list[Measured]) -> dict[str, object]:
    trivial = [m.hits for m in measured if (m.until, m.what) == (one.until, one.what) and m.method != "exapt"]
    best = max(trivial)
    times = one.hits / best if one.method == "exapt" and best > 0 else None
    values = {"hits_at_10": one.hits, "mrr": one.reciprocal_rank, "auc": one.auc}
    return {
        "until": one.until,
        "asked": one.what,
        "pairs": one.pairs,
        "method": one.method,
        **{name: None if math.isnan(value) else round(value, 4) for name, value in values.items()},
        "times_best_baseline": None if times is None else round(times, 2),
    }
