"""MathJax, the version that JupyterLab sets formulas with, inside QuickJS: TeX in, MathML out.

The formulas of a notebook come from anyone: each has limits of length, time, memory and depth.
"""

import importlib.resources
import time
from pathlib import Path

SCRIPT = Path(__file__).with_name("engine.js")
LONGEST = 10_000  # characters of a formula
SECONDS = 1.0  # for one formula, which takes milliseconds
ALL_SECONDS = 60.0  # for all formulas of a document
MEMORY = 256 << 20  # bytes
STACK = 1 << 20  # bytes; with eight times as many, three thousand nested braces end the process


class EngineError(Exception):
    """A formula that takes more than the engine gives; the message says of what."""


class Engine:
    """One MathJax: what a formula defines, the following ones know."""

    def __init__(self, seconds: float = SECONDS, all_seconds: float = ALL_SECONDS) -> None:
        """Start MathJax, which takes a quarter of a second."""
        import quickjs  # there is none for every computer, see `requirements`

        files = importlib.resources.files("mathjax") / "static" / "mathjax" / "es5"
        self._context = quickjs.Context()
        self._context.set_max_stack_size(STACK)
        self._context.set_memory_limit(MEMORY)
        self._context.add_callable("readFile", lambda name: (files / name).read_text(encoding="utf-8"))
        self._context.eval(SCRIPT.read_text(encoding="utf-8"))
        while self._context.execute_pending_job():
            pass
        self._convert = self._context.get("convert")
        self._seconds, self._left = seconds, all_seconds

    def mathml(self, tex: str, display: bool) -> str:
        """Return a formula in MathML. Raises EngineError if it is too large."""
        if len(tex) > LONGEST:
            raise EngineError(f"it has {len(tex):,} characters, {LONGEST:,} at most")
        if self._left <= 0:
            raise EngineError("the formulas of the document take too long")
        self._context.set_time_limit(min(self._seconds, self._left))
        start = time.process_time()
        try:
            return str(self._convert(tex, display))
        except Exception as error:  # of QuickJS, which has one class for all
            raise EngineError("MathJax gives up: it takes too much time, memory or depth") from error
        finally:
            self._left -= time.process_time() - start
