"""CIFAR-10: found or downloaded, read without running what a file says, verified, split."""


class DataError(Exception):
    """The data cannot be had: one sentence that says what is wrong, where, and what to do."""
