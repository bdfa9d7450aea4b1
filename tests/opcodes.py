"""Pickles written opcode by opcode, including those that Python would not write."""

import struct

from twolayer.cifar10.synthetic import encode


def integer(value):
    """Return the opcode of an integer in four bytes."""
    return b"J" + struct.pack("<i", value)


def items(values):
    """Return the opcodes of a list of values, each given as its opcodes."""
    return b"](" + b"".join(values) + b"e"


def entries(**values):
    """Return the pickle of a dictionary; each value is given as its opcodes."""
    return b"\x80\2}(" + b"".join(encode(key.encode()) + value for key, value in values.items()) + b"u."
