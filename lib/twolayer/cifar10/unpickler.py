"""Read pickles of arrays without running them.

A pickle is a program for a small machine with a stack. This is such a machine, which knows only what CIFAR-10's files
need: it builds numbers, strings, lists, tuples and dictionaries, and notes calls instead of making them. Python's own
would call NumPy, which a made-up array can crash, and can be kept busy for ever by keys that take ages to hash.
"""

import pickletools
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar


class Unwanted(Exception):
    """A pickle has what no file of CIFAR-10 has: the end of a sentence on the file."""


class Function(Enum):
    """What the format calls, or hands to what it calls."""

    ARRAY = auto()
    ARRAY_CLASS = auto()
    TYPE = auto()


FUNCTIONS = {
    "numpy.core.multiarray _reconstruct": Function.ARRAY,
    "numpy._core.multiarray _reconstruct": Function.ARRAY,  # the same, as NumPy 2 calls it
    "numpy ndarray": Function.ARRAY_CLASS,
    "numpy dtype": Function.TYPE,
}


@dataclass(eq=False)
class Call:
    """What a file would call, with which arguments, and the state that it would set.

    ARRAY: the state is (version, shape, type, whether it goes by columns, bytes). TYPE: the first argument is its name.
    """

    function: Function
    arguments: tuple[object, ...]
    state: object = None


VALUES = {
    *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"),
    *("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8"),
}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
LONGEST_KEY = 100  # characters; comparing long ones again and again would never end
MOST_STEPS = 100_000  # a canonical file has 20,078; each may leave a value a hundred times as large as itself
Kind = TypeVar("Kind")


def build(content: bytes) -> object:
    """Return what a pickle describes. Raises Unwanted, and whatever a damaged one leads to.

    A step takes time for what it takes off the stack, so that all of them take no longer than the file is long.
    """
    machine = Machine()
    # genops finds promised bytes that are not there.
    for number, (opcode, argument, _) in enumerate(pickletools.genops(content), start=1):
        if number > MOST_STEPS:
            raise Unwanted(f"has more than {MOST_STEPS:,} parts")
        machine.step(opcode.name, argument)
    return machine.stack.pop()


class Machine:
    """A stack of values, the stacks below its marks, and the values that are kept for later."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.stack: list[object] = []
        self.below: list[list[object]] = []
        self.kept: dict[object, object] = {}

    def step(self, name: str, argument: object) -> None:
        """Do what the opcode of this name says. Raises Unwanted for one that the format does not need."""
        match name:
            case "PROTO" | "FRAME" | "STOP":
                pass
            case "BINSTRING" | "SHORT_BINSTRING":
                self.push(str(argument).encode("latin-1"))  # Python 2's text is bytes
            case _ if name in VALUES:
                self.push(argument)
            case _ if name in CONSTANTS:
                self.push(CONSTANTS[name])
            case "BINPUT" | "LONG_BINPUT":
                self.kept[argument] = self.stack[-1]
            case "MEMOIZE":
                self.kept[len(self.kept)] = self.stack[-1]
            case "BINGET" | "LONG_BINGET":
                self.push(self.kept[argument])
            case "MARK":
                self.below.append(self.stack)
                self.stack = []
            case "EMPTY_LIST":
                self.push([])
            case "APPEND":
                self.extend(self.take(1))
            case "APPENDS":
                self.extend(self.above())
            case "EMPTY_DICT":
                self.push({})
            case "SETITEM":
                self.fill(self.take(2))
            case "SETITEMS":
                self.fill(self.above())
            case "EMPTY_TUPLE":
                self.push(())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                self.push(tuple(self.take(int(name[-1]))))
            case "TUPLE":
                self.push(tuple(self.above()))
            case "GLOBAL":
                self.push(known(str(argument)))
            case "STACK_GLOBAL":
                self.push(known(" ".join(typed(part, str) for part in self.take(2))))
            case "REDUCE":
                function, arguments = self.take(2)
                self.push(Call(typed(function, Function), typed(arguments, tuple)))
            case "BUILD":
                (state,) = self.take(1)
                typed(self.stack[-1], Call).state = state
            case _:
                raise Unwanted(f"uses the opcode {name}")

    def push(self, value: object) -> None:
        """Put a value on top of the stack."""
        self.stack.append(value)

    def take(self, n: int) -> list[object]:
        """Take the n topmost values off the stack."""
        return [self.stack.pop() for _ in range(n)][::-1]

    def above(self) -> list[object]:
        """Take all values above the last mark off the stack."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def extend(self, items: list[object]) -> None:
        """Put items into the list on top of the stack."""
        typed(self.stack[-1], list).extend(items)

    def fill(self, items: list[object]) -> None:
        """Put keys and values, by turns, into the dictionary on top of the stack. Raises Unwanted for an odd key."""
        content = typed(self.stack[-1], dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not (isinstance(key, bytes | str) and len(key) <= LONGEST_KEY):
                raise Unwanted("has a key that is no name")
            content[key] = value


def known(name: str) -> Function:
    """Return the function of this name, "module name". Raises Unwanted if the format does not need it."""
    if name not in FUNCTIONS:
        raise Unwanted(f"asks to run {name.replace(' ', '.')!r:.80}")
    return FUNCTIONS[name]


def typed(value: object, kind: type[Kind]) -> Kind:
    """Return a value that must be of this type. Raises TypeError."""
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} expected")
    return value
