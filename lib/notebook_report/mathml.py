"""Formulas as pandoc writes them in MathML, and what a page that is read with pleasure asks of them besides."""

import re

# The invisible sign after a function's name, as pandoc writes it.
APPLIED = r"<mo>(?:\u2061|&#8289;)</mo></mrow>"
NAME = r'<mi mathvariant="normal">(\w[\w\s]+)</mi>'
LIMITS = re.compile(r"(<m(?:under|over|underover)>)" + NAME)
SCRIPTS = re.compile(r"(<m(?:sub|sup|subsup|under|over|underover)>)<mrow>" + NAME + APPLIED)
ALONE = re.compile(APPLIED + r"(?!<mo[^>]*>[([{|\u2016])")
THIN = 'rspace="0.167em"'
PRIME = re.compile("<mo>([\u2032-\u2034])</mo>")
# On which side of a column its cells stand: Chromium knows its own word for it alone.
SIDE = re.compile(r'(<mtd[^>]* style="text-align: (left|right|center))(?=[";])')
HAT = re.compile(r'(<mover><mi[^>]*>[^<]*</mi><mo accent="true")(?=>)')
FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)
# Pandoc writes what \mathbf asks to stand upright as it writes what these ask to slant.
SLANT = re.compile(r"\\(boldsymbol|bm|mathbfit|symbf)\b")
SLANTED = re.compile('<mi mathvariant="bold-italic">(.)</mi>')
UPRIGHT = {bold: bold - 0x68 for bold in range(0x1D468, 0x1D49C)} | {
    bold: bold - 0x74 for bold in range(0x1D71C, 0x1D756)
}

INLINE = re.compile(r'<math display="inline".*?</math>', re.DOTALL)
UNSEEN = re.compile(r"<annotation\b.*?</annotation>|<[^>]*>", re.DOTALL)
LONGEST = 24  # characters of a formula that fit into any line


def improve(page: str) -> str:
    """Return the page with its formulas as they are written on paper.

    There are thin spaces after functions that no bracket follows, primes are marked, bold letters upright, accents of
    one letter as narrow as it, and columns aligned.
    """
    for named in (SCRIPTS, LIMITS):
        page = named.sub(rf'\1<mo lspace="0" {THIN}>\2</mo>', page)
    page = ALONE.sub(f"<mo {THIN}>\u2061</mo></mrow>", page)
    page = SIDE.sub(r"\1; text-align: -webkit-\2", page)
    page = HAT.sub(r'\1 stretchy="false"', page)
    return FORMULA.sub(_upright, PRIME.sub(r'<mo class="prime">\1</mo>', page))


def _upright(found: re.Match[str]) -> str:
    """Return one formula with its bold letters upright if that is what all of them are to be."""
    if r"\mathbf" not in found[0] or SLANT.search(found[0]):
        return found[0]
    return SLANTED.sub(lambda letter: f'<mi mathvariant="bold">{letter[1].translate(UPRIGHT)}</mi>', found[0])


def frame(html: str) -> str:
    """Return HTML in which every long formula within a line has a frame: where the line is short, it scrolls."""
    return INLINE.sub(_frame, html)


def _frame(found: re.Match[str]) -> str:
    """Return one formula, framed if it is long."""
    if len(words(found[0])) <= LONGEST:
        return found[0]
    return f'<span class="formula" tabindex="0" role="group" aria-label="Formula">{found[0]}</span>'


def words(html: str) -> str:
    """Return the text of HTML, formulas without their TeX; it stays escaped."""
    return UNSEEN.sub("", html)
