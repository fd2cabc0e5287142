"""One prototype as a section of the page of all: its biology, what its race showed and why, its arms, curves and sources."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

import numpy

from adaptive import telling
from adaptive.campaign import Finding
from adaptive.drawing import Line, chart, escape
from adaptive.parts import part
from adaptive.race import CANDIDATE
from adaptive.standings import short
from adaptive.telling import Standing
from adaptive.telling_shams import CONTROLS
from adaptive.telling_words import amount, decimals, method, name, percent, rate, shown, where
from kg.model import Spec

MARKS: Mapping[Standing, str] = {
    "better": "s-better", "no difference shown": "s-open", "worse": "s-worse", "not run to the end": "s-unfinished",
    "metaphor only": "s-metaphor",
}  # fmt: skip
FACTS = (
    ("what would refute it", "REFUTED_BY"), ("closest prior art", "PRIOR_ART"), ("left out", "LEAVES_OUT"),
    ("proposed as", "PROPOSED_AS"), ("follows", "REFERENCE"),
)  # fmt: skip
LINKED = re.compile(r"\b(?:arXiv:? ?(?P<arxiv>\d{4}\.\d{4,5})|doi:? ?(?P<doi>10\.\d{4,9}/[^\s,;)]+))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One prototype: what it is and what its race showed."""

    name: str
    anchor: str
    module: ModuleType
    findings: tuple[Finding, ...]
    own: Finding
    standing: Standing

    @property
    def title(self) -> str:
        return self.text("TITLE") or self.name

    def text(self, constant: str) -> str:
        """What the prototype's file says under ``constant``, on one line."""
        return " ".join(str(getattr(self.module, constant, "") or "").split())

    def effect(self, arm: str) -> tuple[float, float, float] | None:
        """Gain over ``arm`` and its interval, in standard deviations of the best baseline over seeds; none from failed races."""
        versus, spread = self.own.against(arm), _spread(self.own)
        if self.standing == "not run to the end" or versus is None or not versus.seeds or not spread > 0:
            return None
        return versus.difference / spread, versus.low / spread, versus.high / spread

    @property
    def function(self) -> str:
        """What both sides of the analogy do."""
        return self.text("FUNCTION").replace("_", " ") or "other"


def _spread(finding: Finding) -> float:
    values = [value for value in finding.of(finding.verdict.baseline) if math.isfinite(value)]
    return float(numpy.std(values, ddof=1)) if len(values) > 1 else math.nan


def badge(standing: Standing) -> str:
    """The standing as a mark."""
    return f'<span class="badge {MARKS[standing]}">{escape(standing)}</span>'


def gain(entry: Entry, arm: str) -> str:
    """The gain over ``arm`` on the own task with its interval; a dash where nothing can be told."""
    versus = entry.own.against(arm)
    if versus is None or not versus.seeds or entry.standing == "not run to the end":
        return "–"
    return amount(entry.own, versus)


def article(entry: Entry) -> str:
    """The section of one prototype."""
    mapping = " → ".join(filter(None, (entry.text("MECHANISM"), entry.text("TECHNIQUE"))))
    parts = [
        f"<h3>{escape(entry.title)} {badge(entry.standing)}</h3>",
        f'<p class="quiet">{escape(mapping)}</p>' if mapping else "",
        *(f"<p>{escape(text)}</p>" for text in biology(entry)),
        _pairs(entry),
        f"<h4>{escape(telling.headline(entry.findings))}</h4>",
        f'<p class="showed {MARKS[entry.standing]}">{escape(telling.paragraph(entry.findings, module=entry.module))}</p>',
        _arms(entry, entry.own),
        _figures(entry),
        _facts(entry),
        *(_folded(f"On {where(one.task)}, where no benefit is expected", _arms(entry, one)) for one in _plain(entry)),
        _equations(entry),
    ]
    return f'<article id="{entry.anchor}">{"".join(parts)}</article>\n'


def _plain(entry: Entry) -> Iterator[Finding]:
    return (finding for finding in entry.findings if finding.role == "plain")


def biology(entry: Entry) -> Iterator[str]:
    """What the prototype's file says of its biology and of what it does, a paragraph at a time."""
    said = (entry.module.__doc__ or "").strip()
    yield from (" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", said) if paragraph.strip())
    if described := entry.text("DESCRIPTION"):
        yield f"As an optimizer: {described}."


def _pairs(entry: Entry) -> str:
    pairs = getattr(entry.module, "PAIRS", ())
    items = "".join(f"<li>{escape(str(mechanism))} ↔ {escape(str(technique))}</li>" for mechanism, technique in pairs)
    return f'<ul class="pairs">{items}</ul>' if items else ""


