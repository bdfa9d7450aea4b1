"""What goes wrong for its user's sake: one sentence, no traceback."""


class DataError(Exception):
    """The data cannot be had: one sentence that says what is wrong, where, and what to do."""
