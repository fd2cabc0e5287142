"""The console entry: it runs only over its own packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kg import __main__ as entry

HOME = Path(entry.__file__).resolve().parents[1]


def test_nothing_hides_the_packages_here() -> None:
    assert entry.shadowed() is None


@pytest.mark.parametrize("name", ["adaptive", "queries", "ingest"])
@pytest.mark.parametrize("form", ["package", "module"])
def test_another_project_in_the_way_is_named(tmp_path: Path, name: str, form: str) -> None:
    """As where the package index's project of the same name was installed into the same environment."""
    other = tmp_path / name / "__init__.py" if form == "package" else tmp_path / f"{name}.py"
    other.parent.mkdir(exist_ok=True)
    other.write_text("raise SystemExit('the wrong package ran')\n")
    start = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(HOME)!r}]; from kg.__main__ import main; main()"
    run = subprocess.run([sys.executable, "-I", "-c", start], capture_output=True, text=True, check=False)
    assert run.returncode == 1 and run.stdout == ""
    (line,) = run.stderr.splitlines()
    assert name in line and str(other) in line and "environment of its own" in line


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(entry, "PACKAGES", ("kg", "no_such_package"))
    with pytest.raises(SystemExit) as exit_:
        entry.main()
    assert exit_.value.code == 1
    assert "no_such_package" in capsys.readouterr().err
