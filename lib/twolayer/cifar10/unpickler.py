"""Read the pickles of CIFAR-10 without running anything that they say.

A pickle is a program. Only the instructions that the canonical files consist of are admitted, in numbers that bound
memory and time, and what a file would call is replaced by a class that keeps the arguments. NumPy's own functions are
never handed out: a made-up array can crash NumPy.
"""

import io
import pickle
import pickletools


class Refused(Exception):
    """A pickle is not one of CIFAR-10's; the message says what it does, as in "uses the opcode REDUCE"."""


class Call:
    """A call that a file asks for: its arguments, and the state that the file gives the result."""

    state: object = None

    def __init__(self, *arguments: object) -> None:
        """Keep the arguments."""
        self.arguments = arguments

    def __setstate__(self, state: object) -> None:
        """Keep the state."""
        self.state = state


class Array(Call):
    """An array; its state is (version, shape, type, whether in Fortran order, bytes)."""


class Type(Call):
    """The type of an array's elements; the first argument is its name."""


CLASSES = {
    "numpy.core.multiarray._reconstruct": Array,
    "numpy.ndarray": Call,
    "numpy.dtype": Type,
}
# No instruction reads the memo, so nothing is there twice, and a file's size bounds what it makes.
OPCODES = {
    *("PROTO", "STOP", "MARK", "GLOBAL", "REDUCE", "BUILD", "BINPUT", "LONG_BINPUT"),
    *("NONE", "NEWFALSE", "BININT", "BININT1", "BININT2", "BINSTRING", "SHORT_BINSTRING"),
    *("EMPTY_LIST", "APPENDS", "EMPTY_DICT", "SETITEMS", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"),
}
MOST_STEPS = 100_000  # a canonical file has 30,098; each may make an object that is much larger than its instruction
MOST_TUPLES = 6  # as many as a canonical file has; hashing deeply nested ones can overflow the stack


class Unpickler(pickle.Unpickler):
    """Python's unpickler, which finds the classes of this module only."""

    def find_class(self, module: str, name: str) -> type[Call]:
        """Return the class that stands for a function of the format. Raises Refused for any other function."""
        function = f"{module}.{name}"
        if function not in CLASSES:
            raise Refused(f"asks to run {function!r:.80}")
        return CLASSES[function]


def unpickle(content: bytes) -> object:
    """Return what a pickle describes, without running it. Raises Refused, and anything for a damaged pickle."""
    n_tuples = 0
    # genops also finds strings that end beyond the file, for which the unpickler would set memory aside.
    for step, (opcode, argument, _) in enumerate(pickletools.genops(content)):
        if opcode.name not in OPCODES:
            raise Refused(f"uses the opcode {opcode.name}")
        n_tuples += opcode.name.startswith("TUPLE")
        if step >= MOST_STEPS or n_tuples > MOST_TUPLES:
            raise Refused(f"has more than {MOST_STEPS:,} instructions or {MOST_TUPLES} tuples")
        if opcode.name.endswith("BINPUT") and isinstance(argument, int) and argument > step:
            raise Refused("numbers its memo with gaps")  # the unpickler would set memory aside for them
    return Unpickler(io.BytesIO(content), encoding="bytes").load()
