"""What the fuzz tests share."""

import functools
import os
import signal

from hypothesis import settings

from tests.bounds import BOUND

ALL = int(os.environ.get("FUZZ_CASES") or 0)


def share(quick, percent):
    """Return how many cases a test tries: `quick` in `make test`, and `percent` of all in `make fuzz`."""
    return max(1, ALL * percent // 100) if ALL else quick


def cases(quick, percent):
    """Let a test run its share of the cases, and fail at one that comes to no end."""

    def decorate(test):
        test.hypothesis.inner_test = _ending(test.hypothesis.inner_test)
        return settings(max_examples=share(quick, percent))(test)

    return decorate


class _Endless(BaseException):
    """Not an Exception, which what is tested might take for a damaged file."""


def _ending(test):
    """Return the test of one case, with an end."""
    if not hasattr(signal, "setitimer"):
        return test

    @functools.wraps(test)
    def ending(*arguments, **named):
        before = signal.signal(signal.SIGALRM, _stop)
        left = signal.setitimer(signal.ITIMER_REAL, BOUND)
        try:
            return test(*arguments, **named)
        except _Endless as error:
            raise AssertionError(f"This case has come to no end in {BOUND} seconds.") from error
        finally:
            signal.signal(signal.SIGALRM, before)
            signal.setitimer(signal.ITIMER_REAL, *left)  # pytest-timeout's, which has stood still

    return ending


def _stop(*_):
    raise _Endless


def is_one_sentence(text):
    """Tell whether a message can be read: one line, neither empty nor endless, nothing that a terminal obeys."""
    return 0 < len(text) <= 1000 and text == " ".join(text.split(" ")) and text.isprintable() and text.strip() == text
