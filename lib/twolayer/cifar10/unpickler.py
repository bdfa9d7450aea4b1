"""Read the pickles of CIFAR-10 without running anything in them.

A pickle is a program. Only the opcodes of the canonical files are accepted, in numbers that bound memory and time.
Where a file calls a function, a class of this module stores the arguments instead. NumPy's own functions are never
called: an array with an invalid state can crash NumPy.
"""

import io
import pickle
import pickletools
from typing import Any


class Refused(Exception):
    """A pickle is not one of CIFAR-10's; the message continues the file's name, as in "uses the opcode REDUCE"."""


class Call:
    """A function call in a file: its arguments, and the state that the file sets on the result."""

    def __init__(self, *arguments: object) -> None:
        """Store the arguments."""
        self.arguments = arguments

    def __setstate__(self, state: object) -> None:
        """Store the state."""
        self.state = state


class Array(Call):
    """An array; its state is (version, shape, type, whether it is in Fortran order, bytes)."""


class Type(Call):
    """The type of an array's elements; the first argument is its name."""


CLASSES = {
    "numpy.core.multiarray._reconstruct": Array,
    "numpy.ndarray": Call,
    "numpy.dtype": Type,
}
# None of them reads the memo: no object occurs twice, so a file's size bounds what it makes.
OPCODES = {
    *("PROTO", "STOP", "MARK", "GLOBAL", "REDUCE", "BUILD", "BINPUT", "LONG_BINPUT"),
    *("NONE", "NEWFALSE", "BININT", "BININT1", "BININT2", "BINSTRING", "SHORT_BINSTRING"),
    *("EMPTY_LIST", "APPENDS", "EMPTY_DICT", "SETITEMS", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"),
}
MOST_STEPS = 100_000  # a canonical file has 30,098; a step can make an object much larger than its opcode
MOST_TUPLES = 6  # as in a canonical file; hashing deeply nested tuples can overflow the stack


class Unpickler(pickle.Unpickler):
    """Python's unpickler, restricted to the classes of this module."""

    def find_class(self, module: str, name: str) -> type[Call]:
        """Return the class that replaces a function of the format. Raises Refused for any other function."""
        function = f"{module}.{name}"
        if function not in CLASSES:
            raise Refused(f"calls {function!r:.80}")
        return CLASSES[function]


def unpickle(content: bytes) -> Any:
    """Return what a pickle describes, without running it. Raises Refused, or any exception if it is damaged."""
    n_tuples = 0
    # genops also raises for strings that end beyond the file, for which the unpickler would allocate memory.
    for step, (opcode, argument, _) in enumerate(pickletools.genops(content)):
        if opcode.name not in OPCODES:
            raise Refused(f"uses the opcode {opcode.name}")
        n_tuples += opcode.name.startswith("TUPLE")
        if step >= MOST_STEPS or n_tuples > MOST_TUPLES:
            raise Refused(f"has more than {MOST_STEPS:,} instructions or {MOST_TUPLES} tuples")
        if opcode.name.endswith("BINPUT") and isinstance(argument, int) and argument > step:
            raise Refused("numbers its memo with gaps")  # the unpickler would allocate memory for them
    return Unpickler(io.BytesIO(content), encoding="bytes").load()
