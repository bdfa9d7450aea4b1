"""MathJax inside QuickJS: what a formula may do, and what it may take."""

import contextlib
import re

import pytest

from notebook_report.mathematics import engine as engine_module
from notebook_report.mathematics.engine import Engine, EngineError


def test_what_a_formula_defines_the_next_ones_know():
    engine = Engine()
    engine.mathml(r"\newcommand{\R}{\mathbb{R}} \def\half#1{\frac{#1}{2}}", False)
    assert 'mathvariant="double-struck"' in engine.mathml(r"\R", False)
    assert "<mfrac" in engine.mathml(r"\half{x}", False)


def test_two_engines_know_nothing_of_each_other():
    Engine().mathml(r"\newcommand{\R}{\mathbb{R}}", False)
    assert "data-undefined" in Engine().mathml(r"\R", False)


def test_an_undefined_command_is_red_and_the_rest_is_set(engine):
    mathml = engine.mathml(r"a + \foo{b}", False)
    assert re.search(r'<mtext mathcolor="red" data-undefined="true"[^>]*>\\foo</mtext>', mathml)
    assert ">a</mi>" in mathml
    assert ">b</mi>" in mathml


def test_what_cannot_be_parsed_is_shown_as_it_is(engine):
    mathml = engine.mathml(r"\frac{a", False)
    assert 'data-mjx-error="Missing close brace"' in mathml
    assert re.search(r"<mtext[^>]*>\\frac{a</mtext>", mathml)


def test_an_error_in_one_formula_leaves_the_next_alone(engine):
    for tex in ("{" * 5000, r"\begin{matrix}", "\0"):
        with contextlib.suppress(EngineError):
            engine.mathml(tex, True)
    assert ">x</mi>" in engine.mathml("x", True)


def test_a_package_that_is_asked_for_is_there(engine):
    mathml = engine.mathml(r"\require{cancel} \cancel{x}", False)
    assert "menclose" in mathml
    assert "data-undefined" not in mathml


@pytest.mark.parametrize("tex", [r"\def\x{\x\x}\x", r"\def\x{{\x}}\x", r"\newcommand{\y}{y\y}\y"])
def test_a_macro_without_end_comes_to_one(tex):
    assert "merror" in Engine().mathml(tex, False)


def test_a_long_formula_is_refused(engine):
    with pytest.raises(EngineError, match="it has 10,001 characters, 10,000 at most"):
        engine.mathml("x" * 10_001, False)


def test_a_formula_that_takes_too_long_is_stopped():
    with pytest.raises(EngineError, match="too much time"):
        Engine(seconds=1e-9).mathml("x" * 3000, False)


def test_all_formulas_together_may_take_too_long():
    engine = Engine(all_seconds=1e-9)
    with contextlib.suppress(EngineError):
        engine.mathml("x", False)
    with pytest.raises(EngineError, match="the formulas of the document take too long"):
        engine.mathml("x", False)


def test_what_nests_too_deeply_does_not_end_the_process(engine):
    for n in (500, 1000, 3000, 4900):
        with contextlib.suppress(EngineError):
            engine.mathml("{" * n + "x" + "}" * n, False)
    assert ">x</mi>" in engine.mathml("x", True)


def test_what_takes_too_much_memory_is_stopped(monkeypatch):
    monkeypatch.setattr(engine_module, "MEMORY", 12 << 20)
    with pytest.raises(EngineError, match="memory"):
        Engine(seconds=60).mathml("x_{y}" * 1800, False)
