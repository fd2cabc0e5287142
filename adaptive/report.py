"""A race as one page that needs nothing else: the verdict in words first, then what it rests on.

The page loads nothing, from a network or a file, and runs no script. Every text that comes from outside is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy

from adaptive import stats
from adaptive.aggregate import overall
from adaptive.drawing import Line, Strip, chart, escape, strips
from adaptive.race import CANDIDATE, Course, Race, Trial, Tuning, Verdict
from adaptive.remains import WORDS, remains
from adaptive.standings import Standing, between, short, standings
from adaptive.time_to_target import Target, target
from adaptive.trajectories import Trajectory, aligned, trajectories

STYLES = {CANDIDATE: "candidate", "off": "off", "bare": "fifth", "yoked": "yoked", "constant": "third", "shuffled": "fourth"}
BASELINES = ("one", "two", "three", "four", "five", "six")
"""Colours of baselines, the same on the whole page."""
BEST = 2
"""So many baselines, the best of a task, are drawn; more would crowd the curves."""
CURVES = ("off", "yoked")
"""Controls whose curves are drawn."""


def html(race: Race) -> str:
    """The whole page as HTML text."""
    style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    body = "".join(
        (_opening(race), *(_task(race, course) for course in race.courses), _together(race), _method(race), _provenance(race))
    )
    title = f"<title>{escape(race.title)}: a race</title>"
    head += f"{title}<style>\n{style}</style>"
    return f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{body}</body>\n</html>\n'


def write(race: Race, path: Path) -> Path:
    """Writes the page of ``race`` to ``path`` and returns it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html(race), encoding="utf-8")
    return path


def _opening(race: Race) -> str:
    mapping = f"{race.mechanism} → {race.technique}" if race.mechanism and race.technique else ""
    items = "".join(_verdict(race.course(verdict.task), verdict) for verdict in race.verdicts)
    arms = f"{len(race.seeds)} paired seeds, {race.trials} trials for each tuned arm, {race.tier} tier"
    parts = [f"<h1>{escape(race.title)}</h1>"]
    if mapping:
        parts.append(f'<p class="quiet">{escape(mapping)}</p>')
    if race.description:
        parts.append(f"<p>{escape(race.description)}</p>")
    parts.append(f'<p class="quiet">{escape(arms)}. Race <code>{escape(race.key)}</code>.</p><ul class="verdicts">{items}</ul>')
    return f"<header>{''.join(parts)}</header>\n"


def _verdict(course: Course, verdict: Verdict) -> str:
    kind = {"better": "better", "worse": "worse", "not run to the end": "unfinished"}.get(verdict.word, "open")
    words = f"{escape(course.title)}: <span class='word'>{escape(verdict.word)}</span>"
    return f'<li class="{kind}">{words}<br><span class="quiet">{escape(_sentence(verdict.reason))}</span></li>'


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _task(race: Race, course: Course) -> str:
    verdict = race.verdict(course.name)
    rows = standings(race, course.name)
    styles = _styles(race)
    parts = [
        f"<h2>{escape(course.title)}</h2><p>{escape(course.description)} Scored by {escape(course.metric)}, "
        f"{escape(course.direction)} is better; {course.steps:,} steps.</p>",
        _standings(race, rows),
        '<div class="figures">',
        _figure(_differences(race, course, rows, verdict, styles), _differences_caption(verdict)),
        _figure(_curves(race, course, rows), CURVES_CAPTION),
        *(_figure(_trajectory(one), one.caption) for one in trajectories(race, course.name)),
        "</div>",
        _times(race, course, target(race, course.name)),
        _networks(race, course),
        _tunings(race, course),
    ]
    return f"<section>{''.join(parts)}</section>\n"


