"""Parts of prototypes as files: ours and those in folders of a user's own, read without loading PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from kg import plugins
from kg.errors import NotFound, Refused
from queries.constants import constants_in, source_path

ROLES = ("sense", "respond", "act")
Own = dict[tuple[str, str], Path]

_folder = click.Path(exists=True, file_okay=False, path_type=Path)
path_option: Callable[[Any], Any] = click.option(
    "--path", "folders", metavar="DIR", multiple=True, type=_folder, help="A folder with parts of your own; its files are run."
)
knob_option: Callable[[Any], Any] = click.option(
    "--knob", "knobs", metavar="NAME=VALUE", multiple=True, help="Set a knob of a part, such as act.gain=2."
)


def own_parts(folders: Iterable[Path]) -> Own:
    """Files of the parts in ``folders``, by role and name; nothing is run.

    Raises:
        Refused: a name that is taken. Unreadable: a folder without parts.
    """
    from adaptive.own_parts import parts_in

    found: Own = {}
    for folder in folders:
        for (role, name), path in parts_in(folder).items():
            if (role, name) in found or name in plugins.names(f"adaptive.parts.{role}"):
                raise Refused(f"a part to {role} called {name} exists; give {path} another name")
            found[role, name] = path
    return found


def known_part(role: str, name: str, own: Own) -> None:
    """Raises NotFound, with the parts that there are, unless there is a part ``name`` to ``role``."""
    if (role, name.replace("-", "_")) not in own:
        try:
            source_path(f"adaptive.parts.{role}", name)
        except NotFound:
            known = [*plugins.names(f"adaptive.parts.{role}"), *(own_name for taken, own_name in own if taken == role)]
            raise NotFound(f"part to {role} with", name, sorted(known)) from None


def use(folders: Iterable[Path]) -> None:
    """Lets the compiler find the parts in ``folders``."""
    from adaptive import parts

    for folder in folders:
        parts.search(folder)


def part_rows(folders: Iterable[Path]) -> list[dict[str, object]]:
    """A row for each part: its role and name, what it takes and gives, its first line, equation and reference."""
    own = own_parts(folders)
    rows: list[dict[str, object]] = []
    for role in ROLES:
        ours = {name: source_path(f"adaptive.parts.{role}", name) for name in plugins.names(f"adaptive.parts.{role}")}
        theirs = {name: path for (taken, name), path in own.items() if taken == role}
        for name, path in sorted((ours | theirs).items()):
            stated = constants_in(path)
            takes, gives = _kinds(role, stated)
            rows.append({
                "role": role, "part": name, "takes": takes, "gives": gives, "what": str(stated["doc"]).partition("\n")[0],
                "equation": stated.get("EQUATION", ""), "reference": stated.get("REFERENCE", ""),
            })  # fmt: skip
    return rows


def _kinds(role: str, stated: dict[str, object]) -> tuple[str, str]:
    """What a part takes and gives, in the words by which parts are checked to fit."""
    takes, scopes = stated.get("TAKES", ()), stated.get("SCOPES", ())
    kinds, where = list(takes) if isinstance(takes, (dict, tuple)) else [], list(scopes) if isinstance(scopes, tuple) else []
    place = f" of each {'|'.join(map(str, where))}" if where else ""
    if role == "sense":
        return str(stated.get("SIGNAL", "")), f"{stated.get('QUANTITY', '')} of each {stated.get('SCOPE', '')}"
    if role == "respond":
        return "|".join(map(str, kinds)) + place, "|".join(map(str, takes.values())) if isinstance(takes, dict) else ""
    return "|".join(map(str, kinds)) + place, str(stated.get("CHANGES", ""))
