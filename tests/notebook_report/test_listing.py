import re

from notebook_report import show
from notebook_report.writing.highlight import as_html, coloured


def test_code_in_the_text_is_coloured_like_a_cell(to_html, write):
    page = to_html("# Title\n\n```python\nreturn 1\n```", write.code("#| show-code: true\nreturn 1"))
    blocks = re.findall(r'<pre class="code"[^>]*><code>(.*?)</code></pre>', page, re.DOTALL)
    assert blocks == [coloured("return 1", "python")] * 2
    assert '<span class="k">return</span>' in blocks[0]


def test_code_of_no_known_language_is_plain():
    assert coloured("a < b", "nonsense") == "a &lt; b"


def test_code_without_a_language_stays_as_it_is(to_html):
    assert re.search(r'<pre tabindex="0"><code>return 1</code></pre>', to_html("# Title\n\n```\nreturn 1\n```"))


def test_the_source_of_a_function_is_shown_as_it_stands_in_its_module(to_html, to_pdf, write):
    text = show.source(coloured).data
    assert text.startswith("```python\ndef coloured(code: str, language: str) -> str:\n")
    cells = ["# Title", write.code("source(coloured)", write.shows("text/markdown", text))]
    assert '<span class="nf">coloured</span>' in to_html(*cells)
    assert "def coloured(code: str, language: str) -> str:" in to_pdf(*cells).pages[0].extract_text()


def test_each_function_that_is_shown_is_a_block_of_its_own():
    text = show.source(coloured, as_html, show.Markdown._repr_markdown_).data
    assert [block[:4] for block in text.split("```python\n")] == ["", "def ", "def ", "def "]
