"""What the race of a prototype showed, in plain English that claims no more than the numbers do.

A difference is told as one only where ``stats.doubt`` leaves none; what is told as equal says "as far as can be told". All gains
are turned so that above 0 the candidate is better.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Literal

from adaptive import campaign, field, stats
from adaptive.campaign import Finding
from adaptive.knobs import Knob
from adaptive.race import Comparison
from adaptive.telling_names import NAMES, REFUTERS
from kg import plugins
from kg.errors import NotFound, Refused

Standing = Literal["better", "no difference shown", "worse", "not run to the end", "metaphor only"]
ORDER: tuple[Standing, ...] = ("better", "no difference shown", "worse", "not run to the end", "metaphor only")
Shown = Literal["gain", "loss", ""]
KNOWN = {"off": "the base step alone", "constant": "the base step with one fixed change"}
"""What a likeness calls those two arms."""
SHAMS = ("yoked", "shuffled", "constant")
CONTROLS = ("off", "bare", *SHAMS)
SHARE = 0.5
"""A sham does as well where it leaves room for less than this share of the gain."""
LITTLE = 0.1
"""With less than this share of its usual strength, next to nothing of a mechanism is left."""
RARE, FAR = 0.01, 0.5
"""Below and above these a share of steps and a distance are called so."""
WORDS = 140
"""A paragraph has no more words than these."""


def own(findings: Iterable[Finding]) -> Finding:
    """The finding on the task where the prototype should help.

    Raises:
        Refused: there is none.
    """
    found = next((finding for finding in findings if finding.role == "own"), None)
    if found is None:
        raise Refused("these findings do not tell how a prototype did on its own task")
    return found


def standing(findings: Iterable[Finding]) -> Standing:
    """How one prototype stands on its own task. One that never fired is no metaphor: nothing was seen of it."""
    finding = own(findings)
    word = finding.verdict.word
    if word != "not run to the end" and finding.likeness and finding.likeness.same and finding.verdict.fired != 0.0:
        return "metaphor only"
    return word


def expected_by_chance(findings: Iterable[Finding]) -> float:
    """How many prototypes luck alone would call better on their own task, at the most, if not one of them helped.

    Own tasks that were run to the end, times half of the level: a two-sided test at 0.05 is passed in one direction by luck in
    2.5 % of cases. It is less in truth, since Holm's correction, the controls and the noise floor ask for more.
    """
    return sum(f.role == "own" and f.verdict.word != "not run to the end" for f in findings) * stats.LEVEL / 2


def shown(finding: Finding, arm: str) -> Shown:
    """Whether the candidate was shown to gain over ``arm`` or to lose against it; empty where neither was, or it did not run."""
    if not (versus := finding.against(arm)) or stats.doubt(versus, finding.verdict.floor):
        return ""
    return "gain" if versus.difference > 0 else "loss"


def name(arm: str) -> str:
    """What people call an arm."""
    return NAMES.get(arm, arm.replace("_", " "))


def where(task: str) -> str:
    """A task in running text: "digits (labels swapped)"."""
    try:
        title = str(plugins.load(field.TASKS, task, kind="task").TITLE)
    except NotFound:
        title = task.replace("_", " ")
    head, _, rest = title.partition(", ")
    return head[:1].lower() + head[1:] + (f" ({rest})" if rest else "")


def percent(finding: Finding) -> bool:
    """Whether the metric is a share, told in percentage points."""
    return "accuracy" in finding.metric


def amount(finding: Finding, versus: Comparison, *, sign: float = 0.0, metric: bool = False) -> str:
    """The gain and its interval; with a ``sign`` of 1 as a size, with one of -1 as the size of a loss; ``metric``: in full."""
    factor = (sign or 1.0) * (100 if percent(finding) else 1)
    low, high = sorted((factor * versus.low, factor * versus.high))
    middle, low_, high_ = decimals((factor * versus.difference, low, high), plus=not sign)
    unit = " points" if percent(finding) else ""
    kind = f" of {finding.metric}" if metric and percent(finding) else f" in {finding.metric}" if metric else ""
    return f"{middle}{unit}{kind} ({'95 % interval ' if metric else ''}{low_} to {high_})"


def decimals(values: Sequence[float], *, plus: bool = True) -> tuple[str, ...]:
    """Numbers that belong together with equally many decimals: two digits of the largest, more where a sign would be lost."""
    size = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if size == 0:
        return tuple("0" if math.isfinite(value) else "–" for value in values)
    if size >= 1e6 or size < 1e-5:
        return tuple(f"{value:{'+' if plus else ''}.1e}" if math.isfinite(value) else "–" for value in values)
    places = max(0, 1 - math.floor(math.log10(size)))
    while places < 8 and any(value and math.isfinite(value) and not float(f"{value:.{places}f}") for value in values):
        places += 1
    return tuple(f"{value:{'+' if plus and value else ''}.{places}f}" if math.isfinite(value) else "–" for value in values)


def headline(findings: Iterable[Finding]) -> str:
    """One line: how the prototype stands, and the one fact behind it."""
    finding, how = own(findings := tuple(findings)), standing(findings)
    verdict, place = finding.verdict, where(finding.task)
    main, best = finding.against(verdict.baseline), name(verdict.baseline)
    if how == "metaphor only" and finding.likeness:
        return f"Metaphor only: {method(finding.likeness.method)} by another name"
    if how == "not run to the end":
        return f"Not run to the end on {place}: {verdict.reason}"
    if main is None:
        return f"No difference shown on {place}: no baseline reached the end"
    if how == "better":
        return f"Better than {best} on {place}: {amount(finding, main, metric=True)}"
    if how == "worse":
        also = ", though it gains over itself switched off" if shown(finding, "off") == "gain" else ""
        return f"Worse than {best} on {place}, by {amount(finding, main, sign=-1, metric=True)}{also}"
    if verdict.fired == 0.0:
        return f"No difference shown on {place}: the mechanism never fired"
    if shown(finding, verdict.baseline) == "gain":
        rival = next((arm for arm in CONTROLS if finding.against(arm) and shown(finding, arm) != "gain"), "yoked")
        return f"No difference shown on {place}: a gain over {best}, but none shown over {name(rival)}"
    return f"No difference from {best} shown on {place}: {amount(finding, main, metric=True)}"


def paragraph(findings: Iterable[Finding], *, module: ModuleType | None = None) -> str:
    """What the race of one prototype showed, and why, in 60 to 140 words.

    Args:
        findings: those of one prototype, on its own task and on the plain one.
        module: the prototype; none looks it up by its name.
    """
    finding = own(findings := tuple(findings))
    other = next((one for one in findings if one.role == "plain"), None)
    module = module or campaign.module_of(finding.prototype)
    failed = finding.verdict.word == "not run to the end"
    # In order of reading, each with how soon it gives way where all together are too long; 0 never does.
    said = [
        (4, _idea(module)),
        (0, _verdict(finding)),
        (0, "" if failed else _mechanism(finding)),
        (1, "" if failed else _shams(finding)),
        (2, "" if failed else _tuned(finding, module)),
        (3, "" if failed else _likeness(finding)),
        (5, "" if failed else _refuted(finding, module)),
        (1, _plain(other) if other else ""),
    ]
    while sum(len(text.split()) for _, text in said) > WORDS and any(rank for rank, _ in said):
        said.remove(max(said, key=lambda item: item[0]))
    return " ".join(text for _, text in said if text)


def _idea(module: ModuleType) -> str:
    return f"The idea: {' '.join(because.split())}." if (because := str(getattr(module, "BECAUSE", ""))) else ""


def _verdict(finding: Finding) -> str:
    verdict, place = finding.verdict, where(finding.task)
    best, seeds = name(verdict.baseline), len(finding.seeds)
    if verdict.word == "not run to the end":
        return (
            f"On {place} it did not come through: {verdict.reason}. The seeds that are left are no fair sample, so nothing "
            "is claimed from them, neither against a baseline nor against itself switched off."
        )
    main = finding.against(verdict.baseline)
    if main is None:
        return f"On {place} no baseline reached the end, so there is nothing to hold it against."
    how = shown(finding, verdict.baseline)
    if how == "gain":
        return f"On {place} it gains {amount(finding, main, sign=1, metric=True)} over the best tuned baseline, {best}."
    if how == "loss":
        behind = amount(finding, main, sign=-1, metric=True)
        return f"On {place} the best tuned baseline, {best}, is ahead of it by {behind}."
    gap = amount(finding, main, metric=True) + _doubt(finding, main)
    return f"On {place}, {seeds} paired seeds show no difference from the best tuned baseline, {best}: {gap}."


def _doubt(finding: Finding, versus: Comparison) -> str:
    """Why a difference does not count whose interval, which the reader sees, does not tell it."""
    why = stats.doubt(versus, finding.verdict.floor)
    return "" if "includes 0" in why else f", but {why}{' after correction' if why.startswith('p ') else ''}"


def _mechanism(finding: Finding) -> str:
    """What being on adds, and what follows for the verdict."""
    verdict, off = finding.verdict, finding.against("off")
    if verdict.fired == 0.0:
        return "Its mechanism never fired, so this says nothing about the idea: what was raced is the base step and its tuning."
    rare = f" It responded at only {verdict.fired:.2%} of the steps." if 0 < verdict.fired < RARE else ""
    if off is None or not off.seeds:
        return rare.strip()
    main, on = shown(finding, verdict.baseline), shown(finding, "off")
    if on == "gain" and lucky(finding):
        luck = "but switched off at its own settings it does as well as far as can be told: luck of tuning, and not the mechanism"
        return f"Over itself switched off and tuned alike it gains {amount(finding, off, sign=1)}, {luck}.{rare}"
    if on == "gain":
        so = ": the mechanism helps its base step, but not as much as the baseline does" if main == "loss" else ""
        return f"Over itself switched off and tuned alike it gains {amount(finding, off, sign=1)}{so}.{rare}"
    if on == "loss":
        return f"The mechanism costs: switched off and tuned alike, it is ahead by {amount(finding, off, sign=-1)}.{rare}"
    no_part = "; nothing shows that its mechanism has a part in that gain"
    so = {"gain": no_part, "loss": "; as far as can be told, what is lost is lost by its base step", "": ""}[main]
    return f"Mechanism on or off makes no difference that could be shown: {amount(finding, off)}{_doubt(finding, off)}{so}.{rare}"


def _ran(finding: Finding) -> dict[str, Comparison]:
    return {arm: versus for arm in SHAMS if (versus := finding.against(arm)) and versus.seeds}


def lucky(finding: Finding) -> bool:
    """Whether the base step does as well with the candidate's own settings: then its gain over being off is luck of tuning."""
    off, bare = finding.against("off"), finding.against("bare")
    if off is None or bare is None or not bare.seeds:
        return False
    return shown(finding, "off") == "gain" and shown(finding, "bare") != "gain" and bare.high < SHARE * off.difference


