"""CIFAR-10: find or download it, read it without running anything in its files, verify it, split it."""


class DataError(Exception):
    """The data cannot be found or read; the message is one sentence: what is wrong, where, and what to do."""
