"""Mathematics as Jupyter sets it: MathJax reads TeX, and what it read is written for pages and for paper.

`Mathematics` keeps the formulas of one document. `annotate` reads those of each text, in order, so that macros and
labels live on from one to the next; the document gives `numbers` to the labels that have none; `settled` then yields
the problems of a text's formulas, and `written` returns the text with its formulas as raw HTML or Typst. Nothing here
raises for what a formula holds.
"""

from notebook_report.mathematics.document import Mathematics, identifier

__all__ = ["Mathematics", "identifier"]