def as_good(finding: Finding) -> list[str]:
    """Shams over which no gain is shown, and none of half the gain over being off is left possible."""
    off = finding.against("off")
    if off is None:
        return []
    return [a for a, v in _ran(finding).items() if shown(finding, a) != "gain" and v.high < SHARE * off.difference]


def _shams(finding: Finding) -> str:
    """Whether a gain needs the mechanism's own timing; nothing where none over being off was shown."""
    off, ran = finding.against("off"), _ran(finding)
    if finding.verdict.fired == 0.0 or not off or not ran or shown(finding, "off") != "gain" or lucky(finding):
        return ""
    needed = [arm for arm in ran if shown(finding, arm) == "gain"]
    equal = as_good(finding)
    if equal:
        every = listed(equal)
        same = f"{every[:1].upper()}{every[1:]} {'do' if len(equal) > 1 else 'does'} as well as far as can be told"
        if "yoked" in needed:
            return f"{same}, but not {listed(needed)}."
        so = {
            "yoked": "it need not answer to its own run: what all runs have in common in time is enough",
            "shuffled": "its order in time does not matter, only how much and how often",
            "constant": "its timing does not matter, only how much there is of it",
        }
        return f"{same}, so {so[equal[-1]]}{f'; it gains over {listed(needed)}' if needed else ''}."
    if "yoked" in needed:
        gained = amount(finding, ran["yoked"], sign=1)
        return f"It gains {gained} over {name('yoked')}: that it answers to its own run matters."
    open_ = next(arm for arm in ran if arm not in needed)
    return f"Whether its timing matters stays open: against {name(open_)} its gain is {amount(finding, ran[open_])}."