def _standings(race: Race, rows: Sequence[Standing]) -> str:
    gains = ("candidate's gain", "its 95 % interval", "gain in IQM", "p (Holm)", "better on share of seeds")
    head = ("arm", "mean", "95 % interval", "IQM", *gains, "forward-equivalents", "seconds", "failed runs")
    lines = []
    for row in (row for row in rows if row.runs):
        versus = row.comparison
        chance = ""
        if versus and math.isfinite(versus.chance):
            chance = f"{versus.chance:.2f} ({versus.chance_low:.2f} to {versus.chance_high:.2f})"
        failed = f"{row.failures} of {row.runs}" + (f": {row.note}" if row.note else "") if row.failures else "0"
        cells = [
            _name(race, row.arm), short(row.mean), between(row.low, row.high), short(row.iqm),
            short(versus.difference, sign=True) if versus else "", between(versus.low, versus.high, sign=True) if versus else "",
            short(versus.iqm, sign=True) if versus else "", f"{versus.p_holm:.3f}" if versus else "",
            chance, f"{row.budget:,.0f}", f"{row.seconds:.2f}", failed,
        ]  # fmt: skip
        lines.append((cells, "candidate" if row.arm == CANDIDATE else ""))
    left_out = ", ".join(row.arm for row in rows if not row.runs)
    note = f"Not run, as the candidate gained nothing over being off: {left_out}." if left_out else ""
    return _table(head, lines) + (f'<p class="quiet">{escape(note)}</p>' if note else "")


def _times(race: Race, course: Course, goal: Target | None) -> str:
    """How soon each arm is as good as the best ordinary optimizer is at the end."""
    if goal is None:
        return ""
    words = (
        f"The target is {short(goal.value)}, the median {course.metric} of {goal.arm} at the end, the best here of AdamW, "
        f"NAdamW, Nesterov's and heavy-ball SGD. Looked at every {goal.every:.0%} of the budget."
    )
    rows = [
        (
            [_name(race, time.arm), f"{time.reached:.0%}", _budget(time.median), f"{_budget(time.low)} to {_budget(time.high)}"],
            "candidate" if time.arm == CANDIDATE else "",
        )
        for time in goal.times
    ]
    head = ("arm", "runs that reach it", "budget that half of them need", "95 % interval")
    return f'<h3>Time to target</h3><p class="quiet">{escape(words)}</p>{_table(head, rows)}'


def _budget(share: float) -> str:
    return f"{share:.0%}" if math.isfinite(share) else "more than all"


def _networks(race: Race, course: Course) -> str:
    rows = [
        (
            [_name(race, one.arm), _share(one.dead), short(one.rank), short(one.norm), short(one.last)],
            "candidate" if one.arm == CANDIDATE else "",
        )
        for one in remains(race, course.name)
    ]
    head = ("arm", "dead units", "effective rank", "weight norm", "score in the last tenth")
    return f'<h3>What became of the network</h3><p class="quiet">{escape(WORDS)}</p>{_table(head, rows)}' if rows else ""


def _share(value: float) -> str:
    return f"{value:.1%}" if math.isfinite(value) else "–"


def _tunings(race: Race, course: Course) -> str:
    lines = []
    sign = 1.0 if course.direction == "higher" else -1.0
    for arm in race.arms(course.name):
        tuning = race.tuning(course.name, arm)
        if tuning is not None:
            first = tuning.trials[0]
            best = next((trial for trial in tuning.trials if trial.knobs == tuning.knobs), first)
            flagged = f"at the edge in the end: {', '.join(tuning.flagged)}" if tuning.flagged else ""
            edges = "; ".join(filter(None, (", ".join(tuning.edges), flagged)))
            row = [
                _name(race, arm),
                str(len(tuning.trials)),
                _knobs(first.knobs),
                short(first.value),
                _knobs(best.knobs),
                short(best.value),
                short(sign * (best.value - first.value), sign=True),
                edges,
            ]
            lines.append((row, "candidate" if arm == CANDIDATE else ""))
    head = ("arm", "trials", "default knobs", course.metric, "tuned knobs", course.metric, "gain by tuning", "range widened for")
    every = "".join(_trials(race, t) for arm in race.arms(course.name) if (t := race.tuning(course.name, arm)))
    seeds = f"tuning seeds {race.tuning_seeds[0]} to {race.tuning_seeds[-1]}"
    halving = "the better half going on from seed to seed" if len(race.tuning_seeds) > 2 else "all settings on both"
    note = f"On {seeds} only, {halving}; the controls that are not listed live with the candidate's knobs."
    shown = _table(head, lines, words=(2, 4, 7)) + f"<details><summary>Every trial</summary>{every}</details>"
    return f'<h3>Tuning</h3><p class="quiet">{escape(note)}</p>{shown}'


