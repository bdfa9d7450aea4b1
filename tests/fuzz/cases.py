"""What the fuzz tests share."""

import os

from hypothesis import settings

ALL = int(os.environ.get("FUZZ_CASES") or 0)


def share(quick, percent):
    """Return how many cases a test tries: `quick` in `make test`, and `percent` of all in `make fuzz`."""
    return max(1, ALL * percent // 100) if ALL else quick


def cases(quick, percent):
    """Let a test run its share of the cases."""
    return settings(max_examples=share(quick, percent))


def is_one_sentence(text):
    """Tell whether a message can be read: one line, neither empty nor endless, nothing that a terminal obeys."""
    return 0 < len(text) <= 1000 and text == " ".join(text.split(" ")) and text.isprintable() and text.strip() == text
