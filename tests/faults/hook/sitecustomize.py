"""Kill a build at a chosen event; loaded by every Python process whose PYTHONPATH names this folder.

Events are what the processes of a build do in the project's folder, counted together, whichever process does it: a
file is opened for writing, put in place of another or removed, or a notebook says `sys.audit("faults.training")`. Each
is of a kind (`KINDS`). The environment says what to do:

FAULTS_PROJECT  the project's folder: what happens elsewhere does not count
FAULTS_COUNTS   a folder with a file for each kind, one byte long for each event
FAULTS_AT       "kind number": the event at which all ends; without it, events are only counted
FAULTS_GROUP    the process group to kill with SIGKILL

A file that is opened for writing as it ends is left torn: with other bytes in it where it would have been emptied, or
half a line where it would have been added to. No kill within the writing could do worse.
"""

import os
import signal
import sys

KINDS = ("training", "searching", "ledger", "journal", "notes", "export")


def kind_of(event, arguments):
    """Return the kind of an event, or None if it does not count; and the file that it opens for writing, or None."""
    if event.startswith("faults."):
        return event.removeprefix("faults."), None
    if event == "open":
        path, mode, flags = arguments
        writes = flags & (os.O_WRONLY | os.O_RDWR) if mode is None else set(mode) & set("wax+")
        if not writes or not isinstance(path, (str, bytes, os.PathLike)):
            return None, None
        return kind_of_file(path), os.path.abspath(os.fsdecode(path))
    if event in ("os.rename", "os.remove"):
        return kind_of_file(arguments[0]), None
    return None, None


def kind_of_file(path):
    """Return the kind of a file of the project, or None for others."""
    path = os.path.relpath(os.path.abspath(os.fsdecode(path)), os.environ["FAULTS_PROJECT"])
    folder, name = os.path.split(path)
    if path.startswith(".."):
        return None
    # A hidden file beside the one that it is a draft of, or a lock, is named after it.
    if name.lstrip(".").startswith(("ledger-", "report.json")):
        return "ledger"
    if name == "search.jsonl":
        return "journal"
    return "export" if folder == "report" else "notes"


def count(kind):
    """Note an event; return its number among those of its kind, from 1, over all processes."""
    file = os.open(os.path.join(os.environ["FAULTS_COUNTS"], kind), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(file, b".")
        return os.lseek(file, 0, os.SEEK_CUR)
    finally:
        os.close(file)


def tear(path, mode):
    """Leave the file at `path` as a kill in the midst of writing might."""
    appends = mode is not None and "a" in mode
    file = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_APPEND if appends else os.O_TRUNC))
    os.write(file, b'{"half": "a li')


def watch():
    """Count events from here on, and end all at the chosen one."""
    at = os.environ.get("FAULTS_AT", "").split()
    busy = []

    def hook(event, arguments):
        if busy or not (event in ("open", "os.rename", "os.remove") or event.startswith("faults.")):
            return
        busy.append(event)  # what the hook itself does is no event
        try:
            kind, path = kind_of(event, arguments)
            if kind and at == [kind, str(count(kind))]:
                if path:
                    tear(path, arguments[1])
                os.killpg(int(os.environ["FAULTS_GROUP"]), signal.SIGKILL)
                os.kill(os.getpid(), signal.SIGKILL)
        finally:
            busy.clear()

    sys.addaudithook(hook)


if "FAULTS_COUNTS" in os.environ:
    watch()
