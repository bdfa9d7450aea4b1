"""What a long computation has finished so far, kept line by line so that an interrupted one can go on."""

import json
import os
from pathlib import Path


class Journal:
    """Results of finished work in a file: one JSON line each, appended the moment it is done.

    Work is described by a dict of everything that determines its result; `code` names the version of what computes it,
    and lines of another version are not found.
    """

    def __init__(self, path, code):
        """Open the journal at `path`, or begin one there."""
        self.path, self.code = Path(path), code
        self.results = dict(_read(self.path))

    def key(self, work):
        """Return the text under which the result of `work` is kept."""
        return json.dumps({"code": self.code, **work}, sort_keys=True)

    def __contains__(self, work):
        """Tell whether `work` has been finished."""
        return self.key(work) in self.results

    def __getitem__(self, work):
        """Return the result of finished `work`."""
        return self.results[self.key(work)]

    def append(self, work, result):
        """Keep the result of `work`: on disk before this returns."""
        key = self.key(work)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "ab") as file:
            # A line that an earlier run could not finish must not swallow this one.
            torn = file.tell() and not self.path.read_bytes().endswith(b"\n")
            line = json.dumps({"work": key, "result": result}) + "\n"
            file.write(b"\n" * bool(torn) + line.encode())
            file.flush()
            os.fsync(file.fileno())
        self.results[key] = result


def _read(path):
    """Yield the key and the result of each whole line."""
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            entry = json.loads(line)
            yield entry["work"], entry["result"]
        except (ValueError, KeyError, TypeError):
            continue  # torn by an interruption: that network is trained again
