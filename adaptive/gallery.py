"""The races of all prototypes on one page that needs nothing else, and their verdicts as a table for a README.

The page loads nothing, from a network or a file. Its one script sorts a table that is whole without it; the page allows no other.
Every text that comes from outside is escaped.
"""

from __future__ import annotations

import base64
import collections
import hashlib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType

import numpy

from adaptive import campaign, stats, telling, telling_words
from adaptive.campaign import Finding
from adaptive.drawing import escape
from adaptive.exhibit import MARKS, Entry, article, badge, biology, gain
from kg.errors import Refused

Modules = Callable[[str], ModuleType]
REACHES = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0)
"""How far the axis of a forest may go, in standard deviations; what lies beyond is an arrow."""
SCRIPT = """
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button'; button.textContent = head.textContent; head.replaceChildren(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') !== 'descending';
      heads.forEach(other => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const key = row => { const cell = row.cells[column]; return cell.dataset.value ?? cell.textContent; };
      const compare = (a, b) => {
        const [x, y] = [key(a), key(b)], [m, n] = [Number(x), Number(y)];
        if (x === '' || y === '') return (x === '') - (y === '');
        return (Number.isNaN(m) || Number.isNaN(n) ? y.localeCompare(x) : n - m) * (down ? 1 : -1);
      };
      body.append(...[...body.rows].sort(compare));
    });
  });
}
"""


def entries(findings: Iterable[Finding], *, module_of: Modules = campaign.module_of) -> tuple[Entry, ...]:
    """One entry a prototype: better ones first, and within a standing by the gain over the best baseline.

    Of several findings of a prototype on one task the last holds.

    Raises:
        Refused: a prototype without a finding on its own task.
    """
    grouped: dict[str, dict[str, Finding]] = collections.defaultdict(dict)
    for finding in findings:
        grouped[finding.prototype][finding.task] = finding
    taken: set[str] = set()
    found = []
    for name, by_task in grouped.items():
        its = tuple(by_task.values())
        anchor = re.sub(r"[^A-Za-z0-9_]+", "_", name) or "_"
        while anchor in taken:
            anchor += "_"
        taken.add(anchor)
        own, standing = telling.own(its), telling.standing(its)
        found.append(Entry(name=name, anchor=anchor, module=module_of(name), findings=its, own=own, standing=standing))
    return tuple(sorted(found, key=lambda e: (telling.ORDER.index(e.standing), -_middle(e, e.own.verdict.baseline), e.name)))


def _middle(entry: Entry, arm: str) -> float:
    effect = entry.effect(arm)
    return effect[0] if effect else -math.inf