def _tuned(finding: Finding, module: ModuleType) -> str:
    """Whether tuning left next to nothing of the mechanism, or turned it round."""
    tuned, knobs = dict(finding.knobs), getattr(module, "KNOBS", {})
    for knob, rest in getattr(module, "NEUTRAL", {}).items():
        if finding.verdict.fired == 0.0 or knob not in tuned or knob not in knobs or knobs[knob].default == rest:
            continue
        value, usual, called = tuned[knob] - rest, knobs[knob].default - rest, knob.replace("_", " ")
        if abs(value) <= LITTLE * abs(usual):
            share = f"{abs(value / usual):.0%} of its usual strength: next to nothing of the mechanism was left"
            return f"Tuning turned its {called} to {tuned[knob]:.2g}, {share}."
        if value * usual < 0:
            return f"Tuning turned the sign of its {called} round, to {tuned[knob]:.2g}: it does the opposite of its model."
        if not knobs[knob].low <= rest <= knobs[knob].high and _position(tuned[knob], rest, knobs[knob]) <= LITTLE:
            return f"Tuning set its {called} to {tuned[knob]:.2g}, at the weak end of its range."
    return ""


def _position(value: float, rest: float, knob: Knob) -> float:
    """Where ``value`` lies in the search range: 0 at the end next to ``rest``, 1 at the other."""
    low, high, here = (math.log(x) for x in (knob.low, knob.high, value)) if knob.log else (knob.low, knob.high, value)
    share = (here - low) / ((high - low) or 1.0)
    return share if rest <= knob.low else 1 - share


