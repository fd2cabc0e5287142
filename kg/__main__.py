"""The console entry: refuses to run over packages of other distributions, then hands over to the command line."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

PACKAGES = ("kg", "ingest", "adaptive", "queries")


def shadowed() -> tuple[str, str] | None:
    """The first of exapt's packages that another distribution hides, and the file that is found in its place."""
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        found = Path(spec.origin).resolve() if spec and spec.origin else None
        if found is None or found.parent.parent != home:
            return name, str(found or "nothing")
    return None


def main() -> None:
    """Run ``exapt``; exits 1 where another project's package of the same name stands in the way."""
    if hidden := shadowed():
        name, found = hidden
        sys.stderr.write(f"exapt: its package '{name}' is shadowed by {found}; install exapt into an environment of its own\n")
        sys.exit(1)
    from queries.cli import cli

    cli()


if __name__ == "__main__":
    main()
