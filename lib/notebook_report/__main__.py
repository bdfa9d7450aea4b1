"""The command line: python -m notebook_report build|run|export|check|update report.toml, or export notebook.ipynb."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from notebook_report import settings
from notebook_report.errors import ReportError
from notebook_report.problems import CODES
from notebook_report.running import run_cache
from notebook_report.system import requirements

INTERRUPTED = 130  # what a shell expects after Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        requirements.require()
        status: int | None = asked.do(asked)
        return status or 0
    except ReportError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error.filename or 'a file'}: {error.strerror or error}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted; the report is as it was before.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="notebook_report", description="Numbered notebooks to one HTML and one PDF.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, do, words in (
        ("build", _build, "run the notebooks and write both files"),
        ("run", _run, "run the notebooks and leave both files as they are"),
        ("export", _export, "write both files from the notebooks that were run last, or of notebooks that stand alone"),
        ("check", _check, "tell whether both files hold every section, figure and table"),
        ("update", _update, "write the values of the last run, and all numbers of references, into the notebooks"),
    ):
        command = commands.add_parser(name, help=words, description=words)
        if name == "export":
            files = "the report's TOML file, or notebooks: their HTML and PDF are written beside them"
            command.add_argument("sources", type=Path, nargs="+", metavar="settings or notebook", help=files)
            command.add_argument("--strict", action="store_true", help="stop at what cannot be shown as it is")
            kinds = "a kind of problem that does not stop --strict (once for each)"
            command.add_argument("--allow", action="append", default=[], metavar="CODE", choices=CODES, help=kinds)
        else:
            command.add_argument("settings", type=Path, help="the report's TOML file")
        command.add_argument("--name", default="report", help="of both files, without ending (report)")
        command.add_argument("--work", type=Path, help="where executed notebooks are kept (build/NAME)")
        if name in ("build", "run"):
            command.add_argument("--afresh", action="store_true", help="run even what has not changed since it ran")
        if name == "run":
            command.add_argument("--only", nargs="+", default=[], metavar="NOTEBOOK", help="run these alone")
        if name == "check":
            kinds = "a value in the notebooks' words must be that of the run (words), or not (run)"
            command.add_argument("--values", choices=("words", "run"), default="words", help=kinds)
        command.set_defaults(do=do)
    return parser


def _paths(asked: argparse.Namespace) -> tuple[settings.Settings, Path, Path, Path]:
    """Return the settings, the work folder and the two files that a command is about. Raises ReportError."""
    if asked.name in ("", "..") or Path(asked.name).name != asked.name:
        raise ReportError(f"the name {asked.name!r} is not that of a file: give one without folders, and no ending.")
    folder = asked.settings.parent
    work = asked.work or folder.resolve().parent / "build" / asked.name
    return settings.read(asked.settings), work, folder / f"{asked.name}.html", folder / f"{asked.name}.pdf"


def _build(asked: argparse.Namespace) -> None:
    """Build, and say what was written."""
    from notebook_report import build  # it imports what `requirements` names

    chosen, work, html, pdf = _paths(asked)
    if asked.afresh:
        run_cache.forget(work)
    build.build(chosen, work, html, pdf)
    print(f"wrote {html} and {pdf}", file=sys.stderr)


def _run(asked: argparse.Namespace) -> None:
    """Run the notebooks, and say where they are."""
    from notebook_report import build  # it imports what `requirements` names

    chosen, work, _, _ = _paths(asked)
    if asked.afresh:
        run_cache.forget(work)
    ran = build.execute(chosen, work, only=asked.only)
    print(f"ran {len(ran)} of {len(asked.only or chosen.notebooks)} notebooks into {work}", file=sys.stderr)


def _export(asked: argparse.Namespace) -> int:
    """Export a report, or notebooks; say what was written and what is not shown as it is."""
    if any(path.suffix == ".ipynb" for path in asked.sources):
        return max([_export_notebook(path, asked) for path in asked.sources])
    from notebook_report import build  # it imports what `requirements` names

    if len(asked.sources) > 1:
        raise ReportError("export takes one TOML file, or notebooks.")
    asked.settings = asked.sources[0]
    chosen, work, html, pdf = _paths(asked)
    build.export(chosen, work, html, pdf)
    print(f"wrote {html} and {pdf}", file=sys.stderr)
    return 0


def _export_notebook(path: Path, asked: argparse.Namespace) -> int:
    """Export a notebook; return the exit status, 1 if nothing was written."""
    from notebook_report import single  # it imports what `requirements` names

    try:
        written, warnings = single.export(path, asked.allow if asked.strict else None)
    except ReportError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    lines = [*(f"warning: {line}" for line in warnings), f"wrote {' and '.join(map(str, written))}"]
    print(*lines, sep="\n", file=sys.stderr)
    return 0


def _check(asked: argparse.Namespace) -> int:
    """Print a line for each thing that is missing."""
    from notebook_report.checking import compare  # it imports what `requirements` names

    problems = compare.problems(*_paths(asked), words_hold=asked.values == "words")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _update(asked: argparse.Namespace) -> None:
    """Update the notebooks, and say which have changed."""
    from notebook_report import build  # it imports what `requirements` names

    chosen, work, _, _ = _paths(asked)
    for path in build.update(chosen, work):
        print(f"wrote {path}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