def _trials(race: Race, tuning: Tuning) -> str:
    lines = [
        ([_knobs(trial.knobs), _trial(trial), str(trial.lives or ""), "widened" if trial.widened else ""], "")
        for trial in tuning.trials
    ]
    head = ("knobs", "mean over its tuning seeds", "seeds", "range")
    return f"<h3>{escape(_name(race, tuning.arm))}</h3>{_table(head, lines)}"


def _trial(trial: Trial) -> str:
    return f"failed on {trial.failures} seeds" if trial.failures else short(trial.value)


def _knobs(knobs: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in knobs)


def _name(race: Race, arm: str) -> str:
    return race.prototype if arm == CANDIDATE else arm


def _styles(race: Race) -> dict[str, str]:
    """The class of every arm."""
    return {name: BASELINES[number % len(BASELINES)] for number, name in enumerate(race.baselines)} | STYLES


def _best(course: Course, rows: Sequence[Standing]) -> set[str]:
    """The best baselines of a task."""
    sign = 1.0 if course.direction == "higher" else -1.0
    shown = [row for row in rows if row.arm not in STYLES and math.isfinite(row.mean)]
    return {row.arm for row in sorted(shown, key=lambda row: -sign * row.mean)[:BEST]}


def _differences(race: Race, course: Course, rows: Sequence[Standing], verdict: Verdict, styles: Mapping[str, str]) -> str:
    sign = 1.0 if course.direction == "higher" else -1.0
    mine = {run.seed: run.value for run in race.evaluations(course.name, CANDIDATE)}
    found = []
    for row in rows:
        if row.comparison is not None:
            theirs = race.evaluations(course.name, row.arm)
            dots = tuple(sign * (mine.get(run.seed, math.nan) - run.value) for run in theirs)
            versus = row.comparison
            found.append(
                Strip(name=row.arm, style=styles[row.arm], dots=dots, mean=versus.difference, low=versus.low, high=versus.high)
            )
    across = f"candidate's gain in {course.metric} over each arm (right of 0: the candidate is better)"
    return strips(found, title="Paired differences", across=across, floor=stats.FLOORS * verdict.floor)


def _differences_caption(verdict: Verdict) -> str:
    noise = f"; shaded: {stats.FLOORS:g} times the noise floor of {short(verdict.floor)}" if math.isfinite(verdict.floor) else ""
    return f"One dot a seed; the bar is the 95 % interval of the mean{noise}."


CURVES_CAPTION = "Mean over seeds; the band is the middle half of the seeds. Of the baselines, the best two on this task."


def _curves(race: Race, course: Course, rows: Sequence[Standing]) -> str:
    styles, best = _styles(race), _best(course, rows)
    drawn = [arm for arm in race.arms(course.name) if arm in (CANDIDATE, *CURVES) or arm in best]
    lines = []
    for arm in drawn:
        curves = aligned([run.curve for run in race.evaluations(course.name, arm)])
        if curves.size:
            low, middle, high = numpy.quantile(curves, 0.25, axis=0), curves.mean(axis=0), numpy.quantile(curves, 0.75, axis=0)
            lines.append(Line(name=_name(race, arm), style=styles[arm], middle=tuple(middle), low=tuple(low), high=tuple(high)))
    return chart(lines, title="Learning curves", across="share of the life", up=course.metric)


def _trajectory(told: Trajectory) -> str:
    lines = [Line(name="single seeds", style="candidate single", middle=tuple(row)) for row in told.values[:3]]
    low, high = (tuple(numpy.quantile(told.values, share, axis=0)) for share in (0.25, 0.75))
    lines.append(Line(name="mean", style="candidate", middle=tuple(told.values.mean(axis=0)), low=low, high=high))
    return chart(lines, title=f"{told.name} of the candidate", across="share of the life", up=told.name)


def _together(race: Race) -> str:
    """Profiles and chances over all tasks, after the tables of each."""
    every = overall(race)
    if not every:
        return ""
    styles = _styles(race)
    lines = [
        Line(name=_name(race, one.arm), style=styles[one.arm], middle=one.profile)
        for one in every
        if one.arm not in race.controls or one.arm in CURVES
    ]
    picture = chart(
        lines,
        title="Performance profiles",
        across="score, from poor to good among all runs of a task",
        up="share of runs that reach it",
    )
    rows = [([_name(race, one.arm), f"{one.chance:.2f}"], "") for one in every if math.isfinite(one.chance)]
    number = f"{len(race.courses)} tasks" if len(race.courses) > 1 else "the one task"
    words = f"Over {number}, each counting the same; arms that did not run on all of them are left out."
    note = (
        "Higher is better: the share of runs that score at least so well. "
        "Poor is what 95 % of all runs of a task beat, good what 5 % do."
    )
    table = _table(("arm", "chance that the candidate is better on a seed"), rows)
    head = f'<h2>All tasks together</h2><p class="quiet">{escape(words)}</p>'
    return f'<section>{head}<div class="figures">{_figure(picture, note)}<div>{table}</div></div></section>\n'


