"""What `make` does, without make: `python -m tasks report`, `python -m tasks test` and the others."""

import sys

# In words that every Python understands: whoever has an old one sees this sentence, before anything else fails.
if sys.version_info < (3, 11):  # noqa: UP036
    version = "%d.%d" % sys.version_info[:2]  # noqa: UP031
    sys.exit("Python " + version + " is too old: install Python 3.11 or later, and name it: make PYTHON=python3.12")
