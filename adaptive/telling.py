"""What the race of a prototype showed, in plain English that claims no more than the numbers do.

A difference is told as one only where ``stats.doubt`` leaves none; what is told as equal says "as far as can be told". All gains
are turned so that above 0 the candidate is better.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from types import ModuleType
from typing import Literal

from adaptive import campaign, stats
from adaptive.campaign import Finding
from adaptive.knobs import Knob
from adaptive.race import Comparison
from adaptive.telling_names import REFUTERS
from adaptive.telling_shams import CONTROLS, lucky, shams
from adaptive.telling_words import amount, doubt, listed, method, name, rate, shown, where
from kg.errors import Refused

Standing = Literal["better", "no difference shown", "worse", "not run to the end", "metaphor only"]
ORDER: tuple[Standing, ...] = ("better", "no difference shown", "worse", "not run to the end", "metaphor only")
LITTLE = 0.1
"""With less than this share of its usual strength, next to nothing of a mechanism is left."""
RARE, FAR = 0.01, 0.5
"""Below and above these a share of steps and a distance are called so."""
EQUALLY = re.compile(r"same (budget|cost|forward-equivalents|passes)")
"""Where a prototype names a rival at an equal budget."""
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
        return f"No difference shown on {place}: a gain over {best}, but {_no_win(finding)}"
    return f"No difference from {best} shown on {place}: {amount(finding, main, metric=True)}"


def _no_win(finding: Finding) -> str:
    """Why a gain over the best tuned baseline is no verdict."""
    if ahead := _ahead(finding):
        failed = len(finding.seeds) - ahead.seeds
        return f"{name(ahead.arm)}, which failed on {failed} of {len(finding.seeds)} seeds, is ahead on the others"
    if rival := _rival(finding):
        return f"none shown over {name(rival)}"
    if stats.overspent(finding.verdict.spent):
        return f"with {stats.times(finding.verdict.spent)} times its passes"
    missing = [arm for arm in CONTROLS if finding.against(arm) is None]
    return f"{listed(missing)} {'were' if len(missing) > 1 else 'was'} not run" if missing else finding.verdict.reason


def _ahead(finding: Finding) -> Comparison | None:
    """The baseline that was shown to do better than the candidate though another is the best of those that always ended."""
    others = (c for c in finding.comparisons if c.arm not in (*CONTROLS, finding.verdict.baseline))
    return next((c for c in others if stats.loses(c, finding.verdict.floor)), None)


def _rival(finding: Finding) -> str:
    """The first control over which a gain is asked for and none was shown; empty where there is none."""
    for arm in CONTROLS:
        versus = finding.against(arm)
        if versus and shown(finding, arm) != "gain" and not stats.replayed(versus, len(finding.seeds)):
            return arm
    return ""


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
        (1, "" if failed else shams(finding, module)),
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
    spent = f", with {stats.times(verdict.spent)} times its passes" if stats.overspent(verdict.spent) else ""
    if how == "gain":
        so = spent
        if ahead := _ahead(finding):
            by, failed = amount(finding, ahead, sign=-1), f"which failed on {seeds - ahead.seeds} of {seeds} seeds"
            so += f"; but {name(ahead.arm)}, {failed}, is ahead on the others by {by}"
        so += ", so that this is no win" if so else ""
        return f"On {place} it gains {amount(finding, main, sign=1, metric=True)} over the best tuned baseline, {best}{so}."
    if how == "loss":
        behind = amount(finding, main, sign=-1, metric=True)
        though = f"{spent} spent by the candidate" if spent else ""
        return f"On {place} the best tuned baseline, {best}, is ahead of it by {behind}{though}."
    gap = amount(finding, main, metric=True) + doubt(finding, main)
    return f"On {place}, {seeds} paired seeds show no difference from the best tuned baseline, {best}{spent}: {gap}."


def _mechanism(finding: Finding) -> str:
    """What being on adds, and what follows for the verdict."""
    verdict, off = finding.verdict, finding.against("off")
    if verdict.fired == 0.0:
        return "Its mechanism never fired, so this says nothing about the idea: what was raced is the base step and its tuning."
    rare = f" It responded at only {rate(verdict.fired)} of the steps." if 0 < verdict.fired < RARE else ""
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
    return f"Mechanism on or off makes no difference that could be shown: {amount(finding, off)}{doubt(finding, off)}{so}.{rare}"


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
    are_ahead = f"{listed(ahead)} {'are' if len(ahead) > 1 else 'is'} ahead" if ahead else ""
    if EQUALLY.search(text) and (unequal := _unequal(finding)):
        raced = are_ahead or (f"no difference from {listed(level)} was found" if level else f"it gains over {listed(ran)}")
        return f"{opening} {unequal}: as raced, {raced}."
    if ahead:
        return f"{opening} That was seen: {are_ahead}."
    if level:
        as_good = re.search(r"as (good|well|little|much)", text)
        told = "That could not be ruled out" if as_good else "That was not shown"
        return f"{opening} {told}: no difference from {listed(level)} was found."
    return f"{opening} Of that, what was raced was not seen: it gains over {listed(ran)}."


def _unequal(finding: Finding) -> str:
    """Why nothing can be said of rivals at the same budget; nothing where the budgets were the same."""
    spent, best = finding.verdict.spent, name(finding.verdict.baseline)
    if stats.overspent(spent):
        return f"Budgets were not the same, since it made {stats.times(spent)} times the passes of {best}"
    return "" if math.isfinite(spent) else "What was spent is not on file"


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
    gap = f"{amount(finding, off)} against being off{doubt(finding, off)}"
    return f"On {place}, where no benefit is expected, no harm was shown: {gap}."
