"""The graph as files for ``neo4j-admin database import``: the same that a push sends, into an empty database, in one go.

A folder, or a ZIP archive of it: a CSV file for each label and each kind of relationship, and ``import.args`` with the options.
In that folder, with the server stopped::

    neo4j-admin database import full neo4j @import.args

where the database is there already and may be replaced, with ``--overwrite-destination`` too. A push afterwards finds all
as it is.
"""

from __future__ import annotations

import math
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, TextIO

from kg.errors import Refused
from kg.mirror.layout import LABELS, PROPERTIES, SHORT, Link, Node
from kg.mirror.nodes import nodes
from kg.mirror.properties import GraphDigest
from kg.store import Store

DESCRIPTION = "CSV files for neo4j-admin database import, in a folder or a .zip"
SUFFIX = ".zip"
_DELIMITERS = ("\x1f", "\x1e", "\x1d", "\x1c", *map(chr, range(0xE000, 0xF8FF)))
"""What may stand between the items of a list: the first that is in none of them."""
_DAY = (1980, 1, 1, 0, 0, 0)
"""Time stamp of every file of the archive, so that the same graph gives the same bytes."""
_OWN = {"digest": "string", "push": "long"}
_BETWEEN = {"mapping": "string", "belief": "double", "papers": "long"}
_OURS = {"exapt": "boolean"}
_LONG = 1_000_000
"""Letters of a line from which on the import needs larger buffers than it has by itself."""


def write(store: Store, out: BinaryIO) -> int:
    """Write the archive to ``out``; the number of nodes and relationships."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = write_folder(store, folder)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.iterdir()):
                entry = zipfile.ZipInfo(path.name, _DAY)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with path.open("rb") as file, archive.open(entry, "w", force_zip64=True) as packed:
                    while piece := file.read(1 << 20):
                        packed.write(piece)
    return rows


def write_folder(store: Store, folder: Path) -> int:
    """Write the files into ``folder``, which is empty; the number of nodes and relationships."""
    with store.snapshot() as database:
        for delimiter in _DELIMITERS:
            with _Files(folder, delimiter) as files:
                if all(files.add(node) for label in LABELS for node in nodes(database, label)):
                    files.finish()
                    return files.rows
            for path in folder.iterdir():
                path.unlink()
    raise Refused("lists of this graph hold every character that could stand between their items")


class _Files:
    """The files of a folder, each begun with its header when its first line comes."""

    def __init__(self, folder: Path, delimiter: str) -> None:
        self._folder, self._delimiter = folder, delimiter
        self._open = ExitStack()
        self._files: dict[str, TextIO] = {}
        self._options: list[str] = []
        self._graph = GraphDigest()
        self._longest = 0
        self.rows = 0
        self.mistaken = False
        """Whether an item of a list holds the delimiter, so that another must be taken."""

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, node: Node) -> bool:
        """Write a node and its relationships; whether the delimiter still holds."""
        self._node(node.end.label, {**self._graph.seen(node).properties, "push": 1})
        for link in node.links:
            self._link(link)
        self.rows += 1 + len(node.links)
        return not self.mistaken

    def finish(self) -> None:
        """Note the push that this stands for, and the options that the import needs."""
        if self.rows:
            self._node("Push", self._graph.push())
        options = ["--multiline-fields=true", f"--array-delimiter=U+{ord(self._delimiter):04X}", *sorted(self._options)]
        if self._longest > _LONG:
            options.append(f"--read-buffer-size={8 * self._longest}")
        (self._folder / "import.args").write_text("\n".join(options) + "\n", "utf-8")

    def _node(self, label: str, properties: dict[str, object]) -> None:
        kinds = {**_OWN, **PROPERTIES[label]}
        header = [f"exapt:ID({label})", *(f"{name}:{'string' if kind == 'json' else kind}" for name, kind in kinds.items())]
        file = self._file(f"nodes-{label}.csv", f"--nodes={label}", header)
        self._line(file, [_text(str(properties["exapt"])), *(self._cell(properties.get(name)) for name in kinds)])

    def _link(self, link: Link) -> None:
        source, target = link.source, link.target
        between = _BETWEEN if link.type in SHORT else _OURS
        values = link.properties if link.type in SHORT else {"exapt": True}
        header = [f":START_ID({source.label})", f":END_ID({target.label})", *(f"{name}:{kind}" for name, kind in between.items())]
        name = f"relationships-{link.type}-{source.label}-{target.label}.csv"
        file = self._file(name, f"--relationships={link.type}", header)
        self._line(file, [_text(source.exapt), _text(target.exapt), *(self._cell(values.get(name)) for name in between)])

    def _file(self, name: str, option: str, header: list[str]) -> TextIO:
        if name not in self._files:
            self._options.append(f"{option}={name}")
            self._files[name] = self._open.enter_context((self._folder / name).open("w", encoding="utf-8", newline=""))
            self._files[name].write(",".join(header) + "\n")
        return self._files[name]

    def _line(self, file: TextIO, cells: list[str]) -> None:
        line = ",".join(cells)
        self._longest = max(self._longest, len(line))
        file.write(line + "\n")

    def _cell(self, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, list):
            self.mistaken = self.mistaken or any(self._delimiter in text for text in value)
            return _text(self._delimiter.join(value))
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return repr(value) if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"
        return str(value) if isinstance(value, int) else _text(str(value))


def _text(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
