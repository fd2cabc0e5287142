"""What in biology is still waiting? Mechanisms that no technique answers, functions that few techniques serve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import click

from kg.model import RELATIONS, Concept, Evidence, Mapping
from kg.view import ANSWERED, FunctionCount
from queries.ask.functions import is_few
from queries.cite import best, cited, listed, readable, standing
from queries.named import EMPTY, function_read
from queries.show import Answer, Row

if TYPE_CHECKING:
    from kg.view import View

QUESTION = """Show mechanisms that no technique answers yet, or that are only proposed, and functions that few techniques serve.

Ideas that papers propose come first, the surest before others; then mechanisms of which no paper says anything, those ahead whose
functions most others wait to serve too, in turns between functions; last those that papers only contrast with a technique.
For each, `try` names techniques that do the same for other mechanisms: candidates to build on.

\b
Example:
  exapt ask gaps
  exapt ask gaps --function respond_to_stress --format csv
"""
PARAMS: list[click.Parameter] = [
    click.Option(["--function", "function"], metavar="NAME", help="Only what serves this function, such as respond_to_stress."),
    click.Option(["--limit"], type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many rows."),
]
DOUBT = 2.0
"""Mechanisms by which the share of a function that waits is lowered: one of one tells little."""
TURNS = 0.75
"""What a function still counts after each mechanism of it that is shown, so that others get their turn."""
SEVERAL = 3
"""Mechanisms that must serve a function before it is told how many of them wait."""
COLUMNS = ("gap", "name", "why", "mechanisms", "techniques", "try", "evidence")


def ask(store: View, *, function: str | None = None, limit: int = 20) -> Answer:
    wanted, how_read = _wanted(store, function)
    counts = store.function_counts()
    waiting = _ranked(_waiting(store, wanted), counts)
    few = [] if wanted else [count for count in counts if is_few(count)]
    few.sort(key=lambda count: (count.techniques / count.mechanisms, count.function))
    # Functions get a quarter of the room, or whatever the mechanisms leave.
    room = max(limit - len(few), limit - limit // 4)
    served = Served(store)
    by_function = {count.function: count for count in counts}
    rows = [_mechanism_row(store, one, served, by_function) for one in waiting[:room]]
    rows += [_function_row(store, count, served) for count in few[: limit - len(rows)]]
    note = f"{room} of {len(waiting)} mechanisms without a technique; --limit shows more" if len(waiting) > room else ""
    if not rows:
        note = "no gap found: every mechanism here has a technique" if store.edges(limit=1) else EMPTY
    return Answer(columns=COLUMNS, rows=rows, below=("try", "evidence"), note="\n".join(filter(None, (how_read, note))))


def _wanted(store: View, function: str | None) -> tuple[str | None, str]:
    """Key of the function that is asked for, if one is, and how its words were read."""
    if not function:
        return None, ""
    found, how_read = function_read(store, function)
    return found.key, how_read


def _waiting(store: View, function: str | None) -> list[Waiting]:
    """Mechanisms that no technique answers, with all that is stated of them."""
    said: dict[str, list[str]] = {key: [] for key in store.unanswered(function)}
    rejected, denied = set(store.rejected()), set[str]()
    for link in store.neighbours(said):
        if link.mapping in rejected:
            denied.add(link.source)
        elif link.how in RELATIONS:
            said[link.source].append(link.mapping)
    store.gather(key for keys in said.values() for key in keys)
    waiting = []
    for key, keys in said.items():
        concept, stated = store.concept(key), [store.mapping(mapping) for mapping in sorted(keys)]
        functions = tuple(dict.fromkeys([*concept.functions, *(key for mapping in stated for key in mapping.functions)]))
        proposals = [mapping for mapping in stated if mapping.relation == "proposes"]
        evidence = standing([item for mapping in proposals or stated for item in store.evidence(mapping=mapping.key)])
        waiting.append(Waiting(concept, proposals, stated, evidence, functions, key in denied))
    return waiting


class Served:
    """Techniques that serve a function, with how many mappings say so; looked up once a function."""

    def __init__(self, store: View) -> None:
        self._store, self._rejected = store, set(store.rejected())
        self._known: dict[str, dict[str, int]] = {}

    def by(self, function: str) -> dict[str, int]:
        if function not in self._known:
            counts: dict[str, int] = defaultdict(int)
            for edge in self._store.edges(function=function):
                counts[edge.technique] += edge.relation in ANSWERED and edge.mapping not in self._rejected
            self._known[function] = {technique: count for technique, count in counts.items() if count}
        return self._known[function]

    def most(self, functions: Iterable[str]) -> list[str]:
        """Names of the three techniques that serve most of ``functions``."""
        counts: dict[str, int] = defaultdict(int)
        for function in functions:
            for technique, count in self.by(function).items():
                counts[technique] += count
        return [self._store.concept(key).name for key in sorted(counts, key=lambda key: (-counts[key], key))[:3]]


class Waiting(NamedTuple):
    """A mechanism that no technique answers, with the ideas that there are and all that is stated of it."""

    concept: Concept
    proposals: list[Mapping]
    stated: list[Mapping]
    evidence: list[Evidence]
    functions: tuple[str, ...]
    denied: bool
    """Whether some mapping of it was stated, and a curator rejected that."""

    @property
    def surest(self) -> float:
        """Score of the surest sentence that proposes or states anything of it."""
        return max((item.score for item in self.evidence), default=0.0)


def _ranked(waiting: list[Waiting], counts: list[FunctionCount]) -> list[Waiting]:
    """The surest proposals first, then what no paper speaks of, in turns; then what is only contrasted."""
    waiting.sort(key=lambda one: (-one.surest, one.concept.name))
    proposed = [one for one in waiting if one.proposals]
    contrasted = [one for one in waiting if one.stated and not one.proposals]
    return [*proposed, *_in_turns([one for one in waiting if not one.stated], counts), *contrasted]


def _in_turns(untouched: list[Waiting], counts: list[FunctionCount]) -> list[Waiting]:
    """Those first whose functions are least answered: each function counts the share of its mechanisms that wait, then less."""
    left = {count.function: count.waiting / (count.mechanisms + DOUBT) for count in counts}
    rest, ranked = sorted(untouched, key=lambda one: one.concept.name), list[Waiting]()
    while rest:
        # Rounded, so that the last bits of a sum never decide an order.
        worth = [round(sum(left.get(key, 0.0) for key in one.functions), 6) for one in rest]
        ranked.append(one := rest.pop(max(range(len(rest)), key=worth.__getitem__)))
        for key in one.functions:
            left[key] = left.get(key, 0.0) * TURNS
    return ranked


def _wait_too(store: View, waiting: Waiting, counts: dict[str, FunctionCount]) -> str:
    """How many others wait to serve the least answered of its functions; nothing where few serve it."""
    found = [counts[key] for key in waiting.functions if key in counts and counts[key].mechanisms >= SEVERAL]
    if not found:
        return ""
    least = min(found, key=lambda one: (-one.waiting / one.mechanisms, one.function))
    return f"; of {least.mechanisms} that {readable(store.concept(least.function).name)}, {least.waiting} wait"


def _mechanism_row(store: View, waiting: Waiting, served: Served, counts: dict[str, FunctionCount]) -> Row:
    why = "a curator rejected what was read of it" if waiting.denied else "no paper here maps it to a technique"
    why += _wait_too(store, waiting, counts)
    if waiting.stated:
        why = "only contrasts are stated"
    if waiting.proposals:
        ideas = dict.fromkeys(store.concept(mapping.technique).name for mapping in waiting.proposals)
        why = f"only proposed: {', '.join(ideas)}"
    return {
        "gap": "mechanism",
        "name": waiting.concept.name,
        "why": why,
        "mechanisms": 1,
        "techniques": 0,
        "try": served.most(waiting.functions),
        "evidence": [cited(store, item) for item in best(waiting.evidence, 2)] or [listed(store, waiting.concept)],
    }


def _function_row(store: View, count: FunctionCount, served: Served) -> Row:
    """A function that many mechanisms serve and hardly a technique."""
    function = store.concept(count.function)
    stated = [edge.mapping for edge in store.edges(function=count.function, limit=5)]
    store.gather(stated)
    evidence = standing([item for key in stated for item in store.evidence(mapping=key)])
    return {
        "gap": "function",
        "name": readable(function.name),
        "why": "many mechanisms, few techniques",
        "mechanisms": count.mechanisms,
        "techniques": count.techniques,
        "try": served.most([count.function]),
        "evidence": [cited(store, item) for item in best(evidence, 2)] or [listed(store, function)],
    }
