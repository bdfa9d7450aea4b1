import pytest

from notebook_report.reading.words.mathematics_spans import HTML, MARKDOWN, Formula, find


def formulas(text, delimiters=MARKDOWN):
    return [piece.source for piece in find(text, delimiters) if isinstance(piece, Formula)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Let $ x = 1 $ and $y$.", ["$ x = 1 $", "$y$"]),
        (r"\\(a\\) and \\[b\\]", [r"\\(a\\)", r"\\[b\\]"]),
        ("\\begin{align*}\na &= b \\\\\n&= c\n\\end{align*}", ["\\begin{align*}\na &= b \\\\\n&= c\n\\end{align*}"]),
        (r"$\text{if $a$ is $b$}$", [r"$\text{if $a$ is $b$}$"]),
        (r"\$5, `$a$` and ``x `$b$` ``", []),
        ("```\n$a$\n```\n$b$\n\n~~~ text\n$c$\n~~~", ["$b$"]),
        ("$a\n\nb$", []),
        ("$$ $$ and $ $", []),
        ("costs $5 and $$x$$", ["$$x$$"]),
        (r"\begin{a} $x$", ["$x$"]),
        ("https://a.example/log/$252Faws$252Fjobs, $x$", ["$x$"]),
        ("|https://a.example/c|$x$|$y$|", ["$x$", "$y$"]),
        ("https://a.example/c，其中$x$为，https://a.example/c其中$y$", ["$x$", "$y$"]),
        ('"https://a.example",$x$ and **https://a.example**$y$', ["$x$", "$y$"]),
        ("https://a.example/$x$ and https://a.example/?q=$y$ or $z$", ["$x$", "$y$", "$z$"]),
        ("https://a.example/$x$. https://a.example/$y$: $z$", ["$x$", "$y$", "$z$"]),
        (r"https://a.example/$\frac{1}{2}$ and https://a.example/:$$x=1$$", [r"$\frac{1}{2}$", "$$x=1$$"]),
        ("<https://a.example/$a$b> [$x$](https://a.example/$a$b)$y$", ["$x$", "$y$"]),
        (r"$\href{https://a.example}{x}$ $y$", [r"$\href{https://a.example}{x}$", "$y$"]),
    ],
)
def test_formulas_are_found_as_jupyter_finds_them(text, expected):
    assert formulas(text) == expected


@pytest.mark.parametrize(
    ("source", "tex", "display"),
    [
        ("$x$", "x", False),
        ("$$x$$", "x", True),
        (r"\\(x\\)", "x", False),
        (r"\\[x\\]", "x", True),
        (r"\begin{equation}x\end{equation}", r"\begin{equation}x\end{equation}", True),
    ],
)
def test_a_formula_is_what_stands_between_its_delimiters(source, tex, display):
    assert find(source, MARKDOWN)[1] == Formula(tex, display, source)


def test_in_html_one_backslash_is_enough():
    assert formulas(r"\(a\) \[b\] $c$ \$5", HTML) == [r"\(a\)", r"\[b\]", "$c$"]


def test_nothing_is_lost_around_formulas():
    text = "a $b$ c $$d$$ `$` e \\begin{f} g"
    assert "".join(piece if isinstance(piece, str) else piece.source for piece in find(text, MARKDOWN)) == text


@pytest.mark.parametrize(
    "characters", ["$", "$ {", r"\begin{a}", "`", "``a ", "\n\n", "```\n", "$`", r"\\(", "https://", "http://$"]
)
def test_looking_for_formulas_takes_as_long_as_the_text(characters):
    # What takes its square would need an hour.
    assert formulas(characters * (400_000 // len(characters))) is not None
