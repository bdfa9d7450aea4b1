"""Tables among printed text, as databases and data frames print them: where lines end anywhere, they are rubble."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, groupby, pairwise

USUAL, SMALL = 95, 110  # letters in a line of paper, in the usual size and in one that can still be read
COLUMN, PHONE = 80, 30  # letters in a line of a page, and of the narrowest one
WIDEST_INDEX = 30  # of a first column that is repeated
FEWEST_BORDERS = 2  # by which lines are known as those of one table
FEWEST_ROWS, FEWEST_GAPS = 3, 3  # by which lines without borders are known as those of one table
LONGEST = 2 * COLUMN  # of the lines of such a table; longer ones are those of a log
RULE = re.compile(r"[-=_─━═ ]+")
BORDER_RULE = re.compile(r"[-=+|\u2500-\u257f ]*[-=─━═]{3}[-=+|\u2500-\u257f ]*")  # below a head
BORDER = re.compile("[|+\u2500-\u257f]")


def scrolls(text: str) -> bool:
    """Tell whether a printed text holds a table for which it should scroll on a page, instead of breaking its lines.

    A table that fits the column does not make longer lines beside it scroll; one that fits any page need not scroll.
    Long lines that are alike by a single gap are those of a log.
    """
    tables = [(run, cuts) for run, cuts in _runs(text) if cuts]
    table = max((cuts[-1] for _, cuts in tables), default=0)
    lines = text.split("\n")
    longest, rule = (max(map(len, some), default=0) for some in (lines, filter(RULE.fullmatch, lines)))
    is_wide = any(cuts[-1] > COLUMN and (len(cuts) > 3 or _is_bordered(run, cuts)) for run, cuts in tables)
    if is_wide or COLUMN < rule == longest:  # what is longer than its rules is prose
        return True
    return PHONE < table <= longest <= COLUMN or any(map(_is_ragged_table, re.split(r"\n\s*\n", text)))


def _is_ragged_table(part: str) -> bool:
    """Tell whether lines, some of them too long for a page, are a table whose last column ends anywhere.

    Profilers print such tables, with two blanks at least between their columns.
    """
    lines = [line for line in part.split("\n") if line.strip() and not RULE.fullmatch(line)]
    shortest, longest = min(map(len, lines), default=0), max(map(len, lines), default=0)
    if not COLUMN < longest <= LONGEST or len(lines) < FEWEST_ROWS:
        return False
    signs = ("".join(column).strip()[:1] or " " for column in zip(*(line[:shortest] for line in lines), strict=True))
    return len(re.findall(r"\S {2,}(?=\S)", "".join(signs))) >= FEWEST_GAPS


def for_paper(text: str) -> str:
    """Return a printed text whose tables are parted by columns where they are too wide for paper, the first repeated.

    A column with borders that is too wide by itself goes on in the next line.
    """
    runs = list(_runs(text))
    others = max((len(line) for lines, cuts in runs if not cuts for line in lines), default=0)
    most = USUAL if others > SMALL else SMALL
    wide = [cuts and cuts[-1] > most for _, cuts in runs]
    parted = [_parted(lines, cuts) if too_wide else lines for (lines, cuts), too_wide in zip(runs, wide, strict=True)]
    return "\n".join(line for lines in parted for line in lines)


def _runs(text: str) -> Iterator[tuple[list[str], list[int]]]:
    """Yield lines alike that follow one another, and where columns begin and end; nowhere if they are no table."""
    runs: list[list[str]] = []
    for line in text.split("\n"):
        if runs and _are_alike(runs[-1][-1], line):
            runs[-1].append(line)
        else:
            runs.append([line])
    for lines in chain.from_iterable(map(_of_one_table, runs)):
        length = max(map(len, lines))
        rows = [line.ljust(length) for line in lines if not RULE.fullmatch(line)]
        cuts = _cuts(rows, length) if len(rows) > 1 else []
        yield lines, cuts


def _of_one_table(lines: list[str]) -> Iterator[list[str]]:
    """Yield lines with borders at the same places: all at once if a rule is among them, else those of one length.

    Logs and trees of folders have such borders, and are no tables.
    """
    if any(map(BORDER_RULE.fullmatch, lines)):
        yield lines
    else:
        yield from (list(run) for _, run in groupby(lines, key=len))


def _are_alike(line: str, other: str) -> bool:
    """Tell whether lines are as long as one another, or have borders at the same places."""
    borders = [found.start() for found in BORDER.finditer(line)]
    return len(line) == len(other) or (
        len(borders) >= FEWEST_BORDERS and borders == [found.start() for found in BORDER.finditer(other)]
    )


def _cuts(rows: Sequence[str], length: int) -> list[int]:
    """Return where the columns of rows begin and where the last one ends: at borders, or in gaps that fill up.

    A column of plus signs alone is no border, but that of sums. Of two rows a blank at the same place may be chance: a
    gap between their columns is of two.
    """
    enough = any if len(rows) > 2 else all
    columns = list(zip(*rows, strict=True))
    borders = [i for i, signs in enumerate(columns) if all(map(BORDER.match, signs)) and set(signs) != {"+"}]
    gaps = [
        i + 1
        for i, (before, signs) in enumerate(pairwise(columns), start=1)
        if set(before) != {" "} == set(signs) and enough(" " in row[i - 1 : i + 2 : 2] for row in rows)
    ]
    inner = [i for i in borders or gaps if 0 < i < length - 1]
    return [0, *inner, length] if inner else []


def _is_bordered(lines: Sequence[str], cuts: Sequence[int]) -> bool:
    """Tell whether borders stand where the columns of a table begin."""
    return all(BORDER.match(line, cuts[1]) for line in lines)


def _parted(lines: Sequence[str], cuts: Sequence[int]) -> list[str]:
    """Return the lines of a table in groups of columns, below one another.

    Without borders, its first column must be repeated: nobody could tell otherwise which parts belong together. And its
    lines must not be those of an array, which go on from one to the next.
    """
    lines = [line.ljust(cuts[-1]) for line in lines]
    bordered = _is_bordered(lines, cuts)
    index = cuts[1] if cuts[1] <= WIDEST_INDEX else 0
    widest = max(end - start for start, end in pairwise(cuts))
    is_array = all(line.endswith((",", "]")) for line in lines)
    if not bordered and (is_array or not index or widest > USUAL - index):
        return list(lines)
    parts, start = list[str](), 0
    for before, end in pairwise([*cuts, cuts[-1] + USUAL]):  # the last column is followed by what has no room
        repeated = index if start else 0
        if before > start and repeated + end - start >= USUAL:
            close = before + bordered
            parts += [""] * bool(parts)
            parts += _folded([line[:repeated] for line in lines], [line[start:close] for line in lines])
            start = before
    return parts


def _folded(heads: Sequence[str], rests: Sequence[str]) -> list[str]:
    """Return the lines of a group, each in as many as it needs below one another."""
    width = USUAL - len(heads[0])
    folded = []
    for head, rest in zip(heads, rests, strict=True):
        pieces = [rest[i : i + width] for i in range(0, len(rest), width)]
        more = [] if RULE.fullmatch(rest.strip("+|")) else [piece.rstrip(" |") for piece in pieces[1:]]
        folded += [head + pieces[0], *(" " * len(head) + piece for piece in more if piece)]
    return folded
