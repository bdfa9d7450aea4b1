"""The command line: python -m tasks COMMAND."""

import argparse
import sys
from collections.abc import Sequence

from tasks import commands
from tasks.environment import PARTS, SetupError

INTERRUPTED = 130  # what a shell expects after Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    parser = _parser()
    asked, rest = parser.parse_known_args(arguments)
    named = vars(asked)
    do = named.pop("do")
    if do is commands.lab:
        named["options"] = rest
    elif rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        do(**named)
    except commands.Stopped as stopped:
        return stopped.status
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tasks", description="Everything that this project can do.")
    listed = parser.add_subparsers(required=True, metavar="command")
    parsers = {}
    for do in COMMANDS:
        words = (do.__doc__ or "").splitlines()[0]
        parsers[do] = listed.add_parser(do.__name__, help=words, description=words, allow_abbrev=False)
        parsers[do].set_defaults(do=do)
    for do in (commands.report, commands.verify):
        parsers[do].add_argument("--data", choices=["auto", "cifar10", "stand-in"], default="auto")
    parsers[commands.verify].add_argument("--only", nargs="+", default=[], metavar="NOTEBOOK", help="such as 03")
    parsers[commands.verify].add_argument("--far", action="store_true", help="run what `far` runs: an hour or two")
    parsers[commands.report].add_argument("--afresh", action="store_true", help="run even what has not changed")
    parsers[commands.lab].add_argument("--afresh", action="store_true", help="replace edited copies, which are kept")
    parsers[commands.test].add_argument("--coverage", action="store_true", help="ask for 95 of 100 branches")
    parsers[commands.install].add_argument("parts", nargs="+", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    parsers[commands.fuzz].add_argument("--cases", type=int, default=100_000)
    return parser


COMMANDS = (
    commands.report,
    commands.test,
    commands.lab,
    commands.far,
    commands.verify,
    commands.bench,
    commands.faults,
    commands.fuzz,
    commands.mutants,
    commands.install,
    commands.pins,
    commands.wheels,
    commands.clean,
)

if __name__ == "__main__":
    sys.exit(main())
