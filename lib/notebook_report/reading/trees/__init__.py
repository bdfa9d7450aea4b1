"""Pandoc's trees: asked for, read, finished, and written."""
