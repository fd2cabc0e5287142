"""A sealed process refuses the data that judge it, by whatever name they are reached, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adaptive import guard

SEALED = """
import importlib, json, os, pathlib, sys
from adaptive import guard
guard.seal(sys.argv[1])
said = {}
for way in json.loads(sys.argv[2]):
    try:
        exec(way)
        said[way] = "done"
    except guard.Peeking as error:
        said[way] = str(error)
print(json.dumps(said))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory with data among other things, and a folder of nothing but data."""
    for name in ("pyproject.toml", "tinyshakespeare.txt", "weather.csv.gz", "data/anything.bin", "database/anything.bin"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\0")
    (tmp_path / "innocent.txt").symlink_to(tmp_path / "tinyshakespeare.txt")
    return tmp_path


def said(folder: Path, data: str, *ways: str) -> dict[str, str]:
    """What each of the lines of code ``ways`` meets in a sealed process in ``folder``."""
    place = {"PYTHONPATH": str(Path(guard.__file__).parents[1]), "EXAPT_DATA": data}
    command = [sys.executable, "-c", SEALED, str(folder / "candidate" / "x.py"), json.dumps(ways)]
    done = subprocess.run(command, cwd=folder, env=os.environ | place, capture_output=True, text=True, check=True)
    told: dict[str, str] = json.loads(done.stdout)
    return told


HONEST = (
    "open('pyproject.toml').close()",
    "open(b'pyproject.toml').close()",
    "os.close(os.open(pathlib.Path('pyproject.toml'), os.O_RDONLY))",
    "open(os.open('pyproject.toml', os.O_RDONLY)).close()",
    "open('new.txt', 'w').close()",
    "open('database/anything.bin').close()",
    "importlib.import_module('importlib.metadata')",
    "importlib.import_module('xml.dom.minidom')",
    "importlib.import_module('sqlite3.dbapi2')",
)


@pytest.mark.parametrize("data", [".", "data", "./data/../data", "candidate"])
def test_what_is_no_data_is_opened_wherever_the_data_lie(folder: Path, data: str) -> None:
    assert set(said(folder, data, *HONEST).values()) == {"done"}


SLY = (
    "open('tinyshakespeare.txt')",
    "open(b'tinyshakespeare.txt')",
    "open('data/../tinyshakespeare.txt')",
    "open(os.path.abspath('tinyshakespeare.txt'))",
    "os.open(pathlib.Path('tinyshakespeare.txt'), os.O_RDONLY)",
    "open('innocent.txt')",
    "os.chdir('data') or open('../tinyshakespeare.txt')",
)


def test_the_files_that_tasks_name_are_refused_in_a_folder_of_other_things(folder: Path) -> None:
    assert set(said(folder, ".", *SLY).values()) == {"the candidate reached for tinyshakespeare.txt"}
    assert set(said(folder, str(folder), "open('weather.csv.gz')").values()) == {"the candidate reached for weather.csv.gz"}


def test_a_folder_of_data_alone_is_refused_as_a_whole(folder: Path) -> None:
    (folder / "elsewhere").symlink_to(folder / "data")
    for data in ("data", str(folder / "data"), "elsewhere"):
        told = said(folder, data, "open('data/anything.bin')", "open('elsewhere/anything.bin')", "open('tinyshakespeare.txt')")
        assert list(told.values()) == [*["the candidate reached for anything.bin"] * 2, "done"]