def _figure(picture: str, caption: str) -> str:
    return f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>" if picture else ""


def _table(head: Sequence[str], lines: Sequence[tuple[Sequence[str], str]], *, words: Sequence[int] = ()) -> str:
    def cell(tag: str, number: int, text: str) -> str:
        return f"<{tag}{' class=words' if number in words else ''}>{escape(text)}</{tag}>"

    top = "".join(cell("th", number, text) for number, text in enumerate(head))
    rows = "".join(
        f'<tr class="{style}">{"".join(cell("td", number, text) for number, text in enumerate(cells))}</tr>'
        for cells, style in lines
    )
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table></div>'


METHOD = (
    "Every arm starts from the same weights and meets the same batches and events on each seed; hashes of both were compared.",
    "Every tuned arm got the same number of trials, on seeds that are not used for evaluation.",
    "Off is the candidate with its mechanism switched off, tuned like the rest; bare is the same with the candidate's own knobs, "
    "which tells luck of tuning from the mechanism; yoked replays the response that another seed produced; constant holds its "
    "average, shuffled plays its steps in random order. What a mechanism answers to single units or weights is replayed as its "
    "mean over each tensor, so that there these controls cannot tell when from where.",
    "Intervals are paired bootstraps of 10,000 resamples, p is from a sign-flip test and corrected for all comparisons of "
    "this race, and of no other, by Holm's method. The noise floor is the standard deviation of the mean difference between two "
    "runs of the best baseline that differ in the order of the data alone.",
    "Better needs, against the best tuned baseline and against every control of the race (off, bare, yoked, constant and "
    "shuffled, unless fewer were asked for), an interval that excludes 0, a corrected p below 0.05, and a difference of at least "
    "twice the noise floor; no shown loss to a baseline that failed on a few seeds and did better on the rest; a mechanism that "
    "fired; and no more than 1.1 times the forward-equivalents of the best baseline. A replay that is the candidate's own life "
    "on every seed, to the last bit, is not asked for: its response never varies; of such a control two lives are lived to make "
    "sure, and the others taken over.",
    "Knobs at the edge in the end have their best value in the outer tenth of what was searched, and might do better beyond.",
    "Tuning runs are lived many at a time where that is possible, the same within float error; runs have processes of their own, "
    "with limits on time and memory. A run that passed them, died or gave no number has failed.",
)


def _method(race: Race) -> str:
    return f"<section><h2>How it was judged</h2>{''.join(f'<p>{escape(line)}</p>' for line in METHOD)}</section>\n"


def _limits(race: Race) -> str:
    kept = dict(race.limits)
    seconds = f"{kept['seconds']:g} s" if kept.get("seconds") else "60 s and 20 ms a step"
    return f"{seconds} of processor time, {kept.get('memory', 0):,.0f} MB" if kept else "none"


def _provenance(race: Race) -> str:
    facts = [
        ("prototype", race.prototype), ("tier", race.tier), ("evaluation seeds", f"{race.seeds[0]} to {race.seeds[-1]}"),
        ("tuning seeds", f"{race.tuning_seeds[0]} to {race.tuning_seeds[-1]}"), ("trials an arm", str(race.trials)),
        ("processor time of all runs", f"{race.seconds:,.0f} s"), ("limits of one run", _limits(race)),
        ("versions", ", ".join(f"{name} {v}" for name, v in race.versions)),
    ]  # fmt: skip
    about = _table(("", ""), [([name, value], "") for name, value in facts], words=(0, 1))
    sources = _table(("file", "SHA-256"), [([name, digest], "") for name, digest in race.sources], words=(0, 1))
    return f"<section><h2>Provenance</h2>{about}<details><summary>Sources</summary>{sources}</details></section>\n"
