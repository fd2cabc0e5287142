"""Show the whole loop on what ships with exapt: literature in, questions, a prototype, a race."""

from __future__ import annotations

import shlex
import shutil
import time
from importlib import resources
from pathlib import Path

import click

ESSAY = "heat_and_training.md"
QUESTION = "how do cells survive heat stress"
PROTOTYPE = "heat_shock_regularization"


def steps(folder: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What the demo does, each as a line to read and a command to type; all that is written lies in ``folder``."""
    store = ("--store", str(folder / "exapt.db"))
    return (
        ("The mappings that ship with exapt: facts and offsets, by reference to their papers.", (*store, "ingest", "atlas")),
        ("An essay, read for the mappings that it states.", (*store, "ingest", "files", str(folder / ESSAY))),
        ("What is in the graph?", (*store, "ask", "stats")),
        ("A question in plain words.", (*store, "ask", "analogies", QUESTION, "--limit", "5")),
        ("Which mechanisms are still waiting for a technique that answers them?", (*store, "ask", "gaps", "--limit", "5")),
        (
            "A mapping becomes a PyTorch optimizer: one file that needs torch alone.",
            (
                *store,
                "prototype",
                "make",
                "heat shock response -> dynamic regularization",
                "-o",
                str(folder / f"{PROTOTYPE}.py"),
                "--force",
            ),
        ),
        (
            "A brief race against tuned baselines and sham controls; a real one has 20 seeds or more.",
            (
                *store,
                "bench",
                "run",
                PROTOTYPE,
                "--task",
                "label_swap_digits",
                "--baseline",
                "sgd",
                "--baseline",
                "adamw",
                "--steps",
                "500",
                "--seeds",
                "10",
                "--trials",
                "3",
                "--folder",
                str(folder / "races"),
            ),
        ),
        ("The verdict is evidence in the graph now.", (*store, "ask", "leaderboard")),
        (
            "The report of the race, one page.",
            (*store, "bench", "report", "--folder", str(folder / "races"), "-o", str(folder / "report.html")),
        ),
        ("The graph, as a page that works offline.", (*store, "browse", "-o", str(folder / "graph.html"))),
    )


@click.command(
    epilog="""\b
Example:
  exapt demo
  exapt demo --folder /tmp/exapt-demo
"""
)
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"), show_default=True, help="Where to write."
)
def command(folder: Path) -> None:
    """Run the whole loop on what ships with exapt, in under three minutes.

    Every step is an ordinary command and is printed before it runs, so each can be typed again.
    """
    from queries.cli import cli

    started = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    for old in ("exapt.db", "exapt.db-wal", "exapt.db-shm"):
        (folder / old).unlink(missing_ok=True)
    shutil.rmtree(folder / "races", ignore_errors=True)
    essay = resources.files("queries") / "demo" / ESSAY
    (folder / ESSAY).write_bytes(essay.read_bytes())
    for number, (why, arguments) in enumerate(steps(folder), 1):
        click.secho(f"\n{number}. {why}", bold=True)
        click.secho(f"$ exapt {shlex.join(arguments)}", fg="cyan")
        cli.main(args=list(arguments), prog_name="exapt", standalone_mode=False)
    click.secho(f"\nDone in {time.monotonic() - started:.0f} s. What there is now:", bold=True)
    for name, what in (
        ("exapt.db", "the graph, in SQLite"),
        (f"{PROTOTYPE}.py", "the prototype, standing alone"),
        ("report.html", "the race, to open in a browser"),
        ("graph.html", "the graph, to open in a browser"),
    ):
        click.echo(f"  {folder / name!s:40} {what}")
    click.secho("What to type next:", bold=True)
    store = f"--store {shlex.quote(str(folder / 'exapt.db'))}"
    for line in (
        f'exapt {store} ask analogies "my network forgets the first task when I train it on the second"',
        f"exapt {store} ask explain 'heat shock response -> dynamic regularization'",
        f"exapt {store} ingest files YOUR_ESSAY.md",
        f"exapt {store} export graphml -o graph.graphml    # for Gephi, yEd, networkx",
        f"exapt {store} bench run {PROTOTYPE} --seeds 20 --trials 16",
    ):
        click.echo(f"  {line}")
