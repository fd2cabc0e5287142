"""What a race showed, as rows of the graph: every evaluation run, and one verdict a task. Only the harness writes these."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from adaptive.race import CANDIDATE, VALUE_OF, Race, Run, Verdict
from kg.errors import NotFound
from kg.model import Result

if TYPE_CHECKING:
    from kg.store import Store

VERDICT = "verdict"


def results(race: Race, *, mapping: str | None = None) -> Iterator[Result]:
    """Rows of ``race``, its verdicts last; the candidate's and the verdicts carry ``mapping``, the key of what was raced."""
    sources = dict(race.sources)
    for course in race.courses:
        for arm in race.arms(course.name):
            for run in race.evaluations(course.name, arm):
                yield _row(race, run, course.metric, sources, mapping if arm == CANDIDATE else None)
    for verdict in race.verdicts:
        yield _verdict(race, verdict, mapping)


def record(store: Store, race: Race) -> str | None:
    """Keeps ``race`` in ``store``, all or nothing; returns the key of the mapping that it bears on, or None where there is none.

    The mapping is the one that joins the prototype's mechanism and technique, most evidence first where several do. The same
    race twice changes nothing.
    """
    mapping = mapping_of(store, race)
    with store.transaction():
        for result in results(race, mapping=mapping):
            store.add_result(result)
    return mapping


def mapping_of(store: Store, race: Race) -> str | None:
    """Key of the mapping in ``store`` from the race's mechanism to its technique."""
    if not (race.mechanism and race.technique):
        return None
    try:
        mechanism = store.resolve_concept(race.mechanism, "mechanism").key
        technique = store.resolve_concept(race.technique, "technique").key
    except NotFound:
        return None
    # A mapping that says where the analogy ends is not what the prototype carries out.
    found = [m for m in store.mappings(mechanism=mechanism, technique=technique) if m.relation != "contrasts"]
    return max(found, key=lambda m: (len(store.evidence(m.key)), m.key)).key if found else None


def _row(race: Race, run: Run, metric: str, sources: dict[str, str], mapping: str | None) -> Result:
    folder = "baselines" if run.arm in race.baselines else "prototypes"
    name = run.arm if run.arm in race.baselines else race.prototype
    source = sources.get(f"adaptive/{folder}/{name}.py") or sources.get(f"{name}.py", "")
    return Result(
        race=race.key,
        prototype=race.prototype,
        task=run.task,
        arm=run.arm,
        seed=run.seed,
        metric=metric,
        value=run.value,
        budget=run.budget,
        seconds=run.seconds,
        mapping=mapping,
        knobs=run.knobs,
        source_sha256=source,
        versions=race.versions,
        note=run.note,
    )


def _verdict(race: Race, verdict: Verdict, mapping: str | None) -> Result:
    runs = [run for run in race.runs if run.task == verdict.task]
    return Result(
        race=race.key,
        prototype=race.prototype,
        task=verdict.task,
        arm=VERDICT,
        seed=0,
        metric=VERDICT,
        value=VALUE_OF[verdict.word],
        budget=math.fsum(run.budget for run in runs),
        seconds=math.fsum(run.seconds for run in runs),
        mapping=mapping,
        versions=race.versions,
        note=verdict.reason,
    )
