"""What a notebook can show of the library that it uses."""

import inspect
from collections.abc import Callable

from IPython.display import Markdown


def source(*objects: type | Callable[..., object]) -> Markdown:
    """Return the source code of functions and classes as it stands in their module, to be shown below a cell."""
    code = "\n\n".join(inspect.getsource(thing).rstrip() for thing in objects)
    return Markdown(f"```python\n{code}\n```")
