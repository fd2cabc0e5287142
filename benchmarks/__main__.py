"""Run benchmarks: ``python -m benchmarks [NAME...] [--quick]``; without a name, all of them."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
from pathlib import Path

import benchmarks
from benchmarks.table import lines
from kg.errors import ExaptError

_PARTS = ("table", "made_papers", "made_graph", "command", "corpus", "taking_in", "traced")
"""Files here that are no benchmark."""


def names() -> list[str]:
    found = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return [name for name in found if not name.startswith("_") and name not in _PARTS]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed and safety, as ratios measured in one run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(names())}")
    parser.add_argument("--quick", action="store_true", help="small sizes: a look in a minute or two, not numbers to report")
    parser.add_argument("--papers", type=int, metavar="N", help="for growth: so many papers at most (a million)")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names()):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are: {', '.join(names())}")
    os.chdir(Path(__file__).resolve().parents[1])
    for name in arguments.names or names():
        benchmark = importlib.import_module(f"benchmarks.{name}")
        sys.stdout.write(f"{name}: {(benchmark.__doc__ or name).strip().splitlines()[0]}\n")
        extra = {"papers": arguments.papers} if name == "growth" and arguments.papers else {}
        try:
            rows = benchmark.run(quick=arguments.quick, **extra)
        except ExaptError as error:
            sys.stdout.write(f"  not run: {error}\n\n")
            continue
        sys.stdout.write("\n".join(lines(rows)) + "\n\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
