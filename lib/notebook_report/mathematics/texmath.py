"""Pandoc's reader of TeX, where MathJax cannot run: QuickJS comes for no Mac with an Intel processor."""

import json
import re

from notebook_report.mathematics.engine import EngineError
from notebook_report.reading.trees import pandoc
from notebook_report.reading.trees.pandoc_ast import API

LOSSES = (
    "MathJax does not run on this computer: formulas are read by pandoc, which knows neither \\label and \\tag nor "
    "colours, chemistry and macros of other formulas."
)
FORMULA = re.compile(r"<math\b.*</math>", re.DOTALL)
ANNOTATION = re.compile(r"<annotation\b.*?</annotation>", re.DOTALL)


class Texmath:
    """The fallback: TeX in, MathML out, as an Engine does it."""

    def mathml(self, tex: str, display: bool) -> str:
        """Return a formula in MathML. Raises EngineError if pandoc does not understand it."""
        math = {"t": "Math", "c": [{"t": "DisplayMath" if display else "InlineMath"}, tex]}
        document = {**API, "blocks": [{"t": "Plain", "c": [math]}]}
        done = pandoc.run(["--from=json", "--to=html", "--mathml"], json.dumps(document))
        found = FORMULA.search(done.stdout)
        if not found:
            raise EngineError("pandoc does not understand it")
        return ANNOTATION.sub("", found[0])
