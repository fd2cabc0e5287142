"""Go through what readers are unsure of, quote in view: accept, reject, fix, rename, merge, undo."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

from kg.model import RELATIONS, Relation
from queries.plain import one_line
from queries.session import session, store_option
from queries.writing import whole

SURE = 0.75
"""One paper that surely states a mapping gives more belief than that."""


@click.command(
    epilog="""\b
Example:
  exapt review
  exapt review --relation inspires --limit 20
  exapt review --undo
  exapt review --export decisions.jsonl
"""
)
@click.option(
    "--least", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Only mappings of at least this belief."
)
@click.option(
    "--most", type=click.FloatRange(0, 1), default=SURE, show_default=True, help="Only mappings of at most this belief."
)
@click.option("--relation", type=click.Choice(RELATIONS), help="Only mappings of this relation.")
@click.option("--paper", metavar="KEY", help="Only what this paper states.")
@click.option("--limit", type=click.IntRange(1), help="At most so many findings.")
@click.option("--curator", metavar="NAME", default="curator", show_default=True, help="Who decides, kept with each decision.")
@click.option("--undo", is_flag=True, help="Take back the last decision, merge or rename, of whenever it was.")
@click.option("--export", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write all decisions there, to train on.")
@store_option
def command(
    least: float,
    most: float,
    relation: Relation | None,
    paper: str | None,
    limit: int | None,
    curator: str,
    undo: bool,
    file: Path | None,
) -> None:
    """Decide what readers are unsure of, those mappings first whose belief is nearest to 0.4, below which they are doubtful.

    Each finding is shown with its quote, the mechanism in [ ] and the technique in { }, and waits for one key: a accept,
    r reject, f fix the words, n rename or m merge a concept, s skip, u undo, q quit, ? help. A decision is kept at once, counts
    in place of what readers say of that paper, and outlives every new reading. Piped input works as keys too.

    --export writes a JSON object a paper, in the form of annotated abstracts: what was accepted under "mappings", what was not
    under "rejected".
    """
    if undo and file:
        raise click.UsageError("--undo and --export are two things; give one of them")
    if undo:
        _undo()
    elif file:
        _export(file)
    else:
        _review(least, most, relation, paper, limit, curator)


def _undo() -> None:
    from queries.review.sitting import told

    with session().open(write=True) as store:
        decision = store.undo_decision()
        line = f"taken back: {told(store, decision)}" if decision else "there is no decision to take back"
    session().say(one_line(line))


def _export(file: Path) -> None:
    from queries.review.training import training_rows

    with session().open() as store:
        papers = _write(file, training_rows(store))
    session().say(f"{papers:,} {'paper' if papers == 1 else 'papers'} with decisions to {file}")


def _write(file: Path, rows: Iterable[dict[str, object]]) -> int:
    """Lines of JSON to ``file``, which takes its name only when it is whole."""
    count = 0
    with whole(file) as half, half.open("w", encoding="utf-8", newline="\n") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def _review(least: float, most: float, relation: Relation | None, paper: str | None, limit: int | None, curator: str) -> None:
    from queries.review.dialogue import Dialogue, summary
    from queries.review.keys import keys
    from queries.review.sitting import Sitting, queue

    with session().open(write=True) as store:
        places = queue(store, least=least, most=most, relation=relation, paper=paper, limit=limit)
        if not places:
            session().say(
                "nothing to decide there: no open finding whose text the store holds; --least and --most widen the range"
            )
            return
        sitting = Sitting(store, places, by=curator)
        try:
            Dialogue(sitting, keys()).run()
        finally:
            # Also when stopped: what was decided is in the store already.
            session().say(summary(sitting))
