"""Options that all commands which race have in common."""

from __future__ import annotations

from pathlib import Path

import click

FIRST_EVALUATION_SEED = 100
"""The first seed that no arm is tuned on; a test holds it to ``adaptive.tasks``, which would load PyTorch here."""

TIER = click.option(
    "--tier",
    type=click.Choice(("quick", "standard", "full")),
    default="standard",
    show_default=True,
    help="quick: short lives on few tasks; full: all that can run here.",
)
SEEDS = click.option("--seeds", type=click.IntRange(2), help="Paired evaluation seeds; 20 by default, 30 in the full tier.")
FIRST_SEED = click.option(
    "--first-seed",
    type=click.IntRange(FIRST_EVALUATION_SEED),
    default=FIRST_EVALUATION_SEED,
    show_default=True,
    help="The first evaluation seed: other seeds are other lives of the same tuned arms, to see whether a result holds.",
)
TRIALS = click.option("--trials", type=click.IntRange(1), help="Settings tried for every tuned arm; 8, 16 or 32 by tier.")
STEPS = click.option("--steps", type=click.IntRange(1), help="Length of a life, in place of the tier's.")
JOBS = click.option(
    "--jobs", type=click.IntRange(1), help="Runs at a time; one a core by default. The results do not depend on it."
)
FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("races"),
    show_default=True,
    help="Where races are kept.",
)
