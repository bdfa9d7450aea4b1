"""Pandoc's syntax tree as JSON: dicts with a type `t` and content `c`, in nested lists."""

NO_ATTRIBUTES = ["", [], []]


def rewrite(node, change):
    """Return `node` with every element replaced by the list of elements that `change(element)` returns.

    Works from the leaves up; `change` returns None for an element that stays as it is.
    """
    if isinstance(node, list):
        return [new for child in node for new in _changed(rewrite(child, change), change)]
    if isinstance(node, dict):
        return {key: rewrite(value, change) for key, value in node.items()}
    return node


def _changed(node, change):
    """Return what stands for `node` in its list."""
    new = change(node) if isinstance(node, dict) and "t" in node else None
    return [node] if new is None else new


def elements(node, *kinds):
    """Yield every element below `node` that is of one of `kinds`, in reading order."""
    if isinstance(node, dict):
        if node.get("t") in kinds:
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from elements(child, *kinds)


def plain(node):
    """Return the words below `node`, formulas as TeX and without footnotes."""
    if isinstance(node, list):
        return "".join(plain(child) for child in node)
    kind = node.get("t") if isinstance(node, dict) else None
    if kind in (None, "Note"):
        return ""
    if kind == "Str":
        return node["c"]
    if kind in ("Code", "Math"):
        return node["c"][1]
    if kind in ("Space", "SoftBreak", "LineBreak"):
        return " "
    return plain(node.get("c", []))
