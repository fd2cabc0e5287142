"""What the controls of a race say about a mechanism: whether its gain is luck of tuning, and whether its timing matters."""

from __future__ import annotations

from types import ModuleType

from adaptive import stats
from adaptive.campaign import Finding
from adaptive.race import Comparison
from adaptive.telling_words import amount, doubt, listed, name, shown

SHAMS = ("yoked", "shuffled", "constant")
CONTROLS = ("off", "bare", *SHAMS)
SHARE = 0.5
"""A sham does as well where it leaves room for less than this share of the gain."""


def _ran(finding: Finding) -> dict[str, Comparison]:
    return {arm: versus for arm in SHAMS if (versus := finding.against(arm)) and versus.seeds}


def lucky(finding: Finding) -> bool:
    """Whether the base step does as well with the candidate's own settings: then its gain over being off is luck of tuning."""
    off, bare = finding.against("off"), finding.against("bare")
    if off is None or bare is None or not bare.seeds:
        return False
    return shown(finding, "off") == "gain" and shown(finding, "bare") != "gain" and bare.high < SHARE * off.difference


def as_good(finding: Finding) -> list[str]:
    """Shams over which no gain is shown, and none of half the gain over being off is left possible; no sham is the candidate."""
    off = finding.against("off")
    if off is None:
        return []
    known = {arm: versus for arm, versus in _ran(finding).items() if not stats.identical(versus)}
    return [a for a, v in known.items() if shown(finding, a) != "gain" and v.high < SHARE * off.difference]


def _bare(finding: Finding) -> str:
    """Why a gain over the best baseline is no verdict, where it is the control with the same settings that stands against it."""
    bare = finding.against("bare")
    if bare is None or not bare.seeds or shown(finding, finding.verdict.baseline) != "gain" or shown(finding, "bare") == "gain":
        return ""
    gain = f"{amount(finding, bare)}{doubt(finding, bare)}"
    return f"Against {name('bare')}, which tells luck of tuning, its gain is not shown: {gain}."


def scope(module: ModuleType | None) -> str:
    """What each answer of the prototype's mechanism belongs to: "network", "tensor", "unit" or "weight"."""
    import torch

    if module is None or not hasattr(module, "build"):
        return "network"
    return str(getattr(module.build([torch.nn.Parameter(torch.zeros(1))], lr=0.1), "SCOPE", "network"))


def shams(finding: Finding, module: ModuleType | None = None) -> str:
    """Whether a gain is owed to the mechanism and needs its timing; nothing where none over being off was shown."""
    if finding.verdict.fired == 0.0 or not finding.against("off") or shown(finding, "off") != "gain" or lucky(finding):
        return ""
    return " ".join(said for said in (_bare(finding), _timing(finding, _ran(finding), scope(module))) if said)


def _timing(finding: Finding, ran: dict[str, Comparison], scope: str) -> str:
    # A replay gives a whole tensor the mean of what its units or weights were answered.
    placed = scope in ("unit", "weight")
    if not ran:
        return ""
    if all(stats.identical(versus) for versus in ran.values()):
        return "It responds all the time and alike, so a replay of its response is itself and cannot be told from it."
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
        if placed:
            place = f"one number for each tensor, so that its timing and its choice of {scope}s cannot be told apart"
            return f"It gains {gained} over {name('yoked')}, {place}."
        return f"It gains {gained} over {name('yoked')}: that it answers to its own run matters."
    open_ = next((arm for arm in ran if arm not in needed), None)
    if open_ is None:
        how = "never reached the end" if finding.against("yoked") else "was not run"
        return f"It gains over {listed(needed)}; {name('yoked')} {how}, so whether it must answer to its own run stays open."
    what = f"timing or its choice of {scope}s" if placed else "timing"
    return f"Whether its {what} matters stays open: against {name(open_)} its gain is {amount(finding, ran[open_])}."
