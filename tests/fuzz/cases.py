"""What the fuzz tests share."""

import os

from hypothesis import settings

ALL = int(os.environ.get("FUZZ_CASES") or 0)


def cases(quick, percent):
    """Let a test run `quick` cases in `make test`, and `percent` of all in `make fuzz`."""
    return settings(max_examples=max(1, ALL * percent // 100) if ALL else quick)


def is_one_sentence(text):
    """Tell whether a message can be read: one line, neither empty nor endless, nothing that a terminal obeys."""
    return 0 < len(text) <= 1000 and text == " ".join(text.split(" ")) and text.isprintable() and text.strip() == text