def _arms(entry: Entry, finding: Finding) -> str:
    """Every arm: the candidate, baselines from the best on, controls."""
    compared = {c.arm: c for c in finding.comparisons}
    sign = 1.0 if finding.direction == "higher" else -1.0
    means = {arm: finding.mean(arm) for arm, _ in finding.values}
    order = sorted(
        means,
        key=lambda arm: (
            arm != CANDIDATE,
            arm in CONTROLS,
            -sign * means[arm] if means[arm] == means[arm] else 9e9,
        ),
    )
    factor = 100.0 if percent(finding) else 1.0
    rows = []
    for arm in order:
        failed = sum(not math.isfinite(value) for value in finding.of(arm))
        mean = short(factor * means[arm]) + (f" ({failed} of {len(finding.seeds)} failed)" if failed else "")
        cells = [entry.title if arm == CANDIDATE else _arm(finding, arm), mean, "", "", "", ""]
        # Of a candidate that failed on some seeds, those that are left are no fair sample.
        if (versus := compared.get(arm)) and versus.seeds and finding.verdict.word != "not run to the end":
            middle, low, high = decimals([factor * value for value in (versus.difference, versus.low, versus.high)])
            counts = {"gain": "yes", "loss": "yes, a loss", "": "no"}[shown(finding, arm)]
            cells = [
                cells[0],
                mean,
                middle,
                f"{low} to {high}",
                f"{versus.p_holm:.3f}" if versus.p_holm >= 0.001 else "< 0.001",
                counts,
            ]
        kind = ' class="candidate"' if arm == CANDIDATE else ""
        rows.append(f"<tr{kind}>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>")
    unit = f"{finding.metric}{' (%)' if percent(finding) else ''}, {finding.direction} is better"
    heads = ("arm", unit, "candidate's gain", "95 % interval", "p (Holm)", "counts")
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    table = f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    label = escape(f"Arms on {where(finding.task)}")
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{table}</div>'


def _arm(finding: Finding, arm: str) -> str:
    return f"{name(arm)} (best baseline)" if arm == finding.verdict.baseline else name(arm)


def _figures(entry: Entry) -> str:
    own = entry.own
    styles = {CANDIDATE: "candidate", "off": "off"}
    lines = [
        Line(name=entry.title if arm == CANDIDATE else name(arm), style=styles.get(arm, "one"), middle=curve)
        for arm, curve in own.curves
    ]
    curves = chart(lines, title=f"Learning curves of {entry.title}", across="share of the life", up=own.metric)
    line = Line(name="mean response", style="candidate", middle=own.response)
    response = chart([line], title=f"Response of {entry.title}", across="share of the life", up="response")
    fired = f" It responded at {rate(own.verdict.fired)} of the steps." if math.isfinite(own.verdict.fired) else ""
    drawn = (
        (
            curves,
            f"On {where(own.task)}, the mean over seeds: the candidate, the best tuned baseline, and the candidate off.",
        ),
        (response, f"How strongly the mechanism responds, the mean over seeds.{fired}"),
    )
    figures = "".join(f"<figure>{svg}<figcaption>{escape(text)}</figcaption></figure>" for svg, text in drawn if svg)
    return f'<div class="figures">{figures}</div>' if figures else ""


def _facts(entry: Entry) -> str:
    own, knobs = entry.own, getattr(entry.module, "KNOBS", {})
    tuned = ", ".join(
        f"{name.replace('_', ' ')} {value:.3g}" + (f" (usually {knobs[name].default:.3g})" if name in knobs else "")
        for name, value in own.knobs
    )
    factor, unit = (100.0, " %") if percent(own) else (1.0, "")
    before, after = short(factor * own.untuned), short(factor * own.tuned)
    like = own.likeness
    near = f"{method(like.method)}, at {like.distance:.2g}" if like and math.isfinite(like.distance) else ""
    said = (
        ("tuned knobs", f"{tuned}; {own.metric} on the tuning seeds {before}{unit} as usual, {after}{unit} as tuned"),
        ("nearest known method", near and f"{near} (0: the same; 1: as far from each other as from the start)"),
        *((what, entry.text(constant)) for what, constant in FACTS),
        ("race", own.race),
    )
    items = "".join(f"<dt>{what}</dt><dd>{linked(text)}</dd>" for what, text in said if text)
    return f"<dl>{items}</dl>"


def _equations(entry: Entry) -> str:
    spec, lines = getattr(entry.module, "SPEC", None), []
    if isinstance(spec, Spec):
        lines = [str(getattr(part(role, getattr(spec, role)), "EQUATION", "")) for role in ("sense", "respond", "act")]
    lines += map(str, getattr(entry.module, "EQUATIONS", ()))
    items = "".join(f"<li><code>{escape(line)}</code></li>" for line in lines if line)
    return _folded("Equations", f"<ul>{items}</ul>") if items else ""


def _folded(summary: str, inside: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{inside}</details>"


def linked(text: str) -> str:
    """``text`` escaped, with links to the papers that it names by arXiv id or DOI."""
    pieces, end = [], 0
    for found in LINKED.finditer(text):
        arxiv, doi = found["arxiv"], found["doi"]
        address = f"https://arxiv.org/abs/{arxiv}" if arxiv else f"https://doi.org/{doi}"
        pieces.append(f'{escape(text[end : found.start()])}<a href="{escape(address)}">{escape(found[0])}</a>')
        end = found.end()
    return "".join(pieces) + escape(text[end:])
