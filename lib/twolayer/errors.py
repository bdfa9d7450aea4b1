"""What goes wrong for its user's sake: one sentence, no traceback."""


class DataError(Exception):
    """The data cannot be had: one sentence that says what is wrong, where, and what to do."""


class FileError(Exception):
    """A file cannot be read or written, or does not hold what it should: one sentence that names it."""
