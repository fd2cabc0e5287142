"""How many mechanisms have how much impact, in biology and in machine learning, laid over each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import click

from kg.belief import THRESHOLD
from kg.model import Mapping
from queries.named import EMPTY, function_called
from queries.show import Answer, lines_of

if TYPE_CHECKING:
    from kg.view import View

REGULATION = "regulating,tune_plasticity,adapt_gain"
QUESTION = """Draw how many regulatory mechanisms have at least how much reported impact, biology and machine learning overlaid.

Impact is counted, not measured: of a mechanism, the papers in this graph which say that a technique came of it or is like it; of
a technique, the papers that trace it to a mechanism. It is no effect on protein synthesis or on accuracy: papers do not state
these in numbers that compare. Mappings that the graph believes less than --least-belief do not count.

Regulatory is a mapping that serves a function of the group "regulating" (keep a set point, respond to stress, repair, prune,
gate by context ...), tunes plasticity or adapts gain; --functions chooses others. All mechanisms and techniques are drawn pale
beside them, for scale. Both sides are counted from the same mappings, so some likeness of the curves is built in.

\b
Example:
  exapt plot overlay -o overlay.png
  exapt plot overlay --functions memory,explore -o memory.svg
  exapt plot overlay --format json
"""
PARAMS: list[click.Parameter] = [
    click.Option(
        ["--functions"], default=REGULATION, show_default=True, metavar="NAMES",
        help="Groups of functions or functions, with commas between; `exapt ask functions` lists them.",
    ),
    click.Option(
        ["--least-belief"], type=click.FloatRange(0, 1), default=THRESHOLD, show_default=True, help="Leave out weaker mappings."
    ),
]  # fmt: skip
COLUMNS = ("what", "side", "impact", "exactly", "at_least", "names")
REGULATORY, EVERY = "regulatory", "all"
"""What a row counts; where other functions were asked for, their names stand in place of the first."""
SIDES = ("biology", "machine learning")
COUNTED = ("inspires", "analogous", "proposes")
NAMED = 3
"""So many concepts of one row are named."""


def numbers(store: View, *, functions: str = REGULATION, least_belief: float = THRESHOLD) -> Answer:
    """For each side and impact, how many concepts have exactly and at least that impact."""
    stated = {one.key: one for one in store.mappings() if one.relation in COUNTED}
    if not stated:
        return Answer(columns=COLUMNS, note=EMPTY)
    wanted = _functions(store, functions)
    beliefs = store.beliefs(stated)
    believed = [one for key, one in stated.items() if beliefs[key].value >= least_belief]
    chosen = [one for one in believed if not wanted.isdisjoint(one.functions)]
    papers: dict[str, set[str]] = defaultdict(set)
    for mapping, paper in store.statements(one.key for one in believed):
        papers[mapping].add(paper)
    named = functions.replace("_", " ").replace(",", ", ")
    chosen_name = REGULATORY if functions == REGULATION else named
    rows = [row for what, some in ((chosen_name, chosen), (EVERY, believed)) for row in _rows(store, what, some, papers)]
    number = len(set().union(*(papers[one.key] for one in chosen)))
    caption = (
        f"Counted from {len(chosen)} mappings in {number} papers that serve: {named}."
        " Impact of a mechanism: papers which say that a technique came of it or is like it; of a technique: papers that trace it"
        f" to a mechanism (belief {least_belief:g} or more). It is no measured effect on cells or on accuracy. Both sides are"
        " counted from the same mappings, so some likeness of the curves is built in."
    )
    return Answer(columns=COLUMNS, rows=rows, note=caption)


def _functions(store: View, text: str) -> set[str]:
    """Keys of the functions that the names in ``text`` stand for: groups, or functions by any of their names."""
    known = store.concepts("function")
    found = set[str]()
    for name in filter(None, map(str.strip, text.split(","))):
        group = {concept.key for concept in known if concept.domain == name}
        # A graph that lacks what is asked by default is no error of the one who asks.
        if group or text != REGULATION:
            found |= group or {function_called(store, name).key}
        else:
            found |= {concept.key for concept in known if concept.name.replace(" ", "_") == name}
    return found


def _rows(store: View, what: str, mappings: Collection[Mapping], papers: dict[str, set[str]]) -> Iterable[dict[str, object]]:
    for side in SIDES:
        stating: dict[str, set[str]] = defaultdict(set)
        for one in mappings:
            stating[one.mechanism if side == SIDES[0] else one.technique] |= papers[one.key]
        impact = {key: len(found) for key, found in stating.items() if found}
        for value in sorted(set(impact.values())):
            having = sorted(key for key in impact if impact[key] == value)
            names = [store.concept(key).name for key in having[:NAMED]]
            more = [f"and {len(having) - NAMED} more"] if len(having) > NAMED else []
            yield {
                "what": what,
                "side": side,
                "impact": value,
                "exactly": len(having),
                "at_least": sum(other >= value for other in impact.values()),
                "names": names + more,
            }


INK, PALE = "#222222", "#555555"
LOOK = {"biology": ("#1f5fa8", "-", "o"), "machine learning": ("#c0392b", "--", "s")}
"""Colour, line and mark: told apart without colour too."""
WORDS = {"biology": "mechanisms in biology", "machine learning": "techniques in machine learning"}


def draw(figure: Any, answer: Answer) -> None:
    """Curves that fall: at each impact, how many concepts have at least so much; the strongest are named."""
    import textwrap

    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes = figure.add_subplot()
    chosen = str(answer.rows[0]["what"])
    for what, width, shade in ((EVERY, 1.2, 0.4), (chosen, 2.4, 1.0)):
        for side, (colour, line, mark) in LOOK.items():
            rows: list[Any] = [row for row in answer.rows if (row["what"], row["side"]) == (what, side)]
            if not rows:
                continue
            label = f"{what[:40]} {WORDS[side]}: {rows[0]['at_least']:,}"
            axes.plot(
                [row["impact"] for row in rows], [row["at_least"] for row in rows], line, color=colour, alpha=shade, marker=mark,
                markersize=7 if what == chosen else 4, linewidth=width, label=label,
            )  # fmt: skip
            _name(axes, rows[-1], side, what)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.45)
    low, high = axes.get_xlim()
    axes.set_xlim(low, high * 2.4)  # room for the name of the last point
    plain = FuncFormatter(lambda value, _: f"{value:g}")
    for axis, ticks in ((axes.xaxis, (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)), (axes.yaxis, None)):
        if ticks:
            top = max(float(str(row["impact"])) for row in answer.rows)
            axis.set_ticks([tick for tick in ticks if tick <= top * 1.5])
        axis.set_major_formatter(plain)
        axis.set_minor_formatter(NullFormatter())
    axes.grid(which="major", color="#e2e2e2", linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("reported impact: papers that state a mapping of it", color=INK)
    axes.set_ylabel("how many have at least that impact", color=INK)
    axes.set_title(f"{chosen[:50].capitalize()} mechanisms and their reported impact", loc="left", color=INK, fontsize=14)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], frameon=False, loc="upper right")
    figure.supxlabel("\n".join(textwrap.wrap(answer.note, 140)), x=0.01, ha="left", fontsize=8.5, color=PALE)


def _name(axes: Any, row: Any, side: str, what: str) -> None:
    """Name the concept with the most impact beside its point: biology above it, machine learning below, so that none meet."""
    name = " ".join(lines_of(row["names"][0]))[:40]
    if row["exactly"] > 1:
        name += f"\nand {row['exactly'] - 1} more"
    above = side == SIDES[0]
    axes.annotate(
        name, (row["impact"], row["at_least"]), xytext=(0, 9) if above else (9, -9), textcoords="offset points", fontsize=9,
        color=LOOK[side][0], alpha=0.75 if what == EVERY else 1.0, va="bottom" if above else "top",
        ha="left" if above else "right",
    )  # fmt: skip
