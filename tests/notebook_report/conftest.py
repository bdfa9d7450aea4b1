import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from notebook_report.writing.typst import compiling
from notebook_report.writing.typst.compiling import Compiler

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="90pt" height="60pt"><path d="M5 5 L80 50" stroke="#000"/></svg>'
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TABLE = (
    "<div><style scoped>\n .dataframe td { color: red; }\n</style>"
    '<table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th><th>step</th><th>cost</th></tr>'
    "<tr><th>name</th><th></th><th></th></tr></thead><tbody><tr><th>a &amp; #b</th><td>10</td><td>1.50</td></tr>"
    "<tr><th>c_d</th><td>200</td><td>12.25</td></tr></tbody></table></div>"
)

MOST_DOCUMENTS = 300  # of one process, which computes for a bounded time


class Write:
    """Short words for the parts of a notebook."""

    SVG, PNG, TABLE = SVG, PNG, TABLE

    @staticmethod
    def code(source, *outputs):
        return new_code_cell(source, outputs=list(outputs))

    @staticmethod
    def shows(kind, content, **others):
        return new_output("display_data", data={kind: content, **others})

    @staticmethod
    def prints(text, name="stdout"):
        return new_output("stream", name=name, text=text)

    @staticmethod
    def markdown(text):
        return new_markdown_cell(text)

    @staticmethod
    def tagged(text, *tags):
        return new_markdown_cell(text, metadata={"tags": list(tags)})

    @staticmethod
    def notebook(*cells, **metadata):
        cells = [new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in cells]
        for i, cell in enumerate(cells):
            cell["id"] = f"cell-{i}"
        return new_notebook(cells=cells, metadata=metadata)

    def figure(self, label="fig-line", caption="What to see.", alt="A line that falls.", extra=(), picture=None):
        lines = [f"#| label: {label}", f"#| caption: {caption}", f"#| alt: {alt}", "plot()"]
        return self.code("\n".join(lines), picture or self.shows("image/svg+xml", SVG), *extra)

    def table(self, label="tab-costs", caption="All costs.", extra=()):
        return self.code(f"#| label: {label}\n#| caption: {caption}\nframe", self.shows("text/html", TABLE), *extra)

    @staticmethod
    def file(path, *cells):
        nbformat.write(Write.notebook(*cells, kernelspec={"name": "python3", "display_name": "Python 3"}), path)
        return path


@pytest.fixture(scope="session")
def write():
    """Return short words for the parts of a notebook."""
    return Write()


class KeptCompiler(Compiler):
    """A compiler whose process goes on when it is left, for many documents; the next one may need another."""

    _process, _documents = None, 0

    def __enter__(self):
        if self._process is None or self._process.poll() is not None or self._documents == MOST_DOCUMENTS:
            self.end()
            super().__enter__()
        self._documents += 1
        return self

    def __exit__(self, *error):
        pass

    def end(self):
        if self._process is not None:
            super().__exit__(None, None, None)
        self._documents = 0


@pytest.fixture(scope="session", autouse=True)
def compiler():
    """Return the compiler of all tests but those of the process itself: to start one costs more than most documents."""
    kept = KeptCompiler()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "Compiler", lambda: kept)  # which the exporters take
        yield kept
    kept.end()


@pytest.fixture(scope="session", autouse=True)
def remembered_answers():
    """Ask pandoc nothing twice; it is asked afresh by `test_reproducible`, and wherever a process is started."""
    from notebook_report.reading.trees import pandoc

    answers, ask = {}, pandoc.run

    def remembering(arguments, text):
        question = (*arguments, text, pandoc.PATIENCE)
        if question not in answers:
            answers[question] = ask(arguments, text)
        return answers[question]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pandoc, "run", remembering)
        yield


@pytest.fixture
def to_html_with_typefaces(write):
    """Return a function that exports cells to HTML; the notebook is called "sample".

    With `front`, a dict of what stands before the first section, they are a report.
    """
    from notebook_report.exporters import ReportHTMLExporter
    from notebook_report.writing import html

    def export(*cells, front=None, **metadata):
        nb = write.notebook(*cells, **metadata)
        if front is not None:
            return html.write(report(nb, front))
        return ReportHTMLExporter(strict=True, show_code=False).from_notebook_node(
            nb, {"metadata": {"name": "sample"}}
        )[0]

    return export


def report(nb, front):
    """Return the document of a report of one notebook."""
    from notebook_report import problems
    from notebook_report.document import prepare
    from notebook_report.document.front import Front

    document = prepare.report([("sample", nb)], Front(**{"title": "sample", **front}))
    problems.stop(document.problems)
    return document


@pytest.fixture
def chosen():
    """Return a function that gives form and content of what is shown of outputs, and the codes of the problems."""
    from notebook_report.cells import outputs
    from notebook_report.errors import Place

    def choose(*given, **rules):
        found = []
        shown = outputs.choose(given, outputs.Rules(**{"log": True, **rules}), Place("a", 1), found)
        return [(output.form, output.content) for output in shown], [problem.code for problem in found]

    return choose


@pytest.fixture
def without_typefaces(monkeypatch):
    """Let pages carry no typefaces: cutting them down takes longer than all the rest."""
    from notebook_report.writing import webfonts

    monkeypatch.setattr(webfonts, "_rule", lambda name, text: "")


@pytest.fixture
def to_html(to_html_with_typefaces, without_typefaces):
    """Return the same function, whose pages carry no typefaces."""
    return to_html_with_typefaces


@pytest.fixture(scope="session")
def to_pdf(write, compiler):
    """Return a function that exports cells to PDF and opens it with pypdf; `of.bytes` are what it read."""
    import io

    from pypdf import PdfReader

    from notebook_report import problems
    from notebook_report.exporters import ReportPDFExporter
    from notebook_report.writing import pdf

    def export(*cells, front=None, allowed=(), **metadata):
        nb = write.notebook(*cells, **metadata)
        if front is not None:
            with compiler:
                content, found = pdf.write(report(nb, front), 1_000_000_000, compiler)
            problems.stop(found)
        else:
            exporter = ReportPDFExporter(timestamp=1_000_000_000, strict=True, allowed=[*allowed], show_code=False)
            content, _ = exporter.from_notebook_node(nb, {"metadata": {"name": "sample"}})
        reader = PdfReader(io.BytesIO(content))
        reader.bytes = content
        return reader

    return export
