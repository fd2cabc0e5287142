"""The races that were run and kept: which there are, and one of them as a page."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import click

from kg.errors import NotFound, Refused, Unreadable
from queries.race_options import FOLDER
from queries.session import session, store_option
from queries.show import Answer, output_options
from queries.writing import whole

NEWEST = 5
"""So many races are named where none was found."""


@click.command("races")
@FOLDER
@output_options
def kept(folder: Path) -> Answer:
    """List the races kept in a folder, the latest first; those that have not come to their end, too.

    A race that was stopped goes on with the command that began it.

    \b
    Example:
      exapt bench races
      exapt bench races --folder demo/races --format json
    """
    rows = [_row(path) for path in reversed(_folders(folder))]
    note = "" if rows else f"there is no race in {folder}; run one: exapt bench run PROTOTYPE --folder {folder}"
    return Answer(
        columns=("race", "prototype", "tier", "task", "verdict", "seeds", "when"),
        rows=[r for part in rows for r in part],
        note=note,
    )


def _row(folder: Path) -> list[dict[str, object]]:
    """One row a task; one in all where the race has not come to its end."""
    file = folder / "race.json"
    when = datetime.datetime.fromtimestamp(_touched(folder)).isoformat(sep=" ", timespec="minutes")
    if not file.is_file():
        return [{"race": folder.name, "verdict": "not at its end", "when": when}]
    told = _read(file)
    return [
        {
            "race": folder.name,
            "prototype": told["prototype"],
            "tier": told["tier"],
            "task": verdict["task"],
            "verdict": verdict["word"],
            "seeds": len(told["seeds"]),
            "when": when,
        }
        for verdict in told["verdicts"]
    ]


@click.command("report")
@click.argument("race", required=False)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The HTML file to write.")
@FOLDER
@store_option
def report(race: str | None, output: Path, folder: Path) -> None:
    """Write one page of HTML, with everything in it, on RACE or on the latest.

    RACE is its key or the start of it, the name of a prototype, whose latest race is taken, or the path of a race.

    \b
    Example:
      exapt bench report -o report.html
      exapt bench report r3fa9 -o report.html
      exapt bench report heat_shock_regularization -o report.html
    """
    from adaptive import race as races
    from adaptive.report import write

    told = races.load(folder_of(race, folder))
    with whole(output) as half:
        write(told, half)
    session().say(f"{output}: open it in a browser")


def folder_of(race: str | None, folder: Path) -> Path:
    """Folder of the race called ``race``: by key, start of a key, prototype or path; of the latest where there is no name.

    Raises:
        Refused: no race is kept there. NotFound: none of these, or several, is meant by ``race``.
    """
    if race is not None and (path := Path(race)).exists() and (path.name == "race.json" or (path / "race.json").is_file()):
        return path.parent if path.name == "race.json" else path
    found = [path for path in _folders(folder) if (path / "race.json").is_file()]
    if not found:
        raise Refused(f"there is no race in {folder}; run one: exapt bench run PROTOTYPE --folder {folder}")
    if race is None:
        return found[-1]
    fitting = [path for path in found if path.name.startswith(race)]
    if len(fitting) == 1:
        return fitting[0]
    name = race.replace("-", "_")
    of_prototype = [path for path in found if not fitting and _read(path / "race.json")["prototype"] == name]
    if not of_prototype:
        known = [path.name for path in fitting or found[: -NEWEST - 1 : -1]]
        raise NotFound("race", race, known, hint=f"exapt bench races --folder {folder} lists all")
    return of_prototype[-1]


def _folders(folder: Path) -> list[Path]:
    """Folders of races, finished or not, the latest last."""
    return sorted((path for path in folder.glob("*") if path.is_dir() and _touched(path)), key=_touched)


def _touched(folder: Path) -> float:
    """When the race was last written to; 0 where the folder is none of a race."""
    return max(
        (file.stat().st_mtime for name in ("race.json", "journal.jsonl") if (file := folder / name).is_file()), default=0.0
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return {name: told[name] for name in ("prototype", "tier", "seeds", "verdicts")}
    except OSError as error:
        raise Unreadable(file, error.strerror or "it cannot be opened") from error
    except (ValueError, TypeError, KeyError) as error:
        raise Unreadable(file, f"it is not a race as this program writes it ({type(error).__name__})") from error
