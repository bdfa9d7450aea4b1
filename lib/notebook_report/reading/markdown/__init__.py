"""Markdown as Jupyter reads it → HTML."""
