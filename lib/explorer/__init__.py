"""Networks to play with in a notebook: an engine without widgets, pictures, and views of both.

It stands beside `twolayer`, which it uses and which does not know it.
"""

from pkgutil import resolve_name
from typing import Any

PUBLIC = {
    "open_data": "explorer.views.data_view:open_data",
    "BugView": "explorer.views.bug_view:BugView",
    "ImageView": "explorer.views.image_view:ImageView",
    "MotionView": "explorer.views.motion_view:MotionView",
    "RetrainView": "explorer.views.retrain_view:RetrainView",
}
__all__ = list(PUBLIC)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used. Raises AttributeError for any other name."""
    if name in PUBLIC:
        return resolve_name(PUBLIC[name])
    raise AttributeError(f"module 'explorer' has no attribute {name!r}")
