"""Printed text as a terminal leaves each of its lines, but without colours; moves to other places are left out."""

import re

UNSEEN = re.compile(
    r"""\x1b\[[0-?]*[ -/]*[@-~]                # colours and moves of the cursor
    | \x1b\][^\x07\x1b]*(?:\x07|\x1b\\)        # titles of windows, addresses of links
    | \x1b[ -/]*[0-~]                          # sets of characters
    | [\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f]    # whatever else moves no cursor within its line
    """,
    re.VERBOSE,
)
CLEAR = ("\r\x1b[K", "\r\x1b[0K", "\r\x1b[2K", "\x1b[2K\r")  # begin the line again, and nothing of it stays
ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+>")


def as_seen(text: str) -> str:
    """Return printed text as it is seen in the end, without the addresses of objects, which differ from run to run."""
    return ADDRESS.sub(">", "\n".join(_overwritten(line) for line in text.split("\n")))


def _overwritten(line: str) -> str:
    r"""Return what a line shows once `\r` has gone back to its start, and `\b` by one, and the rest is written over."""
    for clear in CLEAR:
        line = line.rpartition(clear)[2]
    shown: list[str] = []
    at = 0
    for sign in UNSEEN.sub("", line):
        if sign in "\r\b":
            at = 0 if sign == "\r" else max(0, at - 1)
        else:
            shown[at : at + 1] = sign
            at += 1
    return "".join(shown).expandtabs(8).rstrip()
