"""The command line ``exapt``: global options, one line for every error, and the files of ``queries/commands`` as subcommands."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

import click

from kg.errors import ExaptError
from queries.plugin_group import PluginGroup
from queries.session import DEFAULT_STORE, Session, warn

EXTRAS = {
    "graph": ("networkx",),
    "adaptive": ("torch", "numpy", "scipy", "sklearn", "matplotlib", "joblib"),
    "nlp": ("spacy",),
    "net": ("arxiv", "requests", "urllib3"),
    "pdf": ("pypdfium2",),
    "embed": ("sentence_transformers", "transformers"),
    "optimizers": ("schedulefree", "prodigyopt"),
    "bibtex": ("bibtexparser", "pylatexenc"),
    "llm": ("openai",),
    "dask": ("dask", "distributed"),
    "ray": ("ray",),
    "neo4j": ("neo4j",),
}
"""Which extra of the package brings which module."""
STOPPED = 130
"""Exit status of a command stopped by Ctrl-C, as a shell has it."""


class CommandLine(PluginGroup):
    """Turns whatever goes wrong into one line and an exit status: 1 for what the user can mend, 2 for usage."""

    def main(  # type: ignore[override]  # click overloads it by the mode, which is a plain argument here
        self, args: Any = None, prog_name: str | None = None, standalone_mode: bool = True, **extra: Any
    ) -> Any:
        if not standalone_mode:  # called from another command, which reports errors itself
            return super().main(args, prog_name, standalone_mode=False, **extra)
        debug = "--debug" in (args if args is not None else sys.argv[1:])
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a terminal without our letters shows escapes rather than a traceback
                stream.reconfigure(errors="backslashreplace")
        try:
            status = super().main(args, prog_name or "exapt", standalone_mode=False, **extra)
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()  # the help, which is what a group alone asks for
            sys.exit(error.exit_code)
        except click.ClickException as error:
            path = getattr(getattr(error, "ctx", None), "command_path", "")
            more = f" (see {path} --help)" if path else ""
            said = error.format_message().rstrip(".")
            _stop(error.exit_code, f"{said[:1].lower()}{said[1:]}{more}")
        except click.Abort as error:
            _stop(STOPPED, "stopped; what was committed is kept", error.__cause__ if debug else None)
        except KeyboardInterrupt:
            _stop(STOPPED, "stopped; what was committed is kept")
        except BrokenPipeError:
            _leave_quietly()
        except ExaptError as error:
            _stop(1, str(error), error if debug else None)
        except ModuleNotFoundError as error:
            extra_name = next((extra for extra, names in EXTRAS.items() if (error.name or "").partition(".")[0] in names), "all")
            line = f"this needs {error.name}, which is not installed here; add it: pip install 'exapt[{extra_name}]'"
            _stop(1, line, error if debug else None)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            _stop(1, f"{where}{error.strerror or error}", error if debug else None)
        except Exception as error:
            what = f"{type(error).__name__}: {error}".splitlines()[0]
            _stop(1, f"this should not happen ({what[:200]}); rerun with --debug to see where", error if debug else None)
        else:
            sys.exit(status if isinstance(status, int) else 0)


def _stop(status: int, line: str, error: BaseException | None = None) -> NoReturn:
    if error is not None:
        import traceback

        traceback.print_exception(error)
    warn(f"exapt: {' '.join(line.split())}")
    sys.exit(status)


def _leave_quietly() -> NoReturn:
    """The reader of our output has left (``exapt … | head``): nothing to report, and nothing more to flush at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


def _show_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib import metadata

        try:
            version = metadata.version("exapt")
        except metadata.PackageNotFoundError:
            version = "run from its source, not installed"
        click.echo(f"exapt {version}")
        context.exit()


@click.group(
    cls=CommandLine,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="""\b
Example:
  exapt ingest atlas
  exapt ask analogies "how do cells survive heat stress"
""",
)
@click.option("--store", metavar="PATH", envvar="EXAPT_STORE", default=DEFAULT_STORE, show_default=True, help="The graph's file.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say more on standard error.")
@click.option("--debug", is_flag=True, help="Show a traceback where something goes wrong.")
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version, help="Show the version and exit."
)
@click.pass_context
def cli(context: click.Context, store: str, quiet: bool, verbose: bool, debug: bool) -> None:
    """Find biological mechanisms that became machine-learning techniques, ask about them, and race them as PyTorch prototypes."""
    context.obj = Session(store=store or DEFAULT_STORE, quiet=quiet, verbose=verbose, debug=debug)
    if os.environ.get("NO_COLOR"):
        context.color = False
