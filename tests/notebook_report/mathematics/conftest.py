import pytest

from notebook_report.mathematics import browser, paper, tree
from notebook_report.mathematics.engine import Engine


@pytest.fixture(scope="session")
def engine():
    """Return one MathJax for all formulas that define nothing: starting it is what takes time."""
    return Engine()


@pytest.fixture(scope="session")
def parsed(engine):
    """Return a function from TeX to the tree of a formula."""
    return lambda tex, display=True: tree.parse(engine.mathml(tex, display))


@pytest.fixture(scope="session")
def typst(parsed):
    """Return a function from TeX to Typst's mathematics."""
    return lambda tex, display=True: paper.row(list(parsed(tex, display)), 0)


@pytest.fixture(scope="session")
def mathml(parsed):
    """Return a function from TeX to MathML for a page."""
    return lambda tex, display=True: browser.write(list(parsed(tex, display)), tex, display)