def method(arm: str) -> str:
    """What people call a known method."""
    return KNOWN.get(arm) or name(arm)


def _likeness(finding: Finding) -> str:
    like = finding.likeness
    if like is None or not math.isfinite(like.distance) or finding.verdict.fired == 0.0:
        return ""
    nearest, away = method(like.method), f"{like.distance:.2g} away, where 0 would be the same method"
    if like.same:
        return f"Its weights go the way of {nearest}: a metaphor only, {nearest} by another name."
    if like.distance > FAR:
        return f"No known method goes its way: the nearest, {nearest}, ends {away}."
    return f"The known method nearest to its path is {nearest}, {away}."


def _refuted(finding: Finding, module: ModuleType) -> str:
    """What of that which would refute it was seen, as far as the race has arms for it."""
    text = " ".join(str(getattr(module, "REFUTED_BY", "")).split())
    if not text or finding.verdict.fired == 0.0:
        return ""
    asked = dict.fromkeys(arm for pattern, arms in REFUTERS if re.search(pattern, text) for arm in arms)
    ran = [arm for arm in asked if (versus := finding.against(arm)) and versus.seeds]
    if not ran:
        return ""
    ahead = [arm for arm in ran if shown(finding, arm) == "loss"]
    level = [arm for arm in ran if shown(finding, arm) == ""]
    opening = f"It said what would refute it: “{text}”."
    if ahead:
        return f"{opening} That was seen: {listed(ahead)} {'are' if len(ahead) > 1 else 'is'} ahead."
    if level:
        as_good = re.search(r"as (good|well|little|much)", text)
        told = "That could not be ruled out" if as_good else "That was not shown"
        return f"{opening} {told}: no difference from {listed(level)} was found."
    return f"{opening} That was not seen: it gains over {listed(ran)}."


def _plain(finding: Finding) -> str:
    verdict, off, place = finding.verdict, finding.against("off"), where(finding.task)
    if verdict.word == "not run to the end":
        return f"On {place}, where no benefit is expected, {verdict.reason}."
    if verdict.fired == 0.0:
        return f"On {place}, where no benefit is expected, it never fired."
    if off is None or not off.seeds:
        return ""
    if (how := shown(finding, "off")) == "loss":
        ahead = amount(finding, off, sign=-1)
        return f"On {place}, where no benefit is expected, the mechanism does harm: switched off, it is ahead by {ahead}."
    if how == "gain":
        return f"On {place}, where no benefit is expected, the mechanism gains {amount(finding, off, sign=1)} over being off."
    gap = f"{amount(finding, off)} against being off{_doubt(finding, off)}"
    return f"On {place}, where no benefit is expected, no harm was shown: {gap}."


def listed(arms: Sequence[str]) -> str:
    called = [name(arm) for arm in arms]
    return called[0] if len(called) == 1 else f"{', '.join(called[:-1])} and {called[-1]}"