def write(findings: Iterable[Finding], output: Path, *, module_of: Modules = campaign.module_of) -> Path:
    """Writes the page of all ``findings`` to ``output`` and returns it; raises what :func:`html` does.

    A name that ends in ".md" gets the words and the table as Markdown, without figures.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    make = document if output.suffix == ".md" else html
    output.write_text(make(findings, module_of=module_of), encoding="utf-8")
    return output


def html(findings: Iterable[Finding], *, module_of: Modules = campaign.module_of) -> str:
    """The whole page as HTML text.

    Raises:
        NotFound: a finding of a prototype that ``module_of`` does not know.
        Refused: there are no findings, or a prototype has none on its own task.
    """
    every = entries(findings, module_of=module_of)
    if not every:
        raise Refused("there are no findings to show: race prototypes first")
    here = Path(__file__)
    style = "".join(path.read_text(encoding="utf-8") for path in (here.with_name("report.css"), here.with_suffix(".css")))
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = _title(every)
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>\n{style}</style>'
    )
    body = "".join((_opening(title, every), _summary(every), _verdicts(every), _groups(every), _provenance(every)))
    skip = '<a class="skip" href="#all-verdicts">Skip to the verdicts</a>'
    return (
        f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{skip}\n{body}'
        f"<script>{SCRIPT}</script></body>\n</html>\n"
    )


def markdown(findings: Iterable[Finding], *, module_of: Modules = campaign.module_of) -> str:
    """The verdicts as a Markdown table: one row a prototype, by standing, then by gain in standard deviations."""
    rows = ["| technique | task | gain over the best tuned baseline (95 %) | gain over itself off (95 %) | verdict |"]
    rows.append("|---|---|---|---|---|")
    for entry in entries(findings, module_of=module_of):
        best = entry.own.verdict.baseline
        over = f"{telling_words.name(best)}: {gain(entry, best)}" if entry.own.against(best) else "–"
        cells = (entry.title, telling_words.where(entry.own.task), over, gain(entry, "off"), entry.standing)
        rows.append(f"| {' | '.join(escape(cell).replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(rows) + "\n"


def document(findings: Iterable[Finding], *, module_of: Modules = campaign.module_of) -> str:
    """The page as Markdown: the table, and for each prototype its biology, what its races showed, and why."""
    every = entries(findings, module_of=module_of)
    if not every:
        raise Refused("there are no findings to show: race prototypes first")
    said = [_plain_markdown(line) for line in _protocol(every)]
    parts = [f"# {_title(every)}", *said, markdown([f for e in every for f in e.findings], module_of=module_of).rstrip()]
    for function, its in _by_function(every):
        parts.append(f"## {_plain_markdown(function[:1].upper() + function[1:])}")
        for entry in its:
            mapping = " → ".join(filter(None, (entry.text("MECHANISM"), entry.text("TECHNIQUE"))))
            told = telling.paragraph(entry.findings, module=entry.module)
            parts.append(f"### {_plain_markdown(entry.title)}: {entry.standing}")
            parts.append(f"*{_plain_markdown(mapping)}*")
            parts += map(_plain_markdown, biology(entry))
            parts.append(f"**What the races showed.** {_plain_markdown(told)}")
    return "\n\n".join(parts) + "\n"


def _plain_markdown(text: str) -> str:
    """``text`` as words: nothing in it is markup."""
    return re.sub(r"([\\`*_<>\[\]])", r"\\\1", text)


def _title(every: Sequence[Entry]) -> str:
    return f"{len(every)} analogies from biology, raced"


def _by_function(every: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    grouped: dict[str, list[Entry]] = collections.defaultdict(list)
    for entry in every:
        grouped[entry.function].append(entry)
    return sorted(grouped.items())


def _opening(title: str, every: Sequence[Entry]) -> str:
    return f"<header><h1>{title}</h1>{''.join(f'<p>{line}</p>' for line in _protocol(every))}</header>\n"


def _protocol(every: Sequence[Entry]) -> tuple[str, ...]:
    owns = [entry.own for entry in every]
    seeds, trials, steps = (_range(values) for values in zip(*((len(f.seeds), f.trials, f.steps) for f in owns), strict=True))
    return (
        "Each of these optimizers was made from an analogy between a biological mechanism and a technique of machine learning. "
        "Each was raced where its analogy says that it should help, and on a plain task where it should make no difference.",
        f"Every arm, rivals and the candidate switched off among them, got the same number of trials to tune it, {trials} and on "
        f"some tasks half as many more, on seeds that are not used again. Then all lived on the same {seeds} seeds for {steps} "
        "steps: the same first weights, the same batches, so that arms differ in nothing but how they learn.",
        "Where the mechanism gained anything over being off, shams followed: a replay of the response that it gave in another "
        "run, that response shuffled in time, and its average held throughout. What they gain, too, is not owed to its timing. "
        "What answers to single units or weights is replayed as its mean over each tensor, so that there these cannot tell when "
        "from where. And the base step with the candidate's very own settings: what that gains is luck of tuning. Better is "
        "only what gains over all of them, but for replays that are its own life to the last bit, loses to no baseline that "
        f"failed on a few seeds and did better on the rest, and made no more than {stats.PASSES:g} times the passes of the best "
        "baseline: on a stream a candidate may make passes of its own.",
        "Intervals are paired bootstraps of 95 %. A difference counts where its interval excludes 0, its p of a sign-flip test "
        "stays below 0.05 after Holm's correction for all comparisons of that race, and it is at least twice what the order of "
        "the data alone brings about. Each race is corrected for its own comparisons: over these "
        f"{len(owns)} prototypes luck alone would call at most {telling.expected_by_chance(owns):.1f} better. “No difference "
        "shown” is not “no difference”. Gains are positive where the candidate does better, whatever the metric; shares are told "
        "in percentage points.",
    )


def _range(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _summary(every: Sequence[Entry]) -> str:
    counted = collections.Counter(entry.standing for entry in every)
    items = "".join(f'<li class="{MARKS[word]}"><strong>{counted[word]}</strong>{escape(word)}</li>' for word in telling.ORDER)
    owns = [entry.own for entry in every]
    ended = sum(own.verdict.word != "not run to the end" for own in owns)
    luck = (
        f"If not one mechanism helped, luck alone would call at most {telling.expected_by_chance(owns):.1f} of {ended} better: "
        f"half of the level of {stats.LEVEL:g} for each. It is less in truth, since a prototype must also gain over its controls "
        "and is held against the best of several baselines, which is chosen on the seeds that count."
    )
    plots = _forest(every, "baseline", "Gain over the best tuned baseline") + _forest(
        every, "off", "Gain over itself switched off"
    )
    note = (
        "In standard deviations of the best baseline over seeds, on the own task; bars are 95 % intervals, arrows lie beyond the "
        "axis. A filled dot is a difference that counts; colours are those of the verdicts above."
    )
    shown = f'<div class="figures wide">{plots}</div><p class="quiet">{note}</p>'
    return f'<section><h2>What came of it</h2><ul class="counts">{items}</ul><p>{escape(luck)}</p>{shown}</section>\n'


def _forest(every: Sequence[Entry], against: str, title: str) -> str:
    rows = []
    for entry in every:
        arm = entry.own.verdict.baseline if against == "baseline" else against
        if effect := entry.effect(arm):
            rows.append((effect, bool(telling_words.shown(entry.own, arm)), entry))
    if not rows:
        return ""
    rows.sort(key=lambda row: -row[0][0])
    ends = [max(abs(low), abs(high)) for (_, low, high), _, _ in rows]
    wanted = float(numpy.quantile(ends, 0.9))
    reach = next((reach for reach in REACHES if reach >= wanted), REACHES[-1])

    def place(value: float) -> float:
        # Room to either side, so that a mark at the end of the axis is whole.
        return 50 + 46 * max(-1.04, min(1.04, value / reach))

    marks = [share * reach for share in (-1, -0.5, 0, 0.5, 1)]
    lines = "".join(f'<i{"" if mark else " class=nil"} style="left:{place(mark):.4g}%"></i>' for mark in marks)
    numbers = "".join(f'<span class="notch" style="left:{place(mark):.4g}%">{mark:g}</span>' for mark in marks)
    items = [f'<li class="axis-row" aria-hidden="true"><span></span><span class="track">{numbers}</span><span></span></li>']
    for (middle, low, high), told, entry in rows:
        beyond = "" if abs(middle) <= reach else " beyond left" if middle < 0 else " beyond"
        bar = f'<b style="left:{place(low):.4g}%;width:{place(high) - place(low):.4g}%"></b>'
        dot = f'<u class="{"told" if told else ""}{beyond}" style="left:{place(middle):.4g}%"></u>'
        told_as = f"{middle:+.2f} ({low:+.2f} to {high:+.2f})"
        items.append(
            f'<li class="{MARKS[entry.standing]}"><a href="#{entry.anchor}" title="{escape(entry.standing)}">'
            f'{escape(entry.title)}</a><span class="track" aria-hidden="true">{lines}{bar}{dot}</span>'
            f'<span class="numbers">{told_as}</span></li>'
        )
    left = len(every) - len(rows)
    missing = f"<figcaption>{left} not drawn: not run to the end, or nothing to compare with.</figcaption>" if left else ""
    return f'<figure><strong>{title}</strong><ol class="forest">{"".join(items)}</ol>{missing}</figure>'


def _verdicts(every: Sequence[Entry]) -> str:
    heads = ("technique", "verdict", "function", "task", "best tuned baseline", "gain over it", "gain over itself off")
    rows = []
    for entry in every:
        best = entry.own.verdict.baseline
        cells = [
            f'<td><a href="#{entry.anchor}">{escape(entry.title)}</a></td>',
            f'<td class="words" data-value="{telling.ORDER.index(entry.standing)}">{badge(entry.standing)}</td>',
            *(f'<td class="words">{escape(text)}</td>' for text in (entry.function, telling_words.where(entry.own.task))),
            f'<td class="words">{escape(telling_words.name(best) if best else "–")}</td>',
        ]
        for arm in (best, "off"):
            effect = entry.effect(arm)
            value = f"{effect[0]:.4f}" if effect else ""
            middle, _, interval = gain(entry, arm).partition(" (")
            small = f"<small>({escape(interval)}</small>" if interval else ""
            cells.append(f'<td data-value="{value}">{escape(middle)}{small}</td>')
        rows.append(f"<tr>{''.join(cells)}</tr>")
    top = "".join(f'<th scope="col"{" class=words" if 0 < n < 5 else ""}>{head}</th>' for n, head in enumerate(heads))
    table = f'<table class="sortable"><thead><tr>{top}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    note = "Columns of gains sort by standard deviations of the baseline, since the tasks have different metrics."
    return (
        f'<section id="all-verdicts"><h2>Verdicts</h2><p class="quiet">{note}</p>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="Verdicts">{table}</div></section>\n'
    )


def _groups(every: Sequence[Entry]) -> str:
    names, sections = [], []
    for function, its in _by_function(every):
        links = ", ".join(f'<a href="#{entry.anchor}">{escape(entry.title)}</a>' for entry in its)
        names.append(f"<li><strong>{escape(function[:1].upper() + function[1:])}</strong>{links}</li>")
        sections.append(
            f"<section><h2>{escape(function[:1].upper() + function[1:])}</h2>{''.join(map(article, its))}</section>\n"
        )
    nav = f'<nav aria-label="By function"><h2>By what both sides do</h2><ul class="groups">{"".join(names)}</ul></nav>\n'
    return nav + "".join(sections)


def _provenance(every: Sequence[Entry]) -> str:
    first, seconds = every[0].own, sum(one.seconds for entry in every for one in entry.findings)
    versions = ", ".join(f"{name} {version}" for name, version in first.versions)
    tiers = ", ".join(sorted({entry.own.tier for entry in every}))
    text = f"Tier: {tiers}. Versions: {versions or '–'}. The runs that count took {seconds / 3600:,.1f} hours of processor time."
    return f'<footer><h2>Provenance</h2><p class="quiet">{escape(text)}</p></footer>\n'
