"""What a notebook can show of the library that it uses."""

import inspect
import textwrap
from collections.abc import Callable

from IPython.display import Markdown


def source(*objects: type | Callable[..., object]) -> Markdown:
    """Return the source code of functions, methods and classes, a block for each, to be shown below a cell."""
    codes = [textwrap.dedent(inspect.getsource(thing)) for thing in objects]
    return Markdown("\n\n".join(f"```python\n{code.rstrip()}\n```" for code in codes))
